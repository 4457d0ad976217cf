-- 16-token: requests over HTTP.

CREATE FUNCTION timevmaps_internal.tv_request_begin(principal text) RETURNS void
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps_internal.tv_request_begin(text) IS
'A request begins: until its transaction ends it is one of the timevmaps.long_requests of a principal, or its statements have 250 ms each.';

CREATE FUNCTION timevmaps_internal.tv_require_own_session(what text) RETURNS void
LANGUAGE C STABLE STRICT
AS 'MODULE_PATHNAME', 'tv_require_own_session_sql';
COMMENT ON FUNCTION timevmaps_internal.tv_require_own_session(text) IS
'42501 in a session that speaks for tokens, which may take any role: for what may run code of others. what: what is not done there.';
