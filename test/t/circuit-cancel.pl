# Whatever a circuit is doing when it is cancelled, it stops at once; what is large is refused or
# answered within bounds on memory; a thousand errors leave no memory behind.
# test/run: calm
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use TvCluster;
use TvSession;

my $cluster = TvCluster->new(conf => ['autovacuum = off', 'jit = off', "timevmaps.circuit_memory = '700MB'"]);
$cluster->setup('app');
$cluster->query('app', <<'SQL');
CREATE TABLE document (name text PRIMARY KEY, c jsonb);
INSERT INTO document
SELECT 'gates', jsonb_build_object('qubits', 3, 'gates', (SELECT jsonb_agg(jsonb_build_object('op', 'RX', 'target', i % 3, 'theta', i * 0.1)) FROM generate_series(1, 600000) i))
UNION ALL
SELECT 'cx', jsonb_build_object('qubits', 1000, 'gates', (SELECT jsonb_agg(jsonb_build_object('op', 'CX', 'control', i % 1000, 'target', (i * 7 + 1) % 1000)) FROM generate_series(1, 200000) i WHERE i % 500 <> 83 AND i % 1000 <> (i * 7 + 1) % 1000))
UNION ALL
SELECT 'state', jsonb_build_object('qubits', 24, 'gates', (SELECT jsonb_agg(jsonb_build_object('op', 'U', 'target', i * 7 % 24, 'theta', i, 'phi', 1, 'lambda', 2)) FROM generate_series(1, 300) i))
UNION ALL
SELECT 'middle', jsonb_build_object('qubits', 4, 'gates', (SELECT jsonb_agg(CASE i % 3 WHEN 0 THEN '{"op": "RX", "target": 0, "theta": 1}'::jsonb WHEN 1 THEN '{"op": "MEASURE", "target": 0, "bit": 0}' ELSE '{"op": "CX", "control": 0, "target": 1}' END) FROM generate_series(1, 100000) i))
UNION ALL
SELECT 'free', jsonb_build_object('qubits', 2, 'gates', (SELECT jsonb_agg('{"op": "RX", "target": 0, "theta": "$a"}'::jsonb) FROM generate_series(1, 400000)))
UNION ALL
SELECT 'values', jsonb_build_object('qubits', 1, 'gates', '[{"op": "RX", "target": 0, "theta": "$p1"}]'::jsonb, 'params', (SELECT jsonb_object_agg('p' || i, 0.1) FROM generate_series(1, 4000) i))
UNION ALL
SELECT 'parameters', jsonb_build_object('qubits', 2, 'gates', (SELECT jsonb_agg(jsonb_build_object('op', 'RX', 'target', i % 2, 'theta', '$p' || i)) FROM generate_series(1, 100000) i), 'params', (SELECT jsonb_object_agg('p' || i, 0.1) FROM generate_series(1, 100000) i));
SQL

sub memory_kb { my ($pid, $key) = @_; open my $file, '<', "/proc/$pid/status" or die; my ($kb) = join('', <$file>) =~ /^$key:\s+(\d+)/m; return $kb }

# ------------------------------------------------------------------ cancelling

my $seed = $ENV{TV_SEED} // 7;
sub random { $seed = ($seed * 1103515245 + 12345) % 2147483648; return $seed / 2147483648 }
my @latencies;
my $session = TvSession->new($cluster, 'app', 'session');
my $pid = $session->query('SELECT pg_backend_pid()');
for my $call (
	[ gates => 'tv_circuit_canonical(c)' ],
	[ gates => 'tv_circuit_hash(c)' ],
	[ gates => "tv_circuit_from_qasm(tv_circuit_to_qasm(c))" ],
	[ gates => 'tv_circuit_draw(c)' ],
	[ gates => 'tv_explain_circuit(c)' ],
	[ gates => 'tv_run_circuit(c, 1000000)' ],
	[ cx => 'tv_circuit_canonical(c)' ],
	[ cx => 'tv_circuit_draw(c)' ],
	[ cx => 'tv_run_circuit(c, 1000000)' ],
	[ state => 'tv_run_circuit(c, 1000000)' ],
	[ state => q(tv_run_circuit(c, 1000, 0, '{"noise": {"depolarizing": 0.01}}')) ],
	[ state => q(tv_run_circuit(c, 1000, 0, '{"precision": "single"}')) ],
	[ state => q(tv_run_circuit(c, 0, 0, '{"entropy": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], "observables": ["X0", "XXXXXXXXXXXXYYYYYYYYYYYY"]}')) ],
	[ state => 'tv_bloch(c)' ],
	[ state => q(tv_expectation(c, 'X0 Y23')) ],
	[ state => q(tv_explain_circuit(c, '{"analyze": true}')) ],
	[ state => q(tv_fidelity(c, '{"noise": {"amplitude_damping": 0.01}}')) ],
	[ middle => 'tv_run_circuit(c, 1000000000)' ],
	[ middle => q(tv_run_circuit(c, 0, 0, '{"trajectories": 1000000000}')) ],
	[ middle => 'tv_explain_circuit(c)' ],
	[ free => 'tv_circuit_canonical(c)' ],
	[ free => 'tv_circuit_to_qasm(c)' ],
	[ free => q(tv_gradient(c, 'Z0', '{"a": 1}')) ],
	[ parameters => q(tv_gradient(c, 'Z0')) ],
	[ parameters => q(tv_validate_experiment('sweep', jsonb_build_object('circuit', c, 'grid', '{"p1": {"from": 0, "to": 1, "count": 1000}, "p2": [1,2]}'::jsonb))) ],
)
{
	my ($name, $function) = @$call;
	my $sql = "SELECT count(f) FROM document d, LATERAL timevmaps." . ($function =~ s/(?<=\()(tv_)/timevmaps.$1/r) . " f WHERE d.name = '$name'";
	my $began = time;
	my $answer = $session->run("SET statement_timeout = 500; $sql");
	my $whole = time - $began;
	like($answer->{sqlstate}, qr/^(57014|PT413|)$/, "$name: $function: an answer, or none");
	my @late = $answer->{sqlstate} eq '57014' ? $whole - 0.5 : ();
	for (1 .. 2)
	{
		my $timeout = int(1000 * ($whole < 0.5 ? $whole : 0.5) * random()) || 1;
		$began = time;
		my $state = $session->run("SET statement_timeout = $timeout; $sql")->{sqlstate};
		push @late, time - $began - $timeout / 1000 if $state eq '57014';
		like($state, qr/^(57014|PT413|)$/, "within $timeout ms, or not") if $state !~ /^(57014|PT413|)$/;
	}
	my ($worst) = sort { $b <=> $a } @late, 0;
	push @latencies, @late;
	# The bar is 100 ms, on a machine that has nothing else to do: the figures are printed. What fails here does not ask at all.
	cmp_ok($worst, '<', 1.5, sprintf '%s: %s: late by %.0f ms at most', $name, $function, 1000 * $worst);
}
@latencies = sort { $a <=> $b } @latencies;
diag(sprintf '%d cancelled: %.0f ms late in the middle, %.0f ms at worst', scalar @latencies, map { 1000 * $_ } @latencies[ @latencies / 2, -1 ]);
$session->query('SET statement_timeout = 0');

# --------------------------------------------------------------------- memory

# What a call takes at most beside the document itself, in MB.
sub peak
{
	my ($name, $function) = @_;
	my $one = TvSession->new($cluster, 'app', 'peak');
	my $process = $one->query('SELECT pg_backend_pid()');
	$one->query("SELECT jsonb_typeof(c) FROM document WHERE name = '$name'");
	my $before = memory_kb($process, 'VmHWM');
	is($one->run("SELECT count(f) FROM document, LATERAL timevmaps.$function f WHERE name = '$name'")->{sqlstate}, '', "$name: $function");
	return (memory_kb($process, 'VmHWM') - $before) / 1024;
}
# A copy of all values for each of them would be 200 MB, jsonb_in() of the gates' text 700 MB, a text buffer for each angle 400 MB.
for my $case ([ values => q(tv_gradient(c, 'Z')), 40 ], [ gates => 'tv_circuit_canonical(c)', 400 ], [ free => 'tv_circuit_hash(c)', 320 ])
{
	my ($name, $function, $most) = @$case;
	my $mb = peak($name, $function);
	cmp_ok($mb, '<', $most, sprintf 'takes %.0f MB', $mb);
}

# A thousand errors of each kind, and what the process then has more than after the first hundred.
sub errors { my ($one, $sql, $count) = @_; $one->query("DO \$do\$ BEGIN FOR i IN 1 .. $count LOOP BEGIN EXECUTE \$sql\$ $sql \$sql\$; EXCEPTION WHEN OTHERS THEN NULL; END; END LOOP; END \$do\$") }
my $bell = q('{"qubits": 10, "gates": [{"op": "H", "target": 0}, {"op": "U", "target": 1, "theta": "$a", "phi": 1, "lambda": 1}, {"op": "MEASURE", "target": 0, "bit": 0}, {"op": "H", "target": 0}]}');
for my $sql (
	"SELECT timevmaps.tv_run_circuit($bell)",
	"SELECT timevmaps.tv_run_circuit($bell, 10, 0, '{\"params\": {\"a\": 1}, \"observables\": [\"Z0\", \"Q\"]}')",
	"SELECT timevmaps.tv_run_circuit($bell, 10, 0, '{\"params\": {\"a\": 1}, \"noise\": [{\"channel\": \"bit_flip\", \"p\": 2}]}')",
	"SELECT timevmaps.tv_run_circuit('{\"qubits\": 40, \"gates\": [{\"op\": \"T\", \"target\": 0}]}')",
	"SELECT count(*) FROM timevmaps.tv_bloch($bell)",
	"SELECT count(*) FROM timevmaps.tv_gradient($bell, 'Z0', '{\"a\": 1}')",
	"SELECT count(*) FROM timevmaps.tv_explain_circuit($bell)",
	"SELECT timevmaps.tv_circuit_draw($bell, 'png')",
	"SELECT timevmaps.tv_circuit_from_qasm('OPENQASM 3; qubit[3] q; gate g a { h a; } U(0, 0, 0) q; nonsense q;')",
	"SELECT timevmaps.tv_validate_experiment('sweep', jsonb_build_object('circuit', ${bell}::jsonb, 'grid', '{\"b\": [1]}'::jsonb))",
	"SELECT timevmaps.tv_validate_experiment('quantum', jsonb_build_object('circuit', ${bell}::jsonb))",
	"SELECT count(*) FROM timevmaps.tv_frame_bloch('\\x54564631')",
	"SELECT timevmaps.tv_reproduce(1)",
)
{
	errors($session, $sql, 100);
	my $before = memory_kb($pid, 'VmRSS');
	errors($session, $sql, 1000);
	cmp_ok(memory_kb($pid, 'VmRSS') - $before, '<', 1000, "no memory is left behind by $sql");
}
is($session->query(q{SELECT count(*) FROM pg_backend_memory_contexts WHERE name LIKE 'timevmaps kernel'}), '0', 'nor by what was cancelled');
done_testing();
