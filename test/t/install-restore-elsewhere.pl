# A dump restored on another server, which has none of the roles: CREATE EXTENSION makes ours, before anything names one, and tv_init()
# makes what the dump could not bring. Where http/roles.sql made the roles first, PostgREST's have their memberships.
use strict;
use warnings;
use Test::More;
use TvCatalog qw(everything roles difference);
use TvCluster;

my $roles_file = "$ENV{TV_REPO}/http/roles.sql";
my $origin = TvCluster->new;
$origin->setup('app');
run($origin, 'psql', '-X', '-q', '-d', 'app', '-f', $roles_file);
$origin->query('app', q{
	SET client_min_messages = warning;
	INSERT INTO timevmaps.worlds (name, visibility, owner, rules) VALUES ('open', 'public', 'ada', '{"clock": "local"}'), ('closed', 'private', 'ada', '{}');
	INSERT INTO timevmaps.world_members (world_id, member, access) VALUES (2, 'elsewhere|eve', 'analyst');
	INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'main'), (2, 'main');
	INSERT INTO timevmaps.places (world_id, lat, lon) SELECT 1, g % 30, g / 30 FROM generate_series(1, 900) g;
	INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph)
		SELECT 1, g, g + d, 100 + g % 7, 36 FROM generate_series(1, 870) g, (VALUES (1), (30)) v (d);
	SELECT count(*) FROM timevmaps.tv_plan_route(1, 1, 1, 900);
	DELETE FROM timevmaps.segments WHERE id = 5;
	SELECT timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1e8, "proper_seconds": 1}');
});
$origin->query('app', 'CALL timevmaps.tv_work(1)');
$origin->query('app', "SELECT timevmaps_internal.tv_frames_partition(1); INSERT INTO timevmaps.frames (experiment_id, step, world_id) VALUES (1, 0, 1)");
$origin->query('app', q{
	SELECT timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1e8, "proper_seconds": 2}');
	-- What an administrator adds of his own.
	CREATE ROLE auditor;
	GRANT USAGE ON SCHEMA timevmaps TO auditor;
	GRANT SELECT ON timevmaps.worlds TO auditor;
	CREATE POLICY auditor_sees ON timevmaps.worlds FOR SELECT TO auditor USING (visibility = 'public');
	CREATE POLICY only_named ON timevmaps.places AS RESTRICTIVE FOR INSERT TO PUBLIC WITH CHECK (lat < 80);
	GRANT DELETE ON timevmaps.circuits TO auditor;
	REVOKE ALL ON FUNCTION timevmaps.tv_apply_retention(timestamptz) FROM PUBLIC;
	GRANT EXECUTE ON FUNCTION timevmaps.tv_apply_retention(timestamptz) TO auditor});
my $before = everything($origin, 'app');
my $cost = $origin->query('app', 'SELECT timevmaps.tv_route_cost(1, 1, 1, 900)');
like($before, qr/^(?=.*^policy auditor_sees)(?=.*^experiments 2 )(?=.*^frames_0 )/ms, 'rows and policies are among what is compared');

# A directory that the server's user may read too.
my $dumps = $origin->dir . '/dumps';
mkdir $dumps and chmod 0777, $dumps;
run($origin, 'pg_dump', '-Fp', '-f', "$dumps/plain.sql", 'app');
run($origin, 'pg_dump', '-Fc', '-f', "$dumps/custom", 'app');
run($origin, 'pg_dump', '-Fd', '-j2', '-f', "$dumps/directory", 'app');

# With the roles first: no statement fails, and nothing is left to do.
{
	my $ready = TvCluster->new;
	run($ready, 'psql', '-X', '-q', '-d', 'postgres', '-f', $roles_file);
	$ready->query('postgres', "CREATE ROLE auditor");
	for my $how (['plain', 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', "$dumps/plain.sql"],
		['custom', 'pg_restore', '--exit-on-error', '-j2', "$dumps/custom"],
		['directory', 'pg_restore', '--exit-on-error', '-j2', "$dumps/directory"])
	{
		my ($name, $program, @options) = @$how;
		$ready->query('postgres', "CREATE DATABASE $name");
		my ($status, undef, $err) = $ready->client($program, @options, '-d', $name);
		is($status, 0, "$name, with the roles first: no statement fails") or diag($err);
		is($err, '', '... and nothing is said');
		is($ready->query($name, 'SELECT count(*) FROM timevmaps.tv_init()'), '0', '... and tv_init() finds nothing to do');
		same($ready, $name, '... and all is as it was');
	}
	is(roles($ready), roles($origin), 'http/roles.sql makes the roles that tv_init() makes and PostgREST needs');
	works($ready, 'custom');
}

# Without them: what fails names somebody else's role, and tv_init() makes up for what was not brought.
my $bare = TvCluster->new;
my @ways = (['plain', 'psql', '-X', '-q', '-f', "$dumps/plain.sql"], ['custom', 'pg_restore', '-j2', "$dumps/custom"],
	['stripped', 'pg_restore', '-j2', '--no-owner', '--no-privileges', "$dumps/directory"]);
for my $how (@ways)
{
	my ($name, $program, @options) = @$how;
	$bare->query('postgres', "CREATE DATABASE $name");
	my ($status, undef, $err) = $bare->client($program, @options, '-d', $name);
	my @errors = grep { /ERROR:/ } split /\n/, $err;
	is_deeply([grep { !/role "auditor" does not exist/ } @errors], [], "$name, without roles: what fails wants a role that is not ours");
}
for my $how (@ways)
{
	my $name = $how->[0];
	# pg_restore grants all of a table at once, or nothing.
	my $missing = $name eq 'plain' ? '' : '0 access';
	is($bare->query($name, q{SELECT string_agg(version || ' ' || name, ',') FROM timevmaps.tv_init()}), $missing, "$name: tv_init() says whether something was missing");
	is($bare->query($name, 'SELECT count(*) FROM timevmaps.tv_init()'), '0', '... and nothing is the second time');
	# What was granted to others, or beyond what tv_init() grants, is the administrator's to bring.
	my @different = grep { !/^. (audit_(events|seals) |sequence audit_events_id_seq |table (worlds|circuits) |schema |policy auditor_sees|function timevmaps\.tv_apply_retention)/ }
		split /\n/, difference($before, everything($bare, $name));
	is_deeply(\@different, [], '... all but grants of others is as it was');
	works($bare, $name);
}

# Nothing is run in a database that is half restored: its experiments have no triggers yet.
$bare->query('postgres', 'CREATE DATABASE half');
run($bare, 'pg_restore', '--exit-on-error', '--no-privileges', '--section=pre-data', '--section=data', '-d', 'half', "$dumps/custom");
$bare->query('half', 'CALL timevmaps.tv_work(1)');
is($bare->query('half', q{SELECT string_agg(status, ',' ORDER BY id) FROM timevmaps.experiments}), 'finished,queued', 'a half restored queue is left alone');
$bare->client('pg_restore', '--no-privileges', '--section=post-data', '-d', 'half', "$dumps/custom");
$bare->query('half', 'SELECT timevmaps.tv_init()');
$bare->query('half', 'CALL timevmaps.tv_work(1)');
is($bare->query('half', q{SELECT string_agg(status, ',' ORDER BY id) FROM timevmaps.experiments}), 'finished,finished', '... and run when it is whole');

# The owner is never robbed of what he has added: what is missing is made, and nothing else changes.
$bare->query('plain', q{
	DO $$
	DECLARE p record;
	BEGIN
		FOR p IN SELECT polname, polrelid::regclass AS name FROM pg_policy WHERE polname ~ '_(read|write|admin|insert|update|delete)$' LOOP
			EXECUTE format('DROP POLICY %I ON %s', p.polname, p.name);
		END LOOP;
	END $$;
	REVOKE ALL ON ALL TABLES IN SCHEMA timevmaps FROM tv_player, tv_analyst, tv_admin;
	ALTER TABLE timevmaps.worlds DISABLE ROW LEVEL SECURITY;
	CREATE ROLE auditor;
	GRANT DELETE ON timevmaps.circuits TO auditor;
	GRANT USAGE ON SCHEMA timevmaps TO auditor;
	GRANT SELECT ON timevmaps.worlds TO auditor;
	CREATE POLICY auditor_sees ON timevmaps.worlds FOR SELECT TO auditor USING (visibility = 'public');
	GRANT EXECUTE ON FUNCTION timevmaps.tv_apply_retention(timestamptz) TO auditor;
	REVOKE tv_analyst FROM tv_admin});
is($bare->query('plain', 'SELECT version FROM timevmaps.tv_init()'), '0', 'policies, grants and a membership that are gone are made again');
same($bare, 'plain', '... each of them, and those of others have stayed', qr/^. (results|frames|experiments|queue_\w+|worlds|sequence|(?:table )?events|table positions_(?:\d{8}|default) |table frames|audit_(events|seals) )/);
is(roles($bare), roles($origin), '... and so are the roles');
done_testing();

sub run
{
	my ($cluster, @command) = @_;
	my ($status, undef, $err) = $cluster->client(@command);
	die "@command: $err" if $status;
	return;
}

sub same
{
	my ($cluster, $database, $name, $except) = @_;
	is(join("\n", grep { !defined $except || !/$except/ } split /\n/, difference($before, everything($cluster, $database))), '', $name);
	return;
}

# The superuser, each role, and PostgREST's session do their work.
sub works
{
	my ($cluster, $database) = @_;
	is($cluster->query($database, 'SELECT timevmaps.tv_route_cost(1, 1, 1, 900)'), $cost, "$database: the same route");
	is($cluster->query($database, q{SELECT status FROM timevmaps.tv_submit_experiment(1, 1, 'sr', '{"v_mps": 1e8, "proper_seconds": 3}')}), 'queued', 'a superuser submits');
	$cluster->query($database, 'CALL timevmaps.tv_work(2)');
	is($cluster->query($database, q{SELECT count(*) FROM timevmaps.results}), '3', '... and runs what was queued before the dump, too');
	is($cluster->query($database, 'SET ROLE tv_player; SELECT string_agg(name, $$,$$) FROM timevmaps.worlds'), 'open', 'a player sees what is public');
	is($cluster->sqlstate($database, q{SET ROLE tv_player; INSERT INTO timevmaps.worlds (name) VALUES ('x')}), '42501', '... and writes nothing');
	is($cluster->query($database, q{SET ROLE tv_analyst; INSERT INTO timevmaps.worlds (name) VALUES ('mine') RETURNING owner}), 'tv_analyst', 'an analyst makes a world');
	is($cluster->query($database, 'SET ROLE tv_admin; SELECT count(*) FROM timevmaps.worlds'), '3', 'an administrator sees all');
	run($cluster, 'psql', '-X', '-q', '-d', $database, '-f', $roles_file);
	is($cluster->query($database, q{SET ROLE tv_anonymous; SELECT count(*) FROM timevmaps.worlds}, '-U', 'tv_authenticator'), '2', 'PostgREST\'s session as anonymous');
	is($cluster->query($database, q{SET ROLE tv_analyst; SET request.jwt.claims = '{"iss": "elsewhere", "sub": "eve"}'; SELECT string_agg(name, ',' ORDER BY name) FROM timevmaps.worlds},
		'-U', 'tv_authenticator'), 'closed,mine,open', '... and with a token of a member');
	return;
}
