# Through PgBouncer in transaction mode, where a session's next transaction may be on another connection and the last one's connection
# is somebody else's: submitting, cancelling, reading, working, and PostgREST.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use TvCluster;
use TvPooler;
use TvQueue;
use TvRest;

TvPooler::required();
# Whether its client is there a server asks only when it is told to.
my $cluster = TvCluster->new(conf => ["client_connection_check_interval = '500ms'"]);
$cluster->setup('app');
TvQueue::setup($cluster, 'app');
my $pooler = TvPooler->new($cluster, pool => 2, users => [ 'postgres', 'ana', 'tv_authenticator' ]);

sub ana { return $pooler->query('app', $_[0], '-U', 'ana') }
sub admin { return $pooler->query('app', $_[0]) }
sub submit { return ana("SELECT id FROM timevmaps.tv_submit_experiment($_[0], $_[0]1, '$_[1]', '$_[2]')") }
my $long = '{"circuit": {"qubits": 10, "gates": [{"op": "H", "target": 0}]}, "frames": false, "options": {"method": "statevector", "trajectories": 100000000, "noise": [{"channel": "bit_flip", "p": 0.1}]}}';

# ---------------------------------------------------------------- each by itself
my $id = submit(1, 'sr', '{"v_mps": 2.4e8, "proper_seconds": 3}');
is(ana("SELECT status FROM timevmaps.experiments WHERE id = $id"), 'queued', 'an experiment is submitted');
admin('CALL timevmaps.tv_work(1)');
is(ana("SELECT round((metrics ->> 'coordinate_seconds')::numeric, 2) FROM timevmaps.results WHERE experiment_id = $id"), '5.01', 'CALL tv_work() runs it, and its result is read');
$id = submit(1, 'sr', '{"v_mps": 1}');
is(ana("SELECT status FROM timevmaps.tv_cancel_experiment($id)"), 'cancelled', 'one is cancelled');
is(ana("SELECT status FROM timevmaps.tv_retry_experiment($id)"), 'queued', 'and queued again');
admin('CALL timevmaps.tv_work(5)');
is(ana("SELECT status FROM timevmaps.experiments WHERE id = $id"), 'finished', 'and run');
# What a statement leaves on a connection is the next one's: nothing of ours does.
my $state = q{SELECT string_agg(name || '=' || setting, ' ' ORDER BY name) FROM pg_settings WHERE source = 'session' AND name NOT IN ('application_name', 'client_encoding')};
is(join(' ', map { admin($state) } 1 .. 6), join(' ', ('') x 6), 'no setting stays on a connection that has worked');
is(admin(q{SELECT current_user || session_user}), 'postgrespostgres', 'nor who it was');
is($cluster->query('app', q{SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'}), '0', 'nor a lock');
is(admin('SELECT count(*) FROM timevmaps.tv_worker_status()'), '0', 'nor a place among the workers');

# ---------------------------------------------------------------- cancelled, and left
my $running = submit(2, 'quantum', $long);
my $work = fork() // die;
if (!$work) { $pooler->psql('app', 'CALL timevmaps.tv_work(1)'); POSIX::_exit(0) }
ok($cluster->poll('app', "SELECT status = 'running' FROM timevmaps.experiments WHERE id = $running", 10), 'a long one runs there');
is(ana("SELECT status FROM timevmaps.tv_cancel_experiment($running)"), 'cancelled', 'it is cancelled, through the same pooler');
waitpid $work, 0;
ok($cluster->poll('app', 'SELECT count(*) = 0 FROM timevmaps.tv_worker_status()', 10), 'and its session stops');
$running = submit(2, 'quantum', $long);
my $client = open(my $out, '-|', 'env', 'PGHOST=' . $cluster->socket_dir, 'PGUSER=postgres', 'psql', '-X', '-q', '-p', $pooler->port, '-d', 'app', '-c', 'CALL timevmaps.tv_work(1)') // die;
ok($cluster->poll('app', "SELECT status = 'running' FROM timevmaps.experiments WHERE id = $running", 10), 'another runs');
kill 'KILL', $client;
close $out;
ok($cluster->poll('app', q{SELECT count(*) = 0 FROM timevmaps.tv_worker_status()}, 20), 'its client is killed: the session ends');
is(ana("SELECT status || ' ' || attempts FROM timevmaps.experiments WHERE id = $running"), 'queued 0', 'and the experiment waits, as if it had not been begun');
ana("SELECT timevmaps.tv_cancel_experiment($running)");

# ---------------------------------------------------------------- many at once, on two connections each
my @pids;
for my $number (1 .. 10)
{
	my $pid = fork() // die;
	push @pids, $pid and next if $pid;
	my $fine = eval {
		for (1 .. 8)
		{
			if ($number <= 3) { admin('CALL timevmaps.tv_work(20)') }
			else
			{
				my @ids = split /\n/, ana(q{INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params) SELECT w, 10 * w + 1, 'sr', '{"v_mps": 5}' FROM generate_series(1, 3) w RETURNING id});
				# It may have been finished meanwhile.
				$pooler->psql('app', "SELECT timevmaps.tv_cancel_experiment($ids[0])", '-U', 'ana');
				ana("SELECT count(*) FROM timevmaps.results WHERE experiment_id = $ids[1]");
			}
		}
		1;
	};
	print STDERR $@ unless $fine;
	POSIX::_exit($fine ? 0 : 1);
}
my $failed = 0;
for (@pids) { waitpid $_, 0; $failed++ if $? }
is($failed, 0, 'three that work and seven that submit, cancel and read');
admin('CALL timevmaps.tv_work(1000)');
is(ana(q{SELECT count(*) FILTER (WHERE status = 'finished') >= 112 + 2, count(*) FILTER (WHERE status NOT IN ('finished', 'cancelled')), count(*) FROM timevmaps.experiments}), 't|0|172', 'all of it is run, but what was cancelled');
is(join("\n", TvQueue::complaints($cluster, 'app', 1)), '', 'and the queue is as it must be');
is(join(' ', map { admin($state) } 1 .. 6), join(' ', ('') x 6), 'no setting stays');

# ---------------------------------------------------------------- PostgREST
SKIP:
{
	my ($program, $why) = TvRest::program();
	skip "PostgREST: $why", 1 unless $program;
	my ($status, undef, $err) = $cluster->client('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', 'app', '-f', "$ENV{TV_REPO}/http/roles.sql");
	is($status, 0, 'roles') or diag($err);
	$cluster->query('app', q{UPDATE timevmaps.worlds SET owner = 'timevmaps|ada', visibility = 'private' WHERE id = 3});
	# As the configuration says of poolers; and nobody listens through one.
	my $rest = TvRest->new($cluster, 'app', environment => { PGPORT => $pooler->port, PGRST_DB_PREPARED_STATEMENTS => 'false', PGRST_DB_CHANNEL_ENABLED => 'false' });
	my $ada = $rest->token(role => 'tv_analyst', sub => 'ada');
	my $root = $rest->token(role => 'tv_admin', sub => 'root');
	my $answer = $rest->request(POST => '/rpc/tv_submit_experiment', { world_id => 3, timeline_id => 31, kind => 'sr', params => { v_mps => 1 } }, token => $ada);
	is($answer->{status}, 202, 'PostgREST through it: an experiment is submitted') or diag($answer->{text});
	my $submitted = ref $answer->{json} eq 'ARRAY' ? $answer->{json}[0]{id} : $answer->{json}{id};
	is($rest->request(POST => '/rpc/tv_cancel_experiment', { id => $submitted }, token => $ada)->{status}, 200, 'cancelled');
	is($rest->request(POST => '/rpc/tv_retry_experiment', { id => $submitted }, token => $ada)->{status}, 200, 'queued again');
	admin('CALL timevmaps.tv_work(10)');
	my $result = $rest->request(GET => "/results?experiment_id=eq.$submitted&select=metrics->gamma", undef, token => $ada);
	is_deeply($result->{json}, [ { gamma => 1 } ], 'run, and its result read') or diag($result->{text});
	is($rest->request(GET => '/experiments?select=id&id=eq.' . $submitted)->{text}, '[]', 'who asks without a token on the same connections sees nothing of it');
	my @statuses = map { $rest->request(GET => '/worlds?select=id&id=eq.3', undef, $_ % 2 ? (token => $ada) : ())->{text} } 1 .. 10;
	is_deeply(\@statuses, [ ('[{"id":3}]', '[]') x 5 ], 'each request is its own identity\'s, whoever had the connection before');
}
unlike($pooler->log_text, qr/\b(?:FATAL|ERROR)\b/, 'nothing strange in the pooler\'s log');
unlike($cluster->log_text, qr/TRAP:|PANIC:/, 'nor in the server\'s');
done_testing();
