# The circuits of QASMBench against their exact distributions, which another simulator
# computed; in both precisions and with each set of vector instructions.  The files are
# those of the folder that QASM names, else of ../shared/data/qasm beside the checkout.
#
# That simulator collapses what is measured before its last column.  So two of the
# distributions are those of one history: %collapsed are the outcomes of measurements after
# which nothing happens to the qubit, and in bb84 others are looked for among seeds.
use strict;
use warnings;
use JSON::PP;
use Test::More;
use TvCluster;

my $folder = $ENV{QASM} // "$ENV{TV_REPO}/../shared/data/qasm";
plan(skip_all => "no $folder/distributions.json; QASM=folder names another") unless -e "$folder/distributions.json";
my $wanted = decode_json(contents("$folder/distributions.json"));
my $cluster = TvCluster->new;
$cluster->setup('app');

my %collapsed = ('qaoa_n3.qasm' => { 2 => 1 }, 'bb84_n8.qasm' => { 5 => 1, 6 => 0 });
my %seeds = ('bb84_n8.qasm' => 64);

# This one measures a register that it has not declared.
my $undeclared = contents("$folder/vqe_uccsd_n4.qasm");
my ($status, undef, $message) = $cluster->psql('app', "SELECT timevmaps.tv_circuit_from_qasm(\$qasm\$$undeclared\$qasm\$)");
like($message, qr/22023: line 225, column 9: unknown name/, 'a register that is not declared');

for my $simd (qw(portable avx2 avx512))
{
	SKIP:
	{
		skip "this processor does not have $simd", 1 if $cluster->sqlstate('app', "SET timevmaps.simd = '$simd'");
		for my $precision ([ double => 1e-9 ], [ single => 1e-5 ])
		{
			my ($name, $tolerance) = @$precision;
			my $answers = answers($simd, $name);
			for my $file (sort keys %$wanted)
			{
				my ($off) = sort { $a <=> $b } map { distance($wanted->{$file}{probabilities}, $_) } @{ $answers->{$file} };
				cmp_ok($off, '<', $tolerance, "$file, $simd, $name precision");
			}
		}
	}
}
is(scalar keys %$wanted, 22, 'all 22');
done_testing();

# For each file, and each of its seeds, from a basis index to its probability before the measurements at the end.
sub answers
{
	my ($simd, $precision) = @_;
	my $sql = "SET timevmaps.simd = '$simd';";
	for my $file (sort keys %$wanted)
	{
		my $program = contents("$folder/$file");
		$program =~ s/^measure q.*//mg if $file eq 'vqe_uccsd_n4.qasm';
		$sql .= sprintf "SELECT '$file', timevmaps.tv_run_circuit(timevmaps.tv_circuit_from_qasm(\$qasm\$$program\$qasm\$), seed => seed,
			options => '{\"top\": 65536, \"bloch\": false, \"trajectories\": 1, \"precision\": \"$precision\"}') -> 'probabilities'
			FROM generate_series(1, %d) seed;", $seeds{$file} // 1;
	}
	my %answers;
	for my $row (split /\n/, $cluster->query('app', $sql))
	{
		my ($file, $list) = split /\|/, $row, 2;
		my %probability = map { $_->{basis} => $_->{probability} } @{ decode_json($list) };
		push @{ $answers{$file} }, condition(\%probability, $collapsed{$file} // {});
	}
	return \%answers;
}

# The distribution where some qubits are known.
sub condition
{
	my ($probability, $known) = @_;
	my %kept = %$probability;
	my $sum = 0;
	for my $basis (keys %kept)
	{
		delete $kept{$basis} if grep { ($basis >> $_ & 1) != $known->{$_} } keys %$known;
		$sum += $kept{$basis} // 0;
	}
	return %$known ? { map { $_ => $kept{$_} / $sum } keys %kept } : \%kept;
}

# The largest difference of two distributions.
sub distance
{
	my ($one, $other) = @_;
	my $worst = 0;
	for my $basis (keys %{ { %$one, %$other } })
	{
		my $off = abs(($one->{$basis} // 0) - ($other->{$basis} // 0));
		$worst = $off if $off > $worst;
	}
	return $worst;
}

sub contents
{
	my ($name) = @_;
	open my $in, '<', $name or die "$name: $!";
	local $/;
	return scalar <$in>;
}
