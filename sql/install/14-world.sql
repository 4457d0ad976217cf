-- 14-world: a world and all that hangs on it, removed in pieces.

CREATE PROCEDURE timevmaps.tv_drop_world(world_id bigint, piece integer DEFAULT 5000)
LANGUAGE C
AS 'MODULE_PATHNAME';
COMMENT ON PROCEDURE timevmaps.tv_drop_world(bigint, integer) IS
'Remove a world with everything in it or on it: experiments with frames and results, saved routes and gateways (also those of other worlds that touch it), timelines, places, segments, profiles, members, graphs.
Removes at most so many rows (piece, 1 to 1000000) at a time and commits after each; in a transaction block everything is of that transaction. Cancelled or failed, call it again: it goes on where it was. Says how it goes with NOTICE messages.
By the owner of the world or a tv_admin. Whoever adds rows meanwhile waits, and they go too.
Errors: PT404 no such world; 42501 not its owner; 22023 a bad piece; 55000 before tv_init().
Source: docs/import.md.';
