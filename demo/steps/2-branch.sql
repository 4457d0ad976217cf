-- The branch is one row; what it closes is a row for each of the bridge's segments.

SELECT b.id AS closed FROM demo.trip t, timevmaps.tv_branch(t.main_id, 'bridge closed', 'Götaälvbron is closed', '2016-12-05 08:10+01') b \gset
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed)
SELECT :closed, s.id, true FROM timevmaps.segments s, demo.trip t
WHERE s.world_id = t.world_id AND s.props ->> 'name' = 'Götaälvbron';
SELECT demo.keep_route(2, '2  Timeline “bridge closed”', closed_id) AS ignore FROM demo.trip \gset

SELECT format(E'  SELECT timevmaps.tv_branch(%s, ''bridge closed''), and %s segments of Götaälvbron are closed in it;\n', t.main_id, count(*))
    || E'  nothing of the network is copied\n'
FROM demo.trip t, timevmaps.segment_overrides v WHERE v.timeline_id = t.closed_id GROUP BY t.main_id;

SELECT format(E'  distance         %s m, %s s\n', round(b.distance_m::numeric, 1), round(b.seconds::numeric, 1))
    || format(E'  by               %s\n', demo.streets(2))
    || format('  what it costs    %s m and %s s more than over the bridge', round((b.distance_m - a.distance_m)::numeric, 1),
              round((b.seconds - a.seconds)::numeric, 1))
FROM demo.routes a, demo.routes b WHERE a.panel = 1 AND b.panel = 2;
