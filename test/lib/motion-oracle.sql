-- Where vehicles were, by the definitions of docs/positions.md in plain SQL and PostGIS: which fixes a timeline shows, which of them are
-- used, and what that makes of a moment.  It reads tables and calls nothing of timevmaps.

CREATE FUNCTION tests.motion_chain(timeline bigint) RETURNS TABLE (id bigint, depth integer, fork_at timestamptz) LANGUAGE sql AS $$
    WITH RECURSIVE up AS (
        SELECT l.id, l.parent_id, 0 AS depth, l.fork_at FROM timevmaps.timelines l WHERE l.id = timeline
        UNION ALL SELECT p.id, p.parent_id, up.depth + 1, p.fork_at FROM up JOIN timevmaps.timelines p ON p.id = up.parent_id)
    SELECT up.id, up.depth, coalesce(up.fork_at, '-infinity') FROM up
$$;

-- The timeline of the chain that answers for a moment: the timeline itself after its fork, else its parent.
CREATE FUNCTION tests.motion_owner(timeline bigint, t timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    l record;
BEGIN
    SELECT * INTO l FROM timevmaps.timelines WHERE id = timeline;
    RETURN CASE WHEN t <= l.fork_at THEN tests.motion_owner(l.parent_id, t) ELSE timeline END;
END
$$;

CREATE FUNCTION tests.motion_metres(a geometry, b geometry, radius float) RETURNS float LANGUAGE sql AS $$
    SELECT ST_Distance(a::geography, b::geography, false) / 6371008.7714150598 * radius
$$;

-- The fixes that were used, as a timeline itself shows them: `breaks` where nothing slides from it to the next.
CREATE TYPE tests.motion_fix AS (i integer, t timestamptz, lon float, lat float, alt_m float, speed_mps float, heading_deg float, kind text,
    timeline_id bigint, segment_id bigint, fraction float, geom geometry, breaks boolean);

CREATE FUNCTION tests.motion_impossible(a tests.motion_fix, b tests.motion_fix, max_speed float, radius float) RETURNS boolean LANGUAGE sql AS $$
    SELECT b.kind <> 'jump' AND a.kind <> 'end' AND a.timeline_id = b.timeline_id
        AND tests.motion_metres(a.geom, b.geom, radius) > max_speed * extract(epoch FROM b.t - a.t)::float
$$;

CREATE FUNCTION tests.motion_used(timeline bigint, vehicle bigint, known_at timestamptz, until timestamptz, max_speed float, radius float)
RETURNS SETOF tests.motion_fix LANGUAGE plpgsql AS $$
DECLARE
    seen tests.motion_fix[];
    used tests.motion_fix[] := '{}';
    last tests.motion_fix;
BEGIN
    SELECT array_agg(ROW (0, p.t, p.lon, p.lat, p.alt_m, p.speed_mps, p.heading_deg, p.kind, p.timeline_id, p.segment_id, p.fraction,
                          ST_SetSRID(ST_MakePoint(p.lon, p.lat), 4326), false)::tests.motion_fix ORDER BY p.t) INTO seen
    FROM timevmaps.positions p JOIN tests.motion_chain(timeline) c ON c.id = p.timeline_id
    WHERE p.vehicle_id = vehicle AND p.recorded_at <= motion_used.known_at AND p.t <= motion_used.until
      AND p.t > c.fork_at AND p.t <= ALL (SELECT y.fork_at FROM tests.motion_chain(timeline) y WHERE y.depth < c.depth);
    FOR i IN 1 .. coalesce(cardinality(seen), 0) LOOP
        IF cardinality(used) = 0 OR i = cardinality(seen) OR NOT tests.motion_impossible(last, seen[i], max_speed, radius)
           OR NOT tests.motion_impossible(seen[i], seen[i + 1], max_speed, radius) THEN
            last := seen[i];
            last.i := cardinality(used) + 1;
            IF last.i > 1 THEN
                used[last.i - 1].breaks := last.kind = 'jump' OR used[last.i - 1].kind = 'end' OR used[last.i - 1].timeline_id <> last.timeline_id
                    OR tests.motion_impossible(used[last.i - 1], last, max_speed, radius);
            END IF;
            used := used || last;
        END IF;
    END LOOP;
    RETURN QUERY SELECT * FROM unnest(used);
END
$$;

-- Whether used fixes lie in a circle of the diameter stop_m: on a plane that touches the sphere at the first.
CREATE FUNCTION tests.motion_near(fixes tests.motion_fix[], head integer, tail integer, stop_m float, radius float) RETURNS boolean LANGUAGE sql AS $$
    SELECT max(tests.motion_metres(fixes[head].geom, f.geom, radius)) <= stop_m * 1.01 AND (ST_MinimumBoundingRadius(ST_Collect(
        ST_MakePoint(sin(a) * d, cos(a) * d)))).radius <= stop_m / 2
    FROM unnest(fixes[head:tail]) f, LATERAL (SELECT coalesce(ST_Azimuth(fixes[head].geom::geography, f.geom::geography), 0) AS a,
        tests.motion_metres(fixes[head].geom, f.geom, radius) AS d) x
$$;

-- What the pair of used fixes i and i + 1 is.
CREATE FUNCTION tests.motion_pair(fixes tests.motion_fix[], i integer, max_gap_s float, radius float, stop_m float DEFAULT 50, stop_s float DEFAULT 180)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    tail integer;
BEGIN
    IF fixes[i].breaks THEN
        RETURN 'gap';
    END IF;
    FOR head IN REVERSE i .. 1 LOOP
        EXIT WHEN fixes[head].breaks;
        tail := i + 1;
        WHILE tail < cardinality(fixes) AND NOT fixes[tail].breaks AND extract(epoch FROM fixes[tail].t - fixes[head].t) < stop_s LOOP
            tail := tail + 1;
        END LOOP;
        IF extract(epoch FROM fixes[tail].t - fixes[head].t) >= stop_s AND tests.motion_near(fixes, head, tail, stop_m, radius) THEN
            RETURN 'stopped';
        END IF;
        EXIT WHEN fixes[i].t - fixes[head].t > interval '1 day';
    END LOOP;
    IF extract(epoch FROM fixes[i + 1].t - fixes[i].t) > max_gap_s THEN
        RETURN CASE WHEN tests.motion_metres(fixes[i].geom, fixes[i + 1].geom, radius) <= stop_m THEN 'stopped' ELSE 'gap' END;
    END IF;
    RETURN 'moving';
END
$$;

-- The point of a great circle, by unit vectors.
CREATE FUNCTION tests.motion_between(a tests.motion_fix, b tests.motion_fix, part float, OUT lon float, OUT lat float) LANGUAGE plpgsql AS $$
DECLARE
    u float[] := ARRAY[cosd(a.lat) * cosd(a.lon), cosd(a.lat) * sind(a.lon), sind(a.lat)];
    v float[] := ARRAY[cosd(b.lat) * cosd(b.lon), cosd(b.lat) * sind(b.lon), sind(b.lat)];
    angle float := 2 * asin(least(1, sqrt((u[1] - v[1]) ^ 2 + (u[2] - v[2]) ^ 2 + (u[3] - v[3]) ^ 2) / 2));
    p float := CASE WHEN angle < 1e-9 THEN 1 - part ELSE sin((1 - part) * angle) / sin(angle) END;
    q float := CASE WHEN angle < 1e-9 THEN part ELSE sin(part * angle) / sin(angle) END;
BEGIN
    lon := atan2d(p * u[2] + q * v[2], p * u[1] + q * v[1]);
    lat := atan2d(p * u[3] + q * v[3], sqrt((p * u[1] + q * v[1]) ^ 2 + (p * u[2] + q * v[2]) ^ 2));
END
$$;

CREATE TYPE tests.motion_moment AS (state text, lon float, lat float, alt_m float, speed_mps float, heading_deg float, fix_at timestamptz,
    timeline_id bigint, segment_id bigint, fraction float);

-- A moment, given the fixes that its owner shows and were used.
CREATE FUNCTION tests.motion_moment(fixes tests.motion_fix[], t timestamptz, max_gap_s float, radius float) RETURNS tests.motion_moment LANGUAGE plpgsql AS $$
DECLARE
    n integer := coalesce(cardinality(fixes), 0);
    i integer := (SELECT count(*) FROM unnest(fixes) f WHERE f.t <= motion_moment.t);
    fix tests.motion_fix;
    next tests.motion_fix;
    pair text;
    part float;
    answer tests.motion_moment;
BEGIN
    IF i = 0 THEN
        answer.state := 'before';
        RETURN answer;
    END IF;
    fix := fixes[i];
    answer.fix_at := fix.t;
    answer.timeline_id := fix.timeline_id;
    pair := CASE WHEN i < n THEN tests.motion_pair(fixes, i, max_gap_s, radius) END;
    IF fix.t = motion_moment.t THEN
        IF pair IS NULL OR pair = 'gap' THEN
            pair := CASE WHEN i > 1 THEN tests.motion_pair(fixes, i - 1, max_gap_s, radius) END;
        END IF;
        answer.state := CASE WHEN pair IN ('moving', 'stopped') THEN pair ELSE 'held' END;
    ELSIF i = n OR fix.breaks THEN
        answer.state := CASE WHEN fix.kind <> 'end' AND extract(epoch FROM motion_moment.t - fix.t) <= max_gap_s THEN 'held'
                             WHEN i = n THEN 'after' ELSE 'gap' END;
    ELSE
        answer.state := pair;
    END IF;
    IF answer.state IN ('gap', 'after') THEN
        RETURN answer;
    ELSIF answer.state = 'held' OR fix.t = motion_moment.t THEN
        answer.lon := fix.lon;
        answer.lat := fix.lat;
        answer.alt_m := fix.alt_m;
        answer.speed_mps := fix.speed_mps;
        answer.heading_deg := fix.heading_deg;
        answer.segment_id := fix.segment_id;
        answer.fraction := fix.fraction;
        RETURN answer;
    END IF;
    next := fixes[i + 1];
    part := extract(epoch FROM motion_moment.t - fix.t) / extract(epoch FROM next.t - fix.t);
    SELECT b.lon, b.lat INTO answer.lon, answer.lat FROM tests.motion_between(fix, next, part) b;
    answer.alt_m := fix.alt_m + (next.alt_m - fix.alt_m) * part;
    answer.speed_mps := fix.speed_mps + (next.speed_mps - fix.speed_mps) * part;
    answer.heading_deg := fix.heading_deg + (next.heading_deg - fix.heading_deg
        + CASE WHEN next.heading_deg - fix.heading_deg > 180 THEN -360 WHEN next.heading_deg - fix.heading_deg < -180 THEN 360 ELSE 0 END) * part;
    answer.heading_deg := answer.heading_deg - 360 * floor(answer.heading_deg / 360);
    IF fix.segment_id = next.segment_id THEN
        answer.segment_id := fix.segment_id;
        answer.fraction := fix.fraction + (next.fraction - fix.fraction) * part;
    END IF;
    RETURN answer;
END
$$;
