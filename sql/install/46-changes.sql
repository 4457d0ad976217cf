-- 46-changes: what statements are changing in the networks.

CREATE FUNCTION timevmaps_internal.tv_network_statement(begins boolean) RETURNS void
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps_internal.tv_network_statement(boolean) IS
'Called by triggers: a statement begins to change a network, or has ended; routes that are asked for in between read the tables.
Source: docs/graph.md.';

CREATE FUNCTION timevmaps_internal.tv_network_under_way() RETURNS boolean
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps_internal.tv_network_under_way() IS
'Called by triggers: whether a statement of this session is changing a network and will write it down itself.
Source: docs/graph.md.';
