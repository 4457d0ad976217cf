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

SET LOCAL search_path = pg_catalog, pg_temp;
