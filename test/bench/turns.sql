-- Rules for turns, for the timings: those of turns.c, loaded into a database of roads.sql.
--
--   psql -v turns=DIRECTORY -f test/bench/turns.sql
\set ON_ERROR_STOP on
CREATE TABLE rules (id bigint GENERATED ALWAYS AS IDENTITY, f bigint, via bigint, t bigint, rule text, penalty_s float8);
CREATE TABLE changed (round int, id bigint, rule text, penalty_s float8);
CREATE TABLE added (round int, f bigint, via bigint, t bigint, rule text, penalty_s float8);
\set copy '\\copy rules (f, via, t, rule, penalty_s) from ' :turns '/rules.tsv'
:copy
\set copy '\\copy changed from ' :turns '/changed.tsv'
:copy
\set copy '\\copy added from ' :turns '/added.tsv'
:copy
INSERT INTO timevmaps.turns (id, from_segment_id, via_place_id, to_segment_id, rule, penalty_s) SELECT id, f, via, t, rule, penalty_s FROM rules;
SELECT setval(pg_get_serial_sequence('timevmaps.turns', 'id'), count(*)) FROM rules;
ANALYZE;
