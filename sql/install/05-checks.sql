-- 05-checks: what other parts stand on.

CREATE FUNCTION timevmaps.tv_check_tables() RETURNS void
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_check_tables() IS
'Raise 55000, with the statement to run as its hint, unless tv_init() has made the tables of this database.';

-- PostgREST answers with the media type that a result's domain is named after. It casts to it by name, as the caller, so it is in the
-- schema that callers may use.
CREATE DOMAIN timevmaps."text/plain" AS text;
COMMENT ON DOMAIN timevmaps."text/plain" IS 'Text that goes over HTTP as it is, not as a JSON string.';
