-- The routes, gateways, landmarks and areas as GeoJSON (WGS 84).

\pset format unaligned
\pset tuples_only on

SELECT jsonb_pretty(jsonb_build_object(
    'type', 'FeatureCollection',
    'attribution', '© OpenStreetMap contributors, ODbL 1.0',
    'features', jsonb_agg(jsonb_build_object('type', 'Feature', 'properties', f.props,
                                             'geometry', ST_AsGeoJSON(f.geom, 7)::jsonb) ORDER BY f.kind, f.number, f.part)))
FROM (
    SELECT 1 AS kind, r.panel::bigint AS number, l.timeline_id AS part,
           jsonb_build_object('route', r.title, 'timeline', t.label, 'route_seconds', r.seconds, 'route_distance_m', r.distance_m) AS props,
           ST_LineMerge(ST_Collect(l.geom ORDER BY l.seq)) AS geom
    FROM demo.routes r JOIN demo.legs l ON l.panel = r.panel AND l.geom IS NOT NULL
    JOIN timevmaps.timelines t ON t.id = l.timeline_id
    GROUP BY r.panel, l.timeline_id, t.label
    UNION ALL
    SELECT 2, g.id, 0, jsonb_build_object('gateway', g.note, 'fidelity', g.fidelity, 'penalty_s', g.penalty_s), p.geom
    FROM timevmaps.gateways g JOIN timevmaps.places p ON p.id = g.from_place_id
    UNION ALL
    SELECT 3, l.place_id, 0, jsonb_build_object('landmark', l.name), p.geom
    FROM demo.landmarks l JOIN timevmaps.places p ON p.id = l.place_id
    UNION ALL
    SELECT 4, a.panel, a.seconds::bigint, jsonb_build_object('reached_within_s', a.seconds, 'places', a.places, 'timeline', t.label), a.geom
    FROM demo.areas a JOIN demo.trip x ON true JOIN timevmaps.timelines t ON t.id = CASE a.panel WHEN 1 THEN x.main_id ELSE x.closed_id END
) f;
