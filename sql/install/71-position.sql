-- 71-position: how fixes of vehicles come in.

CREATE FUNCTION timevmaps.tv_may_report(world_id bigint, timeline_id bigint) RETURNS boolean
LANGUAGE C STABLE STRICT
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_may_report(bigint, bigint) IS
'Whether the caller may write positions of a timeline: he edits its world. The policy of positions asks it.
Errors: 23503 he edits the world, and the timeline is none of it.
Source: docs/positions.md.';

CREATE FUNCTION timevmaps.tv_ingest(world_id bigint, timeline_id bigint, fixes jsonb, on_conflict text DEFAULT 'keep', create_vehicles boolean DEFAULT false,
    OUT inserted bigint, OUT duplicates bigint, OUT conflicts bigint, OUT replaced bigint, OUT refused jsonb) RETURNS record
LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_ingest(bigint, bigint, jsonb, text, boolean) IS
'Store fixes of vehicles: what is wrong with some is told by its path, and the rest is stored; how many were.
fixes: a JSON object, or an array of up to 10,000: vehicle (its name) or vehicle_id; t: ISO 8601 with a zone, or seconds since 1970; lon, lat; and, where they are known, alt_m, speed_mps, heading_deg, accuracy_m,
clock (device, server, satellite, simulated), kind (fix, jump, end), segment_id with fraction, props. Null is not said; keys that begin with x- are free.
on_conflict: keep: of one vehicle and time the first stays; replace: the last corrects it. create_vehicles: make those that have no such name yet.
inserted; duplicates: there was one that says the same; conflicts: there was one that says something else; replaced: what was there was corrected; refused: [{"path": "fixes[3].lon", "reason", "hint"}].
Refused are bad values, unknown keys and vehicles, times not after the branch left its parent or further ahead than the rule fix_ahead_s says (a day), and 0, 0 of a device, unless the rule fix_null_island allows it.
Errors: PT404 no such world or timeline; 42501 not an editor of the world; 22023 a null, fixes that are no object or array, or more than 10,000, or another on_conflict; 25006 a read-only transaction; 53400 more than the quota positions_per_hour allows; 55000 before tv_init().
Source: docs/positions.md.';

CREATE PROCEDURE timevmaps.tv_load_positions(relation regclass, world_id bigint, timeline_id bigint, on_conflict text DEFAULT 'keep', create_vehicles boolean DEFAULT false,
    max_refused bigint DEFAULT 0, INOUT inserted bigint DEFAULT NULL, INOUT duplicates bigint DEFAULT NULL, INOUT conflicts bigint DEFAULT NULL,
    INOUT replaced bigint DEFAULT NULL, INOUT refused bigint DEFAULT NULL)
LANGUAGE C
AS 'MODULE_PATHNAME';
COMMENT ON PROCEDURE timevmaps.tv_load_positions(regclass, bigint, bigint, text, boolean, bigint, bigint, bigint, bigint, bigint, bigint) IS
'Store fixes of vehicles by the million, from a table or view: all of it or nothing, in one transaction. Says how it goes with NOTICE messages.
relation: columns t (timestamptz), lon, lat, and vehicle (its name) or vehicle_id; and, where there are such, alt_m, speed_mps, heading_deg, accuracy_m, clock, kind, segment_id, fraction, props, as tv_ingest() takes them; others are not read.
on_conflict, create_vehicles: as in tv_ingest(). max_refused: so many rows may be left out for what is wrong with them, and are told of; one more ends it.
Returns how many were inserted, duplicates, conflicts, replaced and refused. Days of which there are a thousand rows get a partition each, before anything else, unless the call is in a transaction block.
Errors: PT404 no such world or timeline; 42501 not an editor of the world, or over HTTP; 22023 no table or view, a column that is missing or of another type, or a row that may not be left out, with its number; 25006 a read-only transaction; 53400 more than the quota positions_per_hour allows; 55000 before tv_init().
Source: docs/positions.md.';

-- Clients have no DELETE: with it they could lock a whole table.
CREATE FUNCTION timevmaps.tv_delete_positions(world_id bigint, timeline_id bigint, vehicle_id bigint, t_from timestamptz, t_to timestamptz) RETURNS bigint
LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_delete_positions(bigint, bigint, bigint, timestamptz, timestamptz) IS
'Delete what a vehicle has reported on a timeline from a time on and before another; how many fixes that were. What its parents have of it stays.
By editors of the world and tv_admin. A vehicle with all that it has reported: tv_delete_rows().
Errors: PT404 no such world, timeline or vehicle; 42501 not an editor of the world; 22023 a null, or t_to before t_from; 55000 before tv_init().
Source: docs/positions.md.';

CREATE FUNCTION timevmaps_internal.tv_positions_add_row(state internal, world_id bigint, timeline_id bigint, vehicle_id bigint, t timestamptz, lon double precision,
    lat double precision, clock text) RETURNS internal
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps_internal.tv_positions_add_row(internal, bigint, bigint, bigint, timestamptz, double precision, double precision, text) IS
'A step of tv_positions_add().';

CREATE FUNCTION timevmaps_internal.tv_positions_add_end(state internal) RETURNS boolean
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps_internal.tv_positions_add_end(internal) IS 'The end of tv_positions_add().';

CREATE AGGREGATE timevmaps_internal.tv_positions_add(world_id bigint, timeline_id bigint, vehicle_id bigint, t timestamptz, lon double precision, lat double precision, clock text) (
    SFUNC = timevmaps_internal.tv_positions_add_row, STYPE = internal, FINALFUNC = timevmaps_internal.tv_positions_add_end, FINALFUNC_MODIFY = READ_WRITE
);
COMMENT ON AGGREGATE timevmaps_internal.tv_positions_add(bigint, bigint, bigint, timestamptz, double precision, double precision, text) IS
'Look at the positions that a statement has inserted, and tell who listens when the transaction commits. The trigger of positions calls it. Null.
Errors: 23503 a timeline or a vehicle that is none of the world''s; 23514 a time not after the branch left its parent, or too far ahead, or 0, 0 of a device; 53400 more than the quota positions_per_hour allows.';
