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
