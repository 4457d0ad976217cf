# Memories of the surface code: what they measure without noise, their fidelity against the way that has
# a tableau for each trajectory, and that the fidelity, the Bloch vectors and the rest cost little.
# test/run: calm
use strict;
use warnings;
use JSON::PP;
use Test::More;
use TvCluster;
use TvSession;
use TvSurface;

my $cluster = TvCluster->new(conf => ['jit = off']);
$cluster->setup('app');
my $session = TvSession->new($cluster, 'app');
my $pid = $session->query('SELECT pg_backend_pid()');

sub run_circuit
{
	my ($circuit, $shots, $options) = @_;
	return decode_json($session->query("SELECT timevmaps.tv_run_circuit('$circuit', $shots, 5, '$options')"));
}

# Processor time of the backend, in milliseconds, the least of several.
sub cost
{
	my ($circuit, $shots, $options) = @_;
	my $least;
	for (1 .. 5)
	{
		my @at = map { open my $stat, '<', "/proc/$pid/schedstat" or die; my ($ns) = split ' ', <$stat>;
			$session->query("SELECT count(timevmaps.tv_run_circuit('$circuit', $shots, 5, '$options'))") if $_ == 0; $ns } 0, 1;
		my $cost = ($at[1] - $at[0]) / 1e6;
		$least = $cost if !defined $least || $cost < $least;
	}
	return $least;
}

for my $d (3, 5, 7)
{
	my $circuit = TvSurface::circuit($d, 3);
	my $checks = $d * $d - 1;
	my $counts = run_circuit($circuit, 300, '{}')->{counts};
	my ($repeated, $random) = (1, 0);
	for my $key (keys %$counts)
	{
		my @rounds = map { substr(reverse($key), $_ * $checks, $checks) } 0 .. 2;
		$repeated &&= $rounds[0] eq $rounds[1] && $rounds[1] eq $rounds[2];
		$random++ if $rounds[0] =~ /1/;
	}
	ok($repeated && $random > 10, "distance $d: without noise each round measures what the first did, which is open");
	is(2 * $d * $d - 1, decode_json($circuit)->{qubits}, 'its qubits');
}

# A gate that waits for a bit which is never set, and that frames cannot follow.
my $noise = '"noise": {"depolarizing": 0.002, "readout": 0.01}';
my $circuit = decode_json(TvSurface::circuit(3, 3));
my $slow = { qubits => 18, gates => [ @{ $circuit->{gates} }, { op => 'MEASURE', target => 17, bit => 40 }, { op => 'S', target => 17, if => { bit => 40 } } ] };
my $fast_result = run_circuit(encode_json($circuit), 20000, "{$noise}");
my $slow_result = run_circuit(encode_json($slow), 3000, "{$noise}");
cmp_ok(abs($fast_result->{fidelity} - $slow_result->{fidelity}), '<', 4.5 * sqrt($fast_result->{fidelity_error}**2 + $slow_result->{fidelity_error}**2),
	"fidelity $fast_result->{fidelity} is the other way's, $slow_result->{fidelity}");
cmp_ok($fast_result->{fidelity}, '<', 0.95, 'which noise has brought down');
cmp_ok($slow_result->{duration_s}, '>', 10 * $fast_result->{duration_s} / 20000 * 3000, 'and which is the slow way');
is_deeply($fast_result->{counts}, run_circuit(encode_json($circuit), 20000, "{$noise, \"fidelity\": false}")->{counts}, 'the shots are the same without it');

# Before they were followed in lanes, the fidelity took two hundred times the shots.
my $memory = TvSurface::circuit(5, 5);
my ($default, $plain) = map { cost($memory, 10000, "{$noise$_}") } '', ', "fidelity": false, "bloch": false, "top": 0';
cmp_ok($default, '<', 3 * $plain, sprintf 'distance 5, 10,000 shots: %.1f ms with all that is told by default, %.1f ms for the counts alone', $default, $plain);

done_testing;
