-- Quotas: whose row counts, who may change them, and what happens when one is used up.
BEGIN;
SELECT plan(44);

CREATE ROLE ann LOGIN; GRANT tv_analyst TO ann;
CREATE ROLE bob LOGIN; GRANT tv_analyst TO bob;
CREATE ROLE eve LOGIN; GRANT tv_player TO eve;
CREATE ROLE boss LOGIN; GRANT tv_admin TO boss;
DO $$ BEGIN CREATE ROLE tv_anonymous; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
GRANT tv_player TO tv_anonymous;
CREATE ROLE passer_by LOGIN; GRANT tv_anonymous TO passer_by;
GRANT ALL ON ALL TABLES IN SCHEMA pg_temp TO PUBLIC;

CREATE FUNCTION tests.amount(of_kind text) RETURNS bigint LANGUAGE sql AS $$ SELECT q.amount FROM timevmaps.tv_quotas() q WHERE q.kind = of_kind $$;
CREATE FUNCTION tests.used(of_kind text) RETURNS bigint LANGUAGE sql AS $$ SELECT q.used FROM timevmaps.tv_quotas() q WHERE q.kind = of_kind $$;

------------------------------------------------------------- whose row counts

SELECT results_eq($$ SELECT grantee::text, kind::text, amount FROM timevmaps.quotas ORDER BY grantee, kind $$,
    $$ VALUES ('tv_analyst', 'circuit_memory', 1073741824::bigint), ('tv_analyst', 'experiment_seconds', 3600), ('tv_analyst', 'experiments_queued', 1000),
              ('tv_analyst', 'frames_per_hour', 1000000), ('tv_analyst', 'graph_files', 200), ('tv_analyst', 'positions_per_hour', 36000000),
              ('tv_anonymous', 'circuit_memory', 67108864), ('tv_player', 'circuit_memory', 268435456) $$, 'what tv_init() gives');
DELETE FROM timevmaps.quotas WHERE grantee = 'tv_analyst' AND kind = 'graph_files';
SELECT is_empty('SELECT * FROM timevmaps.tv_init()', 'tv_init() leaves them');
SELECT is_empty($$ SELECT FROM timevmaps.quotas WHERE kind = 'graph_files' $$, 'what an administrator has taken away stays away');
INSERT INTO timevmaps.quotas VALUES ('tv_analyst', 'graph_files', 200);
SELECT is(array_agg(kind ORDER BY kind), (SELECT array_agg(k ORDER BY k) FROM regexp_matches(
        (SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'quotas_kind_check'), '''(\w+)''', 'g') m, unnest(m) k),
    'tv_quotas() has a row of every kind') FROM timevmaps.tv_quotas();

SET SESSION AUTHORIZATION passer_by;
SELECT is(tests.amount('circuit_memory'), 67108864::bigint, 'who is anonymous has the row of tv_anonymous, and not that of tv_player, whose rights he has');
SET ROLE tv_anonymous;
SELECT is(tests.amount('circuit_memory'), 67108864::bigint, 'as that role, too');
SELECT is(tests.amount('experiments_queued'), NULL::bigint, 'of what no row says anything there is no limit');
SET SESSION AUTHORIZATION eve;
SELECT is(tests.amount('circuit_memory'), 268435456::bigint, 'a player has that of tv_player');
SET SESSION AUTHORIZATION ann;
SELECT is(tests.amount('circuit_memory'), 1073741824::bigint, 'an analyst that of tv_analyst');
SET ROLE tv_player;
SELECT is(tests.amount('circuit_memory'), 268435456::bigint, 'it goes by the role that he takes');
RESET ROLE;
SELECT is(tests.outcome('SELECT count(*) FROM timevmaps.quotas'), '42501', 'the table is not read by others');
SELECT is(tests.outcome('SELECT count(*) FROM timevmaps.quota_usage'), '42501', 'nor what they have used');
SELECT is(tests.outcome($$SELECT timevmaps.tv_set_quota('ann', 'experiments_queued', 1000000)$$), '42501', 'nor changed');
SET SESSION AUTHORIZATION boss;
SELECT is(count(amount), 0::bigint, 'an administrator has no limit') FROM timevmaps.tv_quotas();
SELECT lives_ok($$SELECT timevmaps.tv_set_quota('ann', 'circuit_memory', 2097152)$$, 'he gives one to an identity');
SELECT is(tests.outcome($$SELECT timevmaps.tv_set_quota('ann', 'luck', 1)$$), '23514', 'there are so many kinds');
SELECT is(tests.outcome($$SELECT timevmaps.tv_set_quota('ann', 'experiments_queued', -1)$$), '23514', 'no amount is negative');
SELECT is(tests.outcome($$SELECT timevmaps.tv_set_quota('ann', 'circuit_memory', 1000000)$$), '23514', 'a circuit is not to be without memory');
SELECT throws_ok($$SELECT timevmaps.tv_set_quota('ann', 'luck', 1)$$, '23514', 'kind: not a kind of quota', '... and it says which argument is wrong');
SELECT throws_ok($$SELECT timevmaps.tv_set_quota('ann', 'graph_files', -1)$$, '23514', 'amount: too small', '... of an amount, too');
SET SESSION AUTHORIZATION ann;
SELECT is(tests.amount('circuit_memory'), 2097152::bigint, 'her own row wins');
SET SESSION AUTHORIZATION bob;
SELECT is(tests.amount('circuit_memory'), 1073741824::bigint, 'and is nobody else''s');
SET SESSION AUTHORIZATION boss;
SELECT timevmaps.tv_set_quota('ann', 'circuit_memory', NULL);
SET SESSION AUTHORIZATION ann;
SELECT is(tests.amount('circuit_memory'), 1073741824::bigint, 'until it is taken away');
RESET SESSION AUTHORIZATION;
-- Roles that have nothing to do with each other: the more generous one.
CREATE ROLE "team|a"; CREATE ROLE team_b;
GRANT tv_analyst TO "team|a", team_b; GRANT "team|a", team_b TO bob;
INSERT INTO timevmaps.quotas VALUES ('team|a', 'experiments_queued', 5), ('team_b', 'experiments_queued', 7);
SET SESSION AUTHORIZATION bob;
SELECT is(tests.amount('experiments_queued'), 7::bigint, 'a team''s row is more specific than that of all analysts');
RESET SESSION AUTHORIZATION;
REVOKE team_b FROM bob;
SET SESSION AUTHORIZATION bob;
SELECT is(tests.amount('experiments_queued'), 5::bigint, 'and of two teams'' the larger counts');
RESET SESSION AUTHORIZATION;

------------------------------------------------------------- experiments that wait and run

INSERT INTO timevmaps.worlds (id, name, owner) VALUES (1, 'one', 'ann');
INSERT INTO timevmaps.world_members (world_id, member, access) VALUES (1, 'bob', 'analyst');
INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (1, 1, 'main');
UPDATE timevmaps.quotas SET amount = 3 WHERE grantee = 'tv_analyst' AND kind = 'experiments_queued';
CREATE FUNCTION tests.submit(n integer) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', a.outcome, a.message, a.detail) FROM tests.attempt(format(
        $q$WITH i AS (INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params)
           SELECT 1, 1, 'sr', '{"v_mps": 1}' FROM generate_series(1, %s) RETURNING id) SELECT count(*) FROM i$q$, n)) a $$;

SET SESSION AUTHORIZATION ann;
SELECT is(tests.submit(4), '53400 a quota is used up experiments_queued: 4 used, 3 allowed.', 'more than allowed are refused together');
SELECT is(tests.used('experiments_queued'), 0::bigint, 'and none is left');
SELECT is(tests.submit(3), '3', 'as many as allowed are taken');
SELECT is(tests.used('experiments_queued'), 3::bigint, 'tv_quotas() counts them');
SELECT is(tests.submit(1), '53400 a quota is used up experiments_queued: 4 used, 3 allowed.', 'one more is refused');
SELECT is(tests.outcome($$SELECT (timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1}')).id$$), '53400', 'by the function, too');
SET SESSION AUTHORIZATION bob;
SELECT is(tests.submit(5), '5', 'another''s are not counted');
SET SESSION AUTHORIZATION boss;
SELECT is(tests.submit(10), '10', 'nor an administrator''s limited');
RESET SESSION AUTHORIZATION;
UPDATE timevmaps.experiments SET status = 'running' WHERE submitted_by = 'ann' AND id = (SELECT min(id) FROM timevmaps.experiments WHERE submitted_by = 'ann');
SET SESSION AUTHORIZATION ann;
SELECT is(left(tests.submit(1), 5), '53400', 'one that runs counts');
UPDATE timevmaps.experiments SET status = 'cancelled' WHERE submitted_by = 'ann' AND status = 'running';
SELECT is(tests.submit(1), '1', 'one that is over does not');
CREATE TEMP TABLE over AS SELECT min(id) AS id FROM timevmaps.experiments WHERE submitted_by = 'ann' AND status = 'cancelled';
GRANT SELECT ON over TO PUBLIC;
SELECT is(tests.outcome('SELECT (timevmaps.tv_retry_experiment(id)).id FROM over'), '53400', 'unless it is queued again');
SELECT is(tests.outcome($$UPDATE timevmaps.experiments SET status = 'queued' WHERE id = (SELECT id FROM over)$$), '53400', 'by an update, too');
SET SESSION AUTHORIZATION bob;
SELECT is(tests.outcome('SELECT (timevmaps.tv_retry_experiment(id)).id FROM over'), '53400', 'whoever does that');
SET SESSION AUTHORIZATION boss;
SELECT is(tests.outcome('SELECT (timevmaps.tv_retry_experiment(id)).status FROM over'), 'queued', 'but an administrator');

------------------------------------------------------------- priority

SET SESSION AUTHORIZATION bob;
SELECT is(tests.outcome($$SELECT (timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1}', priority => 1)).id$$), '42501', 'nobody puts himself before others');
UPDATE timevmaps.experiments SET priority = -5 WHERE submitted_by = 'bob';
SELECT is(tests.outcome($$UPDATE timevmaps.experiments SET priority = 1 WHERE submitted_by = 'bob'$$), '42501', 'nor afterwards');
SET SESSION AUTHORIZATION boss;
SELECT is(tests.outcome($$SELECT (timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1}', priority => 100)).priority$$), '100', 'but an administrator');
SELECT is(tests.refusal($$SELECT timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1}', priority => 101)$$), '22023 priority', 'as far as it goes');

------------------------------------------------------------- triggers

RESET SESSION AUTHORIZATION;
CREATE TABLE tests.experiments (submitted_by text);
CREATE TRIGGER t AFTER INSERT ON tests.experiments FOR EACH STATEMENT EXECUTE FUNCTION timevmaps_internal.tv_experiments_queued();
SELECT throws_ok('INSERT INTO tests.experiments VALUES (''ann'')', '55000', NULL, 'the triggers do nothing on other tables');

SELECT * FROM finish();
ROLLBACK;
