-- Two ways from "main" into the branch: one has a fixed price and stands where the two
-- routes part, the other stands beyond the bridge and costs what its experiment says.

INSERT INTO timevmaps.gateways (from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s, note)
SELECT t.main_id, p.place, t.closed_id, p.place, 40, 'plain'
FROM demo.trip t, LATERAL (
    SELECT a.place FROM timevmaps.tv_plan_route(t.world_id, t.main_id, t.origin_id, t.dest_id) ra,
         timevmaps.tv_plan_route(t.world_id, t.closed_id, t.origin_id, t.dest_id) rb,
         unnest(ra.path_place_ids) WITH ORDINALITY AS a (place, at),
         unnest(rb.path_place_ids) WITH ORDINALITY AS b (place, at)
    WHERE a.at = b.at AND a.place = b.place ORDER BY a.at DESC LIMIT 1) p;

INSERT INTO timevmaps.gateways (from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s, decoherence_s, note)
SELECT t.main_id, p.place, t.closed_id, p.place, 5, 600, 'quantum'
FROM demo.trip t, LATERAL (
    SELECT r.place FROM timevmaps.tv_plan_route(t.world_id, t.main_id, t.origin_id, t.dest_id) ra,
         unnest(ra.path_place_ids) WITH ORDINALITY AS r (place, at)
    WHERE r.place IN (SELECT unnest(ARRAY[s.a_place_id, s.b_place_id]) FROM timevmaps.segments s
                      WHERE s.world_id = t.world_id AND s.props ->> 'name' = 'Götaälvbron')
    ORDER BY r.at DESC LIMIT 1) p;

SELECT format('  the %s gateway %s, %s', rpad(g.note, 7), CASE WHEN g.decoherence_s > 0 THEN 'beyond the bridge' ELSE 'where the ways part' END,
              CASE WHEN g.decoherence_s > 0 THEN format('costs %s s - %s s * ln F, F being the fidelity of its experiment', g.base_penalty_s, g.decoherence_s)
                   ELSE format('always costs %s s', g.base_penalty_s) END)
FROM timevmaps.gateways g ORDER BY g.id;
