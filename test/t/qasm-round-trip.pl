# The 22 circuits of QASMBench that the data beside the checkout has, against their exact
# distributions (an independent simulator's), within 1e-9; and back through OpenQASM 2 and 3, to the same amplitudes.
#
#     QASM=DIRECTORY test/run server test/t/qasm-round-trip.pl        DIRECTORY: *.qasm and distributions.json
use strict;
use warnings;
use JSON::PP;
use Test::More;
use TvCluster;

my $data = $ENV{QASM} // "$ENV{TV_REPO}/../shared/data/qasm";
plan skip_all => "no distributions.json in QASM ($data)" unless -e "$data/distributions.json";

sub slurp { my ($name) = @_; open my $in, '<', $name or die "$name: $!"; local $/; return <$in> }

my $cluster = TvCluster->new;
$cluster->setup('app');

# The distributions are of states that no measurement has collapsed.
$cluster->query('app', q{CREATE FUNCTION unmeasured(circuit jsonb) RETURNS jsonb LANGUAGE sql RETURN circuit || jsonb_build_object('gates',
	(SELECT jsonb_agg(gate ORDER BY n) FROM jsonb_array_elements(circuit -> 'gates') WITH ORDINALITY g (gate, n) WHERE gate ->> 'op' <> 'MEASURE'))});
my $distributions = JSON::PP->new->decode(slurp("$data/distributions.json"));

# Of these two the reference shows one trajectory: measurements before the last gate have collapsed it.
my %collapsed = map { $_ => 1 } 'bb84_n8.qasm', 'qaoa_n3.qasm';
$cluster->query('app', q{CREATE FUNCTION measured_before_the_end(circuit jsonb) RETURNS jsonb LANGUAGE sql RETURN circuit || jsonb_build_object('gates',
	(SELECT jsonb_agg(gate ORDER BY n) FROM (SELECT gate, n, max(n) FILTER (WHERE gate ->> 'op' <> 'MEASURE') OVER () AS last
		FROM jsonb_array_elements(circuit -> 'gates') WITH ORDINALITY g (gate, n)) g WHERE n <= last))});

sub rows
{
	return { map { split /\|/ } split /\n/, $cluster->query('app', $_[0]) };
}

# The distribution of the state just before the measurements; q[0] is bit 0.
sub distribution
{
	my ($expression) = @_;
	return rows("SELECT p ->> 'basis', p ->> 'probability' FROM jsonb_array_elements(
		timevmaps.tv_run_circuit(unmeasured($expression), 0, 0, '{\"top\": 65536, \"bloch\": false}') -> 'probabilities') p");
}

# Those of trajectories with different seeds.
sub trajectories
{
	my ($expression) = @_;
	return map { rows("SELECT basis, probability FROM timevmaps.tv_frame_amplitudes((SELECT payload
		FROM timevmaps.tv_circuit_steps(measured_before_the_end($expression), $_) ORDER BY step DESC LIMIT 1)) WHERE probability > 0") } 1 .. 40;
}

# How far two distributions are apart, over the qubits that the expected one has.
sub apart
{
	my ($found, $expected, $qubits) = @_;
	my (%sum, $worst);
	$sum{ $_ & (1 << $qubits) - 1 } += $found->{$_} for keys %$found;
	$worst = 0;
	for my $basis (keys %sum, keys %$expected)
	{
		my $off = abs(($sum{$basis} // 0) - ($expected->{$basis} // 0));
		$worst = $off if $off > $worst;
	}
	return $worst;
}

# How far two states are apart, global phase included.
sub states_apart
{
	my ($one, $other) = @_;
	return $cluster->query('app', "SELECT max(sqrt((a.re - b.re) ^ 2 + (a.im - b.im) ^ 2)) FROM timevmaps.tv_amplitudes(unmeasured($one)) a
		FULL JOIN timevmaps.tv_amplitudes(unmeasured($other)) b USING (basis)");
}

is(scalar keys %$distributions, 22, 'there are 22');
for my $name (sort keys %$distributions)
{
	my $text = slurp("$data/$name");
	my $expected = $distributions->{$name};

	# It measures a register that it has not declared: an error, and the rest is right.
	if ($name eq 'vqe_uccsd_n4.qasm')
	{
		is($cluster->sqlstate('app', "SELECT timevmaps.tv_circuit_from_qasm(\$qasm\$$text\$qasm\$)"), '22023', 'an unknown register');
		$text =~ s/^measure q.*$//mg;
	}
	my $circuit = "timevmaps.tv_circuit_from_qasm(\$qasm\$$text\$qasm\$)";
	my $source = $circuit;
	for my $way ('', 2, 3)
	{
		$circuit = "timevmaps.tv_circuit_from_qasm(timevmaps.tv_circuit_to_qasm($source, $way))" if $way;
		my @found = $collapsed{$name} ? trajectories($circuit) : distribution($circuit);
		my ($best) = sort { $a <=> $b } map { apart($_, $expected->{probabilities}, $expected->{qubits}) } @found;
		cmp_ok($best, '<', 1e-9, $way ? "$name through version $way" : $name);
		cmp_ok(states_apart($source, $circuit), '<', 1e-12, "$name through version $way: the same state") if $way;
	}
}
done_testing();
