-- Many rules, and a place with many segments: an answer, or the error that says which limit, by rows.
BEGIN;
SELECT no_plan();
SET LOCAL timevmaps.prepared_graph = off;
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1, 'star', '{"sr": false, "clock": "local"}'), (2, 'grid', '{"sr": false, "clock": "local"}');
INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (1, 1, 'main'), (2, 2, 'main');
INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT i, 1, i / 10000.0, 1 FROM generate_series(1, 2102) i;
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph) SELECT i, 1, 1, i, 100, 36 FROM generate_series(2, 2001) i;
INSERT INTO timevmaps.turns (from_segment_id, via_place_id, to_segment_id, rule, penalty_s) VALUES (2, 1, 3, 'cost', 7);
SET LOCAL timevmaps.graph_memory = '128MB';
SELECT is(tests.outcome('SELECT local_seconds FROM timevmaps.tv_plan_route(1, 1, 2, 3)'), '54000', 'four million turns do not fit into 128 MB');
SET LOCAL timevmaps.graph_memory = '1GB';
SELECT is(tests.outcome('SELECT local_seconds FROM timevmaps.tv_plan_route(1, 1, 2, 3)'), '27', '... into 1 GB they do');
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph) SELECT i, 1, 1, i, 100, 36 FROM generate_series(2002, 2102) i;
SELECT is(tests.outcome('SELECT local_seconds FROM timevmaps.tv_plan_route(1, 1, 2, 3)'), 'PT413', 'more turns than a place may have');

-- A point where a thousand segments meet: each is cut there, and turns into its parts cost what those into it do.
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (3, 'hub', '{"sr": false, "clock": "local", "u_turn_s": "no"}');
INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (3, 3, 'main');
INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT 200000 + i, 3, i / 10000.0, 1 FROM generate_series(1, 1000) i;
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph) SELECT 200000 + i, 3, 200001, 200000 + i, 100, 36 FROM generate_series(2, 1000) i;
INSERT INTO timevmaps.turns (from_segment_id, via_place_id, to_segment_id, rule, penalty_s) VALUES (200002, 200001, 200003, 'cost', 7);
SET LOCAL statement_timeout = '8s';
SELECT is(tests.outcome('SELECT round(local_seconds::numeric, 6) FROM timevmaps.tv_plan_point_route(3, 3, 1, 0.0001, 1, 0.1)'), '10.000000', 'in less time than squares of a thousand take');
SET LOCAL statement_timeout = 0;

-- 100,000 rules.
INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT 10000 + i, 2, i / 1000.0, 1 FROM generate_series(0, 50001) i;
INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph) SELECT 10000 + i, 2, 10000 + i, 10001 + i, 100, 36 FROM generate_series(0, 50000) i;
INSERT INTO timevmaps.turns (from_segment_id, via_place_id, to_segment_id, rule, penalty_s)
SELECT 10000 + i - d, 10000 + i, 9999 + i + d, 'cost', 1 FROM generate_series(1, 50000) i, generate_series(0, 1) d;
SELECT is(tests.outcome('SELECT local_seconds FROM timevmaps.tv_plan_route(2, 2, 10000, 60000)'), '549999', '100,000 rules');
SET LOCAL timevmaps.graph_memory = '16MB';
SELECT is(tests.outcome('SELECT local_seconds FROM timevmaps.tv_plan_route(2, 2, 10000, 60000)'), '54000', '... do not fit into 16 MB');
SELECT * FROM finish();
ROLLBACK;
