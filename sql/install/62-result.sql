-- 62-result: a run of a circuit beside earlier ones of the same setup, and again.

CREATE FUNCTION timevmaps_internal.tv_setup_hash(kind text, params jsonb, hash text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT encode(sha256(convert_to(kind || ' ' || hash || ' ' ||
        coalesce(jsonb_object_agg(p.key, p.value)::text, '{}'), 'UTF8')), 'hex')
    FROM jsonb_each(params #- '{options,attempt}') p
    WHERE p.key NOT IN ('circuit', 'seed', 'timeout_s') AND p.key NOT LIKE 'x-%'
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_setup_hash(text, jsonb, text) IS
'What two experiments have in common whose results are compared: kind, circuit hash, and params but for the seed. SHA-256 in hexadecimal.';

CREATE FUNCTION timevmaps_internal.tv_run_summary(metrics jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    -- An observable may be long, and a thousand of these are read to compare.
    SELECT coalesce(jsonb_object_agg(CASE WHEN length(s.name) > 200 THEN left(s.name, 160) || '... ' || md5(s.name) ELSE s.name END, s.value), '{}')
    FROM (
        SELECT p.key AS name, p.value FROM jsonb_each(metrics) p WHERE p.key IN ('duration_s', 'fidelity')
        UNION ALL
        SELECT 'entropy', metrics #> '{entropy,value}'
        UNION ALL
        (SELECT format('expectation %s', e ->> 'observable'), e -> 'value'
         FROM jsonb_path_query(metrics, '$.expectations[0 to 63]') e)
        UNION ALL
        (SELECT format('%s of %s', b.bound, o ->> 'observable'), o #> ARRAY[b.bound, 'value']
         FROM jsonb_path_query(metrics, '$.observables[0 to 31]') o, unnest('{min,max}'::text[]) b (bound))
    ) s
    WHERE jsonb_typeof(s.value) = 'number'
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_run_summary(jsonb) IS
'The numbers of a result''s metrics by which runs are compared, by name.
duration_s, fidelity, entropy, the expectations of the first 64 observables; of a sweep, least and greatest of the first 32. A name of more than 200 letters is cut, its MD5 behind.';

CREATE FUNCTION timevmaps_internal.tv_earlier_runs(world_id bigint, setup_hash text) RETURNS jsonb[]
LANGUAGE plpgsql STABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    IF NOT has_table_privilege('timevmaps.results', 'SELECT') THEN
        RETURN NULL;
    END IF;
    RETURN ARRAY(
        SELECT r.summary FROM timevmaps.results r
        WHERE r.world_id = tv_earlier_runs.world_id AND r.setup_hash = tv_earlier_runs.setup_hash
        ORDER BY r.experiment_id DESC LIMIT 1000);
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_earlier_runs(bigint, text) IS
'Summaries of the last 1,000 runs of a setup in a world, of those that the caller may see, the latest first; null where he may see none at all.';

CREATE FUNCTION timevmaps_internal.tv_anomaly(summary jsonb, earlier jsonb[]) RETURNS jsonb
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps_internal.tv_anomaly(jsonb, jsonb[]) IS
'How unusual a run''s numbers are beside those of earlier runs of the same setup, as tv_earlier_runs() gives them.
Returns {"runs", "score", "unusual": [{"metric", "value", "median", "mad", "score"}]}: the score of a metric is the modified z-score
0.6745 (value - median) / MAD, by the mean deviation where MAD is 0, at most 1000000, which also stands for any difference from runs
that were all equal; "score" is the greatest in size, null before there are 5 earlier runs; unusual is above 3.5.
Errors: 22003 numbers so large that their differences are none; 22023 summary is not an object.
Source: Iglewicz and Hoaglin, How to Detect and Handle Outliers (1993).';

CREATE FUNCTION timevmaps_internal.tv_rerun_experiment(kind text, params jsonb, circuit jsonb, seed bigint, attempt bigint) RETURNS jsonb
LANGUAGE c STABLE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps_internal.tv_rerun_experiment(text, jsonb, jsonb, bigint, bigint) IS
'The metrics of an experiment of any kind but route, computed in this session; nothing is stored.
circuit: instead of the one that params name, null for that; seed and attempt where params do not say. tv_reproduce() calls it.';

CREATE FUNCTION timevmaps_internal.tv_json_differences(recorded jsonb, now jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH RECURSIVE d (path, a, b, kind) AS (
        SELECT '', recorded, now, CASE WHEN jsonb_typeof(recorded) = jsonb_typeof(now) THEN jsonb_typeof(recorded) END
        WHERE recorded IS DISTINCT FROM now
        UNION ALL
        SELECT d.path || s.step, s.a, s.b, CASE WHEN jsonb_typeof(s.a) = jsonb_typeof(s.b) THEN jsonb_typeof(s.a) END
        FROM d, LATERAL (
            SELECT '.' || coalesce(x.key, y.key) AS step, x.value AS a, y.value AS b
            FROM jsonb_each(CASE d.kind WHEN 'object' THEN d.a ELSE '{}' END) x
                FULL JOIN jsonb_each(CASE d.kind WHEN 'object' THEN d.b ELSE '{}' END) y ON x.key = y.key
            UNION ALL
            SELECT '[' || coalesce(x.n, y.n) - 1 || ']', x.value, y.value
            FROM jsonb_array_elements(CASE d.kind WHEN 'array' THEN d.a ELSE '[]' END) WITH ORDINALITY x (value, n)
                FULL JOIN jsonb_array_elements(CASE d.kind WHEN 'array' THEN d.b ELSE '[]' END) WITH ORDINALITY y (value, n) ON x.n = y.n
        ) s
        WHERE s.a IS DISTINCT FROM s.b
    )
    SELECT coalesce(jsonb_object_agg(ltrim(l.path, '.'), jsonb_build_object('recorded', l.a, 'now', l.b)), '{}')
    FROM (SELECT d.path, d.a, d.b FROM d WHERE coalesce(d.kind NOT IN ('object', 'array'), true) LIMIT 100) l
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_json_differences(jsonb, jsonb) IS
'Where two documents differ: {"counts.00": {"recorded": 508, "now": 510}}, at most 100 places; {} where they do not.';

-- What tv_reproduce() begins with: all that is looked up as the caller.
CREATE FUNCTION timevmaps_internal.tv_recorded_run(experiment_id bigint,
    OUT kind text, OUT params jsonb, OUT metrics jsonb, OUT artifacts jsonb, OUT seed bigint, OUT attempt bigint,
    OUT route jsonb, OUT notes text[], OUT engine text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    experiment record;
    stored text;
BEGIN
    PERFORM timevmaps.tv_check_tables();
    SELECT e.id, e.world_id, e.timeline_id, e.kind, e.params, e.status INTO experiment FROM timevmaps.experiments e WHERE e.id = tv_recorded_run.experiment_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'PT404', MESSAGE = 'no such experiment',
            DETAIL = format('There is no experiment %s, or it is not visible to this role.', tv_recorded_run.experiment_id);
    ELSIF experiment.status <> 'finished' THEN
        RAISE EXCEPTION USING ERRCODE = 'PT409', MESSAGE = 'the experiment has no result to compare with',
            DETAIL = format('Experiment %s is %s.', experiment.id, experiment.status);
    END IF;
    SELECT r.metrics, r.artifacts INTO metrics, artifacts FROM timevmaps.results r WHERE r.experiment_id = experiment.id;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'PT410', MESSAGE = 'the result is not kept any more',
            DETAIL = format('Retention has dropped the result of experiment %s, or it tells of a world that is not visible to this role.', experiment.id);
    END IF;
    kind := experiment.kind;
    params := experiment.params;
    seed := coalesce((artifacts -> 'seed')::bigint, experiment.id);
    attempt := coalesce((artifacts -> 'attempt')::bigint, 1);
    engine := 'timevmaps ' || (SELECT x.extversion FROM pg_catalog.pg_extension x WHERE x.extname = 'timevmaps');
    notes := '{}';
    IF engine IS DISTINCT FROM artifacts ->> 'engine' THEN
        notes := notes || format('recorded by %s', artifacts ->> 'engine');
    END IF;

    IF kind = 'route' THEN
        SELECT to_jsonb(p) INTO route
        FROM timevmaps.tv_plan_route(experiment.world_id, experiment.timeline_id,
            (params -> 'origin_place_id')::bigint, (params -> 'dest_place_id')::bigint,
            (nullif(params -> 'dest_timeline_id', 'null'))::bigint, params ->> 'metric',
            params ->> 'profile', nullif(params -> 'overrides', 'null')) p;
        notes := notes || 'a route is of the network as it is now'::text;
        route := coalesce(route, '{}') - '{id,created_at,geom,path_place_ids,path_timeline_ids}'::text[];
        metrics := metrics - 'route_id';
    ELSIF artifacts ? 'circuit_name' THEN
        SELECT c.hash INTO stored FROM timevmaps.circuits c WHERE c.name = artifacts ->> 'circuit_name';
        IF stored IS NULL THEN
            notes := notes || format('circuit "%s" is gone from the library', artifacts ->> 'circuit_name');
        ELSIF artifacts ? 'circuit' AND stored <> timevmaps.tv_circuit_hash(artifacts -> 'circuit') THEN
            notes := notes || format('circuit "%s" of the library is another one by now', artifacts ->> 'circuit_name');
        END IF;
    END IF;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_recorded_run(bigint) IS
'Part of tv_reproduce(): a finished experiment, its result, and what has changed since; route: its route, planned now.';

CREATE FUNCTION timevmaps.tv_reproduce(experiment_id bigint,
    OUT kind text, OUT identical boolean, OUT differences jsonb, OUT notes text[], OUT recorded jsonb, OUT engine text)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT r.kind, d.differences = '{}', d.differences, r.notes, r.artifacts, r.engine
    FROM timevmaps_internal.tv_recorded_run(experiment_id) r,
        LATERAL timevmaps_internal.tv_json_differences(
            r.metrics - '{duration_s,anomaly}'::text[],
            CASE WHEN r.kind = 'route' THEN r.route
                 ELSE timevmaps_internal.tv_rerun_experiment(r.kind, r.params, r.artifacts -> 'circuit', r.seed, r.attempt) END
            - '{duration_s,anomaly}'::text[]) d (differences);
END;
COMMENT ON FUNCTION timevmaps.tv_reproduce(bigint) IS
'Run a finished experiment again, in this session, and compare with its recorded result; nothing is stored.
identical: whether every number is the same, but for durations and the anomaly; differences: where not, by path, at most 100;
notes: what has changed since, such as the circuit in the library, whose recorded document is used; recorded: the artifacts; engine: this one.
A route is planned on the network as it is now.
Errors: PT404 no such experiment; PT409 it is not finished; PT410 retention has dropped its result, or it tells of a world that the caller does not see; those of running it, such as PT413.';

-- The ids of spans are those of src/bridge/event/trace.h. Of what waits again after a retry each wait is a span of its own; of more than a hundred attempts the last are told.
CREATE FUNCTION timevmaps_internal.tv_trace(experiment_id bigint, attempt bigint, began timestamptz, ended timestamptz) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    iso CONSTANT text := 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"';
    experiment record;
    parts text[];
    kept jsonb;
    name text;
    own text;
    run record;
    since timestamptz;
    last timestamptz;
    spans jsonb := '[]';
BEGIN
    SELECT e.id, e.params ->> 'x-traceparent' AS traceparent, e.status, e.claim, e.submitted_at, e.started_at, e.finished_at INTO experiment
    FROM timevmaps.experiments e WHERE e.id = tv_trace.experiment_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'PT404', MESSAGE = 'no such experiment',
            DETAIL = format('There is no experiment %s, or it is not visible to this role.', tv_trace.experiment_id);
    END IF;
    parts := regexp_match(experiment.traceparent, '^(?:00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})|(?!00|ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?)$');
    parts := ARRAY[coalesce(parts[1], parts[4]), coalesce(parts[2], parts[5])];
    IF parts[1] IS NULL OR parts[1] ~ '^0+$' OR parts[2] ~ '^0+$' THEN
        RETURN NULL;
    END IF;
    -- As its result has them, where that is kept: the clock was asked for them then.
    IF tv_trace.attempt IS NULL AND experiment.status = 'finished' THEN
        SELECT r.artifacts -> 'trace' INTO kept FROM timevmaps.results r WHERE r.experiment_id = experiment.id;
        IF kept IS NOT NULL THEN
            RETURN kept;
        END IF;
    END IF;
    name := format('%s/%s/%s', parts[1], parts[2], experiment.id);
    own := encode(substr(sha256(convert_to(name, 'UTF8')), 1, 8), 'hex');
    since := experiment.submitted_at;
    FOR run IN
        SELECT r.* FROM (
            SELECT a.claim, a.outcome, a.started_at AS began, a.ended_at AS ended FROM timevmaps.experiment_attempts a WHERE a.experiment_id = experiment.id
            UNION ALL
            SELECT c.claim, c.outcome, c.began, c.ended FROM (
                SELECT coalesce(tv_trace.attempt, experiment.claim) AS claim,
                       CASE WHEN tv_trace.attempt IS NOT NULL OR experiment.status = 'finished' THEN 'finished' END AS outcome,
                       coalesce(tv_trace.began, experiment.started_at) AS began, coalesce(tv_trace.ended, experiment.finished_at) AS ended
                WHERE tv_trace.attempt IS NOT NULL OR experiment.status IN ('running', 'finished')) c
            ORDER BY claim DESC LIMIT 100) r
        WHERE r.began IS NOT NULL
        ORDER BY r.claim
    LOOP
        spans := spans || jsonb_build_object('span_id', encode(substr(sha256(convert_to(format('%s/wait/%s', name, run.claim), 'UTF8')), 1, 8), 'hex'),
            'parent_id', own, 'name', 'wait', 'attempt', run.claim,
            'start', to_char(least(since, run.began) AT TIME ZONE 'UTC', iso), 'end', to_char(run.began AT TIME ZONE 'UTC', iso));
        IF run.outcome IS NOT NULL THEN
            spans := spans || jsonb_build_object('span_id', encode(substr(sha256(convert_to(format('%s/run/%s', name, run.claim), 'UTF8')), 1, 8), 'hex'),
                'parent_id', own, 'name', 'run', 'attempt', run.claim, 'outcome', run.outcome,
                'start', to_char(run.began AT TIME ZONE 'UTC', iso), 'end', to_char(greatest(run.began, run.ended) AT TIME ZONE 'UTC', iso));
            since := run.ended;
            last := greatest(run.began, run.ended);
        END IF;
    END LOOP;
    IF tv_trace.attempt IS NOT NULL OR experiment.status IN ('finished', 'failed', 'cancelled') THEN
        spans := jsonb_build_array(jsonb_build_object('span_id', own, 'parent_id', parts[2], 'name', 'experiment',
            'outcome', CASE WHEN tv_trace.attempt IS NOT NULL THEN 'finished' ELSE experiment.status END,
            'start', to_char(experiment.submitted_at AT TIME ZONE 'UTC', iso),
            'end', to_char(greatest(experiment.submitted_at, last, tv_trace.ended, experiment.finished_at) AT TIME ZONE 'UTC', iso))) || spans;
    END IF;
    RETURN jsonb_build_object('traceparent', experiment.traceparent, 'spans', spans);
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_trace(bigint, bigint, timestamptz, timestamptz) IS
'What tv_experiment_trace() returns; attempt: one that is about to finish, from began to ended, or null.';

CREATE FUNCTION timevmaps.tv_experiment_trace(experiment_id bigint) RETURNS jsonb
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT timevmaps_internal.tv_trace(experiment_id, NULL, NULL, NULL);
END;
COMMENT ON FUNCTION timevmaps.tv_experiment_trace(bigint) IS
'The spans of an experiment in the trace that it was submitted in, so far as they have ended; null where it was submitted in none.
{traceparent, spans: [{span_id, parent_id, name, attempt, outcome, start, end}]}: name is experiment, whose parent is the span that submitted it, or
of an attempt wait or run, below that; start and end are times in UTC, to microseconds. A result has the same in artifacts.trace.
Errors: PT404 no such experiment; 42501 not a tv_analyst.
Source: docs/traces.md.';
