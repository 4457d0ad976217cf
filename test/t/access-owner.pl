# What is asked as the owner of the tables: an error in it that the caller catches leaves him who he was, no lock that a client can take holds it
# up, and where tables belong to another, or their owner is a superuser, it is not asked.
use strict;
use warnings;
use Test::More;
use TvCluster;
use TvSession;

my $cluster = TvCluster->new;
$cluster->setup('app');
$cluster->query('app', q{
	CREATE ROLE planner IN ROLE tv_analyst;
	INSERT INTO timevmaps.worlds (name, visibility, owner) VALUES ('grid', 'public', 'planner'), ('to drop', 'private', 'planner');
	INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'main'), (2, 'main');
	INSERT INTO timevmaps.timelines (world_id, label, parent_id) VALUES (1, 'branch', 1);
	INSERT INTO timevmaps.places (world_id, lat, lon) SELECT 1, 10 + n / 20 * 0.01, 10 + n % 20 * 0.01 FROM generate_series(0, 399) n;
	INSERT INTO timevmaps.places (world_id, lat, lon) VALUES (2, 0, 0);
	INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph) SELECT 1, n, n + 1, 1000, 50 FROM generate_series(1, 399) n;
	INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, speed_kph) SELECT 3, n, 30 FROM generate_series(1, 5) n;
});
my ($blocker, $caller, $client) = map { TvSession->new($cluster, 'app', $_) } qw(blocker caller client);
$caller->query('SET ROLE planner; SELECT * FROM timevmaps.tv_isochrone(2, 2, 401, 0)');

# While a table is locked a statement fails, in a block that goes on; where it failed, and what the caller is then.
sub caught
{
	my ($table, $statement) = @_;
	$blocker->query("BEGIN; LOCK TABLE timevmaps.$table IN ACCESS EXCLUSIVE MODE");
	# Cancelled and not timed out: the server says of an error in the text of a query where in it, and not which it is.
	my $answer = $caller->run(qq{
		SET statement_timeout = 300;
		DO \$do\$
		DECLARE
			stack text;
		BEGIN
			SET LOCAL search_path = public, pg_catalog;
			BEGIN
				$statement;
				stack := 'no error';
			EXCEPTION WHEN query_canceled THEN
				GET STACKED DIAGNOSTICS stack = PG_EXCEPTION_CONTEXT;
			END;
			-- A restricted operation refuses this.
			SET LOCAL ROLE planner;
			PERFORM set_config('my.found', format('%s %s; %s', current_user, current_setting('search_path'), stack), false);
		END
		\$do\$;
		RESET statement_timeout;
		SELECT current_setting('my.found')});
	$blocker->query('ROLLBACK');
	return $answer->{rows};
}

my $route = 'PERFORM * FROM timevmaps.tv_route_cost(1, 1, 1, 400)';
my $branch = 'PERFORM * FROM timevmaps.tv_route_cost(1, 3, 1, 400)';
my $none_of_it = qr/^planner public, pg_catalog; /;
sub fails_in
{
	my ($where, @how) = @_;
	like(caught(@how), qr/$none_of_it.*SQL statement "\Q$where\E/s, "$how[0] is locked: $where ... ends as it began");
	return;
}
fails_in('SELECT g.id', 'gateways', $route);
fails_in('SELECT pg_catalog.count(*)', 'segments', $route);
fails_in('SELECT DISTINCT s.timeline_id', 'segments', 'PERFORM timevmaps.tv_prepare_graph(1)');
fails_in('SELECT p.id, p.lat, p.lon', 'places', 'PERFORM timevmaps.tv_prepare_graph(1)');
$caller->query('SELECT timevmaps.tv_prepare_graph(1)');
fails_in('SELECT DISTINCT o.segment_id', 'segment_overrides', $branch);
$caller->query('SELECT timevmaps.tv_route_cost(1, 3, 1, 400)');
$cluster->query('app', 'UPDATE timevmaps.segments SET speed_kph = 40 WHERE id = 7');
fails_in('SELECT s.id', 'segments', $branch);
fails_in('WITH few AS MATERIALIZED (SELECT e.id AS key', 'frames', 'CALL timevmaps.tv_drop_world(2)');

# C takes advisory locks of a class that no client can: whoever takes all that look like them is in nobody's way.
sub advisory
{
	my ($pid) = @_;
	return $cluster->query('app', "SELECT string_agg(format('%s %s %s', classid::bigint, objid::bigint, objsubid), ';') FROM pg_locks WHERE locktype = 'advisory' AND pid = $pid");
}
my $pid = $caller->query('SELECT pg_backend_pid()');
for ([ 'segments', 'SELECT * FROM timevmaps.tv_prepare_graph(1)' ], [ 'segment_overrides', 'SELECT * FROM timevmaps.tv_route_cost(1, 3, 1, 399)' ])
{
	my ($table, $statement) = @$_;
	$cluster->query('app', "UPDATE timevmaps.segments SET speed_kph = 41 WHERE id = 9");
	$blocker->query("BEGIN; LOCK TABLE timevmaps.$table IN ACCESS EXCLUSIVE MODE");
	$caller->begin($statement);
	ok($cluster->poll('app', "SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = $pid"), "$statement: it waits");
	my $taken = advisory($pid);
	like($taken, qr/^\d+ \d+ [3-9](?:;\d+ \d+ [3-9])*$/, '... with locks that no client can take');
	for (split /;/, $taken)
	{
		my ($class, $object) = split / /;
		$client->query("SELECT pg_advisory_lock((${class}::bigint << 32 | $object)::bigint), pg_advisory_lock(${class}::bigint::bit(32)::int, ${object}::bigint::bit(32)::int)");
	}
	$blocker->query('ROLLBACK');
	is($caller->finish->{sqlstate}, '', '... and ends while a client has the same of both kinds');
	is($caller->run($statement)->{sqlstate}, '', '... also from the beginning');
}
$client->query('SELECT pg_advisory_lock(id), pg_advisory_lock(0, id::int) FROM generate_series(1, 10) id');
$cluster->query('app', q{SELECT timevmaps.tv_submit_experiment(1::bigint, 1::bigint, 'sr', '{"v_mps": 1}')});
is($cluster->sqlstate('app', 'CALL timevmaps.tv_work(1)'), '', 'an experiment runs');
is($cluster->query('app', 'SELECT status FROM timevmaps.experiments'), 'finished', '... and ends, whatever a client has locked');

# A client who has prepared a world, and keeps his transaction open, is in nobody's way who does it then.
$cluster->query('app', 'UPDATE timevmaps.segments SET speed_kph = 42 WHERE id = 9');
$client->query('SET ROLE planner; BEGIN; SELECT * FROM timevmaps.tv_prepare_graph(1)');
$caller->query("SET statement_timeout = '10s'");
is($caller->run('SELECT * FROM timevmaps.tv_prepare_graph(1)')->{sqlstate}, '', 'two prepare a world, neither waits for the other to commit');
$caller->query('RESET statement_timeout');
$client->query('ROLLBACK; RESET ROLE');

# Routes that are prepared and kept, and those that are not; what prunes, and what drops.
my @asked = ('SELECT * FROM timevmaps.tv_route_cost(1, 1, 1, 400)', 'SELECT * FROM timevmaps.tv_route_cost(1, 3, 1, 400)',
	'SELECT * FROM timevmaps.tv_isochrone(2, 2, 401, 60)', 'SELECT * FROM timevmaps.tv_prepare_graph(1)', 'CALL timevmaps.tv_drop_world(2)');
my $outcomes = sub { join ' ', map { my $answer = $caller->run($_); $answer->{sqlstate} || 'ok' } @asked[0 .. 3] };
is($outcomes->(), 'ok ok ok ok', 'all can be asked');
# tv_init() takes nothing from who could have made something of it.
$cluster->query('app', 'CREATE ROLE another SUPERUSER');
for my $table (split /\n/, $cluster->query('app', q{SELECT relname FROM pg_class WHERE relnamespace = 'timevmaps'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
	AND relname IN ('worlds', 'timelines', 'places', 'segments', 'segment_overrides', 'gateways', 'network_changes', 'experiments', 'frames') ORDER BY 1}))
{
	$cluster->query('app', "ALTER TABLE timevmaps.$table OWNER TO another");
	is($outcomes->(), '55000 55000 55000 55000', "$table belongs to another: nothing is asked");
	is($caller->run($asked[4])->{sqlstate}, '55000', '... nor dropped');
	$cluster->query('app', 'SELECT count(*) FROM timevmaps.tv_init()');
	is($outcomes->(), 'ok ok ok ok', '... tv_init() takes it back');
}
# A partition of frames is no other table than they.
$cluster->query('app', 'SELECT timevmaps_internal.tv_frames_partition(1)'); # made when it is first needed
$cluster->query('app', 'ALTER TABLE timevmaps.frames_0 OWNER TO another');
is($outcomes->(), '55000 55000 55000 55000', 'a partition belongs to another: nothing is asked');
is($cluster->sqlstate('app', 'CALL timevmaps.tv_work(1)'), '55000', '... and no experiment is run');
$cluster->query('app', 'SELECT count(*) FROM timevmaps.tv_init()');
is($outcomes->(), 'ok ok ok ok', '... tv_init() takes it back');
my (undef, undef, $told) = do { $cluster->query('app', 'ALTER TABLE timevmaps.gateways OWNER TO another'); $cluster->psql('app', $asked[0]) };
like($told, qr/55000: the tables of timevmaps belong to another role than tv_owner\nDETAIL:  timevmaps.gateways belongs to "another".\nHINT:  Run: SELECT \* FROM timevmaps.tv_init\(\);/,
	'it says which, whose, and what to do');
$cluster->query('app', 'SELECT count(*) FROM timevmaps.tv_init(); ALTER ROLE tv_owner SUPERUSER');
is($outcomes->(), '55000 55000 55000 55000', 'a superuser owns the tables: nothing is asked');
$cluster->query('app', 'ALTER ROLE tv_owner NOSUPERUSER');
is($outcomes->(), 'ok ok ok ok', '... until he is none');
is($caller->run($asked[4])->{sqlstate}, '', 'then a world can be dropped');

# ---------------------------------------------------------------- what is hung on a table runs there, as the owner and no more
# Whoever could hang something on a table would act as the owner in the caller's statement: he becomes nobody else, leaves nothing behind, and
# finds nothing of the caller's.
$cluster->query('app', q{
	CREATE ROLE mallory LOGIN;
	CREATE SCHEMA mal AUTHORIZATION mallory; GRANT USAGE ON SCHEMA mal TO PUBLIC;
	INSERT INTO timevmaps.worlds (id, name, owner) VALUES (9000, 'to remove', 'planner');
	INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT 9000 + n, 9000, 0, n * 0.01 FROM generate_series(1, 4) n;
	INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (9000, 9000, 'main');
	SET SESSION AUTHORIZATION mallory;
	CREATE TABLE mal.seen (what text); GRANT ALL ON mal.seen TO PUBLIC;
	CREATE FUNCTION mal.act() RETURNS trigger LANGUAGE plpgsql AS $$
	DECLARE
		attempt text;
	BEGIN
		INSERT INTO mal.seen VALUES (pg_catalog.format('as %s in %s', current_user, pg_catalog.current_setting('search_path')));
		FOREACH attempt IN ARRAY ARRAY['SET ROLE planner', 'SET ROLE NONE', 'RESET ROLE', 'SET SESSION AUTHORIZATION DEFAULT', 'CREATE TEMPORARY TABLE evil (a integer)', 'LISTEN evil',
			'DECLARE evil CURSOR WITH HOLD FOR SELECT 1', 'PREPARE evil AS SELECT 1']
		LOOP
			BEGIN
				EXECUTE attempt;
				INSERT INTO mal.seen VALUES (attempt);
			EXCEPTION WHEN insufficient_privilege THEN
				NULL;
			END;
		END LOOP;
		RETURN coalesce(NEW, OLD);
	END $$;
	RESET SESSION AUTHORIZATION;
	CREATE TRIGGER mal BEFORE DELETE ON timevmaps.places FOR EACH ROW EXECUTE FUNCTION mal.act();
	CREATE TRIGGER mal BEFORE INSERT ON timevmaps.world_members FOR EACH ROW EXECUTE FUNCTION mal.act();
	CREATE TRIGGER mal BEFORE INSERT ON timevmaps.audit_seals FOR EACH ROW EXECUTE FUNCTION mal.act()});
$client->query('RESET ROLE');
for my $case ([ $caller, q{SELECT timevmaps.tv_delete_rows('places', ARRAY[9001])} ], [ $caller, q{SELECT timevmaps.tv_add_member(9000, 'guest')} ],
	[ $client, 'SELECT timevmaps.tv_seal_audit()' ], [ $caller, 'CALL timevmaps.tv_drop_world(9000)' ])
{
	my ($who, $call) = @$case;
	$cluster->query('app', 'TRUNCATE mal.seen');
	is($who->run("SET search_path = public, pg_catalog; $call; RESET search_path")->{sqlstate}, '', "$call is done");
	is($cluster->query('app', 'SELECT DISTINCT what FROM mal.seen'), 'as tv_owner in pg_catalog, pg_temp', '... as the owner, restricted, and in a path of its own');
}
done_testing();
