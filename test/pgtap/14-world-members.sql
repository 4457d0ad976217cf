-- Who belongs to a world, who sees it and whose it is: by whom it is changed, and what names tell.
BEGIN;
SELECT plan(64);

CREATE ROLE ann LOGIN; GRANT tv_analyst TO ann;
CREATE ROLE bob LOGIN; GRANT tv_analyst TO bob;
CREATE ROLE eve LOGIN; GRANT tv_player TO eve;
CREATE ROLE boss LOGIN; GRANT tv_admin TO boss;
GRANT ALL ON ALL TABLES IN SCHEMA pg_temp TO PUBLIC;
INSERT INTO timevmaps.worlds (id, name, visibility, owner) VALUES (1, 'mine', 'private', 'ann'), (2, 'shown', 'public', 'ann');
SELECT setval(pg_get_serial_sequence('timevmaps.worlds', 'id'), 10) \g /dev/null

-- What each function answers to each who may not, and to a world that is not there.
CREATE TEMP TABLE calls (call text, own text);
INSERT INTO calls VALUES ('tv_add_member(%s, ''bob'')', '42501'), ('tv_remove_member(%s, ''bob'')', '42501'), ('tv_set_visibility(%s, ''public'')', '42501'),
    ('tv_transfer_world(%s, ''bob'')', '42501');
GRANT SELECT ON calls TO PUBLIC;
CREATE FUNCTION pg_temp.told(call text, world bigint) RETURNS text LANGUAGE sql AS
$$ SELECT concat_ws('|', state, message, replace(detail, world::text, 'N'), nullif(hint, '')) FROM tests.attempt(format('SELECT timevmaps.' || call, world)) $$;
SET SESSION AUTHORIZATION bob;
SELECT is(pg_temp.told(call, 1), 'PT404|no such world|There is no world N, or it is not visible to this role.', call || ': a private world of another''s') FROM calls;
SELECT is(pg_temp.told(call, 1), pg_temp.told(call, 9), call || ': is as one that is not there') FROM calls;
SET SESSION AUTHORIZATION ann;
SELECT is(tests.outcome(format('SELECT timevmaps.' || call, 'NULL')), '22023', call || ': of no world') FROM calls;
SELECT is(tests.refusal(call), refusal, call)
FROM (VALUES ($$SELECT timevmaps.tv_add_member(1, NULL)$$, '22023 member'), ($$SELECT timevmaps.tv_add_member(1, '')$$, '22023 member'),
    ($$SELECT timevmaps.tv_add_member(1, repeat('ä', 401))$$, '22023 member'), ($$SELECT timevmaps.tv_add_member(1, 'ann')$$, '22023 member'),
    ($$SELECT timevmaps.tv_add_member(1, 'bob', 'editor')$$, '22023 access'), ($$SELECT timevmaps.tv_add_member(1, 'bob', NULL)$$, '22023 access'),
    ($$SELECT timevmaps.tv_set_visibility(1, 'hidden')$$, '22023 visibility'), ($$SELECT timevmaps.tv_transfer_world(1, '')$$, '22023 owner'),
    ($$SELECT timevmaps.tv_transfer_world(1, 'bob', 'owner')$$, '22023 access')) v (call, refusal);
SELECT is(timevmaps.tv_add_member(1, repeat('ä', 400))::text, '', 'an identity may be long');
SELECT is(timevmaps.tv_remove_member(1, repeat('ä', 400))::text, '', '... and goes again');

-- A member from the statement on, with the access that he was given last.
SELECT is(timevmaps.tv_add_member(1, 'bob')::text, '', 'the owner adds a member') FROM generate_series(1, 2);
SELECT is(timevmaps.tv_add_member(1, 'eve', 'analyst')::text, '', '... and another');
SELECT results_eq('SELECT member, access FROM timevmaps.tv_world_members(1)', $$VALUES ('bob', 'player'), ('eve', 'analyst')$$, '... and sees them');
SET SESSION AUTHORIZATION bob;
SELECT is(tests.outcome('SELECT name FROM timevmaps.worlds WHERE id = 1'), 'mine', 'a member sees the world');
SELECT results_eq('SELECT member, access FROM timevmaps.tv_world_members(1)', $$VALUES ('bob', 'player')$$, '... and of its members himself');
SELECT is_empty('SELECT * FROM timevmaps.tv_world_members(2)', 'who is none sees no members');
SELECT is(tests.outcome('SELECT * FROM timevmaps.tv_world_members(9)'), 'PT404', '... of no world');
SELECT is(tests.outcome($$INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'a')$$), '42501', '... as a player, and changes nothing');
SELECT is(pg_temp.told(replace(call, '''bob''', '''eve'''), 1), '42501|only the owner of a world or a tv_admin may do this to it|World N is another''s.', call || ': by a member') FROM calls;
SET SESSION AUTHORIZATION ann;
SELECT timevmaps.tv_add_member(1, 'bob', 'analyst') \g /dev/null
SET SESSION AUTHORIZATION bob;
SELECT is(tests.outcome($$INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'a') RETURNING label$$), 'a', 'as an analyst he changes it');
SET SESSION AUTHORIZATION eve;
SELECT is(tests.outcome($$INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'b')$$), '42501', 'whom his role does not let does not, whatever his access');
SELECT is(timevmaps.tv_remove_member(1, 'eve')::text, '', 'a member leaves by himself, though he is a player');
SELECT is(tests.outcome($$SELECT timevmaps.tv_remove_member(1, 'eve')$$), 'PT404', '... and then there is no such world for him');
SELECT is(timevmaps.tv_remove_member(2, 'eve')::text, '', 'he leaves a public one without having been in it');
SET SESSION AUTHORIZATION boss;
SELECT is(timevmaps.tv_remove_member(1, 'bob')::text, '', 'an administrator removes a member');
SELECT is(timevmaps.tv_remove_member(1, 'bob')::text, '', '... once more, which is no error');
SELECT is(timevmaps.tv_add_member(1, 'bob', 'analyst')::text, '', '... and adds one');

-- Names: of one's own worlds and of public ones.
SET SESSION AUTHORIZATION bob;
SELECT is(tests.outcome(format('INSERT INTO timevmaps.worlds (name, visibility) VALUES (%L, %L) RETURNING name', name, visibility)), outcome, what)
FROM (VALUES ('shown', 'public', '23505', 'a public name is taken once'), ('mine', 'private', 'mine', 'a private name of another''s is free'),
    ('shown', 'private', 'shown', 'a public one, too, for a private world'), ('shown', 'private', '23505', '... once'), ('mine', 'public', '23505', 'one''s own are different, too')) v (name, visibility, outcome, what);
SELECT is(tests.outcome($$UPDATE timevmaps.worlds SET visibility = 'public' WHERE name = 'shown' AND visibility = 'private' RETURNING name$$), '23505', 'becoming public takes a name that no public world has');
SELECT is((SELECT concat_ws('|', state, detail) FROM tests.attempt(format('SELECT timevmaps.tv_set_visibility(%s, %L)', (SELECT id FROM timevmaps.worlds WHERE name = 'shown' AND visibility = 'private'), 'public'))),
    '23505|Key (name)=(shown) already exists.', '... by the function, too');
SELECT is(tests.outcome($$UPDATE timevmaps.worlds SET name = 'mine' WHERE name = 'shown' AND visibility = 'private' RETURNING name$$), '23505', 'a world is not named as another of one''s own');

-- A world that bob has under this name already is given to him: ann is not told, and neither is his.
SET SESSION AUTHORIZATION ann;
SELECT is(timevmaps.tv_transfer_world(1, 'bob', 'player')::text, '', 'a world is given away');
SELECT is(tests.outcome('SELECT owner FROM timevmaps.worlds WHERE id = 1'), 'bob', '... and kept as a member');
SELECT is(tests.outcome($$SELECT timevmaps.tv_transfer_world(1, 'ann')$$), '42501', '... but not taken back');
SELECT is(tests.outcome($$INSERT INTO timevmaps.worlds (name, visibility) VALUES ('mine', 'private') RETURNING name$$), 'mine', '... and its name is free again');
SET SESSION AUTHORIZATION bob;
SELECT is(count(*), 2::bigint, 'the new owner has two of that name') FROM timevmaps.worlds WHERE name = 'mine' AND owner = 'bob';
SELECT results_eq('SELECT member, access FROM timevmaps.tv_world_members(1)', $$VALUES ('ann', 'player')$$, '... is no member any more, and sees the old one');
SELECT is(tests.outcome($$UPDATE timevmaps.worlds SET name = 'shown' WHERE id = 1$$), '23505', '... and a name that he gives is held against his others');
SELECT is(tests.outcome($$UPDATE timevmaps.worlds SET name = 'bob''s' WHERE id = 1 RETURNING transferred$$), 'false', '... or his own');
SELECT is(timevmaps.tv_transfer_world(1, 'bob')::text, '', 'to himself it changes nothing');
SELECT is(timevmaps.tv_transfer_world(1, 'ann')::text, '', 'he gives it back');
SELECT is_empty('SELECT name FROM timevmaps.worlds WHERE id = 1', '... and does not see it any more');

RESET SESSION AUTHORIZATION;
SELECT is(array_agg(m.owner), NULL, 'members know the owner') FROM timevmaps.world_members m JOIN timevmaps.worlds w ON w.id = m.world_id WHERE m.owner <> w.owner;

SELECT * FROM finish();
ROLLBACK;
