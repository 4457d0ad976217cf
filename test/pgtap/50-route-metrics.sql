-- The list of metrics: who asks it, and that routes can be planned for each of them and kept.
BEGIN;
SELECT plan(8 + 2 * cardinality(timevmaps_internal.tv_metric_names()));

INSERT INTO timevmaps.worlds (name) VALUES ('w');
INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'root');
INSERT INTO timevmaps.places (world_id, name, lat, lon) VALUES (1, 'A', 57.70, 11.97), (1, 'B', 57.71, 11.98);
INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (1, 1, 2, 2000, 72);

CREATE TEMP TABLE metrics AS SELECT unnest(timevmaps_internal.tv_metric_names()) AS metric;

-- Of what is no metric each place says so, and which there are.
CREATE FUNCTION pg_temp.refusal(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    hint text;
BEGIN
    EXECUTE statement;
    RETURN 'none';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
    RETURN concat_ws(' | ', SQLSTATE, hint);
END $$;

SELECT is((timevmaps.tv_plan_route(1, 1, 1, 2, metric => m.metric)).metric, m.metric, 'a route is planned for ' || m.metric) FROM metrics m;
SELECT is((timevmaps.tv_save_route(1, 1, 1, 2, metric => m.metric)).metric, m.metric, 'and kept for ' || m.metric) FROM metrics m;
SELECT set_eq($$ SELECT (regexp_matches(pg_get_constraintdef(oid), $re$'(\w+)'$re$, 'g'))[1] FROM pg_constraint WHERE conname = 'route_plans_metric_check' $$,
    'SELECT metric FROM metrics', 'and no other can be');

-- Each measures something of its own: where all clocks differ no two agree on a way, nor does what is told of it.
INSERT INTO timevmaps.worlds (name, rules) VALUES ('v', '{"gr": {"gm": 3.986e14, "r": 6371000}}');
INSERT INTO timevmaps.timelines (world_id, label) VALUES (2, 'root');
INSERT INTO timevmaps.places (world_id, name, lat, lon) VALUES (2, 'C', 57.70, 11.97), (2, 'D', 57.71, 11.98);
INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (2, 3, 4, 1e7, 1e8);
SELECT is((SELECT array_agg(DISTINCT c.cost) FROM metrics m, timevmaps.tv_route_cost(2, 2, 3, 4, metric => m.metric) c),
    (SELECT array_agg(c.cost ORDER BY c.cost) FROM metrics m, timevmaps.tv_route_cost(2, 2, 3, 4, metric => m.metric) c), 'no two metrics measure the same');
SELECT is(count(DISTINCT r.physics_note), count(*), 'the note of each says what is least') FROM metrics m, timevmaps.tv_plan_route(2, 2, 3, 4, metric => m.metric) r;
SELECT is(pg_temp.refusal($$ SELECT * FROM timevmaps.tv_plan_route(1, 1, 1, 2, metric => 'x') $$),
    '22023 | The metrics are ' || regexp_replace(array_to_string(timevmaps_internal.tv_metric_names(), ', '), ', (\w+)$', ' and \1') || '.', 'tv_plan_route() names the metrics');

SELECT set_eq($$ SELECT timevmaps.tv_validate_experiment('route', jsonb_build_object('origin_place_id', 1, 'dest_place_id', 2, 'metric', metric)) ->> 'metric' FROM metrics $$,
    'SELECT metric FROM metrics', 'an experiment takes each');
SELECT is(pg_temp.refusal($$ SELECT timevmaps.tv_validate_experiment('route', '{"origin_place_id": 1, "dest_place_id": 2, "metric": "x"}') $$),
    '22023 | One of: ' || array_to_string(timevmaps_internal.tv_metric_names(), ', ') || '.', 'or names them');

SELECT set_eq($$ SELECT metric FROM metrics WHERE pg_temp.refusal(format('SELECT timevmaps.tv_validate_rules(%L)', jsonb_build_object('clock', metric))) = 'none' $$,
    ARRAY['local', 'coordinate', 'traveler'], 'the clocks of rules are metrics, and no other metric is');
SELECT is(pg_temp.refusal($$ SELECT timevmaps.tv_validate_rules('{"clock": "distance"}') $$),
    '22023 | Clocks are traveler, local and coordinate.', 'which names the clocks');
SELECT finish();
ROLLBACK;
