# How long a circuit goes on after pg_cancel_backend(), in each of its phases: the table of docs/engine.md.
#
#     TV_QUBITS=27 TV_TRIES=6 TV_PHASE=entropy chrt -f 50 perl test/bench/cancel.pl      in the repository, after make
#
# Each statement runs once, then is cancelled at TV_TRIES moments spread over that time. A phase at 27 qubits takes up
# to a minute and 4 GB. That circuits stop at all, test/t/circuit-cancel.pl checks at smaller sizes.
use strict;
use warnings;
use Cwd ();
use Time::HiRes qw(time);
BEGIN { $ENV{TV_REPO} //= Cwd::getcwd() }
use lib "$ENV{TV_REPO}/test/lib";
use TvCluster;
use TvSession;

my $qubits = $ENV{TV_QUBITS} // 22;
my $tries = $ENV{TV_TRIES} // 4;
my $few = int($qubits / 2);				# a density matrix of as many entries
my $cluster = TvCluster->new(conf => ['autovacuum = off', 'jit = off']);
$cluster->setup('app');

# `layers` times a gate on each of some qubits and a CX to the next, after an RY on each where `dense`.
$cluster->query('app', <<'SQL');
CREATE FUNCTION circuit(qubits integer, first integer, last integer, layers integer, op jsonb DEFAULT '{"op": "RX"}', dense boolean DEFAULT true)
RETURNS jsonb LANGUAGE sql RETURN jsonb_build_object('qubits', qubits, 'gates',
	(SELECT coalesce(jsonb_agg(jsonb_build_object('op', 'RY', 'target', q, 'theta', 0.1 + 0.07 * q)) FILTER (WHERE dense), '[]') FROM generate_series(0, qubits - 1) q) ||
	(SELECT coalesce(jsonb_agg(g ORDER BY l, q, n), '[]') FROM generate_series(1, layers) l, generate_series(first, last) q,
		LATERAL (VALUES (1, jsonb_build_object('op', 'RX', 'theta', 0.3 + 0.01 * l, 'target', q) || op),
			(2, jsonb_build_object('op', 'CX', 'control', q, 'target', CASE WHEN q = last THEN first ELSE q + 1 END))) g (n, g)));
CREATE FUNCTION unitary(qubits integer) RETURNS jsonb LANGUAGE sql RETURN jsonb_build_object('qubits', qubits, 'gates', (SELECT jsonb_agg(jsonb_build_object('op', 'UNITARY',
	'targets', (SELECT jsonb_agg(q) FROM generate_series(5, 14) q),
	'matrix', (SELECT jsonb_agg((SELECT jsonb_agg((r = c)::integer ORDER BY c) FROM generate_series(1, 1024) c) ORDER BY r) FROM generate_series(1, 1024) r))) FROM generate_series(1, 2)));
SQL

$cluster->query('app', <<"SQL");
CREATE TABLE circuits AS SELECT * FROM (VALUES ('unitary', unitary(@{[ $qubits > 22 ? 22 : $qubits ]})), ('gates', circuit(30, 0, 29, 5000)), ('long', circuit(12, 0, 11, 10000))) v (name, circuit);
SQL
my $session = TvSession->new($cluster, 'app', 'session');
my $canceller = TvSession->new($cluster, 'app', 'canceller');
my $pid = $session->query('SELECT pg_backend_pid()');
my $seed = 7;
sub random { $seed = ($seed * 1103515245 + 12345) % 2147483648; return $seed / 2147483648 }
$session->query("SET timevmaps.circuit_memory = '8GB'");

sub run { my ($circuit, $shots, $options) = @_; return "SELECT length(timevmaps.tv_run_circuit($circuit, $shots, 1, '{\"bloch\": false, \"top\": 0$options}')::text)" }
sub stored { return "(SELECT circuit FROM circuits WHERE name = '$_[0]')" }
my $all = $qubits - 1;
my @phases = (
	[ 'gates on low qubits' => run("circuit($qubits, 0, 9, 3)", 0, '') ],
	[ 'gates on high qubits' => run("circuit($qubits, $qubits - 10, $all, 3)", 0, '') ],
	[ 'the same in single precision' => run("circuit($qubits, $qubits - 10, $all, 3)", 0, ', "precision": "single"') ],
	[ 'UNITARY on ten qubits' => run(stored('unitary'), 0, '') ],
	[ 'few gates, a million shots' => run("circuit($qubits, 0, 0, 0)", 1000000, '') ],
	[ 'measured in the middle' => run("jsonb_set(circuit($qubits, 0, 0, 0), '{gates}', circuit($qubits, 0, 0, 0) -> 'gates' || '[{\"op\": \"RESET\", \"target\": $all}, {\"op\": \"H\", \"target\": $all}]')", 1, '') ],
	[ 'noise, fidelity, probabilities' => run("circuit($qubits, 0, 1, 1)", 1, ', "top": 65536, "noise": {"amplitude_damping": 0.01, "depolarizing": 0.01}, "method": "statevector"') ],
	[ 'density matrix' => run("circuit($few, 0, $few - 1, 1)", 1000, ', "top": 100, "noise": {"amplitude_damping": 0.01}, "method": "density_matrix"') ],
	[ 'the most probable' => "SELECT length(timevmaps.tv_run_circuit(circuit($qubits, 0, 0, 0), 0, 1, '{\"bloch\": false, \"top\": 65536}')::text)" ],
	[ 'Bloch vectors' => "SELECT count(*) FROM timevmaps.tv_bloch(circuit($qubits, 0, 0, 0))" ],
	[ 'an observable' => "SELECT timevmaps.tv_expectation(circuit($qubits, 0, 0, 0), (SELECT string_agg('X' || q || ' Y' || (q + 1) % $qubits || ' Z' || (q + 2) % $qubits, ' + ') FROM generate_series(0, $all, 6) q))" ],
	[ 'entropy of ten qubits' => run("circuit($qubits, 0, 0, 0)", 0, ', "entropy": [0, 2, 4, 6, 8, 10, 12, 14, 16, 18]') ],
	[ 'gradients' => "SELECT count(*) FROM timevmaps.tv_gradient(circuit($qubits, 0, 3, 1, '{\"theta\": \"\$a\"}'), 'Z0 X5', '{\"a\": 0.4}')" ],
	[ 'full frames' => "SELECT sum(length(payload)) FROM timevmaps.tv_circuit_steps(circuit(" . ($qubits - 3) . ", 0, 1, 1, '{\"op\": \"RX\"}', false))" ],
	[ 'an experiment with frames' => "DELETE FROM timevmaps.experiments; INSERT INTO timevmaps.worlds (id, name) VALUES (1, 'w') ON CONFLICT DO NOTHING; INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (1, 1, 'main') ON CONFLICT DO NOTHING; INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params) SELECT 1, 1, 'quantum', jsonb_build_object('circuit', circuit($qubits, 0, 1, 1), 'frames', '{\"every\": 5, \"content\": \"top\"}'::jsonb); CALL timevmaps.tv_work(1)" ],
	[ 'smaller frames' => "SELECT sum(length(payload)) FROM timevmaps.tv_circuit_steps(circuit(" . ($qubits - 6) . ", 0, 3, 1, '{\"op\": \"RX\"}', false))" ],
	[ 'amplitudes as rows' => "SELECT sum(probability) FROM timevmaps.tv_amplitudes(circuit(" . ($qubits > 23 ? 23 : $qubits - 2) . ", 0, 0, 0))" ],
	[ 'reading many gates' => "SELECT timevmaps.tv_circuit_hash(" . stored('gates') . ')' ],
	[ 'running many gates' => run(stored('long'), 10, '') ],
);

printf "| %-30s | whole | cancelled | in the middle | at worst |\n|%s|---:|---:|---:|---:|\n", 'phase', '-' x 32;
for my $phase (grep { !$ENV{TV_PHASE} || $_->[0] =~ /$ENV{TV_PHASE}/ } @phases)
{
	my ($name, $sql) = @$phase;
	my $began = time;
	my $answer = $session->run($sql);
	my $whole = time - $began;
	die "$name: $answer->{rows}\n" if $answer->{sqlstate};
	my @latencies;
	$session->cancelled($canceller, $pid, $sql, $whole * ($_ - random()) / $tries, \@latencies) =~ /^(57014)?$/ or die "$name: not cancelled but failed\n" for 1 .. $tries;
	@latencies = sort { $a <=> $b } @latencies;
	printf "| %-30s | %.0f ms | %d | %.0f ms | %.0f ms |\n", $name, 1000 * $whole, scalar @latencies, map { 1000 * ($_ // 0) } @latencies[ @latencies / 2, -1 ];
}
