-- Rules for turns from elsewhere: each form of them, what is refused and by which name, and nothing left behind by an error.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT no_plan();
INSERT INTO timevmaps.worlds (id, name, owner, visibility) VALUES (1, 'one', 'ann', 'public'), (2, 'two', 'ben', 'private'), (3, 'osm', 'ann', 'public');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (1, 1, 'main', NULL), (2, 1, 'branch', 1), (3, 2, 'main', NULL);

-- 10 - 20 - 30 in a row, 20 - 40; 3 is slower back, 5 one-way to 20, 6 one-way from 20, 7 and 8 both between 30 and 50, 9 a loop.
CREATE TABLE edges (id int, source int, target int, cost float, reverse_cost float, x1 float, y1 float, x2 float, y2 float);
INSERT INTO edges VALUES (1, 10, 20, 60, 60, 0, 0, 1, 0), (2, 20, 30, 60, 60, 1, 0, 2, 0), (3, 20, 40, 60, 90, 1, 0, 1, 1), (5, 60, 20, 60, -1, 3, 3, 1, 0), (6, 20, 70, 60, -1, 1, 0, 4, 4),
    (7, 30, 50, 60, 60, 2, 0, 2, 1), (8, 50, 30, 60, 60, 2, 1, 2, 0), (9, 40, 40, 60, 60, 1, 1, 1, 1);
SELECT is(tests.refusal($$ SELECT timevmaps.tv_import_pgrouting(1, 'edges') $$), '(7,9,0,0)', 'a network');
SELECT is(tests.refusal($$ SELECT timevmaps.tv_import_pgrouting(1, 'edges', id_prefix => 'b') $$), '(7,9,0,0)', 'and another');

-- What an import has written, by the ids that things came with, and what it has refused; undone.
CREATE FUNCTION pg_temp.turns(call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    BEGIN
        SELECT CASE WHEN a.state IS NULL THEN a.outcome ELSE concat_ws(' ', a.state, a.message) END INTO result FROM tests.attempt('SELECT r.refused || '' '' || (SELECT coalesce(string_agg(concat_ws('' '', f ->> ''id'', f ->> ''path'', f ->> ''problem''), ''; ''), ''-'') FROM jsonb_array_elements(r.refusals) f) FROM timevmaps.' || call || ' r') a;
        result := concat_ws(' | ', (SELECT string_agg(concat_ws(' ', 't' || t.timeline_id, f.props ->> 'source_id' || CASE WHEN f.oneway THEN '!' ELSE '' END, v.props ->> 'source_id', g.props ->> 'source_id' || CASE WHEN g.oneway THEN '!' ELSE '' END, t.rule, t.penalty_s, t.note), ', ' ORDER BY t.id)
            FROM timevmaps.turns t JOIN timevmaps.segments f ON f.id = t.from_segment_id JOIN timevmaps.segments g ON g.id = t.to_segment_id JOIN timevmaps.places v ON v.id = t.via_place_id), result);
        IF to_regclass('pg_temp.tv_import_rule') IS NOT NULL OR to_regclass('pg_temp.tv_import_end') IS NOT NULL OR to_regclass('pg_temp.tv_import_turn') IS NOT NULL THEN
            result := result || ', and something stays behind';
        END IF;
        RAISE EXCEPTION USING ERRCODE = 'XXUND';
    EXCEPTION WHEN SQLSTATE 'XXUND' THEN
        RETURN result;
    END;
END
$$;

-- pgRouting's restrictions, and the older form of the same, whose paths are told backwards.
CREATE TABLE restrictions (id int, path bigint[], cost float);
INSERT INTO restrictions VALUES (1, '{1,2}', 100), (2, '{2,1}', -1), (3, '{1,2,7}', 5), (4, '{1}', 5), (5, '{1,3}', 'infinity'), (6, '{3,1}', 0), (7, '{1,99}', 5), (8, '{1,7}', 5), (9, '{2,5}', 5), (10, '{6,2}', 5),
    (11, '{5,6}', 7), (12, '{7,8}', 3), (13, '{9,3}', 2), (14, '{1,1}', 9), (15, '{3,3}', 4), (16, '{1,2}', 50);
SELECT is(pg_temp.turns('tv_import_turns(1, ''restrictions'')'),
    '1 10 1 cost 9, 1 20 1 cost 9, 1 20 2 cost 100, 1 20 3! no, 2 20 1 no, 3! 20 1 cost 0, 3! 20 3! cost 4, 5! 20 6! cost 7, 7 30 8 cost 3, 3! 40 3! cost 4, 9 40 3! cost 2, 7 50 8 cost 3'
    || ' | 6 3 [1, 2, 7] 3 edges in its path, and not two; 4 [1] 1 edges in its path, and not two; 7 [1, 99] no segment of edge 99; '
    '8 [1, 7] nobody can turn so: they do not meet there, or lead the other way; 9 [2, 5] nobody can turn so: they do not meet there, or lead the other way; 10 [6, 2] nobody can turn so: they do not meet there, or lead the other way', 'restrictions');
CREATE TABLE older (rid int, to_cost numeric, target_id bigint, via_path varchar);
INSERT INTO older SELECT id, CASE WHEN cost = 'infinity' THEN 1e200 ELSE cost::numeric END, path[cardinality(path)], CASE cardinality(path) WHEN 2 THEN ' ' || path[1] || ' ' WHEN 3 THEN path[2] || ' ,' || path[1] END FROM restrictions WHERE id <> 4;
SELECT is(replace(pg_temp.turns('tv_import_turns(1, ''older'')'), '| 5 3', '| 6 3'), replace(pg_temp.turns('tv_import_turns(1, ''restrictions'')'), '4 [1] 1 edges in its path, and not two; ', ''), 'their older form says the same');
SELECT matches(pg_temp.turns('tv_import_turns(1, ''restrictions'', 2, 0.5, ''b'')'), '^t2 b1 b10 b1 cost 4.5, t2 b1 b20 b1 cost 4.5, t2 b1 b20 b2 cost 50, .* 6 3 ', 'of a timeline, in halves of seconds, of the other network');
CREATE TEMP VIEW few AS SELECT ARRAY[1, 2]::int[] AS path, -1 AS cost;
SELECT is(pg_temp.turns('tv_import_turns(1, ''few'')'), '1 20 2 no | 0 -', 'integers, and an array of them');

-- Rows.
CREATE TABLE ruled (from_id int, via_id int, to_id bigint, rule text, penalty_s float);
INSERT INTO ruled VALUES (1, 20, 2, 'no', NULL), (1, 20, 3, 'only', NULL), (2, 20, 1, 'cost', 8), (7, 50, 8, 'no', NULL), (1, 30, 2, 'no', NULL), (1, 99, 2, 'no', NULL), (1, NULL, 2, 'no', NULL), (NULL, 20, 1, 'no', NULL), (1, 20, 6, NULL, 3), (5, 20, 6, NULL, NULL);
SELECT is(pg_temp.turns('tv_import_turns(1, ''ruled'')'), '1 20 2 no, 1 20 3! only, 1 20 6! cost 3, 2 20 1 cost 8, 5! 20 6! no, 7 50 8 no | 4 [1, 2] nobody can turn so: they do not meet there, or lead the other way; [1, 2] no place of node 99; [1, 2] from, via or to is missing; [null, 1] from, via or to is missing', 'rows, at a place');
CREATE TABLE plain AS SELECT from_id, via_id, to_id FROM ruled LIMIT 1;
SELECT is(pg_temp.turns('tv_import_turns(1, ''plain'')'), '1 20 2 no | 0 -', 'nothing but a turn: nobody may');
ALTER TABLE plain ADD penalty_s int DEFAULT 6;
SELECT is(pg_temp.turns('tv_import_turns(1, ''plain'')'), '1 20 2 cost 6 | 0 -', '... or pays for it');

-- OpenStreetMap's: ways in pieces, nodes where they meet.
CREATE TABLE ways_vertices_pgr (id bigint, osm_id bigint, lon float, lat float);
CREATE TABLE ways (gid bigint, osm_id bigint, tag_id int, source bigint, target bigint, length_m float, cost_s float, reverse_cost_s float, the_geom geometry(LineString, 4326));
INSERT INTO ways_vertices_pgr VALUES (1, 501, 0, 0), (2, 502, 1, 0), (3, 503, 2, 0), (4, 504, 1, 1);
INSERT INTO ways VALUES (1, 900, 1, 1, 2, 1000, 50, 50), (2, 900, 1, 2, 3, 1000, 50, 50), (3, 901, 1, 2, 4, 1000, 50, 50), (4, 902, 1, 3, 1, 1000, 50, -1), (5, 903, 1, 4, 1, 1000, 50, 70);
SELECT is(tests.refusal($$ SELECT timevmaps.tv_import_osm2pgrouting(3, 'ways', 'ways_vertices_pgr') $$), '(4,6,0,0)', 'a network of OpenStreetMap');
CREATE TABLE relations (id bigint, from_osm_id bigint, via_osm_id bigint, to_osm_id bigint, restriction text);
INSERT INTO relations VALUES (71, 900, 501, 903, 'no_left_turn'), (72, 901, 502, 900, 'only_right_turn'), (73, 900, 503, 902, 'only_straight_on'), (74, 902, 503, 900, 'no_u_turn'), (75, 900, 505, 901, 'no_entry'),
    (76, 999, 501, 900, 'no_entry'), (77, 903, 504, 901, 'give_way'), (78, 901, NULL, 900, 'no_left_turn'), (79, 901, 504, 901, 'no_u_turn'), (80, 901, 504, 901, NULL);
SELECT is(pg_temp.turns('tv_import_turns(3, ''relations'')'), '1 1 5! no no_left_turn, 2 3 4! only only_straight_on, 3 4 3 no no_u_turn'
    || ' | 6 72 [901, 900] a way that leads through the place; 74 [902, 900] nobody can turn so: they do not meet there, or lead the other way; 75 [900, 901] no place of node 505; 76 [999, 900] no segment of way 999; '
    '77 [903, 901] not a restriction that begins with no_ or only_: give_way; 78 [901, 900] from, via or to is missing', 'restrictions of OpenStreetMap');

-- What is wrong is named, and nothing stays behind.
CREATE FUNCTION pg_temp.broken(change text, call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    BEGIN
        EXECUTE change;
        result := pg_temp.turns(call);
        RAISE EXCEPTION USING ERRCODE = 'XXUND';
    EXCEPTION WHEN SQLSTATE 'XXUND' THEN
        RETURN result;
    END;
END
$$;
SELECT is(pg_temp.broken(change, call), wanted, concat_ws(': ', change, call))
FROM (VALUES ('UPDATE restrictions SET cost = ''NaN'' WHERE id = 9', 'tv_import_turns(1, ''restrictions'')', '22023 rules[9].cost: not a number of seconds'), ('UPDATE restrictions SET cost = NULL WHERE id = 9', 'tv_import_turns(1, ''restrictions'')', '22023 rules[9].cost: not a number of seconds'),
    ('UPDATE restrictions SET path = NULL WHERE id = 9', 'tv_import_turns(1, ''restrictions'')', '22023 rules[9].path: not a list of edges'), ('UPDATE restrictions SET path = ''{}'' WHERE id = 9', 'tv_import_turns(1, ''restrictions'')', '22023 rules[9].path: not a list of edges'),
    ('UPDATE restrictions SET path = ''{1,NULL}'' WHERE id = 9', 'tv_import_turns(1, ''restrictions'')', '22023 rules[9].path: not a list of edges'), ('UPDATE restrictions SET path = ''{{1,2},{3,4}}'' WHERE id = 9', 'tv_import_turns(1, ''restrictions'')', '22023 rules[9].path: not a list of edges'),
    ('UPDATE older SET via_path = ''1;2'' WHERE rid = 9', 'tv_import_turns(1, ''older'')', '22023 rules[9].via_path: not a list of edges'), ('UPDATE older SET via_path = NULL WHERE rid = 9', 'tv_import_turns(1, ''older'')', '22023 rules[9].via_path: not a list of edges'),
    ('UPDATE older SET target_id = NULL WHERE rid = 9', 'tv_import_turns(1, ''older'')', '22023 rules[9].via_path: not a list of edges'), ('UPDATE older SET to_cost = ''NaN'' WHERE rid = 9', 'tv_import_turns(1, ''older'')', '22023 rules[9].to_cost: not a number of seconds'),
    ('UPDATE ruled SET rule = ''never'' WHERE to_id = 3', 'tv_import_turns(1, ''ruled'')', '22023 rules[?].rule: not "no", "only" or "cost"'), ('UPDATE ruled SET penalty_s = NULL WHERE rule = ''cost''', 'tv_import_turns(1, ''ruled'')', '22023 rules[?].penalty_s: not a number of seconds'),
    ('UPDATE ruled SET penalty_s = 5 WHERE rule = ''no''', 'tv_import_turns(1, ''ruled'')', '22023 rules[?].penalty_s: not a number of seconds'), ('UPDATE ruled SET penalty_s = -1 WHERE rule = ''cost''', 'tv_import_turns(1, ''ruled'')', '22023 rules[?].penalty_s: not a number of seconds'),
    ('ALTER TABLE restrictions ALTER path TYPE text[]', 'tv_import_turns(1, ''restrictions'')', '22023 rules.path: not an array of integers column'), ('ALTER TABLE restrictions ALTER cost TYPE text', 'tv_import_turns(1, ''restrictions'')', '22023 rules.cost: not a number column'),
    ('ALTER TABLE ruled ALTER via_id TYPE text', 'tv_import_turns(1, ''ruled'')', '22023 rules.via_id: not an integer column'), ('ALTER TABLE ruled ALTER rule TYPE jsonb USING ''1''', 'tv_import_turns(1, ''ruled'')', '22023 rules.rule: not text column'),
    ('SELECT 1', 'tv_import_turns(1, ''edges'')', '22023 rules: without the columns of rules for turns'), ('SELECT 1', 'tv_import_turns(1, NULL)', '22023 rules: must not be null'), ('SELECT 1', 'tv_import_turns(NULL, ''ruled'')', '22023 world_id: must not be null'),
    ('SELECT 1', 'tv_import_turns(1, ''ruled'', id_prefix => NULL)', '22023 id_prefix: must not be null'), ('SELECT 1', 'tv_import_turns(99, ''ruled'')', 'PT404 no such world'), ('SELECT 1', 'tv_import_turns(1, ''ruled'', 3)', 'PT404 no such timeline'),
    ('SELECT 1', 'tv_import_turns(1, ''ruled'', cost_scale => 0)', '22023 cost_scale: not above 0'), ('SELECT 1', 'tv_import_turns(1, ''ruled'', cost_scale => ''NaN'')', '22023 cost_scale: not a finite number')) v (change, call, wanted);
SELECT is(pg_temp.broken('SELECT timevmaps.tv_import_turns(1, ''plain'')', 'tv_import_turns(1, ''plain'')'), '1 20 2 cost 6 | 23505 duplicate key value violates unique constraint "turns_key"', 'the same rules again');

-- More refusals than are named.
CREATE TABLE long AS SELECT n AS id, ARRAY[1, 2, n] AS path, 1 AS cost FROM generate_series(1, 1000) n;
SELECT is((SELECT concat_ws(' ', r.turns, r.refused, jsonb_array_length(r.refusals), r.refusals -> 99 ->> 'id') FROM timevmaps.tv_import_turns(1, 'long') r), '0 1000 100 100', 'all are counted, and the first are named');

-- Who may.
CREATE ROLE ann LOGIN; GRANT tv_analyst TO ann;
CREATE ROLE eve LOGIN; GRANT tv_analyst TO eve;
CREATE ROLE ida LOGIN; GRANT tv_player TO ida;
GRANT SELECT ON ruled TO PUBLIC;
-- As in a session in which nobody else has called it.
DISCARD PLANS;
SET SESSION AUTHORIZATION ann;
SELECT is(tests.outcome('SELECT turns FROM timevmaps.tv_import_turns(1, ''ruled'')'), '6', 'an editor');
SELECT is(tests.outcome('SELECT timevmaps.tv_import_turns(1, ''restrictions'')'), '42501', '... of what she may read');
SELECT is(tests.outcome('SELECT timevmaps.tv_import_turns(2, ''ruled'')'), 'PT404', '... not into a world that she does not see');
SET SESSION AUTHORIZATION eve;
SELECT is(tests.outcome('SELECT timevmaps.tv_import_turns(1, ''ruled'', 2)'), '42501', 'not who edits another world');
SET SESSION AUTHORIZATION ida;
SELECT is(tests.outcome('SELECT timevmaps.tv_import_turns(1, ''ruled'')'), '42501', 'nor a player');
RESET SESSION AUTHORIZATION;
SELECT * FROM finish();
ROLLBACK;
