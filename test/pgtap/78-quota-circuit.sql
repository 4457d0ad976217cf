-- Memory of circuits: the quota binds whoever asks, whichever function he asks; what fits in 1 MB is nobody's business.
BEGIN;
SELECT plan(32);

CREATE ROLE ann LOGIN; GRANT tv_analyst TO ann;
CREATE ROLE boss LOGIN; GRANT tv_admin TO boss;
CREATE ROLE eve LOGIN; GRANT tv_player TO eve;
INSERT INTO timevmaps.worlds (id, name, owner) VALUES (1, 'one', 'ann');
INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (1, 1, 'main');
UPDATE timevmaps.quotas SET amount = 4194304 WHERE grantee = 'tv_analyst' AND kind = 'circuit_memory';

-- A state of n qubits that has amplitudes.
CREATE FUNCTION tests.state(n integer) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('qubits', n, 'gates', (SELECT jsonb_agg(jsonb_build_object('op', 'RX', 'target', q, 'theta', 0.3)) FROM generate_series(0, n - 1) q)
        || (SELECT jsonb_agg(jsonb_build_object('op', 'CX', 'control', q - 1, 'target', q)) FROM generate_series(1, n - 1) q)) $$;
CREATE TEMP TABLE asked AS SELECT * FROM (VALUES
    ('run', $$SELECT timevmaps.tv_run_circuit(tests.state(%s))$$),
    ('steps', $$SELECT count(*) FROM timevmaps.tv_circuit_steps(tests.state(%s))$$),
    ('amplitudes', $$SELECT count(*) FROM timevmaps.tv_amplitudes(tests.state(%s))$$),
    ('bloch', $$SELECT count(*) FROM timevmaps.tv_bloch(tests.state(%s))$$),
    ('expectation', $$SELECT timevmaps.tv_expectation(tests.state(%s), 'Z0')$$),
    ('gradient', $$SELECT count(*) FROM timevmaps.tv_gradient(jsonb_set(tests.state(%s), '{gates,0,theta}', '"$a"'), 'Z0', '{"a": 0.1}')$$),
    ('experiment', $$SELECT (timevmaps.tv_submit_experiment(1, 1, 'quantum', jsonb_build_object('circuit', tests.state(%s)))).id$$)
) v (what, statement);
GRANT SELECT ON asked TO PUBLIC;

SET SESSION AUTHORIZATION ann;
SELECT is(tests.outcome(format(statement, 20)), 'PT413', what || ': 16 MB are above 4 MB') FROM asked;
SELECT isnt(tests.outcome(format(statement, 8)), 'PT413', what || ': a small one is run') FROM asked;
SELECT is(detail, '16777216 bytes are needed, the limit is 4194304', 'both are told')
FROM regexp_replace((SELECT detail FROM tests.attempt($$SELECT timevmaps.tv_expectation(tests.state(20), 'Z0')$$)), '^\d+', '16777216') detail;
SELECT is(tests.outcome($$SELECT timevmaps.tv_circuit_from_qasm('OPENQASM 2.0; include "qelib1.inc"; qreg q[1];' || repeat('x q[0];', 60000))$$), 'PT413', 'programs count, too');
SELECT is(tests.outcome($$SELECT timevmaps.tv_validate_circuit(jsonb_build_object('qubits', 1, 'gates', (SELECT jsonb_agg('{"op": "x", "target": 0}'::jsonb) FROM generate_series(1, 60000))))$$),
    'PT413', 'and lists of gates');

-- The role that he takes, and what an administrator changes, hold at once in an open session.
RESET SESSION AUTHORIZATION;
CREATE FUNCTION tests.runs(n integer) RETURNS text LANGUAGE sql AS
$$ SELECT left(tests.outcome(format('SELECT timevmaps.tv_expectation(tests.state(%s), ''Z0'')', n)), 5) $$;
SET SESSION AUTHORIZATION ann;
SELECT is(tests.runs(17), left(timevmaps.tv_expectation(tests.state(17), 'Z0')::text, 5), '17 qubits fit');
RESET SESSION AUTHORIZATION;
SELECT timevmaps.tv_set_quota('ann', 'circuit_memory', 1048576);
SET SESSION AUTHORIZATION ann;
SELECT is(tests.runs(17), 'PT413', 'until the quota is another');
SAVEPOINT larger;
RESET SESSION AUTHORIZATION;
SELECT timevmaps.tv_set_quota('ann', 'circuit_memory', 1073741824);
SET SESSION AUTHORIZATION ann;
SELECT isnt(tests.runs(20), 'PT413', 'larger, too');
ROLLBACK TO larger;
SELECT is(tests.runs(17), 'PT413', 'what is rolled back does not count');
RESET SESSION AUTHORIZATION;
SELECT timevmaps.tv_set_quota('ann', 'circuit_memory', NULL);
GRANT tv_admin TO ann;
SET SESSION AUTHORIZATION ann;
SELECT isnt(tests.runs(20), 'PT413', 'a membership counts at once');
RESET SESSION AUTHORIZATION;
REVOKE tv_admin FROM ann;
SET SESSION AUTHORIZATION ann;
SELECT is(tests.runs(20), 'PT413', 'and its end');
SET SESSION AUTHORIZATION boss;
SELECT isnt(tests.runs(20), 'PT413', 'an administrator has no limit');
SET ROLE tv_analyst;
SELECT is(tests.runs(20), 'PT413', 'but in the role of an analyst');
RESET ROLE;
SELECT isnt(tests.runs(20), 'PT413', 'until he leaves it');
RESET SESSION AUTHORIZATION;
-- Inside a function that acts as the owner of the tables it is who has called it.
CREATE FUNCTION tests.as_owner() RETURNS float LANGUAGE sql SECURITY DEFINER AS $$ SELECT timevmaps.tv_expectation(tests.state(20), 'Z0') $$;
DO $$ BEGIN EXECUTE format('ALTER FUNCTION tests.as_owner() OWNER TO %s', (SELECT relowner::regrole FROM pg_class WHERE oid = 'timevmaps.quotas'::regclass)); END $$;
GRANT EXECUTE ON FUNCTION tests.as_owner() TO PUBLIC;
SET SESSION AUTHORIZATION ann;
SELECT is(tests.outcome('SELECT tests.as_owner()'), 'PT413', 'nobody gets more by a function of the tables');
-- The setting bounds all.
RESET SESSION AUTHORIZATION;
SET LOCAL timevmaps.circuit_memory = '2MB';
SET SESSION AUTHORIZATION ann;
SELECT is(tests.runs(18), 'PT413', 'the setting holds below the quota');
RESET SESSION AUTHORIZATION;
RESET timevmaps.circuit_memory;

------------------------------------------------------------- time

SELECT tests.act('tv_analyst', 'ann');
SELECT is(tests.outcome($$SELECT timevmaps.tv_validate_experiment('sr', '{"v_mps": 1, "timeout_s": 1e9}')$$), '22023', 'no experiment runs for ever');
SELECT tests.act(NULL, NULL);
SET SESSION AUTHORIZATION ann;
SELECT is(tests.refusal($$SELECT timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1, "timeout_s": 3601}')$$), '22023 params.timeout_s', 'nor longer than the quota');
SELECT is(detail, '3601 is above 3600.', 'which is told')
FROM tests.attempt($$INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params) VALUES (1, 1, 'sr', '{"v_mps": 1, "timeout_s": 3601}')$$);
SELECT is((timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1, "timeout_s": 3600}')).status, 'queued', 'but as long');

SELECT * FROM finish();
ROLLBACK;
