-- Whatever JSON a client sends: an answer, 22023 or PT413, and never anything else.
-- TV_SEED=0.7 TV_ROUNDS=100 tries others, and a hundred times as many.
\set seed 0.25
\set rounds 1
\getenv seed TV_SEED
\getenv rounds TV_ROUNDS
BEGIN;
SELECT plan(6);
SELECT setseed(:seed);
SET LOCAL timevmaps.circuit_memory = '16MB';

CREATE FUNCTION pg_temp.scalar() RETURNS text LANGUAGE sql VOLATILE AS $$
    SELECT tests.one_of('null', 'true', 'false', '0', '1', '2', '3', '-1', '0.5', '-0', '1e308', '1e309', '-1e999', '1e-999',
        '2147483648', '4294967296', '9223372036854775807', '9223372036854775808', '1e40', '3.0', '"0"', '""', '"$"', '"$a"', '"H"',
        '"CX"', '"NaN"', '"Infinity"', '"x-"', '"01"', '"\u00e5\ud83d\ude00"', '"%s%n%d"', '"gates[0]"', '[]', '{}', '[[]]', '[{}]', '[0, 1]',
        '[[1, 0], [0, 1]]', '{"bit": 0}', '{"": 0}')
$$;
CREATE FUNCTION pg_temp.json(depth integer) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    IF depth = 0 OR random() < 0.4 THEN
        RETURN pg_temp.scalar();
    ELSIF random() < 0.5 THEN
        RETURN (SELECT '[' || coalesce(string_agg(pg_temp.json(depth - 1), ','), '') || ']' FROM generate_series(1, (random() * 4)::integer));
    END IF;
    RETURN (SELECT '{' || coalesce(string_agg(format('%s: %s', tests.one_of('"qubits"', '"gates"', '"bits"', '"params"', '"name"', '"op"', '"target"',
        '"targets"', '"control"', '"controls"', '"control_state"', '"theta"', '"matrix"', '"bit"', '"if"', '"value"', '"noise"', '"channel"', '"p"',
        '"observables"', '"x-y"', '"\u00e5"', '""'), pg_temp.json(depth - 1)), ','), '') || '}' FROM generate_series(1, (random() * 4)::integer));
END
$$;

CREATE TEMP TABLE good AS SELECT * FROM (VALUES
    (1, '{"qubits": 3, "bits": 2, "name": "all", "params": {"a": 0.5}, "gates": [
        {"op": "H", "target": 0}, {"op": "CNOT", "control": 0, "target": 1}, {"op": "RX", "target": 2, "theta": "$a"},
        {"op": "CU", "control": 2, "target": 0, "theta": 1, "phi": 2, "lambda": "$a", "gamma": 0.1},
        {"op": "SWAP", "targets": [0, 2], "controls": [1], "control_state": "0"},
        {"op": "UNITARY", "targets": [1], "matrix": [[0, [0, -1]], [[0, 1], 0]]},
        {"op": "X", "target": 1, "controls": [0, 2], "control_state": 2},
        {"op": "MEASURE", "target": 0, "bit": 1}, {"op": "Z", "target": 1, "if": {"bit": 1, "value": 0}},
        {"op": "RESET", "target": 2}, {"op": "BARRIER", "targets": [0, 1]}]}'::jsonb),
    (2, '{"params": {"a": 1}, "noise": [{"channel": "depolarizing", "p": 0.01, "gates": ["H", "CX"], "qubits": [0]}, {"channel": "readout", "p": 0.1, "p10": 0.2}],
         "trajectories": 2, "observables": ["ZZZ", "X0 - 0.5*Y1 Y2"], "observable": "Z0", "top": 3, "bloch": true, "fidelity": true}'),
    (3, '{"noise": {"depolarizing": 0.01, "readout": [0.1, 0.2], "amplitude_damping": 0.1}, "trajectories": 3}')
) t (kind, document);

-- Every path of the good documents, each way into them.
CREATE TEMP TABLE places AS
WITH RECURSIVE walk (kind, path, value) AS (
    SELECT kind, ARRAY[]::text[], document FROM good
    UNION ALL
    SELECT kind, path || step, inner_value FROM walk, LATERAL (
        SELECT key, v FROM jsonb_each(CASE WHEN jsonb_typeof(value) = 'object' THEN value END) AS o (key, v)
        UNION ALL
        SELECT (n - 1)::text, v FROM jsonb_array_elements(CASE WHEN jsonb_typeof(value) = 'array' THEN value END) WITH ORDINALITY AS a (v, n)
    ) AS inside (step, inner_value)
)
SELECT kind, path FROM walk WHERE path <> '{}';

CREATE FUNCTION pg_temp.outcome(circuit jsonb, options jsonb) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM timevmaps.tv_run_circuit(circuit, 3, 1, options);
    -- Its parameters are those of the document: with others it is another circuit.
    IF options ? 'params' THEN
        RETURN 'ok';
    ELSIF timevmaps.tv_circuit_canonical(timevmaps.tv_circuit_canonical(circuit)) <> timevmaps.tv_circuit_canonical(circuit) OR
        timevmaps.tv_run_circuit(timevmaps.tv_circuit_canonical(circuit), 3, 1, options) - 'duration_s'
            <> timevmaps.tv_run_circuit(circuit, 3, 1, options) - 'duration_s' THEN
        RETURN 'the canonical form is another circuit';
    END IF;
    RETURN 'ok';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END
$$;
-- What else reads a circuit.
CREATE FUNCTION pg_temp.others(circuit jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    statement text;
    states text := '';
BEGIN
    FOREACH statement IN ARRAY ARRAY['tv_circuit_draw($1)', $t$tv_circuit_draw($1, 'svg', 40)$t$, 'tv_circuit_to_qasm($1)', 'tv_explain_circuit($1)',
        'tv_circuit_from_qasm(timevmaps.tv_circuit_to_qasm($1))', 'tv_circuit_steps($1)', 'tv_amplitudes($1)', $t$tv_expectation($1, 'Z0')$t$]
    LOOP
        BEGIN
            EXECUTE 'SELECT count(*) FROM timevmaps.' || statement USING circuit;
        EXCEPTION WHEN OTHERS THEN
            IF SQLSTATE NOT IN ('22023', 'PT413') OR statement LIKE 'tv_circuit_from_qasm%' AND states NOT LIKE '%to_qasm%' THEN
                RETURN SQLSTATE || ' ' || statement || ' ' || SQLERRM;
            END IF;
            states := states || statement;
        END;
    END LOOP;
    RETURN 'ok';
END
$$;
CREATE FUNCTION pg_temp.circuit() RETURNS jsonb LANGUAGE sql AS $$ SELECT document FROM good WHERE kind = 1 $$;

SELECT is((SELECT array_agg(DISTINCT pg_temp.outcome(pg_temp.circuit(), document)) FROM good WHERE kind > 1), '{ok}', 'what is mutated is good');

CREATE TEMP TABLE outcomes AS
    SELECT 'changed' AS how, doc, pg_temp.outcome(doc, '{}') AS state
    FROM places, generate_series(1, 40 * :rounds) n, LATERAL (SELECT jsonb_set(pg_temp.circuit(), path, pg_temp.json(2 + 0 * n)::jsonb) AS doc) d WHERE kind = 1
    UNION ALL
    SELECT 'changed twice', doc, pg_temp.outcome(doc, '{}')
    FROM (SELECT path, row_number() OVER (ORDER BY random()) AS i FROM places WHERE kind = 1) one
        JOIN (SELECT path, row_number() OVER (ORDER BY random()) AS i FROM places WHERE kind = 1) other USING (i), generate_series(1, 20 * :rounds) n,
        LATERAL (SELECT jsonb_set(jsonb_set(pg_temp.circuit(), one.path, pg_temp.scalar()::jsonb), other.path, pg_temp.json(1 + 0 * n)::jsonb) AS doc) d
    WHERE one.path <> other.path[1:cardinality(one.path)]
    UNION ALL
    SELECT 'removed', doc, pg_temp.outcome(doc, '{}')
    FROM places, LATERAL (SELECT pg_temp.circuit() #- path AS doc) d WHERE kind = 1
    UNION ALL
    SELECT 'option changed', doc, pg_temp.outcome(pg_temp.circuit(), doc)
    FROM places JOIN good USING (kind), generate_series(1, 40 * :rounds) n, LATERAL (SELECT jsonb_set(document, path, pg_temp.json(2 + 0 * n)::jsonb) AS doc) d WHERE kind > 1
    UNION ALL
    SELECT 'option removed', doc, pg_temp.outcome(pg_temp.circuit(), doc)
    FROM places JOIN good USING (kind), LATERAL (SELECT document #- path AS doc) d WHERE kind > 1
    UNION ALL
    SELECT 'any', doc, pg_temp.outcome(doc, doc)
    FROM generate_series(1, 2000 * :rounds) n, LATERAL (SELECT pg_temp.json(4 + 0 * n)::jsonb AS doc) d;

SELECT is_empty($$ SELECT how, state, doc FROM outcomes WHERE state NOT IN ('ok', '22023', 'PT413') LIMIT 5 $$, 'no other class of error');
SELECT ok((SELECT count(*) FILTER (WHERE state = 'ok') > 100 AND count(*) FILTER (WHERE state = '22023') > 2000 FROM outcomes),
    'both answers and refusals occur: ' || (SELECT string_agg(format('%s %s', state, n), ', ') FROM (SELECT state, count(*) AS n FROM outcomes GROUP BY state) c));

SELECT is_empty($$ SELECT state, doc FROM (SELECT doc, pg_temp.others(doc) AS state FROM outcomes
    WHERE how LIKE 'changed%' OR how = 'removed') o WHERE state <> 'ok' LIMIT 5 $$, 'nor in what draws, explains or translates');

-- Frames: one byte or a few of a good payload changed, cut or added.
CREATE FUNCTION pg_temp.frame_outcome(payload bytea) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM timevmaps.tv_frame_info(payload);
    IF EXISTS (SELECT FROM timevmaps.tv_frame_amplitudes(payload) a WHERE a.re = 'NaN' OR a.im = 'NaN' OR a.probability = 'NaN') THEN
        RETURN 'NaN';
    END IF;
    PERFORM timevmaps.tv_frame_bloch(payload);
    RETURN 'ok';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END
$$;
CREATE TEMP TABLE frame_outcomes AS
    SELECT bytes, pg_temp.frame_outcome(bytes) AS state
    FROM timevmaps.tv_circuit_steps(pg_temp.circuit(), 3) s, generate_series(1, 150 * :rounds) n,
        LATERAL (SELECT (random() * (length(payload) - 1))::integer AS at, (random() * 255)::integer AS byte, random() AS how WHERE n > 0) r,
        LATERAL (SELECT CASE WHEN how < 0.7 THEN set_byte(payload, CASE WHEN how < 0.5 THEN at % 24 ELSE at END, byte)
                             WHEN how < 0.85 THEN substr(payload, 1, at)
                             ELSE payload || set_byte('\x00', 0, byte) END AS bytes) m;
SELECT is_empty($$ SELECT state, bytes FROM frame_outcomes WHERE state NOT IN ('ok', '22023', 'PT413') LIMIT 5 $$, 'no other class of error in frames');
SELECT ok((SELECT count(DISTINCT state) >= 2 FROM frame_outcomes), 'both answers and refusals occur');

SELECT * FROM finish();
ROLLBACK;
