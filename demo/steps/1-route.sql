-- From Hisingen over the river to the central station.

SELECT demo.keep_route(1, '1  Timeline “main”', main_id) AS ignore FROM demo.trip \gset

SELECT format(E'  %s to %s, the fastest way on the traveller''s clock\n', o.name, d.name)
    || format(E'  SELECT * FROM timevmaps.tv_plan_route(%s, %s, %s, %s)\n', t.world_id, t.main_id, t.origin_id, t.dest_id)
FROM demo.trip t, demo.landmarks o, demo.landmarks d WHERE o.key = 'origin' AND d.key = 'destination';

SELECT format(E'  distance         %s m in %s segments\n', round(r.distance_m::numeric, 1), cardinality(r.path_place_ids) - 1)
    || format(E'  by               %s\n', demo.streets(1))
    || format(E'  beside the road  %s s\n', to_char(r.local_seconds, 'FM99990.000000000'))
    || format(E'  the traveller    %s s, %s: a moving clock runs slow\n', to_char(r.traveler_seconds, 'FM99990.000000000'),
              demo.small(r.traveler_minus_local_seconds))
    || format('  a far observer   %s s, %s: a clock in the Earth''s field runs slow', to_char(r.coordinate_seconds, 'FM99990.000000000'),
              demo.small(r.coordinate_minus_local_seconds))
FROM demo.trip t, timevmaps.tv_plan_route(t.world_id, t.main_id, t.origin_id, t.dest_id) r;
