# Settings of the server, a database or a role that would change what a worker's transactions do: they do not.
use strict;
use warnings;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep);
use TvCluster;
use TvSession;

my $cluster = TvCluster->new(conf => ["shared_preload_libraries = 'timevmaps'", 'autovacuum = off']);
$ENV{PGOPTIONS} = '-c default_transaction_read_only=off -c default_transaction_isolation=read\ committed -c session_replication_role=origin'
	. ' -c row_security=on -c lock_timeout=0 -c statement_timeout=0';
$cluster->setup('app');
sub q1 { return $cluster->query('app', $_[0]) }
sub works
{
	my ($what, $kind, $params, $role) = @_;
	my $as = $role ? "SET ROLE $role; " : '';
	my $id = q1("${as}SELECT id FROM timevmaps.tv_submit_experiment(1, 1, '$kind', '$params')");
	ok($cluster->poll('app', "SELECT status = 'finished' AND attempts = 1 FROM timevmaps.experiments WHERE id = $id", 10), $what)
		or diag q1("SELECT status, attempts, error FROM timevmaps.experiments WHERE id = $id");
	return $id;
}
sub fresh { q1('SELECT pg_terminate_backend(pid) FROM timevmaps.tv_worker_status()'); return }
sub told { my @lines = $cluster->log_text =~ /LOG:  timevmaps worker: .*$/mg; return @lines }

q1(q{
    INSERT INTO timevmaps.worlds (name, visibility) VALUES ('w', 'public');
    INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'root');
    INSERT INTO timevmaps.places (world_id, lat, lon) VALUES (1, 57.70, 11.97), (1, 57.71, 11.98);
    INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (1, 1, 2, 2000.0625, 72);
});
my $sr = '{"v_mps": 1}';
my $route = '{"origin_place_id": 1, "dest_place_id": 2}';
my $circuit = '{"circuit": {"qubits": 2, "gates": [{"op": "H", "target": 0}]}, "seed": 1}';

# ---------------------------------------------------------------- read-only by default
for my $where ('DATABASE app', 'ROLE postgres')
{
	q1("ALTER $where SET default_transaction_read_only = on");
	fresh();
	works("read-only by default for $where", 'quantum', $circuit);
	q1("ALTER $where RESET default_transaction_read_only");
}
q1('ALTER SYSTEM SET default_transaction_read_only = on');
$cluster->reload;
works('read-only by default for all, after a reload', 'quantum', $circuit);
fresh();
works('and for one that starts then', 'quantum', $circuit);
q1('ALTER SYSTEM RESET default_transaction_read_only');
$cluster->reload;
is(join("\n", told()), '', 'nor is there anything to say');

# ---------------------------------------------------------------- all that may be in the way
my %hostile = (default_transaction_isolation => 'serializable', default_transaction_deferrable => 'on', row_security => 'off',
	session_replication_role => 'replica', statement_timeout => '1ms', lock_timeout => '1ms', idle_in_transaction_session_timeout => '1ms',
	search_path => 'public', DateStyle => 'SQL, DMY', IntervalStyle => 'sql_standard', extra_float_digits => '-10',
	standard_conforming_strings => 'off', transform_null_equals => 'on', bytea_output => 'escape');
my $before = q1("SELECT metrics - 'duration_s' - 'anomaly' FROM timevmaps.results WHERE experiment_id = " . works('a circuit before', 'quantum', $circuit));
my $planned = q1("SELECT metrics - 'route_id' FROM timevmaps.results WHERE experiment_id = " . works('a route before', 'route', $route));
q1("ALTER DATABASE app SET $_ = '$hostile{$_}'") for sort keys %hostile;
fresh();
is(q1("SELECT metrics - 'duration_s' - 'anomaly' FROM timevmaps.results WHERE experiment_id = " . works('a circuit', 'quantum', $circuit)), $before, 'and its result');
is(q1("SELECT metrics - 'route_id' FROM timevmaps.results WHERE experiment_id = " . works('a route', 'route', $route)), $planned, 'and its result');
is(q1("SELECT count(*) FROM timevmaps.experiments WHERE started_at IS NULL OR finished_at IS NULL"), '0', 'the triggers fired');

# Who is bound by policies, in a world of her own.
q1(q{CREATE ROLE ann LOGIN IN ROLE tv_analyst;
    INSERT INTO timevmaps.worlds (id, name, owner) VALUES (2, 'of ann', 'ann');
    INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (20, 2, 'root');
    INSERT INTO timevmaps.places (id, world_id, lat, lon) VALUES (21, 2, 57.70, 11.97), (22, 2, 57.71, 11.98);
    INSERT INTO timevmaps.segments (id, world_id, a_place_id, b_place_id, length_m, speed_kph) VALUES (23, 2, 21, 22, 2000, 72)});
my $hers = q1(q{SET SESSION AUTHORIZATION ann; SELECT id FROM timevmaps.tv_submit_experiment(2, 20, 'route', '{"origin_place_id": 21, "dest_place_id": 22}')});
ok($cluster->poll('app', "SELECT status = 'finished' FROM timevmaps.experiments WHERE id = $hers", 10), 'a route of somebody whom policies bind')
	or diag q1("SELECT status, attempts, error FROM timevmaps.experiments WHERE id = $hers");

# Two workers under strict isolation do not fail each other, nor do sessions.
q1('ALTER SYSTEM SET timevmaps.workers = 2');
$cluster->reload;
q1(q(INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params) SELECT 1, 1, 'sr', '{"v_mps": 1}' FROM generate_series(1, 200)));
ok($cluster->poll('app', "SELECT count(*) = 0 FROM timevmaps.experiments WHERE status <> 'finished'", 30), 'two workers empty the queue');
is(q1('SELECT max(attempts) FROM timevmaps.experiments'), '1', 'each experiment at the first attempt');
q1('SELECT timevmaps.tv_stop_worker()');
q1(q(INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params) SELECT 1, 1, 'sr', '{"v_mps": 1}' FROM generate_series(1, 200)));
{
	local $ENV{PGOPTIONS} = '-c default_transaction_isolation=serializable -c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0';
	my @sessions = map { my $pid = fork // die; if (!$pid) { my ($status, undef, $err) = $cluster->psql('app', 'CALL timevmaps.tv_work(200)'); print STDERR $err; POSIX::_exit($status ? 1 : 0) } $pid } 1 .. 3;
	my $failed = 0;
	for my $pid (@sessions) { waitpid $pid, 0; $failed++ if $? }
	is($failed, 0, 'three sessions in tv_work() under strict isolation do not fail');
}
is(q1("SELECT count(*) FROM timevmaps.experiments WHERE status <> 'finished' OR attempts <> 1"), '0', 'and empty the queue');
is(join("\n", told()), '', 'nor was there anything to say');

# ---------------------------------------------------------------- who locks what is his
# An experiment cannot end while ann has its gateway; others can.
q1("ALTER DATABASE app RESET $_") for sort keys %hostile;
q1('ALTER SYSTEM SET timevmaps.workers = 0');
$cluster->reload;
sleep 1;
q1('SELECT timevmaps.tv_stop_worker()');
q1(q{INSERT INTO timevmaps.gateways (id, from_timeline_id, from_place_id, to_timeline_id, to_place_id) VALUES (24, 20, 21, 20, 22)});
my $held = q1(qq{SET SESSION AUTHORIZATION ann; SELECT id FROM timevmaps.tv_submit_experiment(2, 20, 'quantum', '$circuit', gateway_id => 24)});
my $ann = TvSession->new($cluster, 'app', 'ann');
$ann->query('SET SESSION AUTHORIZATION ann; BEGIN; SELECT FROM timevmaps.gateways WHERE id = 24 FOR UPDATE');
my $other = q1("SELECT id FROM timevmaps.tv_submit_experiment(1, 1, 'sr', '$sr')");
q1('SELECT timevmaps.tv_start_worker()');
ok($cluster->poll('app', "SELECT status = 'finished' FROM timevmaps.experiments WHERE id = $other", 30), 'a row that a client has locked keeps no worker from others\' experiments');
ok($cluster->poll('app', "SELECT status = 'queued' AND error ->> 'sqlstate' = '55P03' FROM timevmaps.experiments WHERE id = $held", 30), '... and its own is tried again');
$ann->query('ROLLBACK');
q1("UPDATE timevmaps.experiments SET run_at = now() WHERE id = $held AND status = 'queued'");
ok($cluster->poll('app', "SELECT status = 'finished' FROM timevmaps.experiments WHERE id = $held", 30), '... when it is free');
q1('SELECT timevmaps.tv_stop_worker()');

# ---------------------------------------------------------------- a standby that does not answer
q1("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
q1("ALTER DATABASE app SET timevmaps.synchronous_commit = local");
$cluster->reload;
{
	local $ENV{PGOPTIONS} = "$ENV{PGOPTIONS} -c synchronous_commit=local";
	q1('SELECT timevmaps.tv_start_worker()');
	works('the queue waits for none where timevmaps.synchronous_commit says so', 'quantum', $circuit);
	q1('SELECT timevmaps.tv_stop_worker()');
}
my $alone;
{
	local $ENV{PGOPTIONS} = "$ENV{PGOPTIONS} -c synchronous_commit=local";
	$alone = q1("SELECT id FROM timevmaps.tv_submit_experiment(1, 1, 'sr', '$sr')");
}
{
	local $ENV{PGOPTIONS} = '-c statement_timeout=20s';
	is($cluster->sqlstate('app', 'CALL timevmaps.tv_work(1)'), '', 'nor does a session in tv_work()');
}
is(q1("SELECT status FROM timevmaps.experiments WHERE id = $alone"), 'finished', '... which has run it');
q1('ALTER SYSTEM RESET synchronous_standby_names');
$cluster->reload;
q1('ALTER DATABASE app RESET timevmaps.synchronous_commit');

# ---------------------------------------------------------------- trouble that lasts
q1("CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN RAISE EXCEPTION USING ERRCODE = '25006', MESSAGE = 'read-only'; END \$\$;
	CREATE TRIGGER refuse BEFORE UPDATE ON timevmaps.experiments FOR EACH ROW EXECUTE FUNCTION public.refuse()");
q1("SELECT id FROM timevmaps.tv_submit_experiment(1, 1, 'sr', '$sr'); SELECT timevmaps.tv_start_worker()");
sleep 4;
is(q1('SELECT string_agg(DISTINCT state, chr(44)) FROM timevmaps.tv_worker_status()'), 'read-only', 'what cannot be written is a state of the worker');
my %lines;
$lines{$_}++ for told();
is(join("\n", map { "$lines{$_}: $_" } sort keys %lines), '1: LOG:  timevmaps worker: read-only', 'trouble that lasts is told once a minute');
q1('DROP TRIGGER refuse ON timevmaps.experiments');
ok($cluster->poll('app', "SELECT bool_and(status = 'finished') FROM timevmaps.experiments", 10), 'and when it is over work goes on');
ok($cluster->poll('app', "SELECT bool_and(state = 'idle') FROM timevmaps.tv_worker_status()", 10), '... and it is idle');
unlike($cluster->log_text, qr/TRAP:|PANIC:/, 'nothing strange in the log');
done_testing();
