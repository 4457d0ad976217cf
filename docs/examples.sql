-- An example of each function, in an order in which they can be run from top to bottom in an
-- empty database after tv_init().  "make docs" runs them and puts each with what it printed
-- under its function in docs/api.md.  A line "-- tv_name" begins the example of tv_name;
-- what stands before the first one makes the world that they share.

INSERT INTO timevmaps.worlds (name, rules) VALUES ('Elsewhere', '{"clock": "local"}');
INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'main');
INSERT INTO timevmaps.places (world_id, name, lat, lon) VALUES
    (1, 'harbour', 57.70, 11.90), (1, 'bridge', 57.71, 11.92), (1, 'ford', 57.70, 11.95), (1, 'castle', 57.71, 11.95);
INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES
    (1, 1, 2, 2000, 72), (1, 2, 4, 2000, 72), (1, 1, 3, 3200, 36), (1, 3, 4, 1400, 36);

-- tv_init
SELECT count(*) AS again FROM timevmaps.tv_init();

-- tv_check_tables
SELECT timevmaps.tv_check_tables();

-- tv_validate_rules
SELECT timevmaps.tv_validate_rules('{"clock": "traveler", "gr": {"gm": 3.986004418e14, "r": 6371008.8}}');

-- tv_gamma
SELECT timevmaps.tv_gamma(0.6 * 299792458);

-- tv_gamma_minus_one
SELECT timevmaps.tv_gamma_minus_one(30) AS at_108_kph;

-- tv_sr_proper_seconds
SELECT timevmaps.tv_sr_proper_seconds(10, 0.6 * 299792458);

-- tv_sr_proper_offset_seconds
SELECT timevmaps.tv_sr_proper_offset_seconds(3600, 30) AS an_hour_at_108_kph;

-- tv_sr_coordinate_seconds
SELECT timevmaps.tv_sr_coordinate_seconds(8, 0.6 * 299792458);

-- tv_sr_coordinate_offset_seconds
SELECT timevmaps.tv_sr_coordinate_offset_seconds(3600, 30);

-- tv_velocity_add
SELECT timevmaps.tv_velocity_add(0.5 * 299792458, 0.5 * 299792458) / 299792458 AS of_c;

-- tv_velocity_add_offset
SELECT timevmaps.tv_velocity_add_offset(30, 30) AS less_than_60_mps_by;

-- tv_doppler
SELECT round(timevmaps.tv_doppler(0.6 * 299792458)::numeric, 6) AS receding, timevmaps.tv_doppler(-0.6 * 299792458) AS approaching;

-- tv_doppler_minus_one
SELECT timevmaps.tv_doppler_minus_one(30);

-- tv_schwarzschild_radius
SELECT timevmaps.tv_schwarzschild_radius(1.32712440018e20) AS of_the_sun_m;

-- tv_gr_factor
SELECT timevmaps.tv_gr_factor(1.32712440018e20, 6.957e8);

-- tv_gr_factor_minus_one
SELECT timevmaps.tv_gr_factor_minus_one(3.986004418e14, 6371008.8);

-- tv_gr_coordinate_seconds
SELECT timevmaps.tv_gr_coordinate_seconds(86400, 1.32712440018e20, 6.957e8);

-- tv_gr_coordinate_offset_seconds
SELECT timevmaps.tv_gr_coordinate_offset_seconds(86400, 3.986004418e14, 6371008.8);

-- tv_gr_proper_seconds
SELECT timevmaps.tv_gr_proper_seconds(86400, 1.32712440018e20, 6.957e8);

-- tv_gr_proper_offset_seconds
SELECT timevmaps.tv_gr_proper_offset_seconds(86400, 3.986004418e14, 6371008.8);

-- tv_clock_rate
SELECT timevmaps.tv_clock_rate(1.32712440018e20, 6.957e8, 1e7);

-- tv_clock_rate_offset
SELECT timevmaps.tv_clock_rate_offset(3.986004418e14, 26561400, 3873.83);

-- tv_clock_rate_offset_against
SELECT timevmaps.tv_clock_rate_offset_against(3.986004418e14, 6371008.8 + 22.5, 0, 6371008.8, 0) AS pound_and_rebka;

-- tv_orbit_speed
SELECT timevmaps.tv_orbit_speed(3.986004418e14, 26561400);

-- tv_orbit_rate
SELECT timevmaps.tv_orbit_rate(1.32712440018e20, 6.957e8);

-- tv_orbit_rate_offset
SELECT timevmaps.tv_orbit_rate_offset(3.986004418e14, 26561400);

-- tv_orbit_rate_offset_against
SELECT timevmaps.tv_orbit_rate_offset_against(3.986004418e14, 26561400, timevmaps.tv_geoid_rate_offset()) * 86400e6 AS us_a_day;

-- tv_geoid_rate_offset
SELECT timevmaps.tv_geoid_rate_offset();

-- tv_rocket
SELECT round(coordinate_seconds / 31557600) AS earth_years, round(proper_seconds / 31557600) AS ship_years
FROM timevmaps.tv_rocket(4.1314e16, 9.80665);

-- tv_eta
SELECT distance_m, eta_seconds, traveler_minus_local_seconds
FROM timevmaps.tv_eta('[{"length_m": 2000, "speed_kph": 72}, {"length_m": 500, "speed_kph": 36, "base_drag": 0.1}]', '{"clock": "local"}');

-- tv_validate_circuit
SELECT timevmaps.tv_validate_circuit('{"qubits": 2, "gates": [{"op": "H", "target": 0}, {"op": "CNOT", "control": 0, "target": 1}]}');

-- tv_circuit_canonical
SELECT timevmaps.tv_circuit_canonical('{"qubits": 2, "gates": [{"op": "cnot", "control": 0, "target": 1}]}');

-- tv_circuit_hash
SELECT left(timevmaps.tv_circuit_hash('{"qubits": 2, "gates": [{"op": "CX", "control": 0, "target": 1}]}'), 12)
     = left(timevmaps.tv_circuit_hash('{"qubits": 2, "gates": [{"op": "cnot", "control": 0, "target": 1}]}'), 12) AS same;

-- tv_circuit_draw
SELECT timevmaps.tv_circuit_draw('{"qubits": 2, "gates": [{"op": "H", "target": 0}, {"op": "CNOT", "control": 0, "target": 1}]}');

-- tv_run_circuit
SELECT r -> 'counts' AS counts, round((r #>> '{expectations,0,value}')::numeric, 6) AS zz
FROM timevmaps.tv_run_circuit('{"qubits": 2, "gates": [{"op": "H", "target": 0}, {"op": "CNOT", "control": 0, "target": 1}]}',
                              1000, 7, '{"observables": ["ZZ"]}') r;

-- tv_gradient
SELECT parameter, value, round(gradient::numeric, 6) AS gradient
FROM timevmaps.tv_gradient('{"qubits": 1, "gates": [{"op": "RY", "target": 0, "theta": "2*$a"}]}', 'Z', '{"a": 0.25}');

-- tv_fidelity
SELECT timevmaps.tv_fidelity('{"qubits": 1, "gates": [{"op": "X", "target": 0}]}', '{"noise": {"bit_flip": 0.25}}');

-- tv_explain_circuit
SELECT split_part(line, '  (', 1) AS plan FROM timevmaps.tv_explain_circuit('{"qubits": 30, "gates": [{"op": "H", "target": 0}, {"op": "CNOT", "control": 0, "target": 1}]}') line;

-- tv_circuit_steps
SELECT step, op, length(payload) AS bytes
FROM timevmaps.tv_circuit_steps('{"qubits": 2, "gates": [{"op": "H", "target": 0}, {"op": "CNOT", "control": 0, "target": 1}]}');

-- tv_amplitudes
SELECT basis, bits, re, im FROM timevmaps.tv_amplitudes('{"qubits": 2, "gates": [{"op": "X", "target": 1}, {"op": "S", "target": 1}]}');

-- tv_bloch
SELECT qubit, x, y, z FROM timevmaps.tv_bloch('{"qubits": 2, "gates": [{"op": "X", "target": 0}]}');

-- tv_expectation
SELECT timevmaps.tv_expectation('{"qubits": 2, "gates": [{"op": "X", "target": 0}]}', '0.5*ZZ - 1.5*Z0');

-- tv_frame_info
SELECT i.* FROM timevmaps.tv_circuit_steps('{"qubits": 2, "gates": [{"op": "X", "target": 0}]}') s, timevmaps.tv_frame_info(s.payload) i;

-- tv_frame_amplitudes
SELECT a.* FROM timevmaps.tv_circuit_steps('{"qubits": 1, "gates": [{"op": "X", "target": 0}]}') s, timevmaps.tv_frame_amplitudes(s.payload) a;

-- tv_frame_bloch
SELECT b.* FROM timevmaps.tv_circuit_steps('{"qubits": 1, "gates": [{"op": "X", "target": 0}]}') s, timevmaps.tv_frame_bloch(s.payload) b;

-- tv_circuit
INSERT INTO timevmaps.circuits (name, qubits, gates) VALUES ('bell', 2, '[{"op": "H", "target": 0}, {"op": "CNOT", "control": 0, "target": 1}]');
SELECT round(timevmaps.tv_expectation(timevmaps.tv_circuit('bell'), 'XX')::numeric, 6) AS xx;

-- tv_circuit_from_qasm
SELECT timevmaps.tv_circuit_from_qasm('OPENQASM 3.0; include "stdgates.inc"; qubit[2] q; h q[0]; cx q[0], q[1];');

-- tv_circuit_to_qasm
SELECT timevmaps.tv_circuit_to_qasm(timevmaps.tv_circuit('bell'), 2);

-- tv_plan_route
SELECT path_place_ids, distance_m, eta_seconds, st_astext(geom) AS course FROM timevmaps.tv_plan_route(1, 1, 1, 4);

-- tv_route_steps
SELECT seq, place_id, segment_id, local_seconds, total_local_seconds FROM timevmaps.tv_route_steps(1, 1, 1, 4);

-- tv_route_cost
SELECT cost, metric, distance_m FROM timevmaps.tv_route_cost(1, 1, 1, 4, metric => 'distance');

-- tv_cost_matrix
SELECT * FROM timevmaps.tv_cost_matrix(1, 1, ARRAY[1, 2], ARRAY[3, 4]);

-- tv_save_route
SELECT id, path_place_ids FROM timevmaps.tv_save_route(1, 1, 1, 4);

-- tv_branch
SELECT id, label, parent_id FROM timevmaps.tv_branch(1, 'no bridge');
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, closed) VALUES (2, 2, true);

-- tv_fold
SELECT timevmaps.tv_fold('Łódź'), timevmaps.tv_fold('Löhningen'), timevmaps.tv_fold('Löhningen', true) AS spelled, timevmaps.tv_fold('高槻市') AS letters;

-- tv_search
SELECT kind, ref_id, name, match, round(score::numeric, 2) AS score FROM timevmaps.tv_search(1, 1, 'castel');

-- tv_reverse
SELECT segment_id, round(segment_distance_m) AS away_m, side, place_name, address FROM timevmaps.tv_reverse(1, 1, 11.921, 57.711);

-- tv_isochrone
SELECT place_id, cost FROM timevmaps.tv_isochrone(1, 1, 1, 250);

-- tv_route_explain
SELECT seq, segment_id, cost, by_length, by_drag, decided -> 'speed_kph' AS speed, next_best_difference FROM timevmaps.tv_route_explain(1, 1, 1, 4);

-- tv_isochrone_area
SELECT seconds, places, round(area_m2) AS area_m2, ST_NumGeometries(geom) AS polygons FROM timevmaps.tv_isochrone_area(1, 1, 1, '{100,250}');

-- tv_route_alternatives
SELECT rank, path_place_ids, cost FROM timevmaps.tv_route_alternatives(1, 1, 1, 4, k => 2, max_stretch => 3);

-- tv_plan_trip
SELECT seq, stop, place_id, arrive_s, distance_m, exact FROM timevmaps.tv_plan_trip(1, 1, '{1,2,3,4}', 'best', closed => true);

-- tv_route_diff
SELECT a_local_seconds, b_local_seconds, local_difference_seconds FROM timevmaps.tv_route_diff(1, 2, 1, 4);

-- tv_snap
SELECT segment_id, round(fraction::numeric, 3) AS fraction, round(distance_m) AS distance_m FROM timevmaps.tv_snap(1, 1, 11.91, 57.706);

-- tv_match_line
SELECT seq, segment_id, forward, round(fraction_to::numeric, 3) AS fraction_to, cut
FROM timevmaps.tv_match_line(1, 1, '[[11.9041, 57.702, 1600000000], [11.908, 57.7041, 1600000020], [11.9159, 57.708, 1600000060]]');

-- tv_plan_point_route
SELECT path_place_ids, round(local_seconds::numeric, 1) AS local_seconds FROM timevmaps.tv_plan_point_route(1, 1, 11.91, 57.706, 11.95, 57.71);

-- tv_plan_route_at
INSERT INTO timevmaps.speed_profiles (world_id, name, factors)
SELECT 1, 'rush hour', array_agg(CASE WHEN h / 24 < 5 AND h % 24 IN (7, 8) THEN 0.5 ELSE 1 END ORDER BY h) FROM generate_series(0, 167) h;
INSERT INTO timevmaps.segment_profiles (segment_id, profile_id) VALUES (1, 1);
SELECT path_place_ids, local_seconds FROM timevmaps.tv_plan_route_at(1, 1, 1, 4, '2024-01-02 07:30+00');

-- tv_prepare_graph
SELECT places, segments FROM timevmaps.tv_prepare_graph(1);

-- tv_graph_status
SELECT world_id, places, segments, kind FROM timevmaps.tv_graph_status() WHERE kind = 'graph';

-- tv_import_pgrouting
CREATE TABLE edges (id bigint, source bigint, target bigint, cost float8, reverse_cost float8, x1 float8, y1 float8, x2 float8, y2 float8);
INSERT INTO edges VALUES (1, 10, 20, 60, 60, 11.90, 57.70, 11.91, 57.70), (2, 20, 30, 30, -1, 11.91, 57.70, 11.91, 57.705);
INSERT INTO timevmaps.worlds (name) VALUES ('Imported');
INSERT INTO timevmaps.timelines (world_id, label) VALUES (2, 'main');
SELECT * FROM timevmaps.tv_import_pgrouting(2, 'edges');

-- tv_import_osm2pgrouting
CREATE TABLE ways (gid bigint, osm_id bigint, tag_id int, length_m float8, name text, source bigint, target bigint,
                   cost_s float8, reverse_cost_s float8, the_geom geometry(LineString, 4326));
CREATE TABLE ways_vertices_pgr (id bigint, osm_id bigint, lon numeric, lat numeric, the_geom geometry(Point, 4326));
INSERT INTO ways_vertices_pgr VALUES (1, 101, 11.90, 57.70, 'SRID=4326;POINT(11.90 57.70)'), (2, 102, 11.91, 57.70, 'SRID=4326;POINT(11.91 57.70)');
INSERT INTO ways VALUES (1, 1001, 101, 595, 'Quay Street', 1, 2, 42, 42, 'SRID=4326;LINESTRING(11.90 57.70, 11.91 57.70)');
SELECT * FROM timevmaps.tv_import_osm2pgrouting(2, 'ways', 'ways_vertices_pgr', id_prefix => 'osm');

-- tv_import_turns
CREATE TABLE restrictions (id bigint, path bigint[], cost float8);
INSERT INTO restrictions VALUES (1, '{1,2}', -1), (2, '{1,2,1}', -1);
SELECT * FROM timevmaps.tv_import_turns(2, 'restrictions');

-- tv_import_dimacs
CREATE TABLE graph (line bigint, text text);
CREATE TABLE coordinates (line bigint, text text);
INSERT INTO graph VALUES (1, 'p sp 2 2'), (2, 'a 1 2 803'), (3, 'a 2 1 803');
INSERT INTO coordinates VALUES (1, 'p aux sp co 2'), (2, 'v 1 -73530767 41085396'), (3, 'v 2 -73530538 41086098');
SELECT * FROM timevmaps.tv_import_dimacs(2, 'graph', 'coordinates', length_scale => 0.1, id_prefix => 'ny');

-- tv_experiment_kinds
SELECT timevmaps.tv_experiment_kinds();

-- tv_validate_experiment
SELECT timevmaps.tv_validate_experiment('relativity', '{"t": 3, "v": 2.4e8}');

-- tv_submit_experiment
SELECT id, kind, params, status FROM timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 179875474.8, "coordinate_seconds": 10}');

-- tv_work
CALL timevmaps.tv_work(1);
SELECT metrics -> 'proper_seconds' AS proper_seconds FROM timevmaps.results WHERE experiment_id = 1;

-- tv_cancel_experiment
SELECT id, status FROM timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1}');
SELECT id, status FROM timevmaps.tv_cancel_experiment(2);

-- tv_retry_experiment
SELECT id, status FROM timevmaps.tv_retry_experiment(2);

-- tv_experiment_progress
SELECT status, fraction, seconds_left FROM timevmaps.tv_experiment_progress(1);

-- tv_experiment_attempts
SELECT attempt, outcome, error ->> 'message' AS message FROM timevmaps.tv_experiment_attempts(1);

-- tv_reproduce
SELECT identical, differences FROM timevmaps.tv_reproduce(1);

-- tv_experiment_trace
SELECT timevmaps.tv_experiment_trace(1) IS NULL AS in_no_trace;

-- tv_events_since
SELECT type, subject, attempt, data FROM timevmaps.tv_events_since(1, '', 3);

-- tv_live
SELECT live #>> '{state,experiments,0,status}' AS status, live -> 'missed' AS missed, live ? 'cursor' AS goes_on FROM timevmaps.tv_live(1, 1) live;

-- tv_metrics
SELECT line FROM regexp_split_to_table(timevmaps.tv_metrics(), E'\n') line WHERE line LIKE 'timevmaps_queue_exp%';

-- tv_worker_status
SELECT pid, kind, state FROM timevmaps.tv_worker_status() WHERE kind = 'session';

-- tv_worker_counters
SELECT finished, failed, lost FROM timevmaps.tv_worker_counters();

-- tv_identity
SELECT timevmaps.tv_identity() = session_user AS logged_in_as;

-- tv_check_request
BEGIN;
SET LOCAL ROLE tv_analyst;
SET LOCAL timevmaps.identity = 'timevmaps|ada';
SET LOCAL request.jwt.claims = '{"iss": "timevmaps", "aud": "timevmaps", "sub": "ada", "exp": 4102444800, "role": "tv_analyst"}';
SELECT timevmaps.tv_check_request() IS NOT NULL AS accepted;
COMMIT;

-- tv_editable_worlds
SELECT * FROM timevmaps.tv_editable_worlds();

-- tv_apply_retention
SELECT * FROM timevmaps.tv_apply_retention(now() - interval '1 year');

-- tv_clear_overrides
SELECT timevmaps.tv_clear_overrides(2, ARRAY[2]);

-- tv_draw_zone
INSERT INTO timevmaps.layers (world_id, name, kind, exclusive) VALUES (1, 'lands', 'territory', true);
SELECT id, name, bbox FROM timevmaps.tv_draw_zone(1, 'West', '{"type": "Polygon", "coordinates": [[[11.8,57.6],[11.92,57.6],[11.92,57.8],[11.8,57.8],[11.8,57.6]]]}');

-- tv_read_area
SELECT ST_AsText(timevmaps.tv_read_area('{"type": "Polygon", "coordinates": [[[11.8,57.6],[11.92,57.6],[11.92,57.8],[11.8,57.6]]]}'));

-- tv_set_zone_owner
SELECT timevmaps.tv_set_zone_owner(1, 1, 'the guild', '2026-01-01 UTC');

-- tv_zones_at
SELECT zone_id, name, owner, round(area_m2) AS area_m2 FROM timevmaps.tv_zones_at(1, 1, 11.9, 57.7);

-- tv_zones_of
SELECT * FROM timevmaps.tv_zones_of(1, 1, '{11.9,11.95}', '{57.7,57.7}');

-- tv_zones
SELECT name, layer, kind, owner FROM timevmaps.tv_zones(1, 1, '2025-01-01 UTC');

-- tv_zone_history
SELECT owner, until, inherited FROM timevmaps.tv_zone_history(1, 1);

-- tv_zone_visits
SELECT zone_id, entered_at, left_at, crossed FROM timevmaps.tv_zone_visits(1, 1, NULL, '2026-01-01 UTC', '2026-01-02 UTC');

-- tv_apply_speed_zones
SELECT timevmaps.tv_apply_speed_zones(1);
-- tv_zone_score
SELECT t_from, vehicles, inside_before, inside_after, entries, exits, dwell_seconds
FROM timevmaps.tv_zone_score(1, 1, 1, '2026-01-05 08:00+00', '2026-01-05 08:02+00', '1 min');

-- tv_morton
SELECT timevmaps.tv_morton(11.97, 57.71, 12);

-- tv_morton_cell
SELECT * FROM timevmaps.tv_morton_cell(14157926, 12);

-- tv_shard_of
SELECT timevmaps.tv_shard_of(11.97, 57.71, 8);

-- tv_delete_rows
INSERT INTO timevmaps.places (world_id, name, lat, lon) VALUES (1, 'a mistake', 0, 0);
SELECT timevmaps.tv_delete_rows('places', ARRAY(SELECT id FROM timevmaps.places WHERE name = 'a mistake'));

-- tv_positions_at
INSERT INTO timevmaps.vehicles (world_id, name) VALUES (1, 'bus 16');
INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat) VALUES
    (1, 1, 1, '2026-01-05 08:00+00', 11.90, 57.70), (1, 1, 1, '2026-01-05 08:02+00', 11.92, 57.71);
SELECT vehicle_id, state, round(lon::numeric, 6) AS lon, round(lat::numeric, 6) AS lat, fix_at, age_s FROM timevmaps.tv_positions_at(1, 1, '2026-01-05 08:01+00');

-- tv_match
SELECT seq, segment_id, forward, t_from, t_to, round(distance_m) AS distance_m FROM timevmaps.tv_match(1, 1, 1, '2026-01-05 08:00+00', '2026-01-05 08:02+00');

-- tv_ingest
SELECT * FROM timevmaps.tv_ingest(1, 1, '[
    {"vehicle": "bus 16", "t": "2026-01-05T08:03:00Z", "lon": 11.93, "lat": 57.71, "speed_mps": 9.5},
    {"vehicle": "bus 16", "t": 1767600120, "lon": 11.92, "lat": 57.71},
    {"vehicle": "bus 16", "t": "2026-01-05T08:04:00Z", "lon": 0, "lat": 0}]');

-- tv_load_positions
CREATE TABLE tracks AS SELECT 'bus 16' AS vehicle, '2026-01-05 09:00+00'::timestamptz + n * interval '1 s' AS t, 11.90 + n / 10000.0 AS lon, 57.70 AS lat FROM generate_series(1, 600) n;
CALL timevmaps.tv_load_positions('tracks', 1, 1);

-- tv_delete_positions
SELECT timevmaps.tv_delete_positions(1, 1, 1, '2026-01-05 09:00+00', '2026-01-05 10:00+00');

-- tv_partition_positions
SELECT * FROM timevmaps.tv_partition_positions();

-- tv_may_report
SELECT timevmaps.tv_may_report(1, 1);
-- tv_replay
SELECT frame, play_s, state, round(lon::numeric, 6) AS lon, round(lat::numeric, 6) AS lat
FROM timevmaps.tv_replay(1, 1, '2026-01-05 08:00+00', '2026-01-05 08:02+00', 60);

-- tv_replay_diff
SELECT frame, a_state, b_state, metres FROM timevmaps.tv_replay_diff(1, 2, '2026-01-05 08:00+00', '2026-01-05 08:02+00', 60);

-- tv_tracks
SELECT vehicle_id, track FROM timevmaps.tv_tracks(1, 1, '2026-01-05 08:00+00', '2026-01-05 09:00+00');

-- tv_box_score
SELECT vehicle_id, t_from, fixes, distance_m, moving_seconds, gap_seconds, traveler_minus_local_seconds
FROM timevmaps.tv_box_score(1, 1, NULL, '2026-01-05 08:00+00', '2026-01-05 08:10+00', '5 min');

-- tv_timeline_score
SELECT vehicles, seen, moved, fixes, round(distance_m) AS distance_m, moving_seconds, gap_seconds
FROM timevmaps.tv_timeline_score(1, 1, '2026-01-05 08:00+00', '2026-01-05 08:10+00', '5 min');

-- tv_stops
SELECT * FROM timevmaps.tv_stops(1, 1, NULL, '2026-01-05 08:00+00', '2026-01-05 09:00+00', stop_s => 60);

-- tv_meetings
SELECT * FROM timevmaps.tv_meetings(1, 1, '2026-01-05 08:00+00', '2026-01-05 09:00+00', 50);

-- tv_trip_clock
SELECT vehicle_id, local_seconds, traveler_seconds, traveler_minus_local_seconds, traveler_bound
FROM timevmaps.tv_trip_clock(1, 1, NULL, '2026-01-05 08:00+00', '2026-01-05 08:10+00');

-- tv_live_positions
SELECT vehicle_id, state, lon, lat FROM timevmaps.tv_live_positions(1, 1);

-- tv_route_from
SELECT state, from_segment_id, round(from_fraction::numeric, 3) AS from_fraction, path_place_ids, round(local_seconds::numeric, 1) AS local_seconds
FROM timevmaps.tv_route_from(1, 1, 1, '2026-01-05 08:01+00', 4);

-- tv_eta_live
SELECT state, age_s, round(distance_m) AS distance_m, eta, delay_s FROM timevmaps.tv_eta_live(1, 1, 1, 4, t => '2026-01-05 08:02+00', expected_at => '2026-01-05 08:05+00');

-- tv_add_member
SELECT timevmaps.tv_add_member(1, 'timevmaps|bob', 'analyst');

-- tv_world_members
SELECT member, access FROM timevmaps.tv_world_members(1);

-- tv_sees_world
SELECT timevmaps.tv_sees_world(1) AS this_one, timevmaps.tv_sees_world(999) AS another;

-- tv_set_visibility
SELECT timevmaps.tv_set_visibility(1, 'private');

-- tv_transfer_world
SELECT timevmaps.tv_transfer_world(1, 'timevmaps|bob', 'analyst');
SELECT name, visibility, owner FROM timevmaps.worlds WHERE id = 1;

-- tv_remove_member
SELECT timevmaps.tv_remove_member(1, timevmaps.tv_identity());

-- tv_drop_world
INSERT INTO timevmaps.worlds (id, name) VALUES (1000, 'A draft');
CALL timevmaps.tv_drop_world(1000);

-- tv_start_worker
SELECT timevmaps.tv_start_worker() > 0 AS has_a_process_number;

-- tv_stop_worker
SELECT timevmaps.tv_stop_worker() IS NOT NULL AS asked_to_stop;

-- tv_set_quota
SELECT timevmaps.tv_set_quota('tv_analyst', 'experiments_queued', 500);

-- tv_quotas
SELECT q.kind, q.amount FROM timevmaps.tv_quotas() q;

-- tv_seal_audit
SELECT count(*) < 100 AS all_sealed FROM timevmaps.tv_seal_audit();

-- tv_verify_audit
SELECT count(*) AS faults FROM timevmaps.tv_verify_audit();
