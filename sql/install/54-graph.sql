-- 54-graph: prepared graphs, which make routes fast and change no answer.

CREATE FUNCTION timevmaps.tv_prepare_graph(
    world_id bigint,
    OUT places bigint,
    OUT segments bigint,
    OUT bytes bigint,
    OUT seconds double precision)
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_prepare_graph(bigint) IS
'Build the prepared graph of a world now, with a new order, and the weights of its root timelines; returns its size.
Routes build it by themselves on first use, unless the world is small, and catch up with changes; this orders anew what has grown, and forgets the changes that the new graph has in it. Says how it goes with NOTICE messages.
bytes: size of the file that all sessions share; seconds: how long it took.
Errors: PT404 no such world; 42501 not a tv_analyst; 25001 the transaction has changed something; 54000 more than timevmaps.graph_memory; 55000 before tv_init(), or changes would not be written down, with the trigger or table in the detail and what to do as the hint; 58030 the file cannot be written.
Source: docs/graph.md.';

CREATE FUNCTION timevmaps.tv_graph_status()
RETURNS TABLE (
    world_id bigint,
    timeline_id bigint,
    metric text,
    bytes bigint,
    built_at timestamptz,
    version text,
    places bigint,
    segments bigint,
    arcs bigint,
    changes bigint,
    kind text,
    problem text,
    junctions bigint)
LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 10
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_graph_status() IS
'The prepared graphs of the worlds that the caller sees, a row a file: a world''s graph (timeline_id null), and the weights of its timelines by metric.
kind is "graph", "base" (weights of everything, made for a timeline and shared by those below it) or "weights" (what differs from a base on a timeline); bytes is the size on disk.
version tells one build of the world''s graph from another, and is null where its file is damaged or missing; arcs are the hierarchy''s; junctions are the places that it has split because of rules for turns, among which places and segments are counted once; changes are statements that came since the graph was built, null where it cannot tell.
problem says why routes read the rows instead, and what to do about it: changes to the tables may not be written down; null where all is well. Where there is such a problem and no file, there is one row with it alone.
Errors: 55000 before tv_init().
Source: docs/graph.md.';
