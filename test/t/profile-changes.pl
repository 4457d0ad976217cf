# What a profile answers is what a copy of the worlds for it does, after every kind of change.
use strict;
use warnings;
use Test::More;
use TvProfiles;

my $copies = TvProfiles->new;

# What is said of roads changes: on branches, of segments, by new segments; and profiles do.
$copies->change('overrides', 'CALL say_something(0.05)', [ 'p1', 3 ], [ 'p2', 6 ], [ 'p4', 2 ], [ 'p4', 1 ]);
$copies->change('segments', "UPDATE timevmaps.segments SET class = class(), max_height_m = pick('{2,4,NULL}'::float[]), gate = random() < 0.3 WHERE id < 10000 AND random() < 0.1", [ 'p1', 1 ], [ 'p2', 4 ], [ 'p3', 6 ], [ 'p4', 3 ]);
$copies->change('a new segment', "INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph, class, max_weight_kg)
	SELECT 9000 + n, 1, n, n + 7, 100, 90, class(), pick('{1000,4000,NULL}'::float[]) FROM generate_series(1, 20) n", [ 'p1', 3 ], [ 'p2', 2 ], [ 'p3', 1 ], [ 'p4', 4 ]);
$copies->change('profiles', "UPDATE timevmaps.vehicle_profiles SET max_speed_kph = 25, gates = NOT gates, forbidden = '{street}'", [ 'p1', 2 ], [ 'p2', 5 ], [ 'p3', 3 ], [ 'p4', 6 ]);
$copies->change('a row less', "DELETE FROM timevmaps.vehicle_profiles WHERE name = 'p4' AND timeline_id = 2", [ 'p4', 2 ], [ 'p4', 3 ]);
$copies->change('files anew', 'SELECT timevmaps.tv_prepare_graph(1); SELECT timevmaps.tv_prepare_graph(2)', [ 'p1', 3 ], [ 'p2', 2 ], [ 'p3', 6 ], [ 'p4', 3 ]);
# Rules for turns; what only one is allowed where that is closed to the profile no copy can say.
$copies->change('turns', q(INSERT INTO timevmaps.turns (world_id, timeline_id, from_segment_id, via_place_id, to_segment_id, rule, penalty_s)
SELECT f.world_id, rarely(pick(CASE f.world_id WHEN 1 THEN '{1,2,3,4}'::bigint[] ELSE '{5,6}' END), 0.5), f.id, v.via, t.id, r.rule, CASE r.rule WHEN 'cost' THEN floor(random() * 3) * 40 END
FROM timevmaps.segments f CROSS JOIN LATERAL (VALUES (f.a_place_id), (f.b_place_id)) v (via) JOIN timevmaps.segments t ON v.via IN (t.a_place_id, t.b_place_id)
    CROSS JOIN LATERAL (SELECT CASE WHEN random() + t.id * 0 < 0.5 THEN 'no' ELSE 'cost' END AS rule) r WHERE f.id < 10000 AND t.id < 10000 AND random() < 0.04 ON CONFLICT DO NOTHING), [ 'p1', 3 ], [ 'p2', 2 ], [ 'p3', 6 ], [ 'p4', 3 ]);
$copies->change('turns in files', 'SELECT timevmaps.tv_prepare_graph(1); SELECT timevmaps.tv_prepare_graph(2)', [ 'p1', 2 ], [ 'p2', 1 ], [ 'p4', 6 ]);
$copies->change('a default', q(UPDATE timevmaps.worlds SET rules = rules || '{"profile": "p2"}' WHERE id = 1), [ 'rule', 1 ], [ 'rule', 3 ], [ 'none', 3 ], [ 'p3', 2 ]);
$copies->all_asked;
done_testing();
