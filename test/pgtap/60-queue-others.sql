-- What others do to an experiment that is not theirs: they neither put it off nor queue it again in the name of who may run nothing there
-- any more, for as long as it waits it is one of those that its submitter may have.
BEGIN;
SELECT plan(16);

INSERT INTO timevmaps.worlds (id, name, owner, visibility) VALUES (1, 'w', 'eve', 'private'), (2, 'v', 'ada', 'private');
INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (1, 1, 'root'), (2, 2, 'root');
INSERT INTO timevmaps.world_members (world_id, member, access) VALUES (1, 'ada', 'analyst'), (1, 'bob', 'analyst');
INSERT INTO timevmaps.quotas (grantee, kind, amount) VALUES ('ada', 'experiments_queued', 3);
CREATE FUNCTION pg_temp.tells(who text, statement text, role text DEFAULT 'tv_analyst') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    told text;
BEGIN
    PERFORM tests.act(role, who);
    told := tests.outcome(statement);
    PERFORM tests.act(NULL, NULL);
    RETURN told;
END $$;
CREATE FUNCTION pg_temp.submitted(who text, world bigint) RETURNS bigint LANGUAGE sql AS $$
    SELECT pg_temp.tells(who, format($q$SELECT (timevmaps.tv_submit_experiment(%s, %1$s, 'sr', '{"v_mps": 1}')).id$q$, world))::bigint $$;
CREATE FUNCTION pg_temp.set(id bigint, what text) RETURNS text LANGUAGE sql AS $$
    SELECT format('UPDATE timevmaps.experiments SET %s WHERE id = %s RETURNING status', what, id) $$;
CREATE FUNCTION pg_temp.used(who text) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.tells(who, $q$SELECT used FROM timevmaps.tv_quotas() WHERE kind = 'experiments_queued'$q$) $$;

SELECT pg_temp.submitted('ada', 1) AS a, pg_temp.submitted('ada', 1) AS b \gset
SELECT is(pg_temp.tells('eve', pg_temp.set(:a, $$run_at = '2200-01-01'$$)), '42501', 'who owns the world does not put off what another has submitted');
SELECT is(pg_temp.tells('bob', pg_temp.set(:a, $$run_at = '2200-01-01'$$)), '42501', '... nor does who edits it');
SELECT is(pg_temp.tells('ada', pg_temp.set(:a, $$run_at = '2200-01-01'$$)), 'queued', 'who submitted it does');
SELECT is(pg_temp.tells('eve', pg_temp.set(:a, $$run_at = '2100-01-01'$$)), 'queued', 'others have it run earlier');
SELECT is(pg_temp.tells('eve', pg_temp.set(:a, $$run_at = '2100-01-02'$$)), '42501', '... and not later again');
SELECT is(pg_temp.tells('root', pg_temp.set(:a, $$run_at = '2200-01-01'$$), 'tv_admin'), 'queued', 'but an administrator');
SELECT is(pg_temp.tells('eve', pg_temp.set(:a, $$status = 'cancelled'$$)), 'cancelled', 'others cancel it');
SELECT is(pg_temp.tells('eve', pg_temp.set(:a, $$status = 'queued', run_at = '2150-01-01'$$)), '42501', '... and do not queue it for later');
SELECT is(pg_temp.tells('eve', pg_temp.set(:a, $$status = 'queued'$$)), 'queued', '... but again');
SELECT ok(run_at <= now(), '... at once') FROM timevmaps.experiments WHERE id = :a;

-- Who is no member any more.
SELECT pg_temp.tells('eve', pg_temp.set(i, $$status = 'cancelled'$$)) FROM unnest(ARRAY[:a, :b]) i;
SELECT pg_temp.tells('eve', $$SELECT timevmaps.tv_remove_member(1, 'ada')$$);
SELECT is(pg_temp.tells('eve', format('SELECT (timevmaps.tv_retry_experiment(%s)).status', :a)), '42501', 'in the name of who has been removed nothing is queued again');
SELECT is(pg_temp.tells('root', pg_temp.set(:b, $$status = 'queued'$$), 'tv_admin'), '42501', '... by nobody, for it would fail');
SELECT is(pg_temp.used('ada'), '0', '... and his quota is left to him');
SELECT isnt(pg_temp.submitted('ada', 2), NULL, '... elsewhere');
SELECT pg_temp.tells('eve', $$SELECT timevmaps.tv_add_member(1, 'ada', 'player')$$);
SELECT is(pg_temp.tells('eve', pg_temp.set(:a, $$status = 'queued'$$)), '42501', 'nor of who only reads there now');
SELECT pg_temp.tells('eve', $$SELECT timevmaps.tv_add_member(1, 'ada', 'analyst')$$);
SELECT is(pg_temp.tells('bob', pg_temp.set(:a, $$status = 'queued'$$)), 'queued', 'of who is an editor again it is, by another, too');

SELECT * FROM finish();
ROLLBACK;
