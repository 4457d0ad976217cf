-- 05-checks: what other parts stand on.

CREATE FUNCTION timevmaps.tv_check_tables() RETURNS void
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_check_tables() IS
'Raise 55000, with the statement to run as its hint, unless tv_init() has made the tables of this database.';
