# Circuits over HTTP: from and to OpenQASM, their pictures and plans, and what goes wrong.
use strict;
use warnings;
use utf8;
use Test::More;
use TvCluster;
use TvRest;

TvRest::required();
my $cluster = TvCluster->new(conf => ["timevmaps.circuit_memory = '64MB'"]);
$cluster->setup('app');
my ($status, undef, $err) = $cluster->client('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', 'app', '-f', "$ENV{TV_REPO}/http/roles.sql");
is($status, 0, 'roles') or diag($err);
my $rest = TvRest->new($cluster, 'app');

my $program = qq(OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\ncreg c[2];\nh q[0];\ncx q[0], q[1];\nmeasure q -> c;\n);
my $circuit = call(tv_circuit_from_qasm => { qasm => $program })->{json};
is_deeply($circuit, { qubits => 2, bits => 2, gates => [ { op => 'H', target => 0 }, { op => 'X', target => 1, controls => [0] },
	{ op => 'MEASURE', target => 0, bit => 0 }, { op => 'MEASURE', target => 1, bit => 1 } ] }, 'a program as a circuit');
my %probability = map { $_->{bits} => $_->{probability} } @{ call(tv_run_circuit => { circuit => $circuit })->{json}{probabilities} };
is_deeply([ sort keys %probability ], [qw(00 11)], 'which runs');

for my $version (2, 3)
{
	my $written = call(tv_circuit_to_qasm => { circuit => $circuit, version => $version })->{json};
	like($written, qr/^OPENQASM $version\.0?;\n/, "the circuit as a program of OpenQASM $version");
	is_deeply(call(tv_circuit_from_qasm => { qasm => $written })->{json}, $circuit, 'and back');
}

like(call(tv_circuit_draw => { circuit => $circuit })->{json}, qr/q_0: ┤ H ├──■──/, 'a picture as text');
my $svg = call(tv_circuit_draw => { circuit => $circuit, format => 'svg' })->{json};
like($svg, qr{^<svg .*</svg>\s*\z}s, 'a picture as SVG');

my $plan = call(tv_explain_circuit => { circuit => $circuit })->{json};
like($plan->[0], qr/^Circuit by statevector .*qubits=2/, 'a plan, a line each');

fails(call_any(tv_circuit_from_qasm => { qasm => "OPENQASM 2.0;\nqreg q[2];\n  h r[0];\n" }), 400, '22023', qr/^line 3, column 3: /, 'an unknown gate');
fails(call_any(tv_circuit_from_qasm => { qasm => "OPENQASM 2.0;\ninclude \"qelib1.inc\";\nqreg q[2];\nh q[7];\n" }), 400, '22023', qr/^line 4, column \d+: /,
	'a qubit that is not there');
fails(call_any(tv_circuit_to_qasm => { circuit => { qubits => 1, gates => [ { op => 'H', target => 1 } ] } }), 400, '22023', qr/^gates\[0\]\.target: /,
	'a circuit that is none');
fails(call_any(tv_circuit_draw => { circuit => $circuit, format => 'png' }), 400, '22023', qr/^format: /, 'a format that is none');
fails(call_any(tv_amplitudes => { circuit => { qubits => 24, gates => [] } }), 413, 'PT413', qr/more memory than allowed/, 'too many amplitudes');
fails(call_any(tv_circuit_from_qasm => { qasm => 'OPENQASM 2.0; include "qelib1.inc"; qreg q[1000];' . 'h q;' x 1000 }), 413, 'PT413', qr/memory/,
	'a program of too many gates');
done_testing();

sub call_any
{
	my ($function, $arguments, %options) = @_;
	return $rest->request(POST => "/rpc/$function", $arguments, %options);
}

# A call that succeeds.
sub call
{
	my ($function, @rest) = @_;
	my $answer = call_any($function, @rest);
	is($answer->{status}, 200, "$function: 200") or diag($answer->{text});
	return $answer;
}

sub fails
{
	my ($answer, $http, $code, $message, $what) = @_;
	is($answer->{status}, $http, "$what: $http") or diag($answer->{text});
	is($answer->{json}{code}, $code, "$what: $code");
	like($answer->{json}{message}, $message, "$what: where");
	return;
}
