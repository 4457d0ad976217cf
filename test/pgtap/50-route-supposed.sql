-- The arguments profile and overrides of every function about routes: no profile is as none asked for, and what was asked with is stored.
-- Not in one transaction: tv_work() commits.
SELECT no_plan();
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1, 'w', '{"clock": "local"}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (1, 1, 'main', NULL), (2, 1, 'branch', 1);
INSERT INTO timevmaps.places (id, world_id, lat, lon) VALUES (1, 1, 0, 0), (2, 1, 0, 0.01), (3, 1, 0, 0.02);
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (1, 1, 1, 2, 1113, 36), (2, 1, 2, 3, 1113, 36), (3, 1, 1, 3, 2300, 36);
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) VALUES (2, 1, true);
INSERT INTO timevmaps.vehicles (id, world_id, name) VALUES (1, 1, 'bus');
INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat) VALUES (1, 1, 1, '2026-01-01Z', 0.005, 0);

CREATE TABLE calls (call text);
INSERT INTO calls VALUES ('tv_plan_route(1, 1, 1, 3'), ('tv_route_steps(1, 1, 1, 3'), ('tv_route_cost(1, 1, 1, 3'), ('tv_cost_matrix(1, 1, ''{1,2}'', ''{2,3}'''), ('tv_isochrone(1, 1, 1, 1000'),
    ('tv_route_alternatives(1, 1, 1, 3'), ('tv_route_diff(1, 2, 1, 3'), ('tv_snap(1, 1, 0.004, 0'), ('tv_plan_point_route(1, 1, 0.004, 0, 0.015, 0'), ('tv_plan_route_at(1, 1, 1, 3, ''2026-01-01Z'''),
    ('tv_route_from(1, 1, 1, ''2026-01-01Z'', 3'), ('tv_eta_live(1, 1, 1, 3, t => ''2026-01-01Z''');
SELECT set_eq($$ SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'timevmaps'::regnamespace AND p.proargnames @> '{profile,overrides}' AND p.proallargtypes IS NOT NULL AND p.prorettype <> 'timevmaps.tv_route_plan'::regtype
        OR p.oid IN ('timevmaps.tv_route_diff'::regproc, 'timevmaps.tv_eta_live'::regproc) $$,
    $$ SELECT substring(call FROM '^\w+')::name FROM calls UNION SELECT p.proname FROM pg_proc p WHERE p.proname IN ('tv_plan_trip', 'tv_isochrone_area', 'tv_route_explain') $$, 'all of them are asked');
CREATE FUNCTION pg_temp.answer(call text, rest text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    EXECUTE format('SELECT string_agg((to_jsonb(r) - ''created_at'')::text, E''\n'') FROM timevmaps.%s%s) r', call, rest) INTO answer;
    RETURN answer;
END $$;
SELECT isnt(pg_temp.answer(call, ''), NULL, call || ': there is an answer') FROM calls;
SELECT is(pg_temp.answer(call, rest), pg_temp.answer(call, ''), call || rest) FROM calls,
    unnest('{", overrides => ''[]''",", overrides => to_jsonb(''[]''::text)",", overrides => to_jsonb(''null''::text)",", profile => ''none''",", overrides => NULL",", profile => NULL, overrides => NULL",", profile => ''none'', overrides => NULL"}'::text[]) rest;

-- What was asked with is kept.
SELECT is((SELECT concat_ws(' ', s.id IS NOT NULL, coalesce(s.profile, 'null'), coalesce(s.overrides::text, 'null')) FROM timevmaps.tv_save_route(1, 1, 1, 3) s), 't null null', 'nothing is stored of what was not said');
SELECT is((SELECT concat_ws(' ', s.id IS NOT NULL, s.profile, coalesce(s.overrides::text, 'null')) FROM timevmaps.tv_save_route(1, 1, 1, 3, profile => 'none') s), 't none null', 'a profile is stored');
SELECT is((SELECT string_agg(coalesce(profile, 'null'), ' ' ORDER BY id) FROM timevmaps.route_plans), 'null none', '... in the table');
SELECT is(tests.outcome(format('UPDATE timevmaps.route_plans SET %s = %L RETURNING true', c, v)), CASE WHEN good THEN 'true' ELSE '23514' END, concat_ws(' ', c, left(v, 9)))
FROM (VALUES ('overrides', '[]', true), ('overrides', '{}', false), ('overrides', 'null', false), ('profile', 'x', true), ('profile', '', false), ('profile', repeat('x', 201), false)) v (c, v, good);
SELECT is((SELECT concat_ws(' ', s.id IS NOT NULL, coalesce(s.overrides::text, 'nothing')) FROM timevmaps.tv_save_route(1, 1, 1, 3, overrides => 'null') s), 't nothing', 'JSON''s null supposes nothing, and is stored as nothing');
TRUNCATE timevmaps.route_plans;

-- As params of an experiment.
SELECT is(tests.refusal(format('SELECT timevmaps.tv_submit_experiment(1, 1, ''route'', ''{"origin_place_id": 1, "dest_place_id": 3, %s}'')', rest)), wanted, rest)
FROM (VALUES ('"profile": 1', '22023 params.profile'), ('"overrides": {}', '22023 params.overrides'), ('"overrides": "x"', '22023 params.overrides'), ('"profiles": "x"', '22023 params.profiles')) v (rest, wanted);
SELECT timevmaps.tv_submit_experiment(1, 1, 'route', '{"origin_place_id": 1, "dest_place_id": 3, "profile": "none", "overrides": null}') \g /dev/null
SELECT timevmaps.tv_submit_experiment(1, 1, 'route', '{"origin_place_id": 1, "dest_place_id": 3}') \g /dev/null
CALL timevmaps.tv_work(10);
SELECT is((SELECT string_agg(status, ' ') FROM timevmaps.experiments), 'finished finished', 'they run');
SELECT is((SELECT string_agg(coalesce(profile, 'null'), ' ' ORDER BY id) FROM timevmaps.route_plans), 'none null', 'and their routes know what they were asked with');
SELECT is((SELECT count(DISTINCT metrics - 'route_id') FROM timevmaps.results), 1::bigint, 'the metrics are those of the route alone');
SELECT is((SELECT array_agg(r.identical) FROM timevmaps.experiments e, timevmaps.tv_reproduce(e.id) r), '{t,t}', 'planned again they are the same');

-- Nothing is ignored in silence.
SELECT is(tests.outcome(format('SELECT count(*) FROM timevmaps.%s%s)', call, rest)), wanted, call || rest) FROM calls, (VALUES (', profile => ''lorry''', 'PT404'), (', overrides => ''[7]''', '22023'), (', overrides => to_jsonb(''[7]''::text)', '22023'), (', overrides => to_jsonb(''[7''::text)', '22P02'), (', overrides => to_jsonb(''"[]"''::text)', '22023'), (', overrides => ''[{"segment_id": 9, "closed": true}]''', 'PT404'), (', overrides => ''[{"segment_id": 1}]''', '22023')) v (rest, wanted);
SELECT * FROM finish();
