-- The result of a route through other worlds is shown to those who see all of them, as the route is.
-- Not in one transaction: tv_work() commits.
SELECT plan(13);

INSERT INTO timevmaps.worlds (id, name, owner, visibility) VALUES (1, 'open', 'ann', 'public'), (2, 'hers', 'ann', 'private');
INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (1, 1, 'root'), (2, 2, 'root');
INSERT INTO timevmaps.places (id, world_id, name, lat, lon) VALUES (1, 1, 'a', 0, 0), (2, 1, 'b', 0, 1), (3, 2, 'x', 0, 0), (4, 2, 'y', 0, 1), (5, 1, 'c', 0, 2);
INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (1, 1, 2, 100000, 36), (2, 3, 4, 1000, 36), (1, 2, 5, 1000, 36);
INSERT INTO timevmaps.gateways (from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s, decoherence_s) VALUES (1, 1, 2, 3, 1, 1), (2, 4, 1, 2, 1, 1);
CREATE FUNCTION told(who text, statement text, role text DEFAULT 'tv_player') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    PERFORM tests.act(role, who);
    answer := tests.outcome(statement);
    PERFORM tests.act(NULL, NULL);
    RETURN answer;
END $$;
CREATE FUNCTION route(a bigint, b bigint, dest_timeline bigint DEFAULT NULL) RETURNS bigint LANGUAGE sql AS $$
    SELECT told('ann', format($q$SELECT (timevmaps.tv_submit_experiment(1, 1, 'route', '%s')).id$q$,
        jsonb_strip_nulls(jsonb_build_object('origin_place_id', a, 'dest_place_id', b, 'dest_timeline_id', dest_timeline))), 'tv_analyst')::bigint $$;
SELECT route(1, 2) AS through, route(1, 4, 2) AS into_it, route(2, 5) AS inside,
    told('ann', $$SELECT (timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1}')).id$$, 'tv_analyst') AS sr \gset
CALL timevmaps.tv_work(10);

CREATE FUNCTION results(who text, role text DEFAULT 'tv_player') RETURNS text LANGUAGE sql AS $$
    SELECT told(who, 'SELECT string_agg(experiment_id::text, '' '' ORDER BY experiment_id) FROM timevmaps.results', role) $$;
SELECT is((SELECT count(*) FROM timevmaps.experiments WHERE status = 'finished'), 4::bigint, 'all are finished');
SELECT is((SELECT string_agg(world_ids::text, ' ' ORDER BY experiment_id) FROM timevmaps.results), '{1,2} {1,2}', 'worlds are said where there are several');
SELECT is(results('ann'), concat_ws(' ', :through, :into_it, :inside, :sr), 'who sees both worlds is shown all results');
SELECT is(results('eve'), concat_ws(' ', :inside, :sr), 'others those that tell of the world that they see');
SELECT is(results('eve', 'tv_analyst'), concat_ws(' ', :inside, :sr), '... whatever they are');
SELECT is(results('root', 'tv_admin'), concat_ws(' ', :through, :into_it, :inside, :sr), 'an administrator all');
SELECT is(told('eve', format('SELECT timevmaps.tv_reproduce(%s)', :through)), 'PT410', 'nor are they run again for who is not shown them');
SELECT is(told('ann', format('SELECT identical FROM timevmaps.tv_reproduce(%s)', :through)), 'true', 'but for who is');
SELECT is(told('eve', format('SELECT identical FROM timevmaps.tv_reproduce(%s)', :inside)), 'true', '... and those of the world itself');

INSERT INTO timevmaps.world_members (world_id, member) VALUES (2, 'eve');
SELECT is(results('eve'), concat_ws(' ', :through, :into_it, :inside, :sr), 'a member of the other world sees them');
DELETE FROM timevmaps.world_members;
SELECT is(results('eve'), concat_ws(' ', :inside, :sr), '... as long as he is one');
UPDATE timevmaps.worlds SET visibility = 'public' WHERE id = 2;
SELECT is(results('eve'), concat_ws(' ', :through, :into_it, :inside, :sr), 'all do when it is public');
UPDATE timevmaps.worlds SET visibility = 'private' WHERE id = 1;
SELECT is(results('eve'), NULL, 'nobody else when their own is not');

SELECT * FROM finish();
