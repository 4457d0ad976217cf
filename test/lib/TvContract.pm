# The functions of schema timevmaps: those of the contract with clients, and what else docs/api.md has for them.
#
#     use TvContract qw(@made @further @procedures);
package TvContract;
use strict;
use warnings;
use Exporter 'import';
our @EXPORT_OK = qw(@made @not_made @further @procedures);

# What the contract names.
our @made = qw(
	tv_box_score tv_stops tv_trip_clock tv_meetings tv_reverse
	tv_gamma tv_gamma_minus_one tv_sr_proper_seconds tv_sr_coordinate_seconds tv_gr_factor tv_gr_coordinate_seconds tv_gr_proper_seconds
	tv_clock_rate tv_clock_rate_offset tv_orbit_rate_offset tv_velocity_add tv_doppler tv_rocket tv_init tv_plan_route tv_save_route
	tv_route_steps tv_route_cost tv_cost_matrix tv_isochrone tv_isochrone_area tv_route_explain tv_route_alternatives tv_route_diff tv_plan_trip tv_route_from tv_match tv_eta_live tv_eta tv_branch tv_run_circuit
	tv_circuit_steps tv_amplitudes tv_frame_amplitudes tv_bloch tv_expectation tv_circuit_from_qasm tv_circuit_to_qasm tv_circuit_draw
	tv_submit_experiment tv_cancel_experiment tv_retry_experiment tv_experiment_attempts tv_work tv_start_worker tv_stop_worker tv_worker_status tv_metrics
	tv_prepare_graph tv_search tv_graph_status tv_experiment_progress tv_check_request tv_verify_audit
	tv_zone_visits tv_zones_at tv_events_since tv_ingest tv_load_positions tv_live tv_positions_at tv_live_positions tv_replay tv_replay_diff tv_tracks);

# What it names and nobody has made yet: who makes one moves its name up.
our @not_made = qw(
	tv_tile tv_tilejson tv_timeline_state);

# What clients find beside it.
our @further = qw(
	tv_timeline_score tv_zone_score
	tv_add_member tv_apply_speed_zones tv_apply_retention tv_check_tables tv_circuit tv_clear_overrides tv_delete_positions tv_delete_rows tv_circuit_canonical tv_circuit_hash tv_clock_rate_offset_against tv_doppler_minus_one
	tv_draw_zone tv_morton tv_morton_cell tv_set_zone_owner tv_shard_of tv_zone_history tv_zones tv_zones_of tv_drop_world tv_editable_worlds tv_experiment_kinds tv_experiment_trace tv_explain_circuit tv_fidelity tv_fold tv_frame_bloch tv_frame_info tv_geoid_rate_offset
	tv_gr_coordinate_offset_seconds tv_gr_factor_minus_one tv_gr_proper_offset_seconds tv_gradient tv_identity tv_import_dimacs
	tv_import_osm2pgrouting tv_import_pgrouting tv_import_turns tv_may_report tv_orbit_rate tv_orbit_rate_offset_against tv_orbit_speed tv_partition_positions tv_plan_point_route tv_plan_route_at
	tv_match_line tv_quotas tv_read_area tv_remove_member tv_reproduce tv_set_quota tv_schwarzschild_radius tv_seal_audit tv_sees_world tv_set_visibility tv_snap tv_sr_coordinate_offset_seconds tv_sr_proper_offset_seconds tv_transfer_world tv_validate_circuit
	tv_validate_experiment tv_validate_rules tv_velocity_add_offset tv_worker_counters tv_world_members);

# Which of them are called by CALL: PostgREST shows no procedures.
our @procedures = qw(tv_drop_world tv_load_positions tv_work);

1;
