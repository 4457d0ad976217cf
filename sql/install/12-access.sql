-- 12-access: who may do what: roles, policies and grants, which tv_init() makes whenever one is missing; and which
-- triggers fire where.
--
-- Not part of the migrations, which run once in a database: roles belong to the cluster, so a dump that is
-- restored on another server comes without them, and without every policy and grant that names one.
-- What is missing is made; what an administrator grants to other roles, and policies of his own, stay.

-- Whoever could become tv_owner would own every table: a role of that name that is more than an owner, or somebody's who made it
-- before, is refused, for what he would do with it cannot be undone. The caller is not held against himself: who may create roles
-- is a member of those that he makes.
CREATE FUNCTION timevmaps_internal.tv_check_owner() RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    owner pg_roles := (SELECT r FROM pg_roles r WHERE r.rolname = 'tv_owner');
    attributes text := concat_ws(' ', CASE WHEN owner.rolsuper THEN 'SUPERUSER' END, CASE WHEN owner.rolbypassrls THEN 'BYPASSRLS' END,
        CASE WHEN owner.rolcanlogin THEN 'LOGIN' END, CASE WHEN owner.rolcreaterole THEN 'CREATEROLE' END,
        CASE WHEN owner.rolcreatedb THEN 'CREATEDB' END, CASE WHEN owner.rolreplication THEN 'REPLICATION' END);
    members text := (SELECT string_agg(quote_ident(r.rolname), ', ' ORDER BY r.rolname) FROM pg_roles r
                     WHERE NOT r.rolsuper AND r.rolname NOT IN ('tv_owner', session_user, current_user)
                       AND pg_has_role(r.oid, owner.oid, 'MEMBER'));
    groups text := (SELECT string_agg(m.roleid::regrole::text, ', ' ORDER BY m.roleid::regrole::text)
                    FROM pg_auth_members m WHERE m.member = owner.oid);
BEGIN
    IF attributes <> '' THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state', MESSAGE = 'role "tv_owner" may do more than own the tables',
            DETAIL = format('It has %s.', attributes), HINT = format('ALTER ROLE tv_owner %s', regexp_replace(attributes, '(\w+)', 'NO\1', 'g'));
    ELSIF members IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state', MESSAGE = 'role "tv_owner" has members that are no superusers',
            DETAIL = format('Of it are %s.', members), HINT = 'REVOKE tv_owner FROM them, or DROP ROLE tv_owner where it owns nothing.';
    ELSIF groups IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state', MESSAGE = 'role "tv_owner" is a member of other roles',
            DETAIL = format('It is of %s.', groups), HINT = format('REVOKE %s FROM tv_owner', groups);
    END IF;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_check_owner() IS
'Part of tv_init(): 55000 where the role tv_owner is more than an owner, or others are members of it.';

CREATE FUNCTION timevmaps_internal.tv_make_roles() RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    made integer := 0;
    wanted record;
BEGIN
    -- http/roles.sql makes the same before a dump is restored. Another database of the cluster may make them at the same time.
    FOR wanted IN SELECT unnest(ARRAY['tv_owner', 'tv_player', 'tv_analyst', 'tv_admin', 'tv_authenticator', 'tv_anonymous']) AS name LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted.name) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', wanted.name);
            EXCEPTION WHEN unique_violation OR duplicate_object THEN
                NULL;
            END;
            made := made + 1;
        END IF;
    END LOOP;
    FOR wanted IN VALUES ('tv_player', 'tv_analyst'), ('tv_analyst', 'tv_admin'), ('tv_player', 'tv_anonymous') LOOP
        IF NOT pg_has_role(wanted.column2, wanted.column1, 'MEMBER') THEN
            BEGIN
                EXECUTE format('GRANT %I TO %I', wanted.column1, wanted.column2);
            EXCEPTION WHEN unique_violation THEN
                NULL;
            END;
            made := made + 1;
        END IF;
    END LOOP;
    PERFORM timevmaps_internal.tv_check_owner();
    RETURN made;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_make_roles() IS
'Part of tv_init(): make the roles tv_owner, tv_player, tv_analyst, tv_admin, tv_authenticator and tv_anonymous, and their memberships; how many were missing.';

CREATE FUNCTION timevmaps_internal.tv_make_policy(relation regclass, suffix text, command text, role name, visible text, writable text DEFAULT NULL)
RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wanted text := (SELECT c.relname FROM pg_class c WHERE c.oid = relation) || '_' || suffix;
    held oid[] := (SELECT p.polroles FROM pg_policy p WHERE p.polrelid = relation AND p.polname = wanted);
BEGIN
    IF held && ARRAY[0, role::regrole::oid] THEN
        RETURN 0;
    ELSIF held IS NOT NULL THEN
        -- Our role has been renamed, and made anew: both are bound by it then.
        EXECUTE format('ALTER POLICY %I ON %s TO %I, %s', wanted, relation, role,
                       (SELECT string_agg(r::regrole::text, ', ') FROM unnest(held) r));
        RETURN 1;
    END IF;
    EXECUTE format('CREATE POLICY %I ON %s FOR %s TO %I', wanted, relation, command, role)
        || coalesce(' USING (' || visible || ')', '') || coalesce(' WITH CHECK (' || writable || ')', '');
    RETURN 1;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_make_policy(regclass, text, text, name, text, text) IS
'Part of tv_init(): make a policy unless there is one of its name for its role; 1 where it made or changed it, else 0.';

-- A dump may have been restored without policies, and row-level security switched off with them.
CREATE FUNCTION timevmaps_internal.tv_make_row_security(relation regclass) RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF (SELECT c.relrowsecurity FROM pg_class c WHERE c.oid = relation) THEN
        RETURN 0;
    END IF;
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', relation);
    RETURN 1;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_make_row_security(regclass) IS
'Part of tv_init(): enable row-level security of a table; 1 if it was off.';

-- What each role may do with each table, and all that it may: columns null, the whole table.
--
-- No client chooses an id or a column that a trigger fills: a key looks past row-level security, so who chose one would learn
-- of rows that he does not see, and stand in the way of others.  And none has UPDATE or DELETE of a whole table, which allow
-- LOCK TABLE in every mode: tv_delete_rows() deletes.  What names a person, or tells of a server's inside, is not for players.
-- An id of an experiment is no client's choice either because each range of them has a partition of frames.
CREATE FUNCTION timevmaps_internal.tv_table_grants(OUT relation name, OUT role name, OUT privilege text, OUT columns name[]) RETURNS SETOF record
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    -- Administrators do everything but hang code on a table (TRIGGER, REFERENCES) and empty it unseen; which migrations there have been is tv_init()'s to say.
    SELECT t.relation::name, 'tv_admin'::name, p.privilege, NULL::name[]
    FROM unnest(ARRAY['worlds', 'world_members', 'timelines', 'places', 'segments', 'segment_overrides', 'gateways', 'speed_profiles',
                      'segment_profiles', 'circuits', 'experiments', 'frames', 'results', 'route_plans', 'vehicles', 'positions', 'network_changes',
                      'schema_migrations', 'quotas', 'quota_usage', 'token_issuers', 'layers', 'zones', 'zone_owners', 'turns', 'vehicle_profiles']) t (relation),
         unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) p (privilege)
    WHERE t.relation <> 'schema_migrations' OR p.privilege = 'SELECT'
    UNION ALL
    SELECT t.relation, 'tv_player', 'SELECT', NULL
    FROM unnest(ARRAY['timelines', 'places', 'segments', 'segment_overrides', 'gateways', 'speed_profiles', 'segment_profiles', 'circuits',
                      'frames', 'results', 'route_plans', 'vehicles', 'positions', 'layers', 'zones', 'zone_owners', 'turns', 'vehicle_profiles']) t (relation)
    UNION ALL
    SELECT l.relation, l.role, l.privilege, l.columns::name[]
    FROM (VALUES
        ('worlds', 'tv_player', 'SELECT', '{id,name,rules,visibility,created_at,transferred}'),
        ('worlds', 'tv_analyst', 'SELECT', '{owner,transferred}'),
        ('worlds', 'tv_analyst', 'INSERT', '{name,rules,visibility}'),
        ('worlds', 'tv_analyst', 'UPDATE', '{name,rules,visibility}'),
        ('world_members', 'tv_player', 'SELECT', '{world_id,member,access,created_at}'),
        ('world_members', 'tv_analyst', 'SELECT', '{owner}'),
        ('world_members', 'tv_analyst', 'INSERT', '{world_id,member,access}'),
        ('world_members', 'tv_analyst', 'UPDATE', '{access}'),
        ('timelines', 'tv_analyst', 'INSERT', '{world_id,label,parent_id,branch_op,fork_at}'),
        ('timelines', 'tv_analyst', 'UPDATE', '{label,branch_op}'),
        ('places', 'tv_analyst', 'INSERT', '{world_id,name,lat,lon,props}'),
        ('places', 'tv_analyst', 'UPDATE', '{name,lat,lon,props}'),
        ('segments', 'tv_analyst', 'INSERT', '{world_id,a_place_id,b_place_id,length_m,speed_kph,base_drag,oneway,timeline_id,geom,props,'
            'class,max_height_m,max_width_m,max_length_m,max_weight_kg,gate}'),
        ('segments', 'tv_analyst', 'UPDATE', '{a_place_id,b_place_id,length_m,speed_kph,base_drag,oneway,timeline_id,geom,props,'
            'class,max_height_m,max_width_m,max_length_m,max_weight_kg,gate}'),
        -- Who puts an override again, or a profile, names the key with it; a trigger keeps that from changing.
        ('segment_overrides', 'tv_analyst', 'INSERT', '{timeline_id,segment_id,closed,length_m,speed_kph,base_drag,'
            'class,max_height_m,max_width_m,max_length_m,max_weight_kg,gate}'),
        ('segment_overrides', 'tv_analyst', 'UPDATE', '{timeline_id,segment_id,closed,length_m,speed_kph,base_drag,'
            'class,max_height_m,max_width_m,max_length_m,max_weight_kg,gate}'),
        ('turns', 'tv_analyst', 'INSERT', '{timeline_id,from_segment_id,via_place_id,to_segment_id,rule,penalty_s,note}'),
        ('turns', 'tv_analyst', 'UPDATE', '{timeline_id,from_segment_id,via_place_id,to_segment_id,rule,penalty_s,note}'),
        ('speed_profiles', 'tv_analyst', 'INSERT', '{world_id,name,factors}'),
        ('speed_profiles', 'tv_analyst', 'UPDATE', '{name,factors}'),
        ('segment_profiles', 'tv_analyst', 'INSERT', '{timeline_id,segment_id,profile_id}'),
        ('segment_profiles', 'tv_analyst', 'UPDATE', '{timeline_id,segment_id,profile_id}'),
        ('vehicle_profiles', 'tv_analyst', 'INSERT', '{world_id,name,timeline_id,speeds,max_speed_kph,forbidden,height_m,width_m,length_m,weight_kg,gates,gateways,props}'),
        ('vehicle_profiles', 'tv_analyst', 'UPDATE', '{name,timeline_id,speeds,max_speed_kph,forbidden,height_m,width_m,length_m,weight_kg,gates,gateways,props}'),
        ('vehicles', 'tv_analyst', 'INSERT', '{world_id,name,kind,profile,max_speed_mps,props}'),
        ('vehicles', 'tv_analyst', 'UPDATE', '{name,kind,profile,max_speed_mps,props}'),
        -- When a fix was recorded the server says.
        ('positions', 'tv_analyst', 'INSERT', '{world_id,timeline_id,vehicle_id,t,lon,lat,alt_m,speed_mps,heading_deg,accuracy_m,clock,kind,segment_id,fraction,props}'),
        ('positions', 'tv_analyst', 'UPDATE', '{lon,lat,alt_m,speed_mps,heading_deg,accuracy_m,clock,kind,segment_id,fraction,props}'),
        ('layers', 'tv_analyst', 'INSERT', '{world_id,name,kind,exclusive,minzoom,maxzoom,speed_kph,props}'),
        ('layers', 'tv_analyst', 'UPDATE', '{name,exclusive,minzoom,maxzoom,speed_kph,props}'),
        ('zones', 'tv_analyst', 'INSERT', '{layer_id,name,timeline_id,geom,priority,props}'),
        ('zones', 'tv_analyst', 'UPDATE', '{name,timeline_id,geom,priority,props}'),
        -- As with overrides.
        ('zone_owners', 'tv_analyst', 'INSERT', '{zone_id,timeline_id,t,owner}'),
        ('zone_owners', 'tv_analyst', 'UPDATE', '{zone_id,timeline_id,t,owner}'),
        ('gateways', 'tv_analyst', 'INSERT',
            '{from_timeline_id,from_place_id,to_timeline_id,to_place_id,base_penalty_s,decoherence_s,fidelity,measured_at,bidirectional,note}'),
        ('gateways', 'tv_analyst', 'UPDATE',
            '{from_timeline_id,from_place_id,to_timeline_id,to_place_id,base_penalty_s,decoherence_s,fidelity,measured_at,bidirectional,note}'),
        ('circuits', 'tv_analyst', 'INSERT', '{name,qubits,bits,gates,params}'),
        ('experiments', 'tv_player', 'SELECT', '{id,world_id,timeline_id,kind,params,status,priority,run_at,attempts,max_attempts,progress,'
            'gateway_id,submitted_at,started_at,finished_at}'),
        ('experiments', 'tv_analyst', 'SELECT', '{error,idempotency_key,submitted_by,claim,lost}'),
        ('experiments', 'tv_analyst', 'INSERT', '{world_id,timeline_id,kind,params,status,priority,run_at,max_attempts,idempotency_key,gateway_id}'),
        ('experiments', 'tv_analyst', 'UPDATE', '{status,priority,run_at,max_attempts}'),
        -- A saved route is as it was; a word may be added to it.
        ('route_plans', 'tv_analyst', 'INSERT', '{world_id,timeline_id,origin_id,dest_id,dest_timeline_id,path_place_ids,path_timeline_ids,'
            'distance_m,eta_seconds,local_seconds,coordinate_seconds,traveler_seconds,coordinate_minus_local_seconds,'
            'traveler_minus_local_seconds,metric,physics_note,geom,created_at,profile,overrides}'),
        ('route_plans', 'tv_analyst', 'UPDATE', '{physics_note}'),
        ('events', 'tv_player', 'SELECT', NULL), ('events', 'tv_admin', 'SELECT', NULL),
        ('experiment_attempts', 'tv_analyst', 'SELECT', '{experiment_id,claim,world_id,outcome,error,started_at,ended_at}'),
        ('experiment_attempts', 'tv_admin', 'SELECT', NULL),
        ('position_removals', 'tv_admin', 'SELECT', NULL), ('zone_told', 'tv_admin', 'SELECT', NULL),
        ('names', 'tv_admin', 'SELECT', NULL),
        ('queue_ready', 'tv_admin', 'SELECT', NULL), ('queue_delayed', 'tv_admin', 'SELECT', NULL), ('queue_running', 'tv_admin', 'SELECT', NULL),
        ('audit_events', 'tv_analyst', 'SELECT', NULL), ('audit_events', 'tv_admin', 'SELECT', NULL), ('audit_seals', 'tv_admin', 'SELECT', NULL)) l (relation, role, privilege, columns)
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_table_grants() IS
'What the roles of timevmaps may do with its tables: a row for a table, a role and a privilege; columns: null for all of them.';

-- What our own roles hold is made what the list says, also where it was more, or less, in an earlier version or by hand.
CREATE FUNCTION timevmaps_internal.tv_make_grants() RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    made integer := 0;
    wanted record;
BEGIN
    FOR wanted IN
        WITH tables AS (
            SELECT c.oid, c.relname, c.relacl FROM pg_class c
            WHERE c.relnamespace = 'timevmaps'::regnamespace AND c.relname IN (SELECT g.relation FROM timevmaps_internal.tv_table_grants() g)
            UNION ALL
            -- Nobody is granted anything of a partition.
            SELECT c.oid, c.relname, c.relacl FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent IN ('timevmaps.frames'::regclass, 'timevmaps.events'::regclass, 'timevmaps.positions'::regclass)
        ), listed AS (
            SELECT t.oid, g.role, g.privilege || coalesce(' (' || quote_ident(u.name) || ')', '') AS item
            FROM tables t JOIN timevmaps_internal.tv_table_grants() g ON g.relation = t.relname
                LEFT JOIN LATERAL unnest(g.columns) u (name) ON true
        ), held AS (
            SELECT h.oid, e.grantee, e.privilege_type || coalesce(' (' || quote_ident(h.attname) || ')', '')
                || CASE WHEN e.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END AS item
            FROM (SELECT t.oid, t.relacl AS acl, NULL::name AS attname FROM tables t
                  UNION ALL
                  SELECT t.oid, a.attacl, a.attname FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid AND NOT a.attisdropped) h,
                aclexplode(h.acl) e
        )
        SELECT t.oid::regclass AS relation, r.role,
            ARRAY(SELECT l.item FROM listed l WHERE l.oid = t.oid AND l.role = r.role ORDER BY 1) AS items
        FROM tables t, unnest(ARRAY['tv_player', 'tv_analyst', 'tv_admin']) r (role)
        WHERE ARRAY(SELECT l.item FROM listed l WHERE l.oid = t.oid AND l.role = r.role ORDER BY 1)
              <> ARRAY(SELECT h.item FROM held h WHERE h.oid = t.oid AND h.grantee = r.role::regrole ORDER BY 1)
    LOOP
        EXECUTE format('REVOKE ALL ON %s FROM %I CASCADE', wanted.relation, wanted.role);
        IF cardinality(wanted.items) > 0 THEN
            EXECUTE format('GRANT %s ON %s TO %I', array_to_string(wanted.items, ', '), wanted.relation, wanted.role);
        END IF;
        made := made + 1;
    END LOOP;
    RETURN made;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_make_grants() IS
'Part of tv_init(): let each role of timevmaps do with its tables what tv_table_grants() lists, and no more; of how many tables and roles that was not so. What other roles were granted stays.';

-- A table that carries world_id: readable with its world, writable by its editors.  What is for ALL would be asked of
-- each row that is read, too.  src/bridge/access/policies.c has the words of what reads places, segments, overrides, turns and gateways.
CREATE FUNCTION timevmaps_internal.tv_world_policies(relation regclass) RETURNS integer
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT timevmaps_internal.tv_make_row_security(relation)
         + timevmaps_internal.tv_make_policy(relation, 'read', 'SELECT', 'tv_player', 'timevmaps_internal.tv_sees(world_id)')
         + timevmaps_internal.tv_make_policy(relation, 'insert', 'INSERT', 'tv_analyst', NULL, 'world_id IN (SELECT timevmaps.tv_editable_worlds())')
         + timevmaps_internal.tv_make_policy(relation, 'update', 'UPDATE', 'tv_analyst',
               'world_id IN (SELECT timevmaps.tv_editable_worlds())', 'world_id IN (SELECT timevmaps.tv_editable_worlds())')
         + timevmaps_internal.tv_make_policy(relation, 'admin', 'ALL', 'tv_admin', 'true', 'true')
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_world_policies(regclass) IS
'Give a table that carries world_id the policies that all of them share; how many were missing.';

-- What tv_owner needs of others: it makes tables and functions in both schemas, in the tablespace that the caller has chosen, with types
-- of PostGIS. A dump restored without privileges leaves it outside.
CREATE FUNCTION timevmaps_internal.tv_make_owner_grants() RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    made integer := 0;
    wanted record;
BEGIN
    FOR wanted IN
        SELECT format('%s ON SCHEMA %I', p, n.nspname) AS what
        FROM pg_namespace n, unnest('{USAGE,CREATE}'::text[]) p
        WHERE n.nspname IN ('timevmaps', 'timevmaps_internal')
          AND NOT EXISTS (SELECT FROM aclexplode(n.nspacl) e WHERE e.grantee = 'tv_owner'::regrole AND e.privilege_type = p)
        UNION ALL
        SELECT format('USAGE ON SCHEMA %I', n.nspname)
        FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
        WHERE e.extname IN ('postgis', 'pg_trgm') AND NOT has_schema_privilege('tv_owner', n.oid, 'USAGE')
        UNION ALL
        SELECT format('CREATE ON TABLESPACE %I', t.spcname)
        FROM pg_tablespace t
        WHERE t.spcname = current_setting('default_tablespace') AND NOT has_tablespace_privilege('tv_owner', t.oid, 'CREATE')
          AND t.oid <> (SELECT d.dattablespace FROM pg_database d WHERE d.datname = current_database())
    LOOP
        EXECUTE format('GRANT %s TO tv_owner', wanted.what);
        made := made + 1;
    END LOOP;
    RETURN made;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_make_owner_grants() IS
'Part of tv_init(): let tv_owner make the tables; how many grants that took.';

CREATE FUNCTION timevmaps_internal.tv_make_access() RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    made integer := 0;
    wanted record;
BEGIN
    FOR wanted IN
        SELECT unnest(ARRAY['timelines', 'places', 'segments', 'segment_overrides', 'speed_profiles', 'segment_profiles', 'experiments', 'vehicles', 'layers', 'zones', 'zone_owners', 'turns', 'vehicle_profiles']) AS name
    LOOP
        made := made + timevmaps_internal.tv_world_policies(format('timevmaps.%I', wanted.name)::regclass);
    END LOOP;
    FOR wanted IN
        SELECT unnest(ARRAY['worlds', 'world_members', 'gateways', 'circuits', 'positions', 'frames', 'results', 'route_plans', 'network_changes',
                            'quotas', 'quota_usage', 'token_issuers', 'schema_migrations']) AS name
    LOOP
        made := made + timevmaps_internal.tv_make_row_security(format('timevmaps.%I', wanted.name)::regclass)
            + timevmaps_internal.tv_make_policy(format('timevmaps.%I', wanted.name)::regclass, 'admin', 'ALL', 'tv_admin', 'true', 'true');
    END LOOP;
    FOR wanted IN VALUES
        ('positions', 'insert', 'INSERT', 'tv_analyst', NULL, 'timevmaps_internal.tv_reports(world_id, timeline_id)'),
        ('positions', 'read', 'SELECT', 'tv_player', 'timevmaps_internal.tv_sees(world_id)', NULL),
        ('positions', 'update', 'UPDATE', 'tv_analyst',
            'world_id IN (SELECT timevmaps.tv_editable_worlds())', 'world_id IN (SELECT timevmaps.tv_editable_worlds())'),
        ('worlds', 'read', 'SELECT', 'tv_player',
            'visibility = ''public'' OR owner = (SELECT timevmaps.tv_identity())
             OR id IN (SELECT m.world_id FROM timevmaps.world_members m WHERE m.member = (SELECT timevmaps.tv_identity()))', NULL),
        ('worlds', 'insert', 'INSERT', 'tv_analyst', NULL, 'owner = (SELECT timevmaps.tv_identity())'),
        ('worlds', 'update', 'UPDATE', 'tv_analyst', 'owner = (SELECT timevmaps.tv_identity())', 'true'),
        ('world_members', 'read', 'SELECT', 'tv_player',
            'member = (SELECT timevmaps.tv_identity()) OR owner = (SELECT timevmaps.tv_identity())', NULL),
        ('world_members', 'insert', 'INSERT', 'tv_analyst', NULL, 'owner = (SELECT timevmaps.tv_identity())'),
        ('world_members', 'update', 'UPDATE', 'tv_analyst',
            'owner = (SELECT timevmaps.tv_identity())', 'owner = (SELECT timevmaps.tv_identity())'),
        -- A gateway shows only to those who see both of its worlds, and edits belong to editors of both.
        ('gateways', 'read', 'SELECT', 'tv_player',
            'timevmaps_internal.tv_sees(from_world_id) AND timevmaps_internal.tv_sees(to_world_id)', NULL),
        ('gateways', 'insert', 'INSERT', 'tv_analyst', NULL,
            'from_world_id IN (SELECT timevmaps.tv_editable_worlds()) AND to_world_id IN (SELECT timevmaps.tv_editable_worlds())'),
        ('gateways', 'update', 'UPDATE', 'tv_analyst',
            'from_world_id IN (SELECT timevmaps.tv_editable_worlds()) AND to_world_id IN (SELECT timevmaps.tv_editable_worlds())',
            'from_world_id IN (SELECT timevmaps.tv_editable_worlds()) AND to_world_id IN (SELECT timevmaps.tv_editable_worlds())'),
        -- A circuit is of no world: all may read it, and what others refer to by its name is changed by administrators only.
        ('circuits', 'read', 'SELECT', 'tv_player', 'true', NULL),
        ('circuits', 'insert', 'INSERT', 'tv_analyst', NULL, 'true'),
        -- A route shows its whole way: to those who see each world that it leads through.
        ('route_plans', 'read', 'SELECT', 'tv_player',
            'NOT EXISTS (SELECT FROM pg_catalog.unnest(world_ids) u (id) WHERE NOT timevmaps_internal.tv_sees(u.id))', NULL),
        ('route_plans', 'insert', 'INSERT', 'tv_analyst', NULL, 'world_id IN (SELECT timevmaps.tv_editable_worlds())'),
        ('route_plans', 'update', 'UPDATE', 'tv_analyst', 'world_id IN (SELECT timevmaps.tv_editable_worlds())', 'true'),
        ('frames', 'read', 'SELECT', 'tv_player', 'timevmaps_internal.tv_sees(world_id)', NULL),
        ('experiment_attempts', 'read', 'SELECT', 'tv_analyst', 'timevmaps_internal.tv_sees(world_id)', NULL),
        ('results', 'read', 'SELECT', 'tv_player',
            'timevmaps_internal.tv_sees(world_id)
             AND (world_ids IS NULL OR NOT EXISTS (SELECT FROM pg_catalog.unnest(world_ids) u (id) WHERE NOT timevmaps_internal.tv_sees(u.id)))', NULL)
    LOOP
        made := made + timevmaps_internal.tv_make_policy(format('timevmaps.%I', wanted.column1)::regclass,
            wanted.column2, wanted.column3, wanted.column4, wanted.column5, wanted.column6);
    END LOOP;
    -- Nobody but our triggers writes what waits, what runs, how attempts went, what is to be looked for again, and what was told.
    FOR wanted IN SELECT unnest(ARRAY['queue_ready', 'queue_delayed', 'queue_running', 'experiment_attempts', 'position_removals', 'names', 'zone_told']) AS name LOOP
        made := made + timevmaps_internal.tv_make_row_security(format('timevmaps.%I', wanted.name)::regclass)
            + timevmaps_internal.tv_make_policy(format('timevmaps.%I', wanted.name)::regclass, 'admin', 'SELECT', 'tv_admin', 'true');
    END LOOP;
    -- Whoever reads a partition by its own name is shown nothing.
    FOR wanted IN SELECT i.inhrelid::regclass AS relation FROM pg_inherits i
                  WHERE i.inhparent IN ('timevmaps.frames'::regclass, 'timevmaps.events'::regclass, 'timevmaps.positions'::regclass) LOOP
        made := made + timevmaps_internal.tv_make_row_security(wanted.relation);
    END LOOP;

    RETURN made + timevmaps_internal.tv_make_grants()
        -- Nobody changes what happened.
        + timevmaps_internal.tv_make_row_security('timevmaps.events')
        + timevmaps_internal.tv_make_policy('timevmaps.events', 'read', 'SELECT', 'tv_player', 'timevmaps_internal.tv_sees(world_id)')
        + timevmaps_internal.tv_make_policy('timevmaps.events', 'admin', 'SELECT', 'tv_admin', 'true')
        -- Nobody changes the audit. Who owns a world sees what was done to it.
        + timevmaps_internal.tv_make_row_security('timevmaps.audit_events')
        + timevmaps_internal.tv_make_policy('timevmaps.audit_events', 'read', 'SELECT', 'tv_analyst',
            'world_ids <> ''{}'' AND world_ids <@ ARRAY(SELECT w.id FROM timevmaps.worlds w WHERE w.owner = (SELECT timevmaps.tv_identity()))')
        + timevmaps_internal.tv_make_policy('timevmaps.audit_events', 'admin', 'SELECT', 'tv_admin', 'true')
        + timevmaps_internal.tv_make_row_security('timevmaps.audit_seals')
        + timevmaps_internal.tv_make_policy('timevmaps.audit_seals', 'admin', 'SELECT', 'tv_admin', 'true');
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_make_access() IS
'Part of tv_init(): make the policies and grants that are missing, and enable row-level security where it is off; how many that were.';

-- ENABLE TRIGGER ALL, which a restore with --disable-triggers ends with, has every trigger fire in ordinary sessions alone.
CREATE FUNCTION timevmaps_internal.tv_make_trigger_modes() RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    made integer := 0;
    wanted record;
BEGIN
    FOR wanted IN
        SELECT t.tgrelid::regclass AS relation, t.tgname, m.mode
        FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_class c ON c.oid = t.tgrelid,
            LATERAL (SELECT CASE WHEN t.tgname !~ '_log_(begin|insert|update|delete|truncate|row|refuse)$|_own$|_keep$|^experiments_(queue_)?arrived$|^experiments_queue_truncate$|_names_(truncate|arrived)$' THEN ''
                                 WHEN t.tgname ~ '_(row|own|arrived)$' THEN 'REPLICA' ELSE 'ALWAYS' END) m (mode)
        -- A trigger of somebody else's may have such a name.
        WHERE p.pronamespace = 'timevmaps_internal'::regnamespace
          AND c.relnamespace = 'timevmaps'::regnamespace AND c.relowner = 'tv_owner'::regrole
          -- Those that fire in ordinary sessions are off where a restoring with --disable-triggers has stopped half-way.
          AND CASE m.mode WHEN '' THEN t.tgenabled = 'D' WHEN 'REPLICA' THEN t.tgenabled <> 'R' ELSE t.tgenabled <> 'A' END
    LOOP
        EXECUTE format('ALTER TABLE %s ENABLE %s TRIGGER %I', wanted.relation, wanted.mode, wanted.tgname);
        made := made + 1;
    END LOOP;
    -- Those of foreign keys are a superuser's.
    FOR wanted IN
        SELECT DISTINCT c.oid::regclass AS relation
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        WHERE t.tgisinternal AND t.tgenabled = 'D' AND c.relnamespace = 'timevmaps'::regnamespace AND c.relowner = 'tv_owner'::regrole
    LOOP
        RAISE WARNING USING ERRCODE = 'object_not_in_prerequisite_state', MESSAGE = format('foreign keys of %s are not checked', wanted.relation),
            DETAIL = 'Their triggers are disabled.', HINT = format('As a superuser: ALTER TABLE %s ENABLE TRIGGER ALL; then call this again.', wanted.relation);
    END LOOP;
    RETURN made;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_make_trigger_modes() IS
'Part of tv_init(): have the triggers that write the log of changes fire in every session, those for rows that arrive by replication there, and no other disabled; how many did not.';
