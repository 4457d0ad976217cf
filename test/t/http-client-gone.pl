# A client that has gone away is noticed while its statement computes: the role that PostgREST connects as, as
# http/roles.sql makes it, asks every second whether the other end is still there.
# test/run: calm
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use TvCluster;
use TvSession;

my $side = 100;
my $places = $side * $side;
my $cluster = TvCluster->new(conf => [ 'autovacuum = off', 'jit = off' ]);
$cluster->setup('app');
my ($status, undef, $err) = $cluster->client('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', 'app', '-f', "$ENV{TV_REPO}/http/roles.sql");
is($status, 0, 'http/roles.sql runs') or diag($err);
$cluster->query('app', <<"SQL");
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1, 'one', '{"sr": false, "clock": "local"}');
INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (1, 1, 'main');
INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT 1 + x * $side + y, 1, x * 0.01, y * 0.01 FROM generate_series(0, $side - 1) x, generate_series(0, $side - 1) y;
INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph)
SELECT 1, id, id + d, 100 + id * 7919 % 500, 30 + (id + d) % 60 FROM timevmaps.places, unnest(ARRAY[1, $side]) d WHERE id + d <= $places AND (d > 1 OR id % $side > 0);
ANALYZE;
SQL

# Each is one call that computes for minutes, and sends nothing until it has ended.
my @calls = (
	[ 'a circuit' => q{SELECT timevmaps.tv_run_circuit(jsonb_build_object('qubits', 22, 'gates', (SELECT jsonb_agg(jsonb_build_object('op', 'U', 'target', i * 7 % 22, 'theta', i, 'phi', 1, 'lambda', 2)) FROM generate_series(1, 300) i)),
		0, 0, '{"noise": {"depolarizing": 0.01}, "trajectories": 1000000}')} ],
	[ 'a program' => q{SELECT count(timevmaps.tv_circuit_from_qasm('OPENQASM 3; include "stdgates.inc"; qubit q; for int i in [0:1000] { rx(' || repeat('0.1 + ', i) || '1) q; }')) FROM generate_series(100000, 200000) i} ],
	[ 'a matrix of routes' => "SET timevmaps.prepared_graph = off; SELECT count(*) FROM timevmaps.tv_cost_matrix(1, 1, (SELECT array_agg(i) FROM generate_series(1, 10000) i), (SELECT array_agg(i) FROM generate_series(1, 10000) i))" ],
);
for my $call (@calls)
{
	my ($name, $sql) = @$call;
	my $session = TvSession->new($cluster, 'dbname=app user=tv_authenticator', $name);
	my $pid = $session->query('SELECT pg_backend_pid()');
	my $client = $session->query('\! echo $PPID');
	$session->begin("SET ROLE tv_player; $sql");
	ok($session->is_waiting(1.5), "$name takes its time");
	like($cluster->query('postgres', "SELECT state FROM pg_stat_activity WHERE pid = $pid"), qr/^active$/, 'its backend works');
	kill 'KILL', $client;
	my $gone = time;
	sleep 0.02 while kill(0, $pid) && time - $gone < 10;
	my $late = time - $gone;
	ok(!kill(0, $pid), 'a backend whose client was killed ends');
	# A second at most until it asks; the rest is for a machine that does other things, too.
	cmp_ok($late, '<', 2, sprintf 'after %.1f s', $late);
	kill 'KILL', $pid if kill 0, $pid;
	undef $session;
}
ok($cluster->poll('postgres', 'SELECT true'), 'others work on');
done_testing();
