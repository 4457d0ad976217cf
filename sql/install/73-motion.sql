-- 73-motion: where everything was.

-- Types of PostGIS are looked up here, and nothing else: what is below are signatures alone.
DO $$
BEGIN
    PERFORM set_config('search_path', (SELECT format('pg_catalog, %s, pg_temp', e.extnamespace::regnamespace)
                                       FROM pg_extension e WHERE e.extname = 'postgis'), true);
END
$$;

CREATE FUNCTION timevmaps.tv_positions_at(
    world_id bigint,
    timeline_id bigint,
    t timestamptz,
    max_gap_s double precision DEFAULT 300,
    known_at timestamptz DEFAULT NULL,
    vehicle_ids bigint[] DEFAULT NULL,
    on_network boolean DEFAULT false)
RETURNS TABLE (
    vehicle_id bigint,
    state text,
    lon double precision,
    lat double precision,
    geom geometry,
    alt_m double precision,
    speed_mps double precision,
    heading_deg double precision,
    fix_at timestamptz,
    age_s double precision,
    inherited boolean,
    segment_id bigint,
    fraction double precision)
LANGUAGE C STABLE PARALLEL RESTRICTED COST 10000 ROWS 100
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_positions_at(bigint, bigint, timestamptz, double precision, timestamptz, bigint[], boolean) IS
'Where each vehicle was at a moment, as a timeline has it: a row a vehicle, by id.
state: moving, between two fixes on the great circle at constant speed; stopped, inside a stop or a pause that ended where it began; held, where it was last, for max_gap_s; gap, between two fixes that are further apart than max_gap_s (seconds); before the first; after the last. At a fix all is the fix''s, bit for bit; before, gap and after have no point, but fix_at and age_s (seconds) of the last fix where there is one. Outliers are left out, and nothing slides over a jump, an end, or from one timeline to another.
A branch answers up to its fork (timelines.fork_at) what its parent does; inherited: the last fix is an ancestor''s. known_at: only with what had been recorded by then. vehicle_ids: only these; null: all of the world.
lon, lat in degrees, alt_m in metres, speed_mps in m/s and heading_deg clockwise from north are null where a fix has not said. segment_id and fraction: as the fix says, or between two fixes on one segment.
on_network: between two fixes that both have a segment and a fraction it is on the road: along the one segment''s course, or along the way from the one to the other that costs least on the fixes'' timeline by the world''s metric, at constant speed over its length on the ground; segment_id and fraction say where. The great circle stays where a segment cannot be seen or is not that timeline''s, where no way leads on or one of them is closed, where the way is longer than the vehicle''s limit of speed allows, or where it would take more than four times as long at the road''s speeds.
Errors: PT404 no such world, timeline or vehicle; 22023 an argument that is null, not finite or out of range; PT413 more than a million fixes around the moment none of which can be judged alone; 55000 before tv_init().
Source: docs/positions.md.';

CREATE FUNCTION timevmaps.tv_live_positions(
    world_id bigint,
    timeline_id bigint,
    max_gap_s double precision DEFAULT 300,
    vehicle_ids bigint[] DEFAULT NULL)
RETURNS TABLE (
    vehicle_id bigint,
    state text,
    lon double precision,
    lat double precision,
    geom geometry,
    alt_m double precision,
    speed_mps double precision,
    heading_deg double precision,
    fix_at timestamptz,
    age_s double precision,
    inherited boolean,
    segment_id bigint,
    fraction double precision)
LANGUAGE C STABLE PARALLEL RESTRICTED COST 10000 ROWS 100
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_live_positions(bigint, bigint, double precision, bigint[]) IS
'Where each vehicle of a timeline is: the last fix at or before now(), a row a vehicle, by id.
The columns of tv_positions_at(). state: held, for max_gap_s (seconds) after the last fix, unless that is an end; then after, without a point; before, where there is none. A large max_gap_s shows where each was last, however long ago, and age_s says how long. Fixes later than now are not looked at, so that a clock which is ahead hides no vehicle. vehicle_ids: only these; null: all of the world.
Errors: PT404 no such world, timeline or vehicle; 22023 an argument that is null, not finite or out of range; 55000 before tv_init().
Source: docs/positions.md.';

CREATE FUNCTION timevmaps.tv_replay(
    world_id bigint,
    timeline_id bigint,
    t_from timestamptz,
    t_to timestamptz,
    step_s double precision,
    vehicle_ids bigint[] DEFAULT NULL,
    compress_gaps_s double precision DEFAULT NULL,
    max_gap_s double precision DEFAULT 300,
    known_at timestamptz DEFAULT NULL,
    on_network boolean DEFAULT false)
RETURNS TABLE (
    frame bigint,
    t timestamptz,
    play_s double precision,
    vehicle_id bigint,
    state text,
    lon double precision,
    lat double precision,
    geom geometry,
    alt_m double precision,
    speed_mps double precision,
    heading_deg double precision,
    fix_at timestamptz,
    age_s double precision,
    inherited boolean,
    segment_id bigint,
    fraction double precision)
LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_replay(bigint, bigint, timestamptz, timestamptz, double precision, bigint[], double precision, double precision, timestamptz, boolean) IS
'Where each vehicle was, frame by frame: a row a frame and vehicle, frames in order of time and in a frame vehicles by id.
Frames play time, however many fixes there are: they stand at t_from, a step_s (seconds, from 0.001) later and so on up to t_to. play_s is when a frame is shown, in seconds from the first. compress_gaps_s: a stretch in which no vehicle moves that is longer than so many seconds is played in so many, and of its frames as many are left as are shown a step apart; null: none is. The other arguments and columns are those of tv_positions_at(), on_network too.
Errors: PT404 no such world, timeline or vehicle; 22023 an argument that is null, not finite or out of range; PT413 more than 100,000 frames or 20,000,000 rows, or more than a million fixes none of which can be judged alone; 55000 before tv_init().
Source: docs/positions.md.';

CREATE FUNCTION timevmaps.tv_replay_diff(
    timeline_a bigint,
    timeline_b bigint,
    t_from timestamptz,
    t_to timestamptz,
    step_s double precision,
    vehicle_ids bigint[] DEFAULT NULL)
RETURNS TABLE (
    frame bigint,
    t timestamptz,
    vehicle_id bigint,
    a_state text,
    a_lon double precision,
    a_lat double precision,
    a_geom geometry,
    b_state text,
    b_lon double precision,
    b_lat double precision,
    b_geom geometry,
    metres double precision)
LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_replay_diff(bigint, bigint, timestamptz, timestamptz, double precision, bigint[]) IS
'What two timelines of a world have each vehicle do, side by side: a row a frame and vehicle, as in tv_replay().
metres: between the two on the great circle; exactly 0 where both show the same, as they do up to the fork; null where one of them shows no point. vehicle_ids: only these; null: all of the world.
Errors: PT404 no such timeline or vehicle; 22023 timelines of two worlds, or an argument that is null, not finite or out of range; PT413 as tv_replay(); 55000 before tv_init().
Source: docs/positions.md.';

CREATE FUNCTION timevmaps.tv_tracks(
    world_id bigint,
    timeline_id bigint,
    t_from timestamptz,
    t_to timestamptz,
    vehicle_ids bigint[] DEFAULT NULL,
    format text DEFAULT 'geojson',
    max_gap_s double precision DEFAULT 300,
    known_at timestamptz DEFAULT NULL)
RETURNS TABLE (
    vehicle_id bigint,
    track jsonb)
LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 100
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_tracks(bigint, bigint, timestamptz, timestamptz, bigint[], text, double precision, timestamptz) IS
'Where vehicles went from t_from to t_to, as lines with times: a row for each that has a line, by id.
A line ends at a gap longer than max_gap_s (seconds), a jump, an end, an impossible speed or a fork, and where it crosses the 180th meridian; outliers are left out; at t_from and t_to it is cut between fixes. Coordinates are [lon, lat], and [lon, lat, alt_m] where all points of the line have an altitude.
format: geojson, a Feature whose geometry is a LineString or MultiLineString and whose properties are vehicle_id and times, one for each position in the same arrays; kepler, a FeatureCollection of LineStrings of [lon, lat, alt_m or 0, seconds since 1970 to the millisecond]; mfjson, a Feature of OGC Moving Features whose temporalGeometry is a MovingPoint or a MovingGeometryCollection. Times are ISO 8601 in UTC. A fix alone between two gaps is in mfjson only.
known_at: only with what had been recorded by then. vehicle_ids: only these; null: all of the world.
Errors: PT404 no such world, timeline or vehicle; 22023 an unknown format, or an argument that is null, not finite or out of range; PT413 more than a million points in a track; 55000 before tv_init().
Source: docs/positions.md.';

CREATE FUNCTION timevmaps.tv_box_score(
    world_id bigint,
    timeline_id bigint,
    vehicle_ids bigint[] DEFAULT NULL,
    t_from timestamptz DEFAULT NULL,
    t_to timestamptz DEFAULT NULL,
    every interval DEFAULT NULL,
    max_gap_s double precision DEFAULT 300,
    stop_m double precision DEFAULT 50,
    stop_s double precision DEFAULT 180,
    known_at timestamptz DEFAULT NULL)
RETURNS TABLE (
    vehicle_id bigint,
    t_from timestamptz,
    t_to timestamptz,
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
LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 100
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_box_score(bigint, bigint, bigint[], timestamptz, timestamptz, interval, double precision, double precision, double precision, timestamptz) IS
'What each vehicle did from t_from up to but not including t_to: a row a vehicle and interval, by vehicle and time.
every: the range is cut into intervals of that length, from t_from on by the calendar of the session''s time zone, the last one as long as is left; null: one interval. Everything adds up over cuts. vehicle_ids: only these; null: all of the world. t_from and t_to may not be null; their defaults are for GET, which leaves vehicle_ids out. known_at: only with what had been recorded by then.
fixes = used + outliers; duplicates are used, too: like the used fix before in all but time. moving_seconds + stopped_seconds + gap_seconds is the interval, to the microsecond; before the first and after the last fix and over breaks it is gap. distance_m: along great circles while moving. gap_m: between the ends of gaps that are no breaks. stops: that begin in the interval; a stop takes at least stop_s (seconds) with all used fixes in a circle of the diameter stop_m (metres). max_speed_mps: over at least a second of moving; max_reported_speed_mps: of what fixes say.
zones_entered, zones_left: how many times a border of a zone that the timeline shows was crossed in the interval, as tv_zone_visits() tells (began is entered, ended is left), leaving before entering at one instant; crossed: of those that were entered, how many had no fix in them.
local_seconds: the interval on a clock at rest. coordinate_seconds: on one far away, by the world''s gravity. traveler_seconds: on one in the vehicle, at most, for it is as if the vehicle had gone uniformly from fix to fix, and been at rest where it was stopped or nothing is known. The differences to local_seconds are exact.
Errors: PT404 no such world, timeline or vehicle; 22023 an argument that is null, not finite or out of range; PT413 more than 100,000 intervals or 10,000,000 rows, or more than a million fixes none of which can be judged alone; 54000 the zones need more than timevmaps.graph_memory; 55000 before tv_init().
Source: docs/motion.md.';

CREATE FUNCTION timevmaps.tv_stops(
    world_id bigint,
    timeline_id bigint,
    vehicle_ids bigint[] DEFAULT NULL,
    t_from timestamptz DEFAULT NULL,
    t_to timestamptz DEFAULT NULL,
    max_gap_s double precision DEFAULT 300,
    stop_m double precision DEFAULT 50,
    stop_s double precision DEFAULT 180)
RETURNS TABLE (
    vehicle_id bigint,
    t_from timestamptz,
    t_to timestamptz,
    seconds double precision,
    lon double precision,
    lat double precision,
    fixes bigint,
    begins boolean,
    ends boolean)
LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 100
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_stops(bigint, bigint, bigint[], timestamptz, timestamptz, double precision, double precision, double precision) IS
'Where and when each vehicle stopped: a row a stop, by vehicle and time.
A stop is a union of windows that overlap or touch; a window takes at least stop_s (seconds), without a break, with all used fixes in a circle of the diameter stop_m (metres), and may hold long pauses. It is cut to the range that is asked for, and at forks: begins and ends are false where it was. lon, lat: its mean place over time, in degrees; fixes: used ones in it. vehicle_ids: only these; null: all of the world. t_from and t_to may not be null; their defaults are for GET, which leaves vehicle_ids out.
Errors: PT404 no such world, timeline or vehicle; 22023 an argument that is null, not finite or out of range; PT413 more than a million fixes none of which can be judged alone; 55000 before tv_init().
Source: docs/motion.md.';

CREATE FUNCTION timevmaps.tv_trip_clock(
    world_id bigint,
    timeline_id bigint,
    vehicle_ids bigint[] DEFAULT NULL,
    t_from timestamptz DEFAULT NULL,
    t_to timestamptz DEFAULT NULL)
RETURNS TABLE (
    vehicle_id bigint,
    t_from timestamptz,
    t_to timestamptz,
    local_seconds double precision,
    coordinate_seconds double precision,
    traveler_seconds double precision,
    coordinate_minus_local_seconds double precision,
    traveler_minus_local_seconds double precision,
    moving_seconds double precision,
    stopped_seconds double precision,
    gap_seconds double precision,
    traveler_bound text)
LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 100
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_trip_clock(bigint, bigint, bigint[], timestamptz, timestamptz) IS
'How the clock in each vehicle ran from t_from to t_to: a row a vehicle, by id.
local_seconds: on the clock of a bystander at rest. coordinate_seconds: on that of an observer far away, by the world''s gravity. traveler_seconds: on the vehicle''s own; traveler_bound says that this is ''at most'': between two fixes uniform motion has the longest proper time, so that the clock lags by traveler_minus_local_seconds or more. Where a vehicle is stopped or nothing is known of it, its clock is taken to be at rest; over a gap, to have gone straight. The differences are exact, not differences of the columns before.
vehicle_ids: only these; null: all of the world. t_from and t_to may not be null; their defaults are for GET, which leaves vehicle_ids out.
Errors: PT404 no such world, timeline or vehicle; 22023 an argument that is null, not finite or out of range; PT413 more than a million fixes none of which can be judged alone; 55000 before tv_init().
Source: docs/motion.md.';

CREATE FUNCTION timevmaps.tv_meetings(
    world_id bigint,
    timeline_id bigint,
    t_from timestamptz,
    t_to timestamptz,
    within_m double precision,
    vehicle_ids bigint[] DEFAULT NULL,
    max_gap_s double precision DEFAULT 300)
RETURNS TABLE (
    vehicle_a bigint,
    vehicle_b bigint,
    t_from timestamptz,
    t_to timestamptz,
    seconds double precision,
    nearest_at timestamptz,
    nearest_m double precision,
    lon double precision,
    lat double precision)
LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000 ROWS 1000
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_meetings(bigint, bigint, timestamptz, timestamptz, double precision, bigint[], double precision) IS
'Which vehicles came within so many metres of each other, when, and how near: a row a meeting, by vehicle_a, vehicle_b and time.
Each of two vehicles that are moving or stopped, as tv_positions_at() has it, is on the great circle from fix to fix; from t_from to t_to of the row (seconds) they are at most within_m (metres) apart, nearest_m at nearest_at, half-way between them at lon, lat (degrees). A meeting is cut to the range that is asked for, and where one of the two is in a gap. vehicle_a < vehicle_b. vehicle_ids: only these, with each other; null: all of the world.
Errors: PT404 no such world, timeline or vehicle; 22023 an argument that is null, not finite or out of range; PT413 more than 50,000 vehicles or 1,000,000 meetings, or more than a million fixes none of which can be judged alone; 55000 before tv_init().
Source: docs/motion.md.';

SET LOCAL search_path = pg_catalog, pg_temp;
