-- Whatever params an experiment has: 22023, 22003 or PT413, or a run that gives numbers, and never anything else.
-- TV_SEED=0.7 TV_ROUNDS=100 tries others, and a hundred times as many.
\set seed 0.25
\set rounds 1
\getenv seed TV_SEED
\getenv rounds TV_ROUNDS
BEGIN;
SELECT plan(4);
SELECT setseed(:seed);
SET LOCAL timevmaps.circuit_memory = '16MB';

CREATE FUNCTION pg_temp.value() RETURNS jsonb LANGUAGE sql VOLATILE AS $$
    SELECT tests.one_of('null', 'true', 'false', '0', '1', '2', '3', '-1', '0.5', '-0', '1e100', '-1e100', '1e101', '1e308', '-1e308', '1e309', '-1e999', '1e-320', '1e-999',
        '299792458', '299792457.99999997', '2147483648', '4294967295', '4294967296', '9223372036854775807', '9223372036854775808', '-9223372036854775808', '1e40', '3.0',
        '""', '"$"', '"a"', '"b"', '"full"', '"top"', '"Z0"', '"1e100*Z - 1e100*X0"', '"NaN"', '"x-"', '"statevector"', '"stabilizer"', '"\u00e5\ud83d\ude00"', '"%s%n%d"', '[]', '{}', '[[]]', '[{}]',
        '[0, 1]', '[1e308, -1e308]', '[null]', '["a"]', '{"a": 1}', '{"a": [0, 1]}', '{"from": 0, "to": 1, "count": 3}', '{"from": -1e100, "to": 1e100, "count": 2}',
        '{"from": 1e308, "to": -1e308, "count": 2}', '{"a": {"from": 0, "to": 1, "count": 100000}, "b": {"from": 0, "to": 1, "count": 100000}}', '{"": 0}',
        '{"qubits": 1, "gates": []}', '{"qubits": 1000, "gates": [{"op": "T", "target": 0}]}', '{"every": 1}')::jsonb
$$;

CREATE TEMP TABLE good AS SELECT kind, params::jsonb FROM (VALUES
    ('sr', '{"v_mps": 1e8, "coordinate_seconds": 10, "timeout_s": 5}'),
    ('gr', '{"gm": 3.986e14, "r": 6371000, "proper_seconds": 10}'),
    ('gr', '{"M": 5.97e24, "r": 6371000, "coordinate_seconds": 10}'),
    ('relativity', '{"gm": 3.986e14, "r": 6371000, "v_mps": 3000, "proper_seconds": 10}'),
    ('relativity', '{"M": 5.97e24, "r": 6371000, "v": 3000, "t": 10}'),
    ('quantum', '{"qubits": 1, "bits": 1, "gates": [{"op": "RX", "target": 0, "theta": "$a"}], "params": {"a": 1}, "shots": 10}'),
    ('route', '{"origin_place_id": 1, "dest_place_id": 2, "dest_timeline_id": 1, "metric": "local"}'),
    ('quantum', '{"circuit": {"qubits": 2, "params": {"a": 1}, "gates": [{"op": "RX", "target": 0, "theta": "2*$a"}, {"op": "CX", "control": 0, "target": 1}]}, "shots": 10, "seed": 1,
        "options": {"observables": ["Z0 Z1"], "attempt": 3, "params": {"a": 0.3}, "entropy": [0]}, "frames": {"every": 1, "content": "top", "max_qubits": 4}, "timeout_s": 5}'),
    ('sweep', '{"circuit": {"qubits": 2, "params": {"b": 1}, "gates": [{"op": "RX", "target": 0, "theta": "2*$a"}, {"op": "U", "target": 1, "theta": "$b", "phi": "$a", "lambda": 0}]}, "shots": 10, "seed": 1,
        "options": {"observables": ["Z0", "X1"], "attempt": 3}, "grid": {"a": {"from": 0, "to": 1, "count": 3}, "b": [0, 1]}, "gradient": true, "frames": {"every": 2, "content": "bloch"}}'),
    ('sweep', '{"circuit": {"qubits": 1, "gates": [{"op": "RX", "target": 0, "theta": "$a"}]}, "points": [{"a": 0}, {"a": 1}], "options": {"noise": {"depolarizing": 0.1}, "trajectories": 5, "observable": "Z"}}')
) t (kind, params);

CREATE TEMP TABLE places AS
WITH RECURSIVE walk (kind, params, path, value) AS (
    SELECT kind, params, ARRAY[]::text[], params FROM good
    UNION ALL
    SELECT kind, params, path || step, inner_value FROM walk, LATERAL (
        SELECT key, v FROM jsonb_each(CASE WHEN jsonb_typeof(value) = 'object' THEN value END) AS o (key, v)
        UNION ALL
        SELECT (n - 1)::text, v FROM jsonb_array_elements(CASE WHEN jsonb_typeof(value) = 'array' THEN value END) WITH ORDINALITY AS a (v, n)
    ) AS inside (step, inner_value)
)
SELECT kind, params, path FROM walk WHERE path <> '{}';

-- What is accepted is run; its numbers are numbers.
CREATE FUNCTION pg_temp.outcome(kind text, params jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    metrics jsonb;
BEGIN
    BEGIN
        params := timevmaps.tv_validate_experiment(kind, params);
    EXCEPTION WHEN OTHERS THEN
        RETURN SQLSTATE;
    END;
    IF kind = 'route' THEN
        RETURN 'ok';
    END IF;
    metrics := timevmaps_internal.tv_rerun_experiment(kind, params, NULL, 1, 1);
    RETURN CASE WHEN metrics::text ~ '\m(NaN|Infinity)\M' THEN 'NaN'
                WHEN metrics::text::jsonb <> metrics THEN 'no JSON' ELSE 'ok' END;
EXCEPTION WHEN OTHERS THEN
    RETURN 'run ' || SQLSTATE;
END
$$;
SELECT is((SELECT array_agg(DISTINCT pg_temp.outcome(kind, params)) FROM good), '{ok}', 'what is mutated is good');

CREATE TEMP TABLE outcomes AS
    SELECT kind, changed, pg_temp.outcome(kind, changed) AS state
    FROM places, generate_series(1, 25 * :rounds) n, LATERAL (SELECT jsonb_set(params, path, CASE WHEN n > 0 THEN pg_temp.value() END) AS changed) c
    UNION ALL
    SELECT kind, params #- path, pg_temp.outcome(kind, params #- path) FROM places
    UNION ALL
    SELECT kind, changed, pg_temp.outcome(kind, changed)
    FROM places, LATERAL (SELECT params || jsonb_build_object(tests.one_of('circuit', 'grid', 'points', 'x-y', 'options', 'y', '', 'gradient', 'M', 't', 'v', 'qubits', 'gates', 'shots'), pg_temp.value()) AS changed) c;
SELECT is_empty($$ SELECT kind, state, changed FROM outcomes WHERE state NOT IN ('ok', '22023', '22003', 'PT413') LIMIT 5 $$, 'no other class of error, no NaN, and what is accepted runs');
SELECT ok((SELECT count(*) FILTER (WHERE state = 'ok') > 100 AND count(*) FILTER (WHERE state = '22023') > 500 FROM outcomes),
    'both answers and refusals occur: ' || (SELECT string_agg(format('%s %s', state, n), ', ') FROM (SELECT state, count(*) AS n FROM outcomes GROUP BY state) c));
SELECT is((SELECT count(DISTINCT kind) FROM outcomes WHERE state = 'ok'), 6::bigint, 'of all kinds');
SELECT * FROM finish();
ROLLBACK;
