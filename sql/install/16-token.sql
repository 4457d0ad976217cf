-- 16-token: requests over HTTP.

CREATE FUNCTION timevmaps_internal.tv_request_begin(principal text) RETURNS void
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps_internal.tv_request_begin(text) IS
'A request begins: until its transaction ends it is one of the timevmaps.long_requests of a principal, or its statements have 250 ms each.';
