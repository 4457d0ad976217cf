-- What others do to an experiment that is not theirs: they neither put it off nor queue it again in the name of who may run nothing there
-- any more, for as long as it waits it is one of those that its submitter may have.
BEGIN;
SELECT plan(29);

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

-- Nobody goes before others by a time that is over: a time is now at the earliest, or what it was.
CREATE FUNCTION pg_temp.place(id bigint) RETURNS text LANGUAGE sql AS $$
    SELECT CASE WHEN e.run_at = now() THEN 'now' ELSE e.run_at::text END FROM timevmaps.experiments e WHERE e.id = place.id $$;
SET LOCAL timezone = 'UTC';
SELECT pg_temp.tells('bob', $$SELECT (timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1}', run_at => '1970-01-01')).id$$) AS f,
       pg_temp.tells('bob', $$INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params, run_at) VALUES (1, 1, 'sr', '{"v_mps": 1}', '1970-01-01') RETURNING id$$) AS i,
       pg_temp.tells('bob', $$SELECT (timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1}', run_at => '2100-01-01')).id$$) AS later \gset
SELECT is(pg_temp.place(id), 'now', 'what is submitted for a time that is over waits from now on: ' || way) FROM (VALUES (:f, 'a function'), (:i, 'an insert')) v (id, way);
SELECT is(pg_temp.place(:later), '2100-01-01 00:00:00+00', 'for later it is as it was said');
SELECT pg_temp.tells('bob', pg_temp.set(:later, $$run_at = '1970-01-01'$$));
SELECT is(pg_temp.place(:later), 'now', '... and then from now on');
UPDATE timevmaps.experiments SET run_at = '2020-01-01' WHERE id = :f;
SELECT is(pg_temp.place(:f), '2020-01-01 00:00:00+00', 'an administrator puts it where he likes');
SELECT pg_temp.tells('bob', pg_temp.set(:f, $$run_at = '1970-01-01'$$));
SELECT is(pg_temp.place(:f), '2020-01-01 00:00:00+00', '... which the submitter does not move forward');
SELECT pg_temp.tells('bob', pg_temp.set(:f, $$run_at = '2021-01-01'$$));
SELECT is(pg_temp.place(:f), '2021-01-01 00:00:00+00', '... but back');
SELECT pg_temp.tells('bob', pg_temp.set(:f, $$status = 'cancelled'$$)), pg_temp.tells('bob', pg_temp.set(:f, $$status = 'queued', run_at = '2021-01-02'$$));
SELECT is(pg_temp.place(:f), 'now', 'queued again it goes behind');
SELECT pg_temp.tells('bob', pg_temp.set(:f, $$status = 'cancelled'$$)), pg_temp.tells('bob', pg_temp.set(:f, $$run_at = '1970-01-01'$$)), pg_temp.tells('bob', pg_temp.set(:f, $$status = 'queued'$$));
SELECT is(pg_temp.place(:f), 'now', '... whatever was said meanwhile');
SELECT is(pg_temp.tells('root', $$SELECT (timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1}', run_at => '2020-01-01')).run_at = '2020-01-01'$$, 'tv_admin'), 'true', 'an administrator submits before others');

SELECT is(pg_temp.tells('bob', pg_temp.set(:f, 'priority = 1')), '42501', 'nobody else puts one before others by its priority');
SELECT is(pg_temp.tells('bob', pg_temp.set(:f, 'priority = -1')) || ' ' || pg_temp.tells('bob', pg_temp.set(:f, 'priority = 0')), 'queued queued', '... but behind them, and back');
SELECT is(pg_temp.tells('bob', $$SELECT (timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1}', priority => 1)).id$$), '42501', '... nor when it is submitted');
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
