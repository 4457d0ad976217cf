-- 72-name: what places, roads and zones are called.

CREATE FUNCTION timevmaps.tv_fold(name text, spelled boolean DEFAULT false) RETURNS text
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_fold(text, boolean) IS
'A name as names are compared: small letters and digits of ASCII, one blank between words, none at the ends.
It is the same in every locale and encoding of the database, for a text in NFC and in NFD, and of what it returns. Latin letters lose their marks and strokes (ligatures, eszett and thorn are two letters), Cyrillic and Greek ones are spelled in Latin, digits of every script are 0 to 9. A letter of another script is a word of its own, of five letters. Marks that are no vowels are left out; punctuation, symbols and blanks are one blank.
spelled: umlauts as two letters, as they are written without such keys: ae, oe, ue, and aa for a with a ring.
Source: docs/names.md.';

CREATE FUNCTION timevmaps_internal.tv_is_named(name text, props jsonb) RETURNS boolean
LANGUAGE C IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps_internal.tv_is_named(text, jsonb) IS
'Whether something has a name, or one in its props: name, ref, name:xx and others of OpenStreetMap''s keys.';

CREATE FUNCTION timevmaps_internal.tv_names_list(
    called text,
    props jsonb,
    OUT seq smallint,
    OUT lang text,
    OUT name text,
    OUT folded text,
    OUT importance real)
RETURNS SETOF record
LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 2
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps_internal.tv_names_list(text, jsonb) IS
'What something is called: its name and those in its props, each with what it is compared by, no two alike, at most 64. Called by triggers.
Source: docs/names.md.';

-- PostGIS's type, wherever that is; nothing else is looked up between here and where the path is set back.
DO $$
BEGIN
    PERFORM pg_catalog.set_config('search_path', pg_catalog.format('pg_catalog, %I, pg_temp',
        (SELECT n.nspname FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'postgis')), true);
END
$$;

CREATE FUNCTION timevmaps_internal.tv_course_middle(
    geom geometry,
    OUT lon double precision,
    OUT lat double precision,
    OUT reach real)
LANGUAGE C IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps_internal.tv_course_middle(geometry) IS
'A point in the middle of a course, and how far from there it reaches at most, in degrees of arc; nulls where there is no course. Called by triggers.';

CREATE FUNCTION timevmaps.tv_search(
    world_id bigint,
    timeline_id bigint,
    query text,
    near_lon double precision DEFAULT NULL,
    near_lat double precision DEFAULT NULL,
    max_results integer DEFAULT 10)
RETURNS TABLE (
    kind text,
    ref_id bigint,
    name text,
    lang text,
    match text,
    score double precision,
    importance double precision,
    lon double precision,
    lat double precision,
    geom geometry,
    distance_m double precision)
LANGUAGE C STABLE PARALLEL RESTRICTED COST 10000 ROWS 10
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_search(bigint, bigint, text, double precision, double precision, integer) IS
'Places, segments and zones of a timeline that are called like what somebody has typed, best first.
Names are compared as tv_fold() makes them, so query is never a pattern; where nothing is left of it, there are no rows. match: equal; prefix; word, a word of it begins so; similar, by trigrams or a few edits; within each (of similar ones by score first) by importance, then distance from near_lon and near_lat where they are given, then id. Words with digits are equal or no match; fewer than three letters are only equal or a prefix.
kind and ref_id: what it is; lang: of a name in one language. Segments of one name are one row, the nearest, or the one with the least id; those that are closed in the timeline, or of another, are left out. score: 0 to 1, how many letters are right. lon, lat and geom: of a segment its point nearest to the one given, of a zone a point in it. distance_m: to there; null without a point. max_results: 1 to 100.
Only the first 250 letters of names and queries are compared, of similar ones 64 of the query; of more than 2,000 names that begin so the most important come into question, of those that are similar 5,000.
Errors: PT404 no such world or timeline; 22023 a null, a longitude or latitude out of range or only one of them, max_results out of range; 55000 before tv_init().
Source: docs/names.md.';

CREATE FUNCTION timevmaps.tv_reverse(
    world_id bigint,
    timeline_id bigint,
    lon double precision,
    lat double precision,
    max_m double precision DEFAULT 1000)
RETURNS TABLE (
    segment_id bigint,
    segment_name text,
    a_place_id bigint,
    a_name text,
    b_place_id bigint,
    b_name text,
    fraction double precision,
    side text,
    segment_distance_m double precision,
    lon double precision,
    lat double precision,
    geom geometry,
    place_id bigint,
    place_name text,
    place_distance_m double precision,
    zone_ids bigint[],
    zone_names text[],
    address text)
LANGUAGE C STABLE PARALLEL RESTRICTED COST 10000 ROWS 1
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_reverse(bigint, bigint, double precision, double precision, double precision) IS
'What is at a point of a timeline: the nearest open segment, the nearest place with a name, the zones that cover the point, and an address in one line. One row.
The segment is the nearest by metres to its course, as tv_snap() finds it, however far; fraction and side (left, right, or on) are those of the point as one goes from a_place_id to b_place_id; lon, lat and geom are the point of the course that is nearest. The place is the nearest within max_m metres that has a name. zone_ids and zone_names: the smallest first, of the point that was asked for and not of the segment. address: the name of the segment, if it is within max_m, of the place and of the zones. What there is none of is null, or empty.
Errors: PT404 no such world or timeline; 22023 a null, a longitude or latitude out of range, or max_m below 0; 54000 more than timevmaps.graph_memory; 55000 before tv_init().
Source: docs/names.md.';

SET LOCAL search_path = pg_catalog, pg_temp;
