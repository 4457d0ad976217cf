-- 79-score: what adds up of all vehicles of a timeline.

CREATE FUNCTION timevmaps.tv_timeline_score(
    world_id bigint,
    timeline_id bigint,
    t_from timestamptz,
    t_to timestamptz,
    every interval DEFAULT NULL,
    max_gap_s double precision DEFAULT 300,
    stop_m double precision DEFAULT 50,
    stop_s double precision DEFAULT 180,
    known_at timestamptz DEFAULT NULL)
RETURNS TABLE (
    t_from timestamptz,
    t_to timestamptz,
    vehicles bigint,
    seen bigint,
    moved bigint,
    fixes bigint,
    used bigint,
    outliers bigint,
    duplicates bigint,
    distance_m double precision,
    gap_m double precision,
    moving_seconds double precision,
    stopped_seconds double precision,
    gap_seconds double precision,
    stops bigint,
    max_speed_mps double precision,
    max_reported_speed_mps double precision,
    zones_entered bigint,
    zones_left bigint,
    crossed bigint,
    local_seconds double precision,
    coordinate_seconds double precision,
    traveler_seconds double precision,
    coordinate_minus_local_seconds double precision,
    traveler_minus_local_seconds double precision)
LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000 ROWS 10
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_timeline_score(bigint, bigint, timestamptz, timestamptz, interval, double precision, double precision, double precision, timestamptz) IS
'What all vehicles of a timeline did together from t_from up to but not including t_to: a row an interval, in order of time.
vehicles: those of the world; seen: of which anything is known in the interval; moved: that moved in it. The other columns are the sums of the rows of tv_box_score(), the greatest of both speeds; so moving_seconds + stopped_seconds + gap_seconds is the interval times vehicles, to the microsecond, and local_seconds, coordinate_seconds and traveler_seconds are of as many clocks. every, max_gap_s, stop_m, stop_s, known_at: as for tv_box_score().
Errors: PT404 no such world or timeline; 22023 an argument that is null, not finite or out of range; PT413 more than 100,000 intervals, or more than a million fixes none of which can be judged alone; 54000 the zones need more than timevmaps.graph_memory; 55000 before tv_init().
Source: docs/motion.md.';

CREATE FUNCTION timevmaps.tv_zone_score(
    world_id bigint,
    timeline_id bigint,
    zone_id bigint,
    t_from timestamptz,
    t_to timestamptz,
    every interval DEFAULT NULL,
    max_gap_s double precision DEFAULT 300,
    known_at timestamptz DEFAULT NULL)
RETURNS TABLE (
    t_from timestamptz,
    t_to timestamptz,
    vehicles bigint,
    inside_before bigint,
    inside_after bigint,
    entries bigint,
    appearances bigint,
    exits bigint,
    losses bigint,
    crossings bigint,
    dwell_seconds double precision)
LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000 ROWS 10
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_zone_score(bigint, bigint, bigint, timestamptz, timestamptz, interval, double precision, timestamptz) IS
'What happened in a zone from t_from up to but not including t_to: a row an interval, in order of time, of all vehicles.
It adds up the visits of tv_zone_visits(). vehicles: how many were in it; inside_before, inside_after: how many visits go on when the interval begins and when it ends. entries, appearances (nothing is known of just before), exits, losses (nothing is known of just after): how many visits begin and end so in the interval; inside_before + entries + appearances - exits - losses is inside_after. crossings: of those that begin, on which no fix was in it. dwell_seconds: of all vehicles together. every: the range is cut into intervals of that length, as for tv_box_score(); max_gap_s, known_at: as for tv_zone_visits().
Errors: PT404 no such world, timeline or zone; 22023 an argument that is null, not finite or out of range; PT413 more than 100,000 intervals; 55000 before tv_init().
Source: docs/zones.md.';
