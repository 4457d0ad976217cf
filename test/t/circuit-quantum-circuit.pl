# Random circuits against npm's quantum-circuit, a simulator that shares nothing with this
# one: states to 1e-9, but for a global phase (its u3 and rz have others).  It is fetched
# once, into build/; TV_SEED=n TV_CIRCUITS=n try others, and more of them.
use strict;
use warnings;
use JSON::PP;
use List::Util qw(shuffle);
use Test::More;
use TvCluster;

my $package = 'quantum-circuit@0.9.250';
my $folder = "$ENV{TV_REPO}/build/quantum-circuit";
my $why = fetch();
plan(skip_all => "$package: $why") if $why;

my $seed = $ENV{TV_SEED} // 20240229;
srand $seed;
my $json = JSON::PP->new->canonical;

# Our gate, the package's name for it, wires, angles: ours and the package's for each.  Wires are controls, then
# targets; [C] are gates with `controls` that have no name of their own here.
my @gates = (
	(map { [ $_, lc, 1 ] } qw(X Y Z H S SDG T TDG)), [ 'I', 'id', 1 ], [ 'SX', 'srn', 1 ], [ 'SXDG', 'srndg', 1 ],
	[ 'RX', 'rx', 1, [ theta => 'theta' ] ], [ 'RY', 'ry', 1, [ theta => 'theta' ] ], [ 'RZ', 'rz', 1, [ theta => 'phi' ] ],
	[ 'P', 'u1', 1, [ theta => 'lambda' ] ], [ 'U', 'u3', 1, map { [ $_ => $_ ] } qw(theta phi lambda) ],
	(map { [ $_, lc, 2 ] } qw(CX CY CZ CH SWAP ISWAP)), (map { [ "C:$_", 'c' . lc, 2 ] } qw(S T SDG TDG)), [ 'C:SX', 'csrn', 2 ],
	[ 'CRX', 'crx', 2, [ theta => 'theta' ] ], [ 'CRY', 'cry', 2, [ theta => 'theta' ] ], [ 'CRZ', 'crz', 2, [ theta => 'phi' ] ],
	[ 'CP', 'cu1', 2, [ theta => 'lambda' ] ], [ 'CU', 'cu3', 2, map { [ $_ => $_ ] } qw(theta phi lambda) ],
	[ 'RXX', 'xx', 2, [ theta => 'theta', 0.5 ] ], [ 'RYY', 'yy', 2, [ theta => 'theta', 0.5 ] ], [ 'RZZ', 'zz', 2, [ theta => 'theta' ] ],
	[ 'CCX', 'ccx', 3 ], [ 'CSWAP', 'cswap', 3 ]);

# Each gate once after rotations that leave no symmetry, and longer ones of all.
my @circuits = map { circuit(3, $_) } map { [ $_, $_ ] } @gates;
push @circuits, map { my $qubits = 1 + $_ % 8; circuit($qubits, [ map { one_of($qubits) } 1 .. 10 + int rand 40 ]) }
	1 .. $ENV{TV_CIRCUITS} // 40;

my $cluster = TvCluster->new;
$cluster->setup('app');
my @theirs = theirs(map { $_->{theirs} } @circuits);
my @ours = ours(map { $_->{ours} } @circuits);
my $worst = 0;
for my $i (0 .. $#circuits)
{
	my $off = distance($ours[$i], $theirs[$i]);
	$worst = $off if $off > $worst;
	cmp_ok($off, '<', 1e-9, $circuits[$i]{name}) or diag("TV_SEED=$seed " . $json->encode($circuits[$i]{ours}));
}
diag(sprintf 'worst %.2g', $worst) if $ENV{TV_CIRCUITS};
done_testing();

# Fetch the package where it is not there yet; why it cannot be had.
sub fetch
{
	for my $program (qw(node npm)) { return "$program is not installed" if system("command -v $program >/dev/null 2>&1") }
	return if -e "$folder/node_modules/quantum-circuit/package.json";
	system 'mkdir', '-p', $folder;
	system "npm install --no-save --no-audit --no-fund --ignore-scripts --prefix '$folder' '$package' >'$folder/npm.log' 2>&1";
	return -e "$folder/node_modules/quantum-circuit/package.json" ? undef : "npm could not install it, see $folder/npm.log";
}

sub one_of
{
	my ($qubits) = @_;
	my @fitting = grep { $_->[2] <= $qubits } @gates;
	return $fitting[ rand @fitting ];
}

# A circuit of these gates on random qubits, in both languages.
sub circuit
{
	my ($qubits, $gates) = @_;
	my @all = ((map { my $q = $_; map { [ $_, [$q] ] } @gates[ 15, 12 ] } 0 .. $qubits - 1), map { [$_] } @$gates);
	my (@ours, @theirs);
	for my $entry (@all)
	{
		my ($gate, $wires) = @$entry;
		my ($op, $name, $count, @angles) = @$gate;
		$wires //= [ (shuffle 0 .. $qubits - 1)[ 0 .. $count - 1 ] ];
		my (%ours, %theirs);
		for my $angle (@angles)
		{
			$ours{ $angle->[0] } = 0 + sprintf '%.12g', (rand() - 0.5) * 4 * 3.14159265358979;
			$theirs{ $angle->[1] } = $ours{ $angle->[0] } * ($angle->[2] // 1);
		}
		my $targets = $op =~ /SWAP$|^R..$/ && $count > 1 ? 2 : 1;
		my @targets = @$wires[ $count - $targets .. $count - 1 ];
		my @controls = @$wires[ 0 .. $count - $targets - 1 ];
		push @ours, { op => $op =~ s/^C://r, %ours, $targets == 1 ? (target => $targets[0]) : (targets => \@targets),
			@controls == 0 ? () : (controls => \@controls) };
		push @theirs, [ $name, $wires, \%theirs ];
	}
	return { name => @$gates == 2 ? "$gates->[0][0]" : "$qubits qubits, " . @all . ' gates',
		ours => { qubits => $qubits, gates => \@ours }, theirs => { qubits => $qubits, gates => \@theirs } };
}

sub theirs
{
	my $name = "$folder/circuits.$$";
	open my $out, '>', $name or die;
	print $out $json->encode($_), "\n" for @_;
	close $out;
	open my $in, '-|', "node --no-warnings '$ENV{TV_REPO}/test/lib/quantum-circuit.js' '$folder' < '$name'" or die;
	my @states = map { decode_json($_) } <$in>;
	close $in or die 'node failed';
	unlink $name;
	return @states;
}

# Some at a time: an argument of a program has a greatest length.
sub ours
{
	my @rest = @_;
	my @states;
	while (my @some = splice @rest, 0, 10)
	{
		my $sql = join '', map { "SELECT jsonb_agg(jsonb_build_array(re, im) ORDER BY basis) FROM timevmaps.tv_amplitudes('" . $json->encode($_) . "');" } @some;
		push @states, map { decode_json($_) } split /\n/, $cluster->query('app', $sql);
	}
	return @states;
}

# The largest difference of amplitudes, after the phase that brings the states closest.
sub distance
{
	my ($one, $other) = @_;
	my ($re, $im, $worst) = (0, 0, 0);
	for my $i (0 .. $#$one)
	{
		my ($a, $b) = ($one->[$i], $other->[$i]);
		$re += $a->[0] * $b->[0] + $a->[1] * $b->[1];
		$im += $a->[0] * $b->[1] - $a->[1] * $b->[0];
	}
	my $length = sqrt($re * $re + $im * $im) || 1;
	return 1 if @$one != @$other;
	for my $i (0 .. $#$one)
	{
		my ($a, $b) = ($one->[$i], $other->[$i]);
		my $off_re = ($a->[0] * $re - $a->[1] * $im) / $length - $b->[0];
		my $off_im = ($a->[0] * $im + $a->[1] * $re) / $length - $b->[1];
		my $off = sqrt($off_re**2 + $off_im**2);
		$worst = $off if $off > $worst;
	}
	return $worst;
}
