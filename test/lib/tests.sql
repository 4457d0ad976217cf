-- What tests share, in a schema of its own; test/lib/pgtap-file reads it before each file of test/pgtap, and oracle.sql before itself.
CREATE SCHEMA tests;
GRANT USAGE ON SCHEMA tests TO PUBLIC;

-- What a statement gives, the first value of its first row, or the error it ends with, whose SQLSTATE is the outcome then.
CREATE FUNCTION tests.attempt(statement text, as_role text DEFAULT NULL,
                              OUT outcome text, OUT state text, OUT message text, OUT detail text, OUT hint text)
LANGUAGE plpgsql AS $$
BEGIN
    IF as_role IS NOT NULL THEN
        EXECUTE format('SET LOCAL ROLE %I', as_role);
    END IF;
    EXECUTE statement INTO outcome;
    IF as_role IS NOT NULL THEN
        RESET ROLE;
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    outcome := state;
END
$$;
CREATE FUNCTION tests.outcome(statement text, as_role text DEFAULT NULL) RETURNS text LANGUAGE sql AS
$$ SELECT outcome FROM tests.attempt(statement, as_role) $$;

-- What it gives, or SQLSTATE and path of what is wrong: the head of the message.
CREATE FUNCTION tests.refusal(statement text, as_role text DEFAULT NULL) RETURNS text LANGUAGE sql AS
$$ SELECT concat_ws(' ', outcome, split_part(message, ': ', 1)) FROM tests.attempt(statement, as_role) $$;

-- What is wrong with a program in OpenQASM, in full; "ok" where nothing is.
CREATE FUNCTION tests.qasm_outcome(program text) RETURNS text LANGUAGE sql AS
$$ SELECT coalesce(state || ' ' || message, 'ok') FROM tests.attempt(format('SELECT timevmaps.tv_circuit_from_qasm(%L)', program)) $$;

-- Act as somebody: a role and an identity.
CREATE FUNCTION tests.act(role text, identity text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('timevmaps.identity', coalesce(identity, ''), false);
    PERFORM set_config('role', coalesce(role, 'none'), false);
END
$$;

-- The same number but for the order in which it was added up; below the floor, by as much as there.
CREATE FUNCTION tests.same(a float, b float, floor float DEFAULT 0) RETURNS boolean LANGUAGE sql IMMUTABLE AS
$$ SELECT coalesce(abs(a - b) <= 1e-9 * greatest(abs(a), abs(b), floor), a IS NULL AND b IS NULL) $$;

-- One at random.
CREATE FUNCTION tests.pick(anyarray) RETURNS anyelement LANGUAGE sql AS $$ SELECT $1[1 + floor(random() * cardinality($1))] $$;
CREATE FUNCTION tests.one_of(VARIADIC choices text[]) RETURNS text LANGUAGE sql AS $$ SELECT tests.pick(choices) $$;

-- n qubits in a GHZ state.
CREATE FUNCTION tests.ghz(n integer) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('qubits', n, 'gates', '[{"op": "H", "target": 0}]'::jsonb ||
        (SELECT jsonb_agg(jsonb_build_object('op', 'CX', 'control', q - 1, 'target', q) ORDER BY q) FROM generate_series(1, n - 1) q))
$$;

-- What a statement writes into a log, by the file's own pg_temp.written(): what has come since it was last asked.
CREATE FUNCTION tests.writes(statement text, wanted text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_temp.written();
    EXECUTE statement;
    RETURN is(pg_temp.written(), wanted, split_part(statement, E'\n', 1));
END
$$;

-- A time on the day on which vehicles move in tests.
CREATE FUNCTION tests.at(clock text) RETURNS timestamptz LANGUAGE sql AS $$ SELECT ('2026-01-05 ' || clock || '+00')::timestamptz $$;

-- From 0 to 1, the n-th of a series, the same in every run.
CREATE FUNCTION tests.chance(n bigint, series bigint) RETURNS float LANGUAGE sql IMMUTABLE AS $$ SELECT (hashint8extended(n, series) & 1048575) / 1048576.0 $$;

-- What a question answers, as text, where prepared graphs and rows say the same; else both.
CREATE FUNCTION tests.both(question text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    prepared text;
    by_rows text;
BEGIN
    EXECUTE question INTO prepared;
    SET LOCAL timevmaps.prepared_graph = off;
    EXECUTE question INTO by_rows;
    SET LOCAL timevmaps.prepared_graph = on;
    RETURN CASE WHEN prepared IS NOT DISTINCT FROM by_rows THEN by_rows ELSE format('%s, but from rows %s', prepared, by_rows) END;
END
$$;
