-- 74-zone: areas of a world: drawn, asked for, whose they are.

-- PostGIS's type, wherever that is; nothing else is looked up between here and where the path is set back.
DO $$
BEGIN
    PERFORM pg_catalog.set_config('search_path', pg_catalog.format('pg_catalog, %I, pg_temp',
        (SELECT n.nspname FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'postgis')), true);
END
$$;

CREATE FUNCTION timevmaps_internal.tv_zone_outline(
    shape geometry, OUT flat geometry, OUT caps geometry, OUT beyond boolean, OUT steradians double precision, OUT bbox double precision[])
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps_internal.tv_zone_outline(geometry) IS
'Called by a trigger: what a drawn zone is on an endless map, and how large.
flat: polygons without a pole in them, beyond: some of them lead over the 180th meridian; caps: those with a pole, going round four times, whole from 540 to 900 degrees; each null where there are none.
Errors: 22023 with the path to what is wrong.
Source: docs/zones.md.';

CREATE FUNCTION timevmaps.tv_read_area(area jsonb) RETURNS geometry
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_read_area(jsonb) IS
'An area in GeoJSON as a geometry, as it is drawn: for a row of zones, or to see whether it can be read.
area: a Polygon, a MultiPolygon or a Feature of one: [longitude, latitude] in degrees, WGS 84, at most 262144 positions. Whether rings cross is not looked at here.
Errors: 22023 with the path to what is wrong.
Source: docs/zones.md.';

CREATE TYPE timevmaps.tv_zone AS (
    id bigint,
    world_id bigint,
    layer_id bigint,
    name text,
    timeline_id bigint,
    geom geometry,
    priority integer,
    props jsonb,
    steradians double precision,
    bbox double precision[],
    created_at timestamptz);
COMMENT ON TYPE timevmaps.tv_zone IS 'A row of zones.';

SET LOCAL search_path = pg_catalog, pg_temp;

CREATE FUNCTION timevmaps.tv_draw_zone(
    layer_id bigint, name text, area jsonb, timeline_id bigint DEFAULT NULL, priority integer DEFAULT 0, props jsonb DEFAULT '{}')
RETURNS timevmaps.tv_zone
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    argument text;
    zone timevmaps.tv_zone;
BEGIN
    PERFORM timevmaps.tv_check_tables();
    argument := CASE WHEN tv_draw_zone.layer_id IS NULL THEN 'layer_id'
                     WHEN tv_draw_zone.area IS NULL THEN 'area'
                     WHEN tv_draw_zone.priority IS NULL THEN 'priority'
                     WHEN tv_draw_zone.props IS NULL THEN 'props' END;
    IF argument IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = argument || ': must not be null';
    END IF;
    IF NOT EXISTS (SELECT FROM timevmaps.layers l WHERE l.id = tv_draw_zone.layer_id) THEN
        RAISE EXCEPTION USING ERRCODE = 'PT404', MESSAGE = 'no such layer',
            DETAIL = format('There is no layer %s, or it is not visible to this role.', tv_draw_zone.layer_id);
    ELSIF NOT EXISTS (SELECT FROM timevmaps.timelines t WHERE t.id = tv_draw_zone.timeline_id) AND tv_draw_zone.timeline_id IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'PT404', MESSAGE = 'no such timeline',
            DETAIL = format('There is no timeline %s, or it is not visible to this role.', tv_draw_zone.timeline_id);
    END IF;
    INSERT INTO timevmaps.zones (layer_id, name, timeline_id, geom, priority, props)
    VALUES (tv_draw_zone.layer_id, tv_draw_zone.name, tv_draw_zone.timeline_id, timevmaps.tv_read_area(tv_draw_zone.area),
            tv_draw_zone.priority, tv_draw_zone.props)
    RETURNING id, world_id, layer_id, name, timeline_id, geom, priority, props, steradians, bbox, created_at INTO zone;
    RETURN zone;
END
$$;
COMMENT ON FUNCTION timevmaps.tv_draw_zone(bigint, text, jsonb, bigint, integer, jsonb) IS
'Draw a zone in a layer; the new row of zones.
area: GeoJSON, a Polygon, a MultiPolygon or a Feature of one: [longitude, latitude] in degrees, WGS 84, at most 262144 positions. Edges are straight in longitude and latitude. One between longitudes that are more than 180 degrees apart leads over the 180th meridian, the short way, and the zone is cut there; one from -180 to 180 is the parallel. A ring that goes round otherwise has the pole of its hemisphere in it. timeline_id: null, in every timeline; else in that one and its descendants. priority: in an exclusive layer the highest has what several cover.
Errors: PT404 no such layer or timeline; 22023 a null, or an area that is none: what is wrong and where, for nothing is repaired; 23503 a timeline of another world; 42501 not an editor of the world; 55000 before tv_init().
Source: docs/zones.md.';

------------------------------------------------------------------ which of them

CREATE FUNCTION timevmaps.tv_zones_at(
    world_id bigint, timeline_id bigint, lon double precision, lat double precision, t timestamptz DEFAULT now())
RETURNS TABLE (
    zone_id bigint,
    name text,
    layer_id bigint,
    layer text,
    kind text,
    priority integer,
    owner text,
    owner_since timestamptz,
    area_m2 double precision)
LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000 ROWS 3
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_zones_at(bigint, bigint, double precision, double precision, timestamptz) IS
'The zones of a timeline that cover a point, the smallest first, with whose they are at a moment.
lon, lat: degrees, WGS 84. Borders belong to zones, and those of their holes; of an exclusive layer there is one zone at most: of the highest priority, then of the lowest id. owner: what the newest event at or before t says, of those that the timeline shows (its parent''s up to its fork, then its own); null: nobody''s, or nothing is said of it (owner_since is null, too). area_m2: on the world''s sphere.
For many points: tv_zones_of().
Errors: PT404 no such world or timeline; 22023 a null, or a coordinate that is out of range; 55000 before tv_init().
Source: docs/zones.md.';

CREATE FUNCTION timevmaps.tv_zones_of(
    world_id bigint, timeline_id bigint, lons double precision[], lats double precision[], layer_id bigint DEFAULT NULL)
RETURNS TABLE (point bigint, zone_id bigint, layer_id bigint)
LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_zones_of(bigint, bigint, double precision[], double precision[], bigint) IS
'The zones of a timeline that cover each of many points: a row for each point and zone, as tv_zones_at() has them.
lons, lats: as many of the one as of the other, at most 1000000, degrees; point: which of them, from 1; those that no zone covers have no row. layer_id: zones of that layer alone.
Errors: PT404 no such world, timeline or layer; 22023 a null, a coordinate that is out of range, with its number, not as many latitudes as longitudes, or too many; 54000 the zones need more than timevmaps.graph_memory; 55000 before tv_init().
Source: docs/zones.md.';

CREATE FUNCTION timevmaps.tv_zones(world_id bigint, timeline_id bigint, t timestamptz DEFAULT now(), layer_id bigint DEFAULT NULL)
RETURNS TABLE (
    zone_id bigint,
    name text,
    layer_id bigint,
    layer text,
    kind text,
    priority integer,
    owner text,
    owner_since timestamptz,
    area_m2 double precision)
LANGUAGE C STABLE PARALLEL RESTRICTED COST 10000 ROWS 100
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_zones(bigint, bigint, timestamptz, bigint) IS
'All zones of a timeline, the smallest first, with whose they are at a moment: the columns of tv_zones_at().
layer_id: those of that layer alone; null: of all layers.
Errors: PT404 no such world, timeline or layer; 22023 a null world_id, timeline_id or t; 54000 the zones need more than timevmaps.graph_memory; 55000 before tv_init().
Source: docs/zones.md.';

------------------------------------------------------------------ who is in them

CREATE FUNCTION timevmaps.tv_zone_visits(
    world_id bigint, timeline_id bigint, vehicle_ids bigint[] DEFAULT NULL, t_from timestamptz DEFAULT NULL, t_to timestamptz DEFAULT NULL,
    zone_id bigint DEFAULT NULL, area jsonb DEFAULT NULL, max_gap_s double precision DEFAULT 300, known_at timestamptz DEFAULT NULL)
RETURNS TABLE (
    vehicle_id bigint,
    zone_id bigint,
    entered_at timestamptz,
    left_at timestamptz,
    dwell_s double precision,
    crossed boolean,
    began text,
    ended text)
LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 100
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_zone_visits(bigint, bigint, bigint[], timestamptz, timestamptz, bigint, jsonb, double precision, timestamptz) IS
'When vehicles were in zones: a row for each visit, by vehicle and time, computed from fixes each time, on any branch.
A vehicle is in a zone at a moment if it was moving, stopped or held there (docs/motion.md): on the way between fixes too, and never over a gap. vehicle_ids: null, all of the world; t_from and t_to may not be null: their defaults are for GET, which leaves vehicle_ids out. zone_id: that one alone; area: GeoJSON as for tv_draw_zone(), in place of zones. entered_at, left_at: to the millisecond; entered_at is null where it was in it when the range began, left_at where it still was when it ended. dwell_s: within the range. crossed: no fix was in it, the way between two led through. began: entered, appeared (nothing is known of just before) or inside; ended: left, lost (nothing is known of just after) or inside.
In an exclusive layer a vehicle is in one zone at most, that which has the point: of the highest priority, then of the lowest id; it leaves one at the instant at which it enters the next. Zones are those of the timeline as they are drawn now.
Errors: PT404 no such world, timeline, vehicle or zone; 22023 a null, a range that ends before it begins, an area that is none, or beside a zone; 54000 the zones need more than timevmaps.graph_memory; 55000 before tv_init().
Source: docs/zones.md.';

------------------------------------------------------------------ whose they are

CREATE FUNCTION timevmaps.tv_set_zone_owner(zone_id bigint, timeline_id bigint, owner text, t timestamptz DEFAULT now())
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    argument text;
BEGIN
    PERFORM timevmaps.tv_check_tables();
    argument := CASE WHEN tv_set_zone_owner.zone_id IS NULL THEN 'zone_id'
                     WHEN tv_set_zone_owner.timeline_id IS NULL THEN 'timeline_id'
                     WHEN tv_set_zone_owner.t IS NULL THEN 't' END;
    IF argument IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = argument || ': must not be null';
    END IF;
    IF NOT EXISTS (SELECT FROM timevmaps.zones z WHERE z.id = tv_set_zone_owner.zone_id) THEN
        RAISE EXCEPTION USING ERRCODE = 'PT404', MESSAGE = 'no such zone',
            DETAIL = format('There is no zone %s, or it is not visible to this role.', tv_set_zone_owner.zone_id);
    ELSIF NOT EXISTS (SELECT FROM timevmaps.timelines l JOIN timevmaps.zones z ON z.world_id = l.world_id
                      WHERE l.id = tv_set_zone_owner.timeline_id AND z.id = tv_set_zone_owner.zone_id) THEN
        RAISE EXCEPTION USING ERRCODE = 'PT404', MESSAGE = 'no such timeline',
            DETAIL = format('There is no timeline %s, or it is not visible to this role.', tv_set_zone_owner.timeline_id);
    END IF;
    INSERT INTO timevmaps.zone_owners (zone_id, timeline_id, t, owner)
    VALUES (tv_set_zone_owner.zone_id, tv_set_zone_owner.timeline_id, tv_set_zone_owner.t, tv_set_zone_owner.owner)
    ON CONFLICT (zone_id, timeline_id, t) DO UPDATE SET owner = excluded.owner;
END
$$;
COMMENT ON FUNCTION timevmaps.tv_set_zone_owner(bigint, bigint, text, timestamptz) IS
'Say whose a zone is from a moment on, in a timeline; said again of the same moment it is corrected.
owner: up to 400 characters; null: nobody''s again. A branch has what its parent says up to its fork, then its own; what is said at or before the fork belongs to the parent. Events that should not be are deleted by tv_delete_rows(''zone_owners'', ids).
Errors: PT404 no such zone, or timeline of its world; 22023 a null zone_id, timeline_id or t; 23514 an empty or too long owner, a t that is not finite, or at or before the fork; 42501 not an editor of the world; 55000 before tv_init().
Source: docs/zones.md.';

CREATE FUNCTION timevmaps.tv_zone_history(zone_id bigint, timeline_id bigint)
RETURNS TABLE (t timestamptz, until timestamptz, owner text, inherited boolean)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 20
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    world bigint;
BEGIN
    PERFORM timevmaps.tv_check_tables();
    IF tv_zone_history.zone_id IS NULL OR tv_zone_history.timeline_id IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = CASE WHEN tv_zone_history.zone_id IS NULL THEN 'zone_id' ELSE 'timeline_id' END || ': must not be null';
    END IF;
    SELECT z.world_id INTO world FROM timevmaps.zones z WHERE z.id = tv_zone_history.zone_id;
    IF world IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'PT404', MESSAGE = 'no such zone',
            DETAIL = format('There is no zone %s, or it is not visible to this role.', tv_zone_history.zone_id);
    ELSIF NOT EXISTS (SELECT FROM timevmaps.timelines l WHERE l.id = tv_zone_history.timeline_id AND l.world_id = world) THEN
        RAISE EXCEPTION USING ERRCODE = 'PT404', MESSAGE = 'no such timeline',
            DETAIL = format('There is no timeline %s, or it is not visible to this role.', tv_zone_history.timeline_id);
    END IF;
    RETURN QUERY
    WITH RECURSIVE up AS (
        SELECT l.id, l.parent_id, l.fork_at, 'infinity'::timestamptz AS until FROM timevmaps.timelines l WHERE l.id = tv_zone_history.timeline_id
        UNION ALL
        SELECT l.id, l.parent_id, l.fork_at, least(up.until, up.fork_at) FROM up JOIN timevmaps.timelines l ON l.id = up.parent_id)
    SELECT o.t, lead(o.t) OVER (ORDER BY o.t), o.owner, up.id <> tv_zone_history.timeline_id
    FROM up JOIN timevmaps.zone_owners o ON o.timeline_id = up.id AND o.t <= up.until
    WHERE o.zone_id = tv_zone_history.zone_id ORDER BY o.t;
END
$$;
COMMENT ON FUNCTION timevmaps.tv_zone_history(bigint, bigint) IS
'Whose a zone has been in a timeline: a row for each event that the timeline shows, in order of time.
until: when the next one came, null for the last; inherited: it is an ancestor''s, from before the fork.
Errors: PT404 no such zone, or timeline of its world; 22023 a null; 55000 before tv_init().
Source: docs/zones.md.';

------------------------------------------------------------------ speeds in them

-- Who may change a layer of kind speed may have it applied: that is what its trigger does.
CREATE FUNCTION timevmaps.tv_apply_speed_zones(world_id bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    PERFORM timevmaps.tv_check_tables();
    IF tv_apply_speed_zones.world_id IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'world_id: must not be null';
    ELSIF NOT EXISTS (SELECT FROM timevmaps.worlds w WHERE w.id = tv_apply_speed_zones.world_id) THEN
        RAISE EXCEPTION USING ERRCODE = 'PT404', MESSAGE = 'no such world',
            DETAIL = format('There is no world %s, or it is not visible to this role.', tv_apply_speed_zones.world_id);
    END IF;
    UPDATE timevmaps.layers l SET speed_kph = l.speed_kph WHERE l.world_id = tv_apply_speed_zones.world_id AND l.kind = 'speed';
    IF NOT FOUND AND EXISTS (SELECT FROM timevmaps.layers l WHERE l.world_id = tv_apply_speed_zones.world_id AND l.kind = 'speed') THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = 'only an editor of the world may do this',
            DETAIL = format('World %s is another''s.', tv_apply_speed_zones.world_id);
    END IF;
    RETURN (SELECT count(*) FROM timevmaps.segment_overrides o
            WHERE o.world_id = tv_apply_speed_zones.world_id AND o.zone_kph IS NOT NULL AND o.speed_kph = o.zone_kph);
END
$$;
COMMENT ON FUNCTION timevmaps.tv_apply_speed_zones(bigint) IS
'Make overrides of a world''s zones of kind speed again, after its network has changed; how many there are.
That happens by itself when a zone, or the speed of a layer, changes or goes; not when segments do. An override that zones have made has their speed in zone_kph, too; one that was set by hand is left as it is, and wins. Of a segment a part of which is in zones the speed is that which takes as long over all of it.
Errors: PT404 no such world; 22023 a null; 42501 not an editor of the world; 55000 before tv_init().
Source: docs/zones.md.';

------------------------------------------------------------------ shards

CREATE FUNCTION timevmaps.tv_morton(lon double precision, lat double precision, level integer) RETURNS bigint
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_morton(double precision, double precision, integer) IS
'The cell of a point on the Morton curve: the bits of its column and its row in turn, of 2^level columns from -180 to 180 degrees and as many rows from -90 to 90.
level: 0 to 26; cells are 0 to 4^level - 1, and what is near on the curve is mostly near on the ground. A cell''s parent is cell >> 2. A border belongs to the cell in the east or north; 180 and 90 to the last.
Errors: 22023 a coordinate or a level that is out of range.
Source: docs/zones.md.';

CREATE FUNCTION timevmaps.tv_morton_cell(
    cell bigint, level integer, OUT west double precision, OUT south double precision, OUT east double precision, OUT north double precision)
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_morton_cell(bigint, integer) IS
'The sides of a cell of tv_morton(), in degrees, exactly.
Errors: 22023 a level that is out of range, or a cell that is none of it.
Source: docs/zones.md.';

CREATE FUNCTION timevmaps.tv_shard_of(lon double precision, lat double precision, shards integer, level integer DEFAULT 16) RETURNS integer
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_shard_of(double precision, double precision, integer, integer) IS
'Which of so many shards a point belongs to, 0 to shards - 1: the Morton curve cut into pieces of equally many cells, to one cell.
shards: 1 to 65536, at most 4^level; level: as for tv_morton(). By zone instead: a layer of kind shard, exclusive, and tv_zones_at().
Errors: 22023 a coordinate, a level or a number of shards that is out of range.
Source: docs/zones.md.';
