-- What a member has queued is run while he is one: with the rights that he has when it is run, not when he queued it.
-- Not in one transaction: tv_work() commits.
SELECT plan(8);

INSERT INTO timevmaps.worlds (name, owner, visibility) VALUES ('w', 'ann', 'private'), ('v', 'ann', 'public');
INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'root'), (2, 'root');
INSERT INTO timevmaps.world_members (world_id, member, access) SELECT w, m, 'analyst' FROM unnest('{1,2}'::bigint[]) w, unnest('{bob,eve,fay}'::text[]) m;
CREATE FUNCTION queue(world bigint, identity text, kind text, params jsonb) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    id bigint;
BEGIN
    PERFORM tests.act('tv_analyst', identity);
    id := (timevmaps.tv_submit_experiment(world, world, kind, params)).id;
    PERFORM tests.act(NULL, NULL);
    RETURN id;
END $$;
CREATE VIEW ends AS SELECT e.id, concat_ws(' ', e.status, e.attempts, e.error ->> 'sqlstate') AS ending FROM timevmaps.experiments e;
CREATE FUNCTION as_owner(statement text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tests.act('tv_analyst', 'ann');
    EXECUTE statement;
    PERFORM tests.act(NULL, NULL);
END $$;

SELECT queue(1, 'bob', 'sr', '{"v_mps": 1}') AS removed \gset
SELECT queue(2, 'bob', 'quantum', '{"qubits": 1, "gates": []}') AS removed_from_public \gset
SELECT queue(1, 'eve', 'gr', '{"gm": 3.986004418e14, "r": 6371008.8}') AS player \gset
SELECT queue(1, 'fay', 'sr', '{"v_mps": 1}') AS stays \gset
SELECT queue(1, 'ann', 'sr', '{"v_mps": 1}') AS gave_away \gset
SELECT as_owner('SELECT timevmaps.tv_remove_member(w, ''bob'') FROM unnest(''{1,2}''::bigint[]) w');
SELECT as_owner('SELECT timevmaps.tv_add_member(1, ''eve'', ''player'')');
SELECT as_owner('SELECT timevmaps.tv_transfer_world(1, ''gil'')');
CALL timevmaps.tv_work(100);
SELECT is((SELECT ending FROM ends WHERE id = :removed), 'failed 1 42501', 'who has been removed does not run what he had queued');
SELECT is((SELECT ending FROM ends WHERE id = :removed_from_public), 'failed 1 42501', '... nor where he still sees the world');
SELECT is((SELECT ending FROM ends WHERE id = :player), 'failed 1 42501', 'nor does who is a player now');
SELECT is((SELECT ending FROM ends WHERE id = :gave_away), 'failed 1 42501', 'nor who has given the world away');
SELECT is((SELECT ending FROM ends WHERE id = :stays), 'finished 1', 'the others do');
SELECT is((SELECT array_agg(experiment_id) FROM timevmaps.results), ARRAY[:stays]::bigint[], 'and no other has a result');
SELECT tests.act('tv_analyst', 'gil');
SELECT timevmaps.tv_add_member(1, 'bob', 'analyst');
SELECT is((timevmaps.tv_retry_experiment(:removed)).status, 'queued', 'once he is a member again, it is queued again');
SELECT tests.act(NULL, NULL);
CALL timevmaps.tv_work(100);
SELECT is((SELECT ending FROM ends WHERE id = :removed), 'finished 1', 'and runs');

SELECT * FROM finish();
