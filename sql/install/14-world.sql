-- 14-world: who belongs to a world, who sees it and whose it is; some rows of it, or all that hangs on it, removed.

CREATE PROCEDURE timevmaps.tv_drop_world(world_id bigint, piece integer DEFAULT 5000)
LANGUAGE C
AS 'MODULE_PATHNAME';
COMMENT ON PROCEDURE timevmaps.tv_drop_world(bigint, integer) IS
'Remove a world with everything in it or on it: experiments with frames and results, vehicles with their positions, saved routes and gateways (also those of other worlds that touch it), timelines, places, segments, profiles, zones, members, graphs.
Removes at most so many rows (piece, 1 to 1000000) at a time and commits after each; in a transaction block everything is of that transaction. Cancelled or failed, call it again: it goes on where it was. Says how it goes with NOTICE messages.
By the owner of the world or a tv_admin. Whoever adds rows meanwhile waits, and they go too.
Errors: PT404 no such world; 42501 not its owner; 22023 a bad piece; 55000 before tv_init().
Source: docs/import.md.';

CREATE FUNCTION timevmaps_internal.tv_sees_world_support(request internal) RETURNS internal
LANGUAGE C STRICT AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps_internal.tv_sees_world_support(internal) IS 'What the planner expects of tv_sees_world(): that it is true.';

-- Dearer than to compare two numbers, so that a statement's own conditions on a row come first.
CREATE FUNCTION timevmaps.tv_sees_world(world_id bigint) RETURNS boolean
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10
SUPPORT timevmaps_internal.tv_sees_world_support
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_sees_world(bigint) IS
'Whether the caller sees a world: the policies of all that is in worlds ask it.
An answer is kept as long as the statement, in PL/pgSQL perhaps the transaction. False where there is no such world.
Source: docs/security.md.';

-- Each is for the owner of the world and for a tv_admin, locks the world until the transaction ends, and is done where it was done before.

CREATE FUNCTION timevmaps.tv_add_member(world_id bigint, member text, access text DEFAULT 'player') RETURNS void
LANGUAGE C VOLATILE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_add_member(bigint, text, text) IS
'Make somebody a member of a world, or give a member another access.
member: an identity, as tv_identity() says it to him; access: player, who sees the world, or analyst, who changes what is in it, too.
Errors: PT404 no such world; 42501 not its owner; 22023 a member that is no identity or owns the world, or another access; 55000 before tv_init().
Source: docs/security.md.';

CREATE FUNCTION timevmaps.tv_remove_member(world_id bigint, member text) RETURNS void
LANGUAGE C VOLATILE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_remove_member(bigint, text) IS
'Remove a member from a world; a member may remove himself. From his next statement on he is none.
What he has queued there fails with 42501 when it is run.
Errors: PT404 no such world; 42501 not its owner; 22023 a member that is no identity; 55000 before tv_init().
Source: docs/security.md.';

CREATE FUNCTION timevmaps.tv_world_members(world_id bigint) RETURNS TABLE (member text, access text, created_at timestamptz)
LANGUAGE plpgsql STABLE ROWS 10
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    PERFORM timevmaps.tv_check_tables();
    IF NOT EXISTS (SELECT FROM timevmaps.worlds w WHERE w.id = tv_world_members.world_id) THEN
        RAISE EXCEPTION USING ERRCODE = 'PT404', MESSAGE = 'no such world',
            DETAIL = format('There is no world %s, or it is not visible to this role.', tv_world_members.world_id);
    END IF;
    RETURN QUERY SELECT m.member, m.access, m.created_at FROM timevmaps.world_members m WHERE m.world_id = tv_world_members.world_id ORDER BY m.member;
END
$$;
COMMENT ON FUNCTION timevmaps.tv_world_members(bigint) IS
'The members of a world: all of them to its owner and to a tv_admin, to a member himself alone.
Errors: PT404 no such world; 55000 before tv_init().
Source: docs/security.md.';

CREATE FUNCTION timevmaps.tv_set_visibility(world_id bigint, visibility text) RETURNS void
LANGUAGE C VOLATILE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_set_visibility(bigint, text) IS
'Show a world to all (public), or to its owner and its members alone (private).
Errors: PT404 no such world; 42501 not its owner; 22023 another visibility; 23505 a public world has its name; 55000 before tv_init().
Source: docs/security.md.';

CREATE FUNCTION timevmaps.tv_transfer_world(world_id bigint, owner text, access text DEFAULT NULL) RETURNS void
LANGUAGE C VOLATILE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_transfer_world(bigint, text, text) IS
'Give a world to another owner, with its members. It keeps its name, though he may have one of that name himself.
owner: an identity, as tv_identity() says it to him; access: what the old owner is from then on, player or analyst, or NULL: no member.
Errors: PT404 no such world; 42501 not its owner; 22023 an owner that is no identity, or another access; 55000 before tv_init().
Source: docs/security.md.';

-- Clients have no DELETE: with it they could lock a whole table.
CREATE FUNCTION timevmaps.tv_delete_rows(relation text, ids bigint[]) RETURNS bigint
LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_delete_rows(text, bigint[]) IS
'Delete rows of worlds by their ids, all of them or none; how many.
relation: timelines, places, segments, gateways, route_plans, speed_profiles, segment_profiles, vehicles, layers, zones, zone_owners, turns or vehicle_profiles; ids: at most 1000000, each once.
By editors of the worlds that the rows are of (of a gateway, both) and tv_admin. What hangs on a row goes with it, of whatever world that is: overrides and profiles of a segment, gateways and saved routes of a place or a timeline, positions of a vehicle or a timeline, zones of a layer or a timeline with their owners. Worlds: tv_drop_world(); overrides: tv_clear_overrides().
Errors: PT404 one of them is not there; 42501 one of them is of a world that the caller does not edit; 23503 something else of the same world needs one: segments a place, branches, segments and experiments a timeline, segments a speed profile; 22023 no such relation, a null, an id twice, or too many; 55000 before tv_init().';

CREATE FUNCTION timevmaps.tv_clear_overrides(timeline_id bigint, segment_ids bigint[]) RETURNS bigint
LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_clear_overrides(bigint, bigint[]) IS
'Delete what a timeline overrides of some segments, which are in it again as in its parent; all or none; how many.
segment_ids: at most 1000000, each once. By editors of the world and tv_admin.
Errors: PT404 no such timeline, or it overrides nothing of one of them; 42501 not an editor of the world; 22023 a null, an id twice, or too many; 55000 before tv_init().';
