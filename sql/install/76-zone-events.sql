-- 76-zone-events: who listens is told that vehicles enter and leave zones.
--
-- What is told is what tv_zone_visits() says of a vehicle between the fix that was the newest at the last look and the one that is now.
-- Once a minute, where something has come, and where nothing is newer than at the last look, the ten minutes before are looked at again for what late fixes have changed; a crossing that has been told of, of the
-- same zone and in the same direction and at most five minutes apart, is not told again. At the end of each look what was told is what is so: a zone that is
-- drawn anew under a vehicle, or a fix that turns out to be none, is made good by an event.

CREATE FUNCTION timevmaps_internal.tv_zone_events_added(world_id bigint, timeline_id bigint, vehicle_ids bigint[], zone_ids bigint[], entered boolean[], times timestamptz[])
RETURNS void
LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps_internal.tv_zone_events_added(bigint, bigint, bigint[], bigint[], boolean[], timestamptz[]) IS
'Write events of vehicles that entered and left zones into the log, and tell who listens when the transaction has committed.';

-- Where nothing is known of a vehicle between two fixes in a zone, it has not left.
CREATE FUNCTION timevmaps_internal.tv_zone_crossings(world_id bigint, timeline_id bigint, vehicle_ids bigint[], t_from timestamptz, t_to timestamptz,
    OUT vehicle_id bigint, OUT zone_id bigint, OUT entered_at timestamptz, OUT left_at timestamptz)
RETURNS SETOF record
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT c.vehicle_id, c.zone_id, (array_agg(c.entered_at ORDER BY c.n))[1], (array_agg(c.left_at ORDER BY c.n DESC))[1]
        FROM (SELECT v.vehicle_id, v.zone_id, v.entered_at, v.left_at, v.n,
                     count(*) FILTER (WHERE NOT coalesce(v.began = 'appeared' AND v.ended_before = 'lost'
                         AND NOT EXISTS (SELECT FROM timevmaps.positions p WHERE p.timeline_id = tv_zone_crossings.timeline_id AND p.vehicle_id = v.vehicle_id
                                                                             AND p.t > v.left_before AND p.t < v.entered_at), false))
                         OVER (PARTITION BY v.vehicle_id, v.zone_id ORDER BY v.n) AS stay
              FROM (SELECT w.vehicle_id, w.zone_id, w.entered_at, w.left_at, w.began, w.n, lag(w.ended) OVER one AS ended_before, lag(w.left_at) OVER one AS left_before
                    FROM timevmaps.tv_zone_visits(tv_zone_crossings.world_id, tv_zone_crossings.timeline_id, tv_zone_crossings.vehicle_ids, t_from, t_to)
                        WITH ORDINALITY w (vehicle_id, zone_id, entered_at, left_at, dwell_s, crossed, began, ended, n)
                    WINDOW one AS (PARTITION BY w.vehicle_id, w.zone_id ORDER BY w.n)) v) c
        GROUP BY c.vehicle_id, c.zone_id, c.stay;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_zone_crossings(bigint, bigint, bigint[], timestamptz, timestamptz) IS
'Part of tv_zones_tell(): when vehicles were in zones: from when (null: from before), and until when (null: they still are).';

-- Somebody else may be at the same vehicle: then it is his. Nobody is waited for who deletes one.
CREATE FUNCTION timevmaps_internal.tv_zones_tell(world_id bigint, timeline_id bigint, vehicle_ids bigint[], OUT told integer)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '100ms'
AS $$
#variable_conflict use_column
DECLARE
    lateness CONSTANT interval := '10 minutes';
    apart CONSTANT interval := '5 minutes';
    now_at CONSTANT timestamptz := clock_timestamp();
    forked timestamptz;
    pass record;
    one record;
    same integer;
    k integer;
    news integer[];
    inside bigint[];
    used integer[];
    all_vehicles bigint[] := '{}';
    all_zones bigint[] := '{}';
    all_entered boolean[] := '{}';
    all_times timestamptz[] := '{}';
BEGIN
    IF NOT EXISTS (SELECT FROM timevmaps.zones z WHERE z.world_id = tv_zones_tell.world_id) THEN
        RETURN;
    END IF;
    told := 0;
    -- At the fork itself a vehicle is where the parent has it.
    SELECT coalesce(l.fork_at + interval '1 millisecond', '-infinity') INTO forked FROM timevmaps.timelines l WHERE l.id = tv_zones_tell.timeline_id AND l.world_id = tv_zones_tell.world_id;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    INSERT INTO timevmaps.zone_told (timeline_id, vehicle_id, world_id, told_until)
    SELECT tv_zones_tell.timeline_id, v.id, v.world_id, greatest(forked, now_at - lateness)
    FROM timevmaps.vehicles v
    WHERE v.world_id = tv_zones_tell.world_id AND v.id = ANY (vehicle_ids)
      AND NOT EXISTS (SELECT FROM timevmaps.zone_told w WHERE w.timeline_id = tv_zones_tell.timeline_id AND w.vehicle_id = v.id)
    ORDER BY v.id
    ON CONFLICT DO NOTHING;

    -- Those whose time to be looked at is about as long, together; and a moment more, for what is left with the last fix.
    FOR pass IN
        WITH locked AS MATERIALIZED (
            SELECT w.vehicle_id, w.told_until, w.looked_at FROM timevmaps.zone_told w
            WHERE w.timeline_id = tv_zones_tell.timeline_id AND w.vehicle_id = ANY (tv_zones_tell.vehicle_ids) ORDER BY w.vehicle_id FOR UPDATE SKIP LOCKED)
        SELECT array_agg(s.vehicle_id ORDER BY s.vehicle_id) AS vehicles, array_agg(s.newest ORDER BY s.vehicle_id) AS newest, array_agg(s.again ORDER BY s.vehicle_id) AS again,
               min(s.since) AS since, max(s.newest) AS upto
        FROM (SELECT w.vehicle_id, coalesce(n.t, w.told_until) AS newest, a.again, n.t IS NOT NULL AS more,
                     greatest(forked, w.told_until - CASE WHEN a.again THEN lateness ELSE interval '0' END) AS since
              FROM locked w
                  LEFT JOIN LATERAL (SELECT p.t FROM timevmaps.positions p
                                     WHERE p.timeline_id = tv_zones_tell.timeline_id AND p.vehicle_id = w.vehicle_id AND p.t > w.told_until AND p.t <= now_at
                                     ORDER BY p.t DESC LIMIT 1) n ON true
                  -- Where nothing is newer, what has come is late.
                  CROSS JOIN LATERAL (SELECT w.looked_at <= now_at - CASE WHEN n.t IS NULL THEN interval '5 seconds' ELSE interval '1 minute' END AS again) a) s
        WHERE s.more OR s.again
        GROUP BY ceil(ln(greatest(extract(epoch FROM now_at - s.since), 1)) / ln(4))
    LOOP
        FOR one IN
            WITH visits AS MATERIALIZED (
                SELECT v.vehicle_id, v.zone_id, v.entered_at, v.left_at
                FROM timevmaps_internal.tv_zone_crossings(tv_zones_tell.world_id, tv_zones_tell.timeline_id, pass.vehicles, pass.since, pass.upto + interval '1 millisecond') v),
            crossings AS (
                SELECT v.vehicle_id, v.zone_id, c.entered, c.t FROM visits v CROSS JOIN LATERAL (VALUES (true, v.entered_at), (false, v.left_at)) c (entered, t) WHERE c.t IS NOT NULL)
            SELECT w.vehicle_id, w.told_until, w.inside, w.zones, w.entered, w.times, w.late, p.newest, p.again, c.since, now_in.zones AS now_inside,
                   c.zones AS new_zones, c.entered AS new_entered, c.times AS new_times
            FROM ROWS FROM (unnest(pass.vehicles), unnest(pass.newest), unnest(pass.again)) p (vehicle_id, newest, again)
                JOIN timevmaps.zone_told w ON w.timeline_id = tv_zones_tell.timeline_id AND w.vehicle_id = p.vehicle_id
                CROSS JOIN LATERAL (SELECT greatest(forked, w.told_until - CASE WHEN p.again THEN lateness ELSE interval '0' END) AS since) f
                CROSS JOIN LATERAL (SELECT f.since, coalesce(array_agg(x.zone_id ORDER BY x.t, x.entered, x.zone_id), '{}') AS zones, coalesce(array_agg(x.entered ORDER BY x.t, x.entered, x.zone_id), '{}') AS entered,
                                           coalesce(array_agg(x.t ORDER BY x.t, x.entered, x.zone_id), '{}') AS times
                                    FROM crossings x
                                    WHERE x.vehicle_id = p.vehicle_id AND x.t > f.since AND x.t <= p.newest) c
                CROSS JOIN LATERAL (SELECT ARRAY(SELECT DISTINCT v.zone_id FROM visits v
                                                 WHERE v.vehicle_id = p.vehicle_id AND (v.entered_at IS NULL OR v.entered_at <= p.newest) AND (v.left_at IS NULL OR v.left_at > p.newest)) AS zones) now_in
        LOOP
            -- First what is as it was told, then what has moved; of what was looked at now.
            news := '{}';
            used := '{}';
            FOR i IN 1 .. cardinality(one.new_zones) LOOP
                SELECT t.n INTO same FROM unnest(one.zones, one.entered, one.times) WITH ORDINALITY t (zone, entered, at, n)
                WHERE t.n <> ALL (used) AND t.zone = one.new_zones[i] AND t.entered = one.new_entered[i] AND t.at = one.new_times[i] ORDER BY t.n LIMIT 1;
                IF FOUND THEN
                    used := used || same;
                ELSE
                    news := news || i;
                END IF;
            END LOOP;
            FOREACH k IN ARRAY news LOOP
                SELECT t.n INTO same FROM unnest(one.zones, one.entered, one.times) WITH ORDINALITY t (zone, entered, at, n)
                WHERE t.n <> ALL (used) AND t.zone = one.new_zones[k] AND t.entered = one.new_entered[k] AND t.at > one.since
                  AND t.at BETWEEN one.new_times[k] - apart AND one.new_times[k] + apart
                ORDER BY abs(extract(epoch FROM t.at - one.new_times[k])), t.n LIMIT 1;
                IF FOUND THEN
                    used := used || same;
                    news := array_remove(news, k);
                END IF;
            END LOOP;
            SELECT one.zones || coalesce(array_agg(one.new_zones[u.i] ORDER BY u.i), '{}'), one.entered || coalesce(array_agg(one.new_entered[u.i] ORDER BY u.i), '{}'),
                   one.times || coalesce(array_agg(one.new_times[u.i] ORDER BY u.i), '{}')
            INTO one.new_zones, one.new_entered, one.new_times FROM unnest(news) u (i);
            -- As it was told: the last of each zone says so, whenever it was told.
            inside := ARRAY(SELECT z FROM unnest(one.inside) z WHERE z <> ALL (one.new_zones)
                            UNION ALL
                            SELECT s.zone FROM (SELECT DISTINCT ON (t.zone) t.zone, t.entered FROM unnest(one.new_zones, one.new_entered, one.new_times) t (zone, entered, at)
                                                ORDER BY t.zone, t.at DESC, t.entered DESC) s WHERE s.entered);
            SELECT one.new_zones || coalesce(array_agg(n.zone ORDER BY n.entered, n.zone), '{}'), one.new_entered || coalesce(array_agg(n.entered ORDER BY n.entered, n.zone), '{}'),
                   one.new_times || coalesce(array_agg(one.newest ORDER BY n.entered, n.zone), '{}')
            INTO one.new_zones, one.new_entered, one.new_times
            FROM (SELECT z, false FROM unnest(inside) z WHERE z <> ALL (one.now_inside)
                  UNION ALL SELECT z, true FROM unnest(one.now_inside) z WHERE z <> ALL (inside)) n (zone, entered);
            same := cardinality(one.zones);
            IF cardinality(one.new_zones) > same THEN
                all_vehicles := all_vehicles || array_fill(one.vehicle_id, ARRAY[cardinality(one.new_zones) - same]);
                all_zones := all_zones || one.new_zones[same + 1:];
                all_entered := all_entered || one.new_entered[same + 1:];
                all_times := all_times || one.new_times[same + 1:];
            END IF;
            -- What is looked at twice is told once: a row is not written for each fix.
            CONTINUE WHEN cardinality(one.new_zones) = same AND NOT one.again AND one.late AND one.newest < one.told_until + interval '30 seconds';
            UPDATE timevmaps.zone_told w
            SET told_until = one.newest, inside = one.now_inside, late = NOT one.again, looked_at = CASE WHEN one.again THEN now_at ELSE w.looked_at END,
                zones = k.zones, entered = k.entered, times = k.times
            FROM (SELECT coalesce(array_agg(t.zone ORDER BY t.n), '{}') AS zones, coalesce(array_agg(t.entered ORDER BY t.n), '{}') AS entered, coalesce(array_agg(t.at ORDER BY t.n), '{}') AS times
                  FROM unnest(one.new_zones, one.new_entered, one.new_times) WITH ORDINALITY t (zone, entered, at, n) WHERE t.at > one.newest - lateness - apart) k
            WHERE w.timeline_id = tv_zones_tell.timeline_id AND w.vehicle_id = one.vehicle_id;
        END LOOP;
    END LOOP;
    -- Fixes that are all late are looked at in a minute.
    UPDATE timevmaps.zone_told w SET late = true
    WHERE w.timeline_id = tv_zones_tell.timeline_id AND w.vehicle_id = ANY (tv_zones_tell.vehicle_ids) AND NOT w.late AND w.looked_at < now_at;
    told := cardinality(all_zones);
    IF told > 0 THEN
        PERFORM timevmaps_internal.tv_zone_events_added(tv_zones_tell.world_id, tv_zones_tell.timeline_id, all_vehicles, all_zones, all_entered, all_times);
    END IF;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_zones_tell(bigint, bigint, bigint[]) IS
'Tell who listens that vehicles entered and left zones since the last look; how many events that were, null where the world has no zones. A worker calls it for those of whom positions came.';

-- For what nobody was told of: the server went down, or there was no room, or a fix was of the future then.
-- What cannot be looked at, for there is too much of it or somebody holds it, keeps nobody else waiting.
CREATE FUNCTION timevmaps_internal.tv_zones_sweep(only_timeline bigint, but_worlds bigint[], INOUT after_timeline bigint, INOUT after_vehicle bigint,
    OUT looked integer, OUT told integer, OUT last_world bigint)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    most CONSTANT integer := 500;
    most_told CONSTANT integer := 100;
    long CONSTANT interval := '500 milliseconds';
    left_over integer := most_told;
    now_at CONSTANT timestamptz := clock_timestamp();
    pass record;
BEGIN
    told := 0;
    looked := 0;
    FOR pass IN
        WITH few AS MATERIALIZED (
            SELECT l.world_id, l.id AS timeline_id, v.id AS vehicle_id
            FROM timevmaps.timelines l JOIN timevmaps.vehicles v ON v.world_id = l.world_id
            WHERE (l.id, v.id) > (tv_zones_sweep.after_timeline, tv_zones_sweep.after_vehicle) AND l.id >= tv_zones_sweep.after_timeline
              AND (only_timeline IS NULL OR l.id = only_timeline) AND l.world_id <> ALL (but_worlds) AND EXISTS (SELECT FROM timevmaps.zones z WHERE z.world_id = l.world_id)
            ORDER BY l.id, v.id LIMIT most)
        SELECT f.world_id, f.timeline_id, max(f.vehicle_id) AS last, count(*)::integer AS looked, coalesce(array_agg(f.vehicle_id ORDER BY f.vehicle_id) FILTER (WHERE s.behind), '{}') AS vehicles
        FROM few f LEFT JOIN timevmaps.zone_told w ON w.timeline_id = f.timeline_id AND w.vehicle_id = f.vehicle_id
            CROSS JOIN LATERAL (SELECT coalesce(w.late AND w.looked_at <= now_at - interval '1 minute', false)
                OR EXISTS (SELECT FROM timevmaps.positions p WHERE p.timeline_id = f.timeline_id AND p.vehicle_id = f.vehicle_id
                           AND p.t > greatest(coalesce(w.told_until, now_at - interval '10 minutes'), now_at - interval '1 day') AND p.t <= now_at) AS behind) s
        GROUP BY f.world_id, f.timeline_id ORDER BY f.timeline_id
    LOOP
        looked := looked + pass.looked;
        after_timeline := pass.timeline_id;
        after_vehicle := CASE WHEN cardinality(pass.vehicles) > left_over THEN pass.vehicles[left_over] ELSE pass.last END;
        last_world := pass.world_id;
        BEGIN
            told := told + coalesce(timevmaps_internal.tv_zones_tell(pass.world_id, pass.timeline_id, pass.vehicles[:left_over]), 0);
        EXCEPTION WHEN query_canceled OR OTHERS THEN
            RAISE LOG USING ERRCODE = SQLSTATE, MESSAGE = format('timevmaps: who enters and leaves zones of timeline %s is not told: %s', pass.timeline_id, SQLERRM);
        END;
        left_over := left_over - cardinality(pass.vehicles);
        EXIT WHEN left_over <= 0 OR clock_timestamp() > now_at + long;
    END LOOP;
    IF looked < most AND left_over > 0 AND clock_timestamp() <= now_at + long THEN
        after_timeline := NULL;
        after_vehicle := NULL;
    END IF;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_zones_sweep(bigint, bigint[], bigint, bigint) IS
'Look for vehicles that have moved and were not looked at, among 500 of a timeline and those after it, but not of some worlds: where to go on, null at the end; and tell of the zones of 100 at most, until it has taken long; of which world last.';
