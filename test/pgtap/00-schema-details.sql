-- Numbers in the details of errors are written as SQL writes them: the shortest text that reads back as the same one.
BEGIN;
SELECT plan(12);

INSERT INTO timevmaps.worlds (name) VALUES ('w');
INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'main');
INSERT INTO timevmaps.places (world_id, lat, lon) VALUES (1, 57.7, 11.9), (1, 57.8, 11.9);
INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (1, 1, 2, 100, 36);


SELECT is((tests.attempt('SELECT timevmaps.' || bad.call)).detail, bad.detail, bad.call)
FROM (VALUES
    ('tv_snap(1, 1, 11.9, 97.7)', '97.7 is outside -90..90.'),
    ('tv_snap(1, 1, 180.1, 57.7)', '180.1 is outside -180..180.'),
    ('tv_snap(1, 1, ''NaN'', 57.7)', 'NaN is outside -180..180.'),
    ('tv_plan_point_route(1, 1, 11.9, 57.7, ''-inf'', 57.7)', '-Infinity is outside -180..180.'),
    ('tv_isochrone(1, 1, 1, -0.1)', '-0.1 is not a number >= 0.'),
    ('tv_route_alternatives(1, 1, 1, 2, max_stretch => 0.7)', '0.7 is outside 1..100.'),
    ('tv_validate_rules(''{"base_drag": -0.1}'')', 'The value is -0.1.'),
    ('tv_run_circuit(''{"qubits": 1, "gates": [{"op": "H", "target": 0}]}'', options => ''{"noise": {"depolarizing": 1.4}}'')', '1.4 is outside 0..1.3333333333333333'),
    ('tv_gamma(-3.1e8)', 'The speed is -310000000 m/s.'),
    ('tv_gamma(''NaN'')', 'The speed is NaN m/s.'),
    ('tv_sr_proper_seconds(''inf'', 1)', 'The time is Infinity s.'),
    ('tv_sr_proper_seconds(-0.3, 1)', 'The time is -0.3 s.')) AS bad (call, detail);

SELECT * FROM finish();
ROLLBACK;
