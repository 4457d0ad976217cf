# Whom the code of others sees that they have hung on tables: never a superuser, nor anybody but tv_owner and, in what is read
# for him, the submitter; with preloaded workers, those of tv_start_worker() and CALL tv_work().  And no worker runs anything
# where the tables are not tv_owner's, or may be changed for others.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use TvCluster;

my $cluster = TvCluster->new(conf => ["shared_preload_libraries = 'timevmaps'", "log_line_prefix = '%p|%b|'"]);
$cluster->setup('app');
sub q1 { return $cluster->query('app', $_[0]) }
sub until_true { return $cluster->poll('app', @_) }
# As who has logged in: a superuser who has only set another role is one again as soon as code of others likes.
sub as { my ($who, $sql) = @_; return $cluster->query('app', $sql, '-U', $who) }
sub submit { my ($kind, $params, $more) = @_; return as('ann', "SELECT id FROM timevmaps.tv_submit_experiment(1, 1, '$kind', '$params'" . ($more // '') . ')') }

q1(q{
    CREATE ROLE mallory LOGIN;
    CREATE ROLE ann LOGIN IN ROLE tv_analyst;
    CREATE ROLE adm LOGIN IN ROLE tv_admin;
    CREATE SCHEMA mal AUTHORIZATION mallory; GRANT USAGE ON SCHEMA mal TO PUBLIC;
    GRANT USAGE, CREATE ON SCHEMA timevmaps TO mallory});
as('ann', q{
    INSERT INTO timevmaps.worlds (name, visibility) VALUES ('w', 'public');
    INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'root'), (1, 'other');
    INSERT INTO timevmaps.places (world_id, lat, lon) VALUES (1, 57.70, 11.97), (1, 57.71, 11.98);
    INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (1, 1, 2, 2000, 72);
    INSERT INTO timevmaps.gateways (from_timeline_id, from_place_id, to_timeline_id, to_place_id, base_penalty_s, decoherence_s) VALUES (1, 1, 2, 1, 10, 100);
    INSERT INTO timevmaps.circuits (name, gates) VALUES ('bell', '{"qubits": 2, "gates": [{"op": "H", "target": 0}, {"op": "CX", "control": 0, "target": 1}]}');
});

# ---------------------------------------------------------------- what mallory hangs on the tables
# What it sees goes into the log, which no rollback takes back; so does whatever of this succeeds.
as('mallory', q{
    CREATE FUNCTION mal.act(what text) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE
        attempt text;
    BEGIN
        FOREACH attempt IN ARRAY ARRAY['SET ROLE postgres', 'SET LOCAL ROLE ann', 'SET ROLE mallory', 'SET ROLE NONE', 'RESET ROLE', 'SET SESSION AUTHORIZATION postgres',
            'SET SESSION AUTHORIZATION DEFAULT', 'RESET SESSION AUTHORIZATION', 'SELECT pg_catalog.set_config(''role'', ''postgres'', false)',
            'SELECT pg_catalog.set_config(''session_authorization'', ''postgres'', false)', 'CREATE ROLE evil SUPERUSER', 'ALTER ROLE mallory SUPERUSER',
            'GRANT tv_admin TO mallory', 'COPY (SELECT 1) TO PROGRAM ''true''', 'CREATE TEMPORARY TABLE evil (a integer) ON COMMIT DROP',
            'DECLARE evil CURSOR WITH HOLD FOR SELECT mal.act(''held'')', 'SET CONSTRAINTS ALL DEFERRED; INSERT INTO mal.late VALUES (1)',
            'LISTEN evil', 'PREPARE evil AS SELECT 1']
        LOOP
            BEGIN
                EXECUTE attempt;
                RAISE LOG 'DONE by % of %: %', current_user, session_user, attempt;
            EXCEPTION WHEN OTHERS THEN
                NULL;
            END;
        END LOOP;
        RAISE LOG 'SEEN % % %', what, current_user, session_user;
        -- It outlives the statement, were it not undone.
        PERFORM pg_catalog.set_config('search_path', 'mal, pg_catalog', false);
    END $$;
    CREATE TABLE mal.late (a integer);
    GRANT ALL ON mal.late TO PUBLIC;
    CREATE FUNCTION mal.row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM mal.act(TG_ARGV[0]); IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$;
    CREATE FUNCTION mal.later() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE LOG 'SEEN later % %', current_user, session_user; RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER late AFTER INSERT ON mal.late DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION mal.later();
    CREATE FUNCTION mal.value(what text, given anyelement) RETURNS anyelement LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM mal.act(what); RETURN given; END $$;
    CREATE FUNCTION mal.default_value() RETURNS integer LANGUAGE plpgsql AS $$ BEGIN PERFORM mal.act('default'); RETURN 1; END $$;
    CREATE FUNCTION mal.is_fine(what text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN PERFORM mal.act(what); RETURN true; END $$;
    CREATE DOMAIN mal.odd AS integer CHECK (mal.is_fine('domain'))});
my @touched = qw(experiments results frames gateways route_plans network_changes circuits);
my %key = (results => 'experiment_id', frames => 'experiment_id', network_changes => 'world_id');
sub give { my ($whom) = @_; q1("ALTER TABLE timevmaps.$_ OWNER TO $whom") for q1("SELECT relname FROM pg_class WHERE relnamespace = 'timevmaps'::regnamespace AND relkind IN ('r', 'p')") =~ /\w+/g; return }
give('mallory');
for my $table (@touched)
{
	my $key = $key{$table} // 'id';
	as('mallory', "
		CREATE TRIGGER a_mal BEFORE INSERT OR UPDATE OR DELETE ON timevmaps.$table FOR EACH ROW EXECUTE FUNCTION mal.row('$table.before');
		CREATE TRIGGER z_mal AFTER INSERT OR UPDATE OR DELETE ON timevmaps.$table FOR EACH ROW EXECUTE FUNCTION mal.row('$table.after');
		CREATE CONSTRAINT TRIGGER c_mal AFTER INSERT OR UPDATE OR DELETE ON timevmaps.$table DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION mal.row('$table.deferred');
		CREATE INDEX ON timevmaps.$table (mal.value('$table.index', $key));
		ALTER TABLE timevmaps.$table ADD CONSTRAINT mal CHECK (mal.is_fine('$table.check')), ADD COLUMN mal_default integer DEFAULT mal.default_value(),
			ADD COLUMN mal_generated bigint GENERATED ALWAYS AS (mal.value('$table.generated', $key)) STORED, ADD COLUMN mal_odd mal.odd DEFAULT 1;
		CREATE POLICY mal ON timevmaps.$table FOR SELECT TO PUBLIC USING (mal.is_fine('$table.policy'))");
}
as('mallory', "CREATE RULE mal AS ON INSERT TO timevmaps.$_ DO ALSO SELECT mal.act('$_.rule')") for qw(results route_plans);
$cluster->query('app', q{CREATE FUNCTION mal.ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM mal.act('event'); END $$});

# Lines of the log after a point, as (pid, kind of process, text).
my $from = 0;
sub lines { return map { [ /^(\d+)\|([^|]*)\|(.*)$/ ] } split /\n/, substr $cluster->log_text, $from }
sub seen { my ($process, $session) = @_; my %seen; for (grep { defined $_->[0] && $_->[1] eq $process } lines()) { $_->[2] =~ /SEEN (\S+) (\S+) (\S+)$/ && (!$session || $3 eq $session) && $seen{"$1 $2 $3"}++ } return \%seen }
sub done { my ($process, $session) = @_; my %done = map { $_->[2] => 1 } grep { defined $_->[0] && $_->[1] eq $process && $_->[2] =~ /DONE by \S+ of $session:/ } lines(); return join "\n", sort keys %done }

# ---------------------------------------------------------------- tables that are mallory's
$from = length $cluster->log_text;
ok(until_true("SELECT bool_and(state = 'waiting') FROM timevmaps.tv_worker_status()", 10), 'where the tables are not tv_owner\'s the worker does nothing, and says so');
sleep 2.5;
my @told = grep { defined $_->[0] && $_->[2] =~ /LOG:  timevmaps worker: the tables of timevmaps belong to another role than tv_owner/ } lines();
cmp_ok(@told, '<=', 1, 'the log does not have a line a second');
like($cluster->log_text, qr/timevmaps worker: the tables of timevmaps belong to another role.*\n.*DETAIL:  timevmaps\.\w+ belongs to "mallory"\.\n.*HINT:  .*tv_init\(\)/, 'but one, with what there is to do');
my (undef, undef, $err) = $cluster->psql('app', 'CALL timevmaps.tv_work(1)');
like($err, qr/ERROR:  55000: the tables of timevmaps belong.*HINT:  [^\n]*timevmaps\.tv_init\(\)/s, 'nor does tv_work()');
is($cluster->sqlstate('app', 'SELECT timevmaps.tv_start_worker()'), '55000', 'nor does another begin');
is_deeply(seen('timevmaps worker'), {}, 'no worker has run anything of mallory\'s');

# ---------------------------------------------------------------- tv_owner's again, with all that hangs on them
give('tv_owner');
q1('SELECT timevmaps.tv_init()');
q1('REVOKE ALL ON SCHEMA timevmaps FROM mallory');
is_deeply([ grep { !/ (?:tv_owner) / } keys %{ seen('client backend', 'postgres') } ], [], 'tv_init() runs nothing of his as who calls it');
q1(q{CREATE EVENT TRIGGER mal ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION mal.ddl()});

my $bell = '[{"op": "H", "target": 0}, {"op": "CX", "control": 0, "target": 1}]';
my $round = 0;
sub submit_all
{
	my $first = 70000 * ++$round;    # each has a partition of frames to be made
	q1("ALTER SEQUENCE timevmaps.experiments_id_seq RESTART $first");
	return map { submit(@$_) } [ 'sr', '{"v_mps": 1}' ], [ 'route', '{"origin_place_id": 1, "dest_place_id": 2}' ],
		[ 'quantum', '{"circuit": "bell"}' ], [ 'quantum', qq({"circuit": {"qubits": 2, "gates": $bell}, "seed": 1}), ', gateway_id => 1' ];
}
my @kinds = map { my $table = $_; map { "$table.$_" } qw(before after deferred check) } qw(experiments results gateways route_plans frames);
sub judge
{
	my ($what, $process, $session, @ids) = @_;
	is(q1("SELECT string_agg(DISTINCT status || coalesce(error::text, ''), ' ') FROM timevmaps.experiments WHERE id IN (" . join(',', @ids) . ')'), 'finished', "$what: all are run");
	my $seen = seen($process, $session);
	my (%what, @others);
	for my $line (keys %$seen)
	{
		my ($hung, $current, $login) = split / /, $line;
		$what{$hung} = 1;
		push @others, $line unless $login eq $session && ($current eq 'tv_owner' || $current eq 'ann' && $hung =~ /\.policy$/);
	}
	is_deeply([ grep { !$what{$_} } @kinds, qw(results.index route_plans.rule results.rule results.generated experiments.generated default domain event gateways.policy) ], [],
		"$what: his code is run");
	is_deeply(\@others, [], "$what: and sees tv_owner, or who submitted it where something is read for her");
	is(done($process, $session), '', "$what: it becomes nobody else, and leaves nothing behind");
	return;
}
sub workers { q1("ALTER SYSTEM SET timevmaps.workers = $_[0]"); $cluster->reload; return }

$from = length $cluster->log_text;
my @ids = submit_all();
my $open = "SELECT count(*) = 0 FROM timevmaps.experiments WHERE status IN ('queued', 'running')";
ok(until_true($open, 20), 'a preloaded worker takes them');
judge('a preloaded worker', 'timevmaps worker', 'tv_owner', @ids);

workers(0);
ok(until_true('SELECT count(*) = 0 FROM timevmaps.tv_worker_status()', 10), 'it goes');
$from = length $cluster->log_text;
@ids = submit_all();
q1('SELECT timevmaps.tv_start_worker()');
ok(until_true($open, 20), 'one of tv_start_worker() takes the next');
judge('a worker of tv_start_worker()', 'timevmaps worker', 'tv_owner', @ids);
q1('SELECT timevmaps.tv_stop_worker()');
ok(until_true('SELECT count(*) = 0 FROM timevmaps.tv_worker_status()', 10), 'it goes');

$from = length $cluster->log_text;
@ids = submit_all();
is($cluster->query('app', 'CALL timevmaps.tv_work(10)', '-U', 'adm'), '', 'an administrator works himself');
judge('tv_work()', 'client backend', 'adm', @ids);

# What a statement of his set would be there after a superuser's own.
$from = length $cluster->log_text;
@ids = submit_all();
my ($status, $out) = $cluster->client('psql', '-X', '-q', '-A', '-t', '-d', 'app', '-c', 'CALL timevmaps.tv_work(10)', '-c', 'SHOW search_path', '-c', 'SELECT current_user, session_user');
is($out, "\"\$user\", public\npostgres|postgres\n", 'a superuser in tv_work() is himself after it, with his own settings');
is_deeply([ grep { !/ (?:tv_owner|ann) postgres$/ } keys %{ seen('client backend', 'postgres') } ], [], 'and nobody runs as him');
is(done('client backend', 'postgres'), '', 'nor as anybody whom he may become');

# For a superuser tv_owner reads.
@ids = map { submit(@$_) } [ 'route', '{"origin_place_id": 1, "dest_place_id": 2}' ], [ 'quantum', '{"circuit": "bell"}', ', gateway_id => 1' ];
q1('ALTER ROLE ann SUPERUSER');
$from = length $cluster->log_text;
workers(1);
q1('SELECT timevmaps.tv_start_worker()');
ok(until_true($open, 20), 'a superuser\'s experiments are run');
is(q1('SELECT string_agg(DISTINCT status || coalesce(error::text, \'\'), \' \') FROM timevmaps.experiments WHERE id IN (' . join(',', @ids) . ')'), 'finished', '... well');
is_deeply([ grep { !/ tv_owner tv_owner$/ } keys %{ seen('timevmaps worker') } ], [], '... as tv_owner alone');
q1('ALTER ROLE ann NOSUPERUSER');

# Retention and the log of changes.
$from = length $cluster->log_text;
as('ann', 'INSERT INTO timevmaps.places (world_id, lat, lon) SELECT 1, 50, i / 1000.0 FROM generate_series(1, 150) i');
as('ann', "UPDATE timevmaps.places SET lat = lat + 0.001 WHERE id = $_") for 3 .. 120;
q1("ALTER SYSTEM SET timevmaps.retention = '1s'");
$cluster->stop('fast');
$cluster->start;
ok(until_true('SELECT count(*) = 0 FROM timevmaps.results', 20), 'retention drops what is old');
ok(until_true('SELECT count(*) < 100 FROM timevmaps.network_changes WHERE world_id = 1', 20), 'and changes are forgotten');
my $kept = seen('timevmaps worker');
is_deeply([ grep { !/ tv_owner tv_owner$/ } keys %$kept ], [], 'as tv_owner');
ok($kept->{$_ . ' tv_owner tv_owner'}, "$_ is run") for qw(results.before network_changes.before);
is(done('timevmaps worker', 'tv_owner'), '', 'restricted');
q1('ALTER SYSTEM RESET timevmaps.retention');
q1('DROP EVENT TRIGGER mal');
$cluster->reload;

# ---------------------------------------------------------------- a tv_owner that is more than an owner, or none
for my $odd ([ 'SUPERUSER', 'NOSUPERUSER' ], [ 'BYPASSRLS', 'NOBYPASSRLS' ], [ 'RENAME TO elsewhere', undef ])
{
	my ($change, $back) = @$odd;
	$from = length $cluster->log_text;
	q1("ALTER ROLE tv_owner $change");
	my $id = submit('sr', '{"v_mps": 1}');
	ok(until_true("SELECT bool_and(state = 'waiting') FROM timevmaps.tv_worker_status()", 10), "ALTER ROLE tv_owner $change: nothing is run");
	is($cluster->sqlstate('app', 'CALL timevmaps.tv_work(1)'), '55000', '... by tv_work() neither');
	is_deeply(seen('timevmaps worker'), {}, '... of mallory\'s neither');
	q1($back ? "ALTER ROLE tv_owner $back" : 'ALTER ROLE elsewhere RENAME TO tv_owner');
	ok(until_true("SELECT status = 'finished' FROM timevmaps.experiments WHERE id = $id", 10), '... until it is itself again');
}

# ---------------------------------------------------------------- who owns a database, or the schema
$cluster->query('postgres', 'CREATE ROLE dbo LOGIN');
sub view
{
	my ($database) = @_;
	$cluster->query($database, q{CREATE SCHEMA dbo AUTHORIZATION dbo; GRANT USAGE ON SCHEMA dbo TO PUBLIC});
	return q{CREATE FUNCTION dbo.act() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RAISE LOG 'SEEN view % %', current_user, session_user; RETURN 1; END $$;
	CREATE VIEW timevmaps.experiments AS SELECT dbo.act() AS id, 1::bigint AS world_id, 1::bigint AS timeline_id, CASE WHEN dbo.act() > 0 THEN 'queued' END AS status, 'sr'::text AS kind, '{}'::jsonb AS params,
		0 AS priority, now() AS run_at, 0::bigint AS claim, 0 AS attempts, 3 AS max_attempts, NULL::bigint AS gateway_id, 'dbo'::text AS submitted_by, 'dbo'::name AS submitted_role,
		NULL::timestamptz AS finished_at, 0::double precision AS progress;
	GRANT ALL ON timevmaps.experiments TO PUBLIC; GRANT USAGE ON SCHEMA timevmaps TO PUBLIC;
	CREATE FUNCTION dbo.row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM dbo.act(); RETURN NEW; END $$;
	CREATE TRIGGER experiments_update INSTEAD OF UPDATE ON timevmaps.experiments FOR EACH ROW EXECUTE FUNCTION dbo.row()};
}
$from = length $cluster->log_text;
$cluster->query('postgres', 'CREATE DATABASE without OWNER dbo');
my $view = view('without');
$cluster->query('without', "SET SESSION AUTHORIZATION dbo; CREATE SCHEMA timevmaps; $view");
# With the extension, and a schema that a superuser has given him.
$cluster->setup('given');
$view = view('given');
$cluster->query('given', "ALTER DATABASE given OWNER TO dbo; ALTER SCHEMA timevmaps OWNER TO dbo; SET SESSION AUTHORIZATION dbo; DROP TABLE timevmaps.experiments CASCADE; $view");
$cluster->query('postgres', 'ALTER SYSTEM SET log_min_messages = debug1');
$cluster->stop('fast');
$cluster->start;
my %oid = map { $_ => $cluster->query('postgres', "SELECT oid FROM pg_database WHERE datname = '$_'") } qw(without given);
my $end = time + 30;
for my $database (qw(without given))
{
	sleep 0.2 while time < $end && $cluster->log_text !~ /starting background worker process "timevmaps worker for database $oid{$database}"/;
	like($cluster->log_text, qr/starting background worker process "timevmaps worker for database $oid{$database}"/, "a worker comes to database \"$database\"");
}
ok($cluster->poll('given', "SELECT bool_and(state = 'waiting') FROM timevmaps.tv_worker_status()", 10), 'and waits where the extension is');
sleep 3;
is_deeply(seen('timevmaps worker'), {}, 'neither runs what the owner of the database has put in a table\'s place');
is($cluster->sqlstate('given', 'CALL timevmaps.tv_work(1)'), '55000', 'nor does tv_work()');
$cluster->query('given', 'DROP VIEW timevmaps.experiments');
like((substr $cluster->log_text, $from), qr/timevmaps worker: the tables of timevmaps belong to another role than tv_owner\n.*"dbo"/, 'the log tells of it');
# Though all tables are tv_owner's, he may put others in their place.
$cluster->setup('schema');
$cluster->query('schema', 'ALTER SCHEMA timevmaps OWNER TO dbo');
is($cluster->sqlstate('schema', 'CALL timevmaps.tv_work(1)'), '55000', 'nor is a schema of his served');
unlike($cluster->log_text, qr/TRAP:|PANIC:/, 'nothing strange in the log');
done_testing();
