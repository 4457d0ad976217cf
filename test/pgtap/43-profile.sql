-- Vehicle profiles as rows: what is refused, and who may.
BEGIN;
SELECT no_plan();
INSERT INTO timevmaps.worlds (id, name, visibility, owner) VALUES (1, 'one', 'public', 'ann'), (2, 'two', 'private', 'ben');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (1, 1, 'main', NULL), (2, 1, 'branch', 1), (3, 2, 'main', NULL);
SELECT setval(pg_get_serial_sequence('timevmaps.' || t, 'id'), 1000) FROM unnest('{worlds,timelines,vehicle_profiles}'::text[]) t \g /dev/null

SELECT is(tests.outcome(format('INSERT INTO timevmaps.vehicle_profiles (world_id, name, timeline_id) VALUES (%s, %L, %s) RETURNING world_id', world, name, line)), wanted, concat_ws(' ', world, left(name, 5), length(name), line))
FROM (VALUES (1, 'lorry', 'NULL', '1'), (1, 'lorry', '1', '1'), (1, 'lorry', '2', '1'), (2, 'lorry', 'NULL', '2'), (1, 'lorry', 'NULL', '23505'), (1, 'lorry', '2', '23505'), (1, 'none', 'NULL', '23514'), (1, '', 'NULL', '23514'),
    (1, repeat('x', 200), 'NULL', '1'), (1, repeat('x', 201), 'NULL', '23514'), (1, NULL, 'NULL', '23502'), (1, 'bus', '3', '23503'), (1, 'bus', '99', '23503'), (99, 'bus', 'NULL', '23503')) v (world, name, line, wanted);
SELECT is(tests.outcome(format('UPDATE timevmaps.vehicle_profiles SET %I = %L WHERE world_id = 2 RETURNING world_id', c, v)), CASE WHEN good THEN '2' ELSE '23514' END, concat_ws(' ', c, left(v, 40)))
FROM (VALUES ('speeds', '{}', true), ('speeds', '{"path": 7.5, "a b": 1e10}', true), ('speeds', '[]', false), ('speeds', '"x"', false), ('speeds', 'null', false), ('speeds', '{"a": "5"}', false), ('speeds', '{"a": [5]}', false),
    ('speeds', '{"a": {"b": 5}}', false), ('speeds', '{"a": 0}', false), ('speeds', '{"a": -1}', false), ('speeds', '{"a": 1e400}', false), ('speeds', '{"a": 1e-400}', false), ('speeds', '{"a": null}', false), ('speeds', '{"a": true}', false),
    ('speeds', '{"": 5}', false), ('speeds', format('{"%s": 5}', repeat('x', 64)), true), ('speeds', format('{"%s": 5}', repeat('x', 65)), false), ('speeds', format('{"%s\nx": 5}', repeat('x', 64)), false),
    ('speeds', (SELECT jsonb_object_agg('class number ' || n, n) FROM generate_series(1, 5000) n)::text, false),
    ('speeds', (SELECT jsonb_object_agg(n, n) FROM generate_series(1, 256) n)::text, true), ('speeds', (SELECT jsonb_object_agg(n, n) FROM generate_series(1, 257) n)::text, false),
    ('forbidden', '{}', true), ('forbidden', '{path,"a b"}', true), ('forbidden', '{NULL}', false), ('forbidden', '{{a},{b}}', false), ('forbidden', format('{%s}', repeat('x', 65)), false),
    ('forbidden', (SELECT array_agg(n::text) FROM generate_series(1, 1000) n)::text, true), ('forbidden', (SELECT array_agg(n::text) FROM generate_series(1, 1001) n)::text, false),
    ('props', '{"a": 1}', true), ('props', '[]', false), ('props', format('{"a": "%s"}', repeat('x', 70000)), false)) v (c, v, good)
UNION ALL
SELECT is(tests.outcome(format('UPDATE timevmaps.vehicle_profiles SET %I = %L WHERE world_id = 2 RETURNING world_id', c, v)), CASE WHEN good THEN '2' ELSE '23514' END, concat_ws(' ', c, v))
FROM unnest('{max_speed_kph,height_m,width_m,length_m,weight_kg}'::text[]) c, (VALUES ('80.5', true), (NULL, true), ('0', false), ('-1', false), ('NaN', false), ('infinity', false)) v (v, good)
UNION ALL
SELECT is(tests.outcome(format('UPDATE timevmaps.vehicle_profiles SET %I = NULL', c)), '23502', c || ' null') FROM unnest('{gates,gateways,speeds,forbidden,props,name}'::text[]) c;
SELECT is((SELECT concat_ws(' ', speeds, forbidden, gates, gateways, props) FROM timevmaps.vehicle_profiles WHERE world_id = 1 AND timeline_id = 1), '{} {} t t {}', 'a profile that says nothing');

CREATE ROLE ann LOGIN; GRANT tv_analyst TO ann;
CREATE ROLE eve LOGIN; GRANT tv_player TO eve;
SET SESSION AUTHORIZATION ann;
SELECT is(tests.outcome(statement), wanted, statement)
FROM (VALUES ('INSERT INTO timevmaps.vehicle_profiles (world_id, name, speeds, forbidden, gates) VALUES (1, ''bike'', ''{"path": 15}'', ''{motorway}'', false) RETURNING name', 'bike'),
    ('INSERT INTO timevmaps.vehicle_profiles (world_id, name) VALUES (2, ''bike'')', '42501'), ('INSERT INTO timevmaps.vehicle_profiles (id, world_id, name) VALUES (5, 1, ''x'')', '42501'),
    ('UPDATE timevmaps.vehicle_profiles SET world_id = 2', '42501'), ('UPDATE timevmaps.vehicle_profiles SET height_m = 4 WHERE name = ''bike'' RETURNING height_m', '4'),
    ('SELECT count(*) FROM timevmaps.vehicle_profiles WHERE world_id = 2', '0'),
    ('DELETE FROM timevmaps.vehicle_profiles', '42501')) v (statement, wanted);
SET SESSION AUTHORIZATION eve;
SELECT is(tests.outcome('SELECT count(*) FROM timevmaps.vehicle_profiles'), '5', 'a player reads those of public worlds');
SELECT is(tests.outcome('INSERT INTO timevmaps.vehicle_profiles (world_id, name) VALUES (1, ''x'')'), '42501', 'and makes none');
RESET SESSION AUTHORIZATION;
SELECT is(tests.outcome('UPDATE timevmaps.vehicle_profiles SET world_id = 2'), '23514', 'a profile stays in its world');
DELETE FROM timevmaps.timelines WHERE id = 2;
SELECT is_empty('SELECT id FROM timevmaps.vehicle_profiles WHERE timeline_id = 2', 'it goes with its timeline');
SELECT * FROM finish();
ROLLBACK;
