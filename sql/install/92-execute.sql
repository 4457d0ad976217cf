-- 92-execute: who may call what.
--
-- Nobody may call a function for having been forgotten: PUBLIC has EXECUTE on none, and each stands here once, by its name, for none is
-- overloaded. In timevmaps_internal stands only what functions of ours call as their caller; all else there is tv_owner's.

CREATE FUNCTION timevmaps_internal.tv_execute_list(OUT role name, OUT function name)
RETURNS SETOF record
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT l.role, n.name FROM (VALUES
        -- What reads or computes; and what constraints, defaults, triggers and policies call as whoever changes or reads a row.
        ('tv_player', 'tv_check_tables tv_identity tv_validate_rules tv_sees_world tv_sees tv_world_members tv_remove_member'),
        -- A server may ask who its token is before it takes a role; one that names the server's own role is told what others are.
        ('tv_player', 'tv_check_request'),
        ('tv_authenticator', 'tv_identity tv_check_request'),
        ('tv_player', 'tv_gamma tv_gamma_minus_one tv_sr_proper_seconds tv_sr_proper_offset_seconds tv_sr_coordinate_seconds
            tv_sr_coordinate_offset_seconds tv_velocity_add tv_velocity_add_offset tv_doppler tv_doppler_minus_one'),
        ('tv_player', 'tv_schwarzschild_radius tv_gr_factor tv_gr_factor_minus_one tv_gr_coordinate_seconds tv_gr_coordinate_offset_seconds
            tv_gr_proper_seconds tv_gr_proper_offset_seconds'),
        ('tv_player', 'tv_clock_rate tv_clock_rate_offset tv_clock_rate_offset_against tv_orbit_speed tv_orbit_rate tv_orbit_rate_offset
            tv_orbit_rate_offset_against tv_geoid_rate_offset tv_rocket tv_eta'),
        ('tv_player', 'tv_validate_circuit tv_circuit_canonical tv_circuit_hash tv_circuit_draw tv_run_circuit tv_gradient tv_fidelity
            tv_explain_circuit tv_circuit_steps tv_amplitudes tv_bloch tv_expectation tv_circuit'),
        ('tv_player', 'tv_frame_info tv_frame_amplitudes tv_frame_bloch'),
        ('tv_player', 'tv_circuit_from_qasm tv_circuit_to_qasm'),
        ('tv_player', 'tv_plan_route tv_route_steps tv_route_cost tv_cost_matrix tv_isochrone tv_isochrone_area tv_route_explain tv_route_alternatives tv_route_diff tv_snap tv_match tv_match_line
            tv_plan_point_route tv_plan_route_at tv_plan_trip tv_graph_status'),
        ('tv_player', 'tv_route_from tv_eta_live'),
        ('tv_player', 'tv_box_score tv_stops tv_trip_clock tv_meetings'),
        ('tv_player', 'tv_timeline_score tv_zone_score'),
        ('tv_player', 'tv_experiment_kinds tv_validate_experiment tv_experiment_progress'),
        ('tv_player', 'tv_reproduce tv_recorded_run tv_rerun_experiment tv_json_differences'),
        ('tv_player', 'tv_events_since tv_read_events tv_event_now tv_live tv_read_live tv_running_experiments'),
        ('tv_player', 'tv_positions_at tv_live_positions tv_replay tv_replay_diff tv_tracks'),
        ('tv_player', 'tv_read_area tv_zones_at tv_zones_of tv_zones tv_zone_visits tv_zone_history tv_morton tv_morton_cell tv_shard_of'),
        ('tv_player', 'tv_quotas'),
        ('tv_player', 'tv_fold tv_search tv_reverse'),
        -- What writes or builds.
        ('tv_analyst', 'tv_editable_worlds tv_branch tv_delete_rows tv_clear_overrides'),
        ('tv_analyst', 'tv_ingest tv_load_positions tv_may_report tv_reports tv_delete_positions'),
        ('tv_analyst', 'tv_save_route tv_prepare_graph'),
        ('tv_analyst', 'tv_draw_zone tv_set_zone_owner tv_apply_speed_zones'),
        ('tv_analyst', 'tv_drop_world tv_add_member tv_set_visibility tv_transfer_world'),
        ('tv_analyst', 'tv_experiment_attempts tv_submit_experiment tv_cancel_experiment tv_retry_experiment tv_move_experiment tv_experiment_trace tv_trace'),
        ('tv_analyst', 'tv_import_pgrouting tv_import_osm2pgrouting tv_import_dimacs tv_import_turns'),
        ('tv_analyst', 'tv_require_own_session tv_import_check_world tv_import_begin tv_import_class tv_import_check_columns tv_import_has_column tv_import_value tv_import_number tv_import_problem
            tv_import_fail tv_import_check_speed tv_import_write'),
        ('tv_analyst', 'tv_import_read_edges tv_import_edges tv_import_check_edges tv_import_stage_edges'),
        ('tv_analyst', 'tv_import_read_vertices tv_import_vertices tv_import_check_vertices tv_import_read_ways tv_import_class_of_ways tv_import_ways
            tv_import_check_ways tv_import_stage_ways'),
        ('tv_analyst', 'tv_import_turns_timeline tv_import_turns_form tv_import_turns_priced tv_import_turns_read tv_import_turns_resolve tv_import_turns_write'),
        ('tv_analyst', 'tv_import_lines tv_import_nodes tv_import_arcs tv_import_stage_arcs'),
        -- What runs the queue and watches over it.
        ('tv_admin', 'tv_work tv_start_worker tv_stop_worker tv_worker_status tv_worker_counters tv_metrics
            tv_monitor_list tv_monitor_queue tv_monitor_counted tv_monitor_audit tv_monitor_events tv_monitor_server'),
        ('tv_admin', 'tv_apply_retention tv_partition_positions'),
        ('tv_admin', 'tv_set_quota'),
        ('tv_admin', 'tv_seal_audit tv_verify_audit'),
        -- A superuser's, who may let others call it, as docs/security.md says; what it calls as its caller gives nobody more than he has.
        ('tv_admin', 'tv_make_roles tv_check_owner tv_make_owner_grants tv_give_to_owner tv_made tv_make_tables tv_ddl_wait tv_holders tv_make_execute tv_execute_list'),
        (NULL, 'tv_init')) l (role, names),
        regexp_split_to_table(l.names, '\s+') n (name)
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_execute_list() IS
'The role that may call each function, by name, with all roles that have its rights; null: superusers alone. What is not here is tv_owner''s.';

-- Of functions that the current user owns, in both schemas, ours alone: those of the extension, and those that tv_init() makes.
CREATE FUNCTION timevmaps_internal.tv_make_execute(anew boolean DEFAULT false) RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    ours oid[] := ARRAY(
        SELECT p.oid FROM pg_proc p
        WHERE (p.oid IN (SELECT d.objid FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
                         WHERE e.extname = 'timevmaps' AND d.refclassid = 'pg_extension'::regclass
                           AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e')
               OR p.oid IN (SELECT m.id FROM timevmaps_internal.tv_made() m WHERE m.class = 'pg_proc'::regclass))
          AND pg_has_role(p.proowner, 'USAGE'));
    roles oid[] := ARRAY(SELECT r.oid FROM pg_roles r WHERE r.rolname IN ('tv_player', 'tv_analyst', 'tv_admin', 'tv_authenticator', 'tv_anonymous'));
    statement text;
    made integer := 0;
BEGIN
    -- Of others what is there has what they were granted; what is new can have no more than this session's default privileges.
    FOR statement IN
        SELECT format('REVOKE ALL ON ROUTINE %s FROM %s', string_agg(p.oid::regprocedure::text, ', '),
                      CASE e.grantee WHEN 0 THEN 'PUBLIC' ELSE e.grantee::regrole::text END)
        FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) e
        WHERE p.oid = ANY (ours) AND e.grantee <> p.proowner
          AND (anew OR e.grantee = 0 OR e.grantee = ANY (roles) AND NOT EXISTS (
                   SELECT FROM timevmaps_internal.tv_execute_list() l WHERE l.function = p.proname AND l.role::text::regrole = e.grantee))
        GROUP BY e.grantee
    LOOP
        EXECUTE statement;
        made := made + 1;
    END LOOP;
    FOR statement IN
        SELECT format('GRANT EXECUTE ON ROUTINE %s TO %I', string_agg(p.oid::regprocedure::text, ', '), l.role)
        FROM pg_proc p,
            LATERAL (SELECT x.role FROM timevmaps_internal.tv_execute_list() x WHERE x.function = p.proname AND x.role IS NOT NULL
                     UNION ALL
                     SELECT 'tv_owner' WHERE p.proname <> 'tv_init') l
        WHERE p.oid = ANY (ours) AND l.role::text::regrole <> p.proowner
          AND NOT EXISTS (SELECT FROM aclexplode(p.proacl) e WHERE e.grantee = l.role::text::regrole)
        GROUP BY l.role
    LOOP
        EXECUTE statement;
        made := made + 1;
    END LOOP;
    RETURN made;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_make_execute(boolean) IS
'Part of tv_init(): take EXECUTE from PUBLIC, give it to our roles by the list and take from them what is beyond; how many statements that took.
anew: take it from everybody first, which is for functions that have just been made.';

-- What was there before the script, for tv_init() had made it, is all that may be there beside what the script has made.
CREATE FUNCTION timevmaps_internal.tv_check_internal() RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    odd text := (
        SELECT p.oid::regprocedure FROM pg_proc p
        WHERE p.pronamespace = 'timevmaps_internal'::regnamespace
          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
          AND (p.oid NOT IN (SELECT m.id FROM timevmaps_internal.tv_made() m WHERE m.class = 'pg_proc'::regclass)
               OR EXISTS (SELECT FROM pg_proc o WHERE o.pronamespace = p.pronamespace AND o.proname = p.proname AND o.oid <> p.oid))
        LIMIT 1);
BEGIN
    IF odd IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state', MESSAGE = 'schema "timevmaps_internal" holds what is not of timevmaps',
            DETAIL = format('There is function %s.', odd), HINT = 'Drop it, or move it to another schema.';
    END IF;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_check_internal() IS
'Part of CREATE EXTENSION: 55000 where timevmaps_internal holds a function that neither it nor tv_init() has made, or another of the same name.';

-- The script's last words: roles, which a dump may name, and whose functions are, and who may call them.
SELECT timevmaps_internal.tv_check_internal();
SELECT timevmaps_internal.tv_make_roles();
SELECT timevmaps_internal.tv_make_owner_grants();
SELECT timevmaps_internal.tv_make_execute(anew => true);
ALTER FUNCTION timevmaps_internal.tv_made() OWNER TO tv_owner;
ALTER FUNCTION timevmaps_internal.tv_make_tables() OWNER TO tv_owner;
