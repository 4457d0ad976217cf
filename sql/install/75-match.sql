-- 75-match: the segments that noisy tracks took.

CREATE FUNCTION timevmaps.tv_match(
    world_id bigint,
    timeline_id bigint,
    vehicle_id bigint,
    t_from timestamptz,
    t_to timestamptz,
    gps_m double precision DEFAULT NULL,
    radius_m double precision DEFAULT 200,
    max_gap_s double precision DEFAULT 300,
    max_speed_mps double precision DEFAULT NULL,
    closed_too boolean DEFAULT false,
    known_at timestamptz DEFAULT NULL)
RETURNS TABLE (
    piece bigint,
    seq bigint,
    segment_id bigint,
    forward boolean,
    t_from timestamptz,
    t_to timestamptz,
    fraction_from double precision,
    fraction_to double precision,
    distance_m double precision,
    confidence double precision,
    closed boolean,
    cut text)
LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000 ROWS 200
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_match(bigint, bigint, bigint, timestamptz, timestamptz, double precision, double precision, double precision, double precision, boolean, timestamptz) IS
'The segments of a timeline that a vehicle most likely took from t_from to t_to, both included, in order of time: map matching of its positions.
The fixes are those that the timeline shows, its ancestors'' up to the forks; outliers are left out, and tracks are cut where a fix has jumped, where one is an end, and at forks. known_at: only fixes that had been recorded by then. max_speed_mps: unless given, the vehicle''s or its world''s, at most 100. At most 200,000 fixes.
Rows and all other arguments are those of tv_match_line(); cut may also be "jump", "end" or "fork".
Errors: PT404 no such world, timeline or vehicle; PT413 too many fixes; 22023 a number or a time that is none, with its name; 54000 more than timevmaps.graph_memory; 55000 before tv_init().
Source: Newson and Krumm, Hidden Markov map matching through noise and sparseness, ACM GIS 2009; docs/matching.md.';

CREATE FUNCTION timevmaps.tv_match_line(
    world_id bigint,
    timeline_id bigint,
    track jsonb,
    gps_m double precision DEFAULT NULL,
    radius_m double precision DEFAULT 200,
    max_gap_s double precision DEFAULT 300,
    max_speed_mps double precision DEFAULT NULL,
    closed_too boolean DEFAULT false)
RETURNS TABLE (
    piece bigint,
    seq bigint,
    segment_id bigint,
    forward boolean,
    t_from timestamptz,
    t_to timestamptz,
    fraction_from double precision,
    fraction_to double precision,
    distance_m double precision,
    confidence double precision,
    closed boolean,
    cut text)
LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000 ROWS 200
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_match_line(bigint, bigint, jsonb, double precision, double precision, double precision, double precision, boolean) IS
'The segments of a timeline that a noisy track most likely took, in order of time: map matching of a track that is stored nowhere.
track: a list of fixes, [longitude, latitude, seconds] or [longitude, latitude, altitude, seconds], seconds since 1970 and ascending; at most 200,000. gps_m: the standard deviation of a fix in metres on each axis, 0.5 to 200; estimated from the track unless given. radius_m: a fix with no road so near (1 to 1,000) is left out. max_gap_s (0 to 86,400): a longer time between two fixes cuts the track. max_speed_mps (0.1 to 1,000,000): nobody goes faster; 100 unless given. closed_too: segments that are closed on the timeline may have been driven, too.
A row a segment: piece, from 1, a part of the track without a cut; seq, from 1 in each; forward: from its a to its b; from t_from to t_to it was driven from fraction_from to fraction_to of its course, distance_m of its length on the timeline. confidence: how likely, given all of the piece, the vehicle was where the surest of the fixes on the segment was put; of a segment between two fixes, the less sure of them. closed: the timeline says that nobody drives there.
Where nothing was matched there is a row without a segment: cut says why: "no road", "gap", "too fast" or "no way".
Errors: PT404 no such world or timeline; PT413 too many fixes; 22023 a track or a number that is none, with its path; 54000 more than timevmaps.graph_memory; 55000 before tv_init().
Source: Newson and Krumm, Hidden Markov map matching through noise and sparseness, ACM GIS 2009; docs/matching.md.';
