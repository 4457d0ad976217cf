-- What is wrong with areas, by tv_isochrone() and PostGIS: nothing is an empty text.
CREATE SCHEMA area_oracle;

-- Places that an open segment of the timeline ends at, by a walk over its ancestors.
CREATE FUNCTION area_oracle.network(world bigint, timeline bigint) RETURNS TABLE (id bigint, geom geometry) LANGUAGE sql STABLE AS $$
    WITH RECURSIVE chain AS (
        SELECT t.id, t.parent_id, 0 AS far FROM timevmaps.timelines t WHERE t.id = timeline
        UNION ALL SELECT t.id, t.parent_id, c.far + 1 FROM chain c JOIN timevmaps.timelines t ON t.id = c.parent_id),
    open AS (
        SELECT s.a_place_id, s.b_place_id FROM timevmaps.segments s
        WHERE s.world_id = world AND (s.timeline_id IS NULL OR s.timeline_id IN (SELECT c.id FROM chain c)) AND
            NOT coalesce((SELECT o.closed FROM chain c JOIN timevmaps.segment_overrides o ON o.timeline_id = c.id AND o.segment_id = s.id
                          WHERE o.closed IS NOT NULL ORDER BY c.far LIMIT 1), false))
    SELECT p.id, p.geom FROM timevmaps.places p WHERE p.id IN (SELECT a_place_id FROM open UNION ALL SELECT b_place_id FROM open)
$$;

CREATE FUNCTION area_oracle.wrong(world bigint, timeline bigint, place bigint, limits float[], metric text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    found text;
BEGIN
    DROP TABLE IF EXISTS pg_temp.drawn, pg_temp.reached, pg_temp.network;
    CREATE TEMPORARY TABLE drawn AS SELECT a.*, row_number() OVER () AS n FROM timevmaps.tv_isochrone_area(world, timeline, place, limits, wrong.metric) a;
    CREATE TEMPORARY TABLE reached AS SELECT i.place_id, i.cost, i.geom
    FROM timevmaps.tv_isochrone(world, timeline, place, (SELECT max(l) FROM unnest(limits) l), wrong.metric) i WHERE i.timeline_id = timeline;
    CREATE TEMPORARY TABLE network AS SELECT n.id, n.geom, r.cost FROM area_oracle.network(world, timeline) n LEFT JOIN reached r ON r.place_id = n.id;
    SELECT string_agg(x.what, E'\n') INTO found FROM (
        SELECT format('%s: no row, or not in order', l.seconds) AS what
        FROM (SELECT l AS seconds, row_number() OVER (ORDER BY l) AS n FROM (SELECT DISTINCT l FROM unnest(limits) l) l) l FULL JOIN drawn d USING (n)
        WHERE d.seconds IS DISTINCT FROM l.seconds
        UNION ALL SELECT format('%s: %s', d.seconds, ST_IsValidReason(d.geom)) FROM drawn d WHERE NOT ST_IsValid(d.geom)
        UNION ALL SELECT format('%s: %s', d.seconds, left(ST_AsText(d.geom), 60)) FROM drawn d
        WHERE ST_GeometryType(d.geom) <> 'ST_MultiPolygon' OR ST_SRID(d.geom) <> 4326 OR ST_IsEmpty(d.geom) OR NOT ST_IsPolygonCCW(d.geom)
            OR ST_XMin(d.geom) < -180 OR ST_XMax(d.geom) > 180 OR ST_YMin(d.geom) < -90 OR ST_YMax(d.geom) > 90
        UNION ALL SELECT format('%s: of another timeline or metric', d.seconds) FROM drawn d WHERE d.timeline_id <> timeline OR d.metric <> wrong.metric
        UNION ALL SELECT format('%s: %s places', d.seconds, d.places) FROM drawn d WHERE d.places <> (SELECT count(*) FROM reached r WHERE r.cost <= d.seconds)
        UNION ALL SELECT format('%s: %s m2', d.seconds, d.area_m2) FROM drawn d
        WHERE CASE WHEN d.area_m2 > 1000 AND greatest(ST_YMax(d.geom), -ST_YMin(d.geom)) < 80 AND ST_XMax(d.geom) - ST_XMin(d.geom) < 20
                   THEN NOT abs(d.area_m2 / greatest(ST_Area(d.geom::geography), 1e-9) - 1) < 0.01 ELSE d.area_m2 <= 0 END
        UNION ALL SELECT format('%s: without place %s, which is reached', d.seconds, r.place_id) FROM drawn d, reached r
        WHERE r.cost <= d.seconds AND NOT ST_Covers(d.geom, r.geom)
        UNION ALL SELECT format('%s: with place %s, which is not reached', d.seconds, n.id) FROM drawn d, network n
        WHERE (n.cost <= d.seconds) IS NOT TRUE AND ST_Intersects(d.geom, n.geom) AND
            NOT EXISTS (SELECT FROM reached r WHERE r.cost <= d.seconds AND ST_Distance(r.geom, n.geom) < 1e-8)
        UNION ALL SELECT format('%s: not within %s', d.seconds, e.seconds) FROM drawn d JOIN drawn e ON e.n = d.n + 1
        WHERE NOT ST_Covers(e.geom, d.geom) AND ST_Area(ST_Difference(d.geom, e.geom)) > 1e-12 * ST_Area(d.geom)) x;
    RETURN coalesce(found, '');
END
$$;
