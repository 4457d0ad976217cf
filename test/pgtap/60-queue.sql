-- The queue: submit, cancel, retry, run; every move of the status machine; who may do what.
-- Not in one transaction: tv_work() commits.
SELECT plan(119);

INSERT INTO timevmaps.worlds (name, owner) VALUES ('w', 'ann'), ('other', 'bob');
INSERT INTO timevmaps.worlds (name, owner, visibility) VALUES ('hidden', 'bob', 'private');
INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'root'), (2, 'root'), (3, 'root'), (1, 'other');
INSERT INTO timevmaps.places (world_id, name, lat, lon) VALUES (1, 'A', 57.70, 11.97), (1, 'B', 57.71, 11.98), (2, 'C', 57.7, 11.9), (2, 'D', 57.6, 11.9);
INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (1, 1, 2, 2000, 72);
INSERT INTO timevmaps.gateways (from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s, decoherence_s)
VALUES (1, 1, 2, 3, 10, 100), (2, 3, 2, 4, 10, 100);

-- A status as if the machine had gone there, whatever its rules say.
CREATE FUNCTION force_status(experiment bigint, wanted text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET session_replication_role = replica AS $$
BEGIN
    UPDATE timevmaps.experiments SET status = wanted, attempts = 3, progress = 0.5, error = '{"sqlstate": "XX000"}' WHERE id = experiment;
END $$;
CREATE FUNCTION status_of(experiment bigint) RETURNS text LANGUAGE sql SECURITY DEFINER
AS 'SELECT status FROM timevmaps.experiments WHERE id = experiment';

-- What is written into the rows is looked at as whoever writes.
GRANT SELECT ON timevmaps.experiments TO tv_analyst;

-- What an insert costs, and an update: no lock on the row of its world, which all would share, and no index entry for what changes.
SELECT is_empty($$ SELECT conname FROM pg_constraint WHERE contype = 'f' AND conrelid = 'timevmaps.experiments'::regclass AND confrelid = 'timevmaps.worlds'::regclass $$,
    'the key to timelines implies that to worlds, which there is none of');
SELECT is_empty($$ SELECT i.indexrelid::regclass, a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
    WHERE i.indrelid = 'timevmaps.experiments'::regclass AND a.attname IN ('status', 'priority', 'run_at', 'attempts', 'progress', 'error', 'started_at', 'finished_at', 'claim', 'worker_pid', 'lost') $$,
    'what changes is in no index, so that updates are heap-only');

------------------------------------------------------------------ submission

SELECT tests.act('tv_analyst', 'ann');
SELECT results_eq(
    $$ SELECT id, world_id, timeline_id, kind, params, status, priority, attempts, max_attempts, progress, error, idempotency_key,
              submitted_by, run_at <= clock_timestamp(), started_at, finished_at
       FROM timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 179875474.8, "coordinate_seconds": 10}', 0, idempotency_key => 'k') $$,
    $$ VALUES (1::bigint, 1::bigint, 1::bigint, 'sr', '{"v_mps": 179875474.8, "coordinate_seconds": 10}'::jsonb, 'queued', 0, 0, 3,
               0::float8, NULL::jsonb, 'k', 'ann', true, NULL::timestamptz, NULL::timestamptz) $$,
    'an experiment is queued and its row returned');
SELECT lives_ok($$ INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params) VALUES (1, 1, 'sr', '{"v_mps": 0}') $$,
    'a plain INSERT does the same');
SELECT results_eq('SELECT status, submitted_by, submitted_role::text COLLATE "default" FROM timevmaps.experiments WHERE id = 2',
    $$ VALUES ('queued', 'ann', 'tv_analyst') $$, 'in the name of who inserts');
SELECT throws_ok(format('INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params, %s) VALUES (1, 1, ''sr'', ''{"v_mps": 1}'', %L)', c, v),
    '42501', NULL, 'nobody submits with a ' || c || ' of his own')
    FROM (VALUES ('id', '99'), ('submitted_by', 'bob'), ('submitted_role', 'postgres'), ('attempts', '7'), ('claim', '7'), ('progress', '0.7'), ('error', '{}')) x (c, v);
SELECT tests.act(NULL, NULL);
GRANT INSERT ON timevmaps.experiments TO tv_analyst;
SELECT tests.act('tv_analyst', 'ann');
INSERT INTO timevmaps.experiments (id, world_id, timeline_id, kind, params, submitted_by, submitted_role, attempts, claim, progress, error, worker_pid, started_at, finished_at)
VALUES (3, 1, 1, 'sr', '{"v_mps": 1}', 'bob', 'postgres', 7, 7, 0.7, '{"x": 1}', 7, now(), now());
SELECT results_eq(
    'SELECT submitted_by, submitted_role::text COLLATE "default", attempts, claim, progress, error, worker_pid, started_at, finished_at FROM timevmaps.experiments WHERE id = 3',
    $$ VALUES ('ann', 'tv_analyst', 0, 0::bigint, 0::float8, NULL::jsonb, NULL::int, NULL::timestamptz, NULL::timestamptz) $$,
    'not even if the grants allowed it');
SELECT tests.act(NULL, NULL);
REVOKE INSERT ON timevmaps.experiments FROM tv_analyst;
GRANT INSERT (world_id, timeline_id, kind, params, status, priority, run_at, max_attempts, idempotency_key, gateway_id), UPDATE (status, priority, run_at, max_attempts, progress, params, submitted_role)
    ON timevmaps.experiments TO tv_analyst;
SELECT tests.act('tv_analyst', 'ann');

SELECT throws_ok($$ SELECT timevmaps.tv_submit_experiment(99, 1, 'sr', '{"v_mps": 1}') $$, 'PT404', NULL, 'no such world');
SELECT throws_ok($$ SELECT timevmaps.tv_submit_experiment(3, 3, 'sr', '{"v_mps": 1}') $$, 'PT404', NULL, 'a hidden world is none');
SELECT throws_ok($$ SELECT timevmaps.tv_submit_experiment(1, 2, 'sr', '{"v_mps": 1}') $$, 'PT404', NULL, 'a timeline of another world');
SELECT throws_ok($$ SELECT timevmaps.tv_submit_experiment(1, 1, 'quantum', '{"circuit": {"qubits": 1, "gates": []}}', gateway_id => 99) $$, 'PT404', NULL, 'no such gateway');
SELECT throws_ok($$ SELECT timevmaps.tv_submit_experiment(2, 2, 'sr', '{"v_mps": 1}') $$, '42501', NULL, 'a world that the caller does not edit');
SELECT throws_ok($$ INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params) VALUES (2, 2, 'sr', '{"v_mps": 1}') $$, '42501', NULL, 'the same by INSERT');
SELECT throws_ok($$ INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params) VALUES (1, 2, 'sr', '{"v_mps": 1}') $$, '23503', NULL, 'INSERT of a timeline of another world');
SELECT throws_ok($$ INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params, status) VALUES (1, 1, 'sr', '{"v_mps": 1}', 'finished') $$, '42501', NULL, 'nobody inserts a finished experiment');
SELECT throws_ok($$ SELECT timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1}', idempotency_key => 'k') $$,
    '23505', 'idempotency_key: used before for another experiment', 'a key used before, with other params');
SELECT throws_ok($$ SELECT timevmaps.tv_submit_experiment(1, 1, 'gr', '{"gm": 1, "r": 1}', idempotency_key => 'k') $$, '23505', NULL, 'of another kind');
SELECT throws_ok($$ SELECT timevmaps.tv_submit_experiment(1, 4, 'sr', '{"v_mps": 179875474.8, "coordinate_seconds": 10}', idempotency_key => 'k') $$, '23505', NULL, 'on another timeline');
SELECT throws_ok($$ SELECT timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 179875474.8, "coordinate_seconds": 10}', gateway_id => 1, idempotency_key => 'k') $$, '23505', NULL, 'or for a gateway');
SELECT throws_ok($$ INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params, idempotency_key)
    VALUES (1, 1, 'sr', '{"v_mps": 179875474.8, "coordinate_seconds": 10}', 'k') $$, '23505', NULL, 'a plain INSERT repeats no key');
SELECT results_eq(
    $$ SELECT id, params, status, priority, max_attempts, idempotency_key
       FROM timevmaps.tv_submit_experiment(1, 1, 'sr', '{"coordinate_seconds": 10.0, "v": 179875474.8}', -5, run_at => now() + interval '1 day', idempotency_key => 'k', max_attempts => 7) $$,
    $$ VALUES (1::bigint, '{"v_mps": 179875474.8, "coordinate_seconds": 10}'::jsonb, 'queued', 0, 3, 'k') $$,
    'who repeats what he has submitted gets its row, however it was written, whatever is said of how it runs');
SELECT is((SELECT count(*) FROM timevmaps.experiments WHERE idempotency_key = 'k'), 1::bigint, 'and queues nothing');
SELECT throws_ok($$ SELECT timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": "fast"}', idempotency_key => 'k') $$, '22023', NULL, 'what is wrong is wrong with any key');
SELECT throws_ok($$ SELECT timevmaps.tv_submit_experiment(1, 1, 'magic', '{}') $$, '22023', NULL, 'an unknown kind');
SELECT throws_ok($$ INSERT INTO timevmaps.experiments (world_id, timeline_id, kind) VALUES (1, 1, 'magic') $$, '23514', NULL, 'the same by INSERT');
SELECT throws_ok($$ SELECT timevmaps.tv_submit_experiment(1, 1, 'sr', '[]') $$, '22023', NULL, 'params that are no object');
SELECT throws_ok($$ SELECT timevmaps.tv_submit_experiment(1, 1, 'sr', '{}') $$, '22023', 'params.v_mps: is missing', 'a missing argument, by its path');
SELECT throws_ok($$ INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params) VALUES (1, 1, 'sr', '{"v_mps": "fast"}') $$, '22023', NULL, 'the same check on INSERT');
SELECT throws_ok($$ SELECT timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1, "speed": 1}') $$, '22023', 'params.speed: unknown key', 'an unknown argument');
SELECT throws_ok($$ SELECT timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 299792458}') $$, '22003', NULL, 'the speed of light');
SELECT throws_ok($$ SELECT timevmaps.tv_submit_experiment(1, 1, 'gr', '{"gm": 3.986004418e14, "r": 0.001}') $$, '22003', NULL, 'inside the Schwarzschild radius');
SELECT throws_ok($$ SELECT timevmaps.tv_submit_experiment(1, 1, 'gr', '{"gm": 1, "M": 1, "r": 1}') $$, '22023', NULL, 'gm and M');
SELECT throws_ok($$ SELECT timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1, "coordinate_seconds": 1, "proper_seconds": 1}') $$, '22023', NULL, 'both times');
SELECT throws_ok($$ SELECT timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1, "timeout_s": 0}') $$, '22023', NULL, 'no time at all');
SELECT throws_ok($$ SELECT timevmaps.tv_submit_experiment(1, 1, 'route', '{"origin_place_id": 1}') $$, '22023', NULL, 'a route to nowhere');
SELECT throws_ok($$ SELECT timevmaps.tv_submit_experiment(1, 1, 'route', '{"origin_place_id": 1, "dest_place_id": 2, "metric": "beauty"}') $$, '22023', NULL, 'an unknown metric');
SELECT throws_ok($$ SELECT timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1}', gateway_id => 1) $$, '22023', NULL, 'only circuits measure gateways');
SELECT throws_ok($$ SELECT timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1}', max_attempts => 0) $$, '22023', NULL, 'no attempts');
SELECT throws_ok($$ SELECT timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1}', run_at => 'infinity') $$, '22023', NULL, 'never');
SELECT throws_ok($$ SELECT timevmaps.tv_submit_experiment(NULL, 1, 'sr', '{"v_mps": 1}') $$, 'PT404', NULL, 'null is no world');
SELECT throws_ok($$ SELECT timevmaps.tv_submit_experiment(1, 1, NULL, '{"v_mps": 1}') $$, '22023', NULL, 'null is no kind');
SELECT throws_ok($$ SELECT timevmaps.tv_submit_experiment(1, 1, 'sr', NULL) $$, '22023', NULL, 'null is no params');

SELECT tests.act('tv_analyst', 'bob');
SELECT lives_ok($$ SELECT timevmaps.tv_submit_experiment(2, 2, 'sr', '{"v_mps": 1}', idempotency_key => 'k') $$, 'a key is its submitter''s and its world''s');
SELECT throws_ok($$ SELECT timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 179875474.8, "coordinate_seconds": 10}', idempotency_key => 'k') $$, '42501', NULL,
    'and nobody else''s');
SELECT tests.act('tv_player', 'ann');
SELECT throws_ok($$ SELECT timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1}') $$, '42501', NULL, 'a player submits nothing');
SELECT is((SELECT count(*) FROM timevmaps.experiments), 4::bigint, 'but sees experiments of public worlds');
SELECT throws_ok($$ SELECT timevmaps.tv_cancel_experiment(1) $$, '42501', NULL, 'and cancels nothing');

-- Over HTTP it is accepted, and says where to look.
SELECT tests.act('tv_analyst', 'ann');
SELECT set_config('request.method', 'POST', false) AS ignored \gset
BEGIN;
SELECT id AS ignored FROM timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1}') \gset
SELECT is(current_setting('response.status'), '202', 'over HTTP: 202');
SELECT matches(current_setting('response.headers'), '^.\{"Location": "/experiments\?id=eq\.[0-9]+&select=[a-z,]+"}.$', 'over HTTP: Location');
SELECT is(id, 1::bigint, 'the same key again') FROM timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 179875474.8, "coordinate_seconds": 10}', idempotency_key => 'k');
SELECT is(current_setting('response.status'), '200', 'over HTTP: 200');
SELECT matches(current_setting('response.headers'), '^.\{"Location": "/experiments\?id=eq\.1&select=[a-z,]+"}.$', 'over HTTP: Location of the first');
ROLLBACK;
SELECT set_config('request.method', '', false);

--------------------------------------------------------------- status machine

-- What has run, or waits no more, is what it was.
SELECT tests.act(NULL, NULL);
BEGIN;
SELECT force_status(1, 'failed');
SELECT timevmaps.tv_set_quota('tv_analyst', 'experiments_queued', 0);
SELECT tests.act('tv_analyst', 'ann');
SELECT is(status, 'failed', 'a key that is repeated shows how it went, and takes no quota')
    FROM timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 179875474.8, "coordinate_seconds": 10}', idempotency_key => 'k');
ROLLBACK;
SELECT tests.act(NULL, NULL);
-- Every pair of states, as the worker may move and as an editor may.
CREATE TABLE move AS
    SELECT a AS from_status, b AS to_status,
           CASE WHEN (a, b) IN (('queued', 'running'), ('queued', 'cancelled'), ('running', 'queued'), ('running', 'finished'),
                                ('running', 'failed'), ('running', 'cancelled'), ('failed', 'queued'), ('cancelled', 'queued'))
                THEN '' ELSE 'PT409' END AS worker,
           CASE WHEN (a, b) IN (('queued', 'cancelled'), ('running', 'cancelled'), ('failed', 'queued'), ('cancelled', 'queued')) THEN ''
                WHEN (a, b) IN (('queued', 'running'), ('running', 'queued'), ('running', 'finished'), ('running', 'failed')) THEN '42501'
                ELSE 'PT409' END AS editor
    FROM unnest(ARRAY['queued', 'running', 'finished', 'failed', 'cancelled']) a,
         unnest(ARRAY['queued', 'running', 'finished', 'failed', 'cancelled']) b
    WHERE a <> b;
GRANT ALL ON move TO PUBLIC;
CREATE FUNCTION try_move(from_status text, to_status text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM force_status(2, from_status);
    UPDATE timevmaps.experiments SET status = to_status WHERE id = 2;
    RETURN CASE WHEN status_of(2) = to_status THEN '' ELSE 'nothing' END;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END $$;
INSERT INTO timevmaps.results (experiment_id, world_id) VALUES (2, 1);
SELECT is(try_move(from_status, to_status), worker, format('worker: %s -> %s', from_status, to_status)) FROM move;
SELECT tests.act('tv_analyst', 'ann');
SELECT is(try_move(from_status, to_status), editor, format('editor: %s -> %s', from_status, to_status)) FROM move;

SELECT force_status(2, 'failed');
SELECT is((SELECT row_to_json(x)::jsonb FROM (SELECT status, attempts, progress, error, started_at, finished_at FROM timevmaps.tv_retry_experiment(2)) x),
    '{"status": "queued", "attempts": 0, "progress": 0, "error": null, "started_at": null, "finished_at": null}', 'what is tried again begins anew');
SELECT throws_ok('SELECT timevmaps.tv_retry_experiment(2)', 'PT409', NULL, 'what is queued is not tried again');
SELECT is((timevmaps.tv_cancel_experiment(2)).status, 'cancelled', 'what is queued can be cancelled');
SELECT throws_ok('SELECT timevmaps.tv_cancel_experiment(2)', 'PT409', NULL, 'once');
SELECT throws_ok('SELECT timevmaps.tv_cancel_experiment(99)', 'PT404', NULL, 'an experiment that is not there');
SELECT throws_ok('SELECT timevmaps.tv_retry_experiment(NULL)', 'PT404', NULL, 'no experiment at all');
SELECT throws_ok(format('SELECT timevmaps.tv_cancel_experiment(%s)', id), '42501', NULL, 'an experiment of a world that the caller does not edit')
    FROM timevmaps.experiments WHERE world_id = 2;
SELECT throws_ok('UPDATE timevmaps.experiments SET progress = 1 WHERE id = 1', '42501', NULL, 'progress is the worker''s');
SELECT throws_ok('UPDATE timevmaps.experiments SET params = ''{}'' WHERE id = 1', '23514', NULL, 'what to run is fixed');
SELECT throws_ok('UPDATE timevmaps.experiments SET submitted_role = ''postgres'' WHERE id = 1', '23514', NULL, 'whose rights it has is fixed');
SELECT lives_ok('UPDATE timevmaps.experiments SET priority = -5 WHERE id = 1', 'priority is not');
SELECT throws_ok('INSERT INTO timevmaps.results (experiment_id, world_id) VALUES (1, 1)', '42501', NULL, 'only the worker writes results');
SELECT throws_ok('INSERT INTO timevmaps.frames (experiment_id, world_id, step) VALUES (1, 1, 1)', '42501', NULL, 'only the worker writes frames');
SELECT throws_ok('SELECT timevmaps.tv_start_worker()', '42501', NULL, 'only tv_admin starts workers');
SELECT throws_ok('SELECT timevmaps.tv_stop_worker()', '42501', NULL, 'only tv_admin stops workers');
SELECT throws_ok('SELECT * FROM timevmaps.tv_worker_status()', '42501', NULL, 'only tv_admin watches workers');
SELECT throws_ok('SELECT timevmaps.tv_metrics()', '42501', NULL, 'only tv_admin reads metrics');
SELECT throws_ok('CALL timevmaps.tv_work(1)', '42501', NULL, 'only tv_admin works');

SELECT tests.act(NULL, NULL);
SELECT throws_ok('CALL timevmaps.tv_work(1)', '25001', NULL, 'tv_work() is refused inside a transaction');
DELETE FROM timevmaps.results;
SELECT force_status(2, 'running');
SELECT throws_ok($$ UPDATE timevmaps.experiments SET status = 'finished' WHERE id = 2 $$, '23514', NULL, 'nothing is finished without a result');

SELECT * FROM finish();
