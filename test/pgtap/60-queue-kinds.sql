-- The list of kinds: who asks it, and that each kind of it can be submitted and run.
-- Not in one transaction: tv_work() commits.
SELECT plan(13 + cardinality(timevmaps.tv_experiment_kinds()));

INSERT INTO timevmaps.worlds (name) VALUES ('w');
INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'root');
INSERT INTO timevmaps.places (world_id, name, lat, lon) VALUES (1, 'A', 57.70, 11.97), (1, 'B', 57.71, 11.98);
INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (1, 1, 2, 2000, 72);

-- A new kind comes here too, with params that run.
CREATE TABLE examples AS SELECT kind, params::jsonb FROM (VALUES
    ('quantum', '{"circuit": {"qubits": 1, "gates": [{"op": "H", "target": 0}]}, "shots": 10}'),
    ('sr', '{"v_mps": 1e8}'),
    ('gr', '{"gm": 3.986e14, "r": 6371000}'),
    ('relativity', '{"gm": 3.986e14, "r": 6371000, "v_mps": 3000}'),
    ('route', '{"origin_place_id": 1, "dest_place_id": 2}'),
    ('sweep', '{"circuit": {"qubits": 1, "gates": [{"op": "RX", "target": 0, "theta": "$a"}]}, "points": [{"a": 0}, {"a": 1}]}')
) e (kind, params);

SELECT set_eq('SELECT kind FROM examples', 'SELECT unnest(timevmaps.tv_experiment_kinds())', 'there is an example of each kind');
SELECT is(timevmaps.tv_validate_experiment(kind, params), params, 'kind ' || kind || ' is checked') FROM examples;

INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params) SELECT 1, 1, kind, params FROM examples;
CALL timevmaps.tv_work(100);
SELECT set_eq($$ SELECT kind, status, error FROM timevmaps.experiments $$, $$ SELECT kind, 'finished', NULL::jsonb FROM examples $$, 'each kind is run');
SELECT is_empty($$ SELECT r.kind, r.differences FROM timevmaps.experiments e, timevmaps.tv_reproduce(e.id) r WHERE r.identical IS NOT TRUE $$, 'and again, with the same result');

-- As a hint names them.
CREATE FUNCTION kinds() RETURNS text LANGUAGE sql AS $$ SELECT array_to_string(timevmaps.tv_experiment_kinds(), ', ') $$;

-- Of what is no kind each place says so as it always did.
CREATE FUNCTION refusal(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    message text; name text; hint text;
BEGIN
    EXECUTE statement;
    RETURN 'none';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, name = CONSTRAINT_NAME, hint = PG_EXCEPTION_HINT;
    RETURN concat_ws(' | ', SQLSTATE, message, nullif(name, ''), nullif(hint, ''));
END $$;
SELECT is(refusal($$ INSERT INTO timevmaps.experiments (world_id, timeline_id, kind) VALUES (1, 1, 'x') $$),
    '23514 | new row for relation "experiments" violates check constraint "experiments_kind_check" | experiments_kind_check'
    ' | One of: ' || kinds() || '.', 'a row of another kind is refused as by a constraint');
SELECT is(left(refusal($$ INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, status) VALUES (1, 1, 'x', 'failed') $$), 5),
    '23514', 'also one that is restored');
SELECT is(left(refusal($$ INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params) VALUES (1, 1, 'x', '[]') $$), 5),
    '23514', 'whatever its params are');
SELECT is(left(refusal($$ INSERT INTO timevmaps.experiments (world_id, timeline_id, kind) VALUES (1, 1, NULL) $$), 5),
    '23502', 'none is missing');
SELECT is(refusal($$ SELECT timevmaps.tv_submit_experiment(1, 1, 'x') $$),
    '22023 | kind: not a kind of experiment | One of: ' || kinds() || '.', 'tv_submit_experiment() names the kinds');
SELECT is(refusal($$ SELECT timevmaps.tv_validate_experiment('x', '{}') $$),
    '22023 | kind: not a kind of experiment | One of: ' || kinds() || '.', 'and so does tv_validate_experiment()');

-- What SQL tells goes by the list of topics.
SELECT is(refusal($$ SELECT timevmaps_internal.tv_event_added('tv_sim_finished', '{1}', '{1}', '{1}', '{0}', '{sr}', ARRAY['{"status": "cancelled"}'::jsonb]) $$), 'none', 'an event of a topic is sent');
SELECT is(left(refusal($$ SELECT timevmaps_internal.tv_event_added('tv_sim_ended', '{1}', '{1}', '{1}', '{0}', '{sr}', ARRAY['{"status": "cancelled"}'::jsonb]) $$), 28), '22023 | topic: no such topic', 'of another not');
SELECT is(refusal($$ SELECT timevmaps_internal.tv_event_added('tv_sim_finished', '{1}', '{1}', '{1}', '{0}', '{sr}', ARRAY['{}'::jsonb]) $$), '22023 | more.status: is missing', 'nor without its keys');
SELECT is(left(refusal($$ SELECT timevmaps_internal.tv_event_added('tv_sim_finished', '{1}', '{1}', '{1}', '{0}', '{sr}', ARRAY['{"status": "cancelled", "why": 1}'::jsonb]) $$), 5), '22023', 'nor with others');
SELECT finish();
