-- 58-area: what can be reached, as areas on the map.

-- Types of PostGIS are looked up here, and nothing else: what is below is a signature alone.
DO $$
BEGIN
    PERFORM set_config('search_path', (SELECT format('pg_catalog, %s, pg_temp', e.extnamespace::regnamespace)
                                       FROM pg_extension e WHERE e.extname = 'postgis'), true);
END
$$;

CREATE FUNCTION timevmaps.tv_isochrone_area(
    world_id bigint,
    timeline_id bigint,
    place_id bigint,
    seconds double precision[],
    metric text DEFAULT NULL,
    profile text DEFAULT NULL,
    overrides jsonb DEFAULT NULL)
RETURNS TABLE (
    seconds double precision,
    timeline_id bigint,
    places bigint,
    area_m2 double precision,
    metric text,
    geom geometry)
LANGUAGE C STABLE PARALLEL RESTRICTED COST 10000000 ROWS 3
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_isochrone_area(bigint, bigint, bigint, double precision[], text, text, jsonb) IS
'The areas that can be reached from a place within some limits: a row for each, ascending, each area within the next.
seconds: 1 to 100 limits, in any order, one given twice counting once; seconds on the metric''s clock, metres where the metric is "distance", "infinity" for all that can be reached. metric: "local", "coordinate", "traveler" or "distance"; the clock of the world''s rules unless given. profile, overrides: as for tv_plan_route().
places: how many places of the timeline can be reached within the limit, as tv_isochrone() tells; timeline_id is the one that was asked for: what is reached on others, which gateways lead to, is in no area. area_m2 is on a sphere of the world''s radius.
geom: a MULTIPOLYGON of SRID 4326, valid, its outlines counter-clockwise, cut at 180 degrees, with holes around what is not reached. It has in it every place that is reached, and none of the timeline''s network that is not, but on the same spot. Segments that are reached in part belong to it as far as that; land between roads, too, but no open country, which is farther from any than twice as far as segments near there are long.
Reads what the caller may read and the calling query sees; writes nothing.
Errors: as tv_isochrone(); 22023 also for no limit, more than 100, or a null among them.
Source: Dijkstra 1959; Delaunay 1934; docs/areas.md.';

SET LOCAL search_path = pg_catalog, pg_temp;
