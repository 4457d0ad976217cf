-- How the attempts at an experiment went: what is written, who reads it, and when it goes.
BEGIN;
SELECT plan(21);
INSERT INTO timevmaps.worlds (id, name, owner, visibility) VALUES (1, 'open', 'ann', 'public'), (2, 'closed', 'ann', 'private');
INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (10, 1, 'root'), (20, 2, 'root');
INSERT INTO timevmaps.experiments (id, world_id, timeline_id, kind, params, submitted_by)
SELECT n, CASE WHEN n = 9 THEN 2 ELSE 1 END, CASE WHEN n = 9 THEN 20 ELSE 10 END, 'sr', '{"v_mps": 1}', 'ann' FROM generate_series(1, 9) n;

-- What a worker writes, each claim by its number.
CREATE FUNCTION pg_temp.claim(experiment bigint) RETURNS void LANGUAGE sql AS $$
    UPDATE timevmaps.experiments SET status = 'running', attempts = attempts + 1, claim = claim + 1, worker_pid = 42, started_at = clock_timestamp() WHERE id = experiment $$;
CREATE FUNCTION pg_temp.history(experiment bigint) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', attempt, outcome, error ->> 'sqlstate'), ', ') FROM timevmaps.tv_experiment_attempts(experiment) $$;

SELECT is(pg_temp.history(1), NULL, 'nothing has begun');
SELECT pg_temp.claim(1);
SELECT is(pg_temp.history(1), '1 running', 'the attempt that runs is in the history');
UPDATE timevmaps.experiments SET status = 'queued', error = '{"sqlstate": "40001"}' WHERE id = 1;
SELECT is(pg_temp.history(1), '1 retried 40001', 'one that is tried again');
SELECT pg_temp.claim(1);
UPDATE timevmaps.experiments SET status = 'queued', lost = lost + 1, error = '{"sqlstate": "57P01"}' WHERE id = 1;
SELECT pg_temp.claim(1);
UPDATE timevmaps.experiments SET status = 'queued', attempts = attempts - 1, error = NULL WHERE id = 1;
SELECT pg_temp.claim(1);
UPDATE timevmaps.experiments SET status = 'cancelled' WHERE id = 1;
SELECT timevmaps.tv_retry_experiment(1) IS NULL AS never;
SELECT pg_temp.claim(1);
UPDATE timevmaps.experiments SET status = 'failed', error = '{"sqlstate": "22012"}' WHERE id = 1;
SELECT timevmaps.tv_retry_experiment(1) IS NULL AS never;
SELECT pg_temp.claim(1);
INSERT INTO timevmaps.results (experiment_id, world_id) VALUES (1, 1);
UPDATE timevmaps.experiments SET status = 'finished' WHERE id = 1;
SELECT is(pg_temp.history(1), '1 retried 40001, 2 lost 57P01, 3 handed_back, 4 cancelled, 5 failed 22012, 6 finished', 'the whole history, across a client''s retries');
SELECT results_eq('SELECT count(*), bool_and(started_at <= ended_at), bool_and(worker_pid = 42) FROM timevmaps.experiment_attempts',
    'VALUES (5::bigint, true, true)', '... with when, and by which process, but for the one that finished');
SELECT pg_temp.claim(n) FROM generate_series(2, 3) n;
UPDATE timevmaps.experiments SET status = 'failed', lost = lost + 1, error = '{"sqlstate": "57P01"}' WHERE id = 2;
SELECT is(pg_temp.history(2), '1 lost 57P01', 'one that is lost is lost, also where the experiment has failed by it');
-- Of one statement each has its own.
SELECT pg_temp.claim(4);
UPDATE timevmaps.experiments SET status = 'cancelled' WHERE id IN (3, 4, 5);
SELECT results_eq('SELECT id, pg_temp.history(id) FROM generate_series(3, 5) id', $$VALUES (3, '1 cancelled'), (4, '1 cancelled'), (5, NULL)$$, 'what had not begun has no attempt');

-- Who reads it.
SELECT pg_temp.claim(9);
UPDATE timevmaps.experiments SET status = 'failed', error = '{"sqlstate": "22012"}' WHERE id = 9;
SELECT is(tests.outcome('SELECT timevmaps.tv_experiment_attempts(99)'), 'PT404', 'no such experiment');
SELECT is(tests.outcome('SELECT timevmaps.tv_experiment_attempts(NULL)'), 'PT404', '... and none at all');
SET LOCAL ROLE tv_analyst;
SELECT results_eq('SELECT attempt, outcome FROM timevmaps.tv_experiment_attempts(2)', $$VALUES (1::bigint, 'lost')$$, 'an analyst reads it');
SELECT throws_ok('SELECT timevmaps.tv_experiment_attempts(9)', 'PT404', NULL, 'but not of a world that he does not see');
SELECT results_eq('SELECT DISTINCT world_id FROM timevmaps.experiment_attempts', 'VALUES (1::bigint)', '... nor in the table');
SELECT throws_ok('SELECT worker_pid FROM timevmaps.experiment_attempts', '42501', NULL, 'nor which process it was');
SELECT throws_ok($$INSERT INTO timevmaps.experiment_attempts (experiment_id, claim, world_id, outcome) VALUES (5, 1, 1, 'lost')$$, '42501', NULL, 'and writes nothing there');
RESET ROLE;
SET LOCAL ROLE tv_player;
SELECT throws_ok('SELECT timevmaps.tv_experiment_attempts(1)', '42501', NULL, 'a player does not read errors');
SELECT throws_ok('SELECT experiment_id FROM timevmaps.experiment_attempts', '42501', NULL, '... nor the table');
RESET ROLE;
SET LOCAL ROLE tv_admin;
SELECT is(pg_temp.history(9), '1 failed 22012', 'an administrator reads all');
SELECT throws_ok('DELETE FROM timevmaps.experiment_attempts', '42501', NULL, 'and changes nothing');
RESET ROLE;

-- When it goes.
UPDATE timevmaps.experiment_attempts SET ended_at = now() - interval '2 days' WHERE experiment_id = 1 AND claim < 4;
SELECT lives_ok($$SELECT timevmaps.tv_apply_retention(now() - interval '1 day')$$, 'retention');
SELECT is(pg_temp.history(1), '4 cancelled, 5 failed 22012, 6 finished', '... takes what ended before');
DELETE FROM timevmaps.experiments WHERE id = 1;
SELECT is_empty('SELECT FROM timevmaps.experiment_attempts WHERE experiment_id = 1', 'and they go with their experiment');
SELECT * FROM finish();
ROLLBACK;
