# Whole circuits of up to 24 qubits against what mathematics says of them: Fourier transforms of basis states,
# GHZ states, Grover's search, and a chain of spins whose fermions are free. From 15 qubits on a state is more
# than a block of the engine; neighbours here are far apart, in blocks and across them.
use strict;
use warnings;
use JSON::PP;
use List::Util qw(max);
use Test::More;
use TvCluster;
use TvSession;

my $pi = atan2(0, -1);
my $json = JSON::PP->new->canonical;
my $cluster = TvCluster->new(conf => ['jit = off']);
$cluster->setup('app');
my $session = TvSession->new($cluster, 'app');
srand 20261121;

# A run on amplitudes, whatever the gates are.
sub result
{
	my ($qubits, $gates, %options) = @_;
	my $circuit = $json->encode({ qubits => $qubits, gates => $gates });
	my $options = $json->encode({ method => 'statevector', bloch => JSON::PP::false, top => 0, %options });
	return decode_json($session->query("SELECT timevmaps.tv_run_circuit('$circuit', 0, 0, '$options')"));
}

sub expectations
{
	my ($qubits, $gates, $observables, %options) = @_;
	return map { $_->{value} } @{ result($qubits, $gates, observables => $observables, %options)->{expectations} };
}

sub gate { my ($op, $target, %rest) = @_; return { op => $op, target => $target, %rest } }
sub pair { my ($op, $a, $b, %rest) = @_; return { op => $op, targets => [ $a, $b ], %rest } }
sub worst { return max(0, map { abs } @_) }

# Where the i-th of a chain stands: neighbours are 11 qubits apart or so.
sub place { my ($i, $qubits) = @_; return $i * ($qubits % 11 ? 11 : 7) % $qubits }

# ------------------------------------------------------------------ Fourier transform

sub fourier
{
	my ($qubits, $x) = @_;
	return [ (map { gate('X', $_) } grep { $x >> $_ & 1 } 0 .. $qubits - 1),
		(map { my $q = $_; (gate('H', $q), map { gate('CP', $q, control => $_, theta => $pi / 2**($q - $_)) } reverse 0 .. $q - 1) } reverse 0 .. $qubits - 1),
		map { pair('SWAP', $_, $qubits - 1 - $_) } 0 .. $qubits / 2 - 1 ];
}

# |x> becomes a product: qubit q is |0> + e^(2 pi i x 2^q / 2^n) |1>, and Bloch vectors of length 1 leave no other state.
for my $case ([ 5, 'double' ], [ 14, 'double' ], [ 15, 'double' ], [ 17, 'single' ], [ 20, 'double' ], [ 24, 'double' ], [ 24, 'single' ])
{
	my ($qubits, $precision) = @$case;
	my $x = int rand 2**$qubits;
	my $bloch = result($qubits, fourier($qubits, $x), bloch => JSON::PP::true, precision => $precision)->{bloch};
	my $off = worst(map {
		my $angle = 2 * $pi * ($x % 2**($qubits - $_)) / 2**($qubits - $_);
		my ($bx, $by, $bz) = ref $bloch->[$_] eq 'HASH' ? @{ $bloch->[$_] }{qw(x y z)} : @{ $bloch->[$_] };
		($bx - cos $angle, $by - sin $angle, $bz) } 0 .. $qubits - 1);
	cmp_ok($off, '<', $precision eq 'single' ? 1e-4 : 1e-11, "Fourier transform of $x on $qubits qubits, $precision precision");
}

# Amplitudes too, which have a phase as a whole.
{
	my ($qubits, $x) = (17, 98765);
	my $circuit = $json->encode({ qubits => $qubits, gates => fourier($qubits, $x) });
	my $off = $session->query("SELECT max(greatest(abs(re - cos(angle) / sqrt(2 ^ $qubits)), abs(im - sin(angle) / sqrt(2 ^ $qubits)))) FROM timevmaps.tv_amplitudes('$circuit'),
		LATERAL (SELECT 2 * pi() * (basis * $x % (2 ^ $qubits)::bigint) / 2 ^ $qubits AS angle) a");
	cmp_ok($off, '<', 1e-14, "amplitudes of a Fourier transform on $qubits qubits");
}

# ------------------------------------------------------------------ GHZ

# X on all, and Z on any two neighbours, are 1: no other state has that.
for my $qubits (2, 14, 15, 24)
{
	my @chain = map { place($_, $qubits) } 0 .. $qubits - 1;
	my @gates = (gate('H', $chain[0]), map { gate('CX', $chain[$_], control => $chain[ $_ - 1 ]) } 1 .. $#chain);
	my @found = expectations($qubits, \@gates, [ 'X' x $qubits, map { "Z$chain[$_] Z$chain[$_ - 1]" } 1 .. $#chain ]);
	is(scalar @found, $qubits, "GHZ: $qubits generators of the group that leaves it");
	cmp_ok(worst(map { $_ - 1 } @found), '<', 1e-13, 'all are 1');
}

# ------------------------------------------------------------------ Grover

# After k rounds the one that is looked for has sin^2((2k + 1) t), sin t = 2^(-n/2), all others the same rest.
for my $case ([ 4, 3 ], [ 10, 25 ], [ 15, 142 ], [ 17, 30 ], [ 24, 2 ])
{
	my ($qubits, $rounds) = @$case;
	my $marked = 1 | int rand 2**$qubits;
	my @others = (1 .. $qubits - 1);
	my @all = map { gate('H', $_) } 0 .. $qubits - 1;
	my @round = (gate('Z', 0, controls => \@others, control_state => [ map { $marked >> $_ & 1 } @others ]), @all,
		gate('X', 0), gate('Z', 0, controls => \@others, control_state => [ map { 0 } @others ]), gate('X', 0), @all);
	my ($first, $second) = @{ result($qubits, [ @all, map { @round } 1 .. $rounds ], top => 2)->{probabilities} };
	my $t = atan2(1, sqrt(2**$qubits - 1));
	my $p = sin((2 * $rounds + 1) * $t)**2;
	is($first->{basis}, $marked, "Grover's search on $qubits qubits, $rounds rounds");
	cmp_ok(abs($first->{probability} / $p - 1), '<', 1e-10, "found with probability $p");
	cmp_ok(abs($second->{probability} / ((1 - $p) / (2**$qubits - 1)) - 1), '<', 1e-7, 'and each other one alike');
}

# ------------------------------------------------------------------ A chain of spins

# H = sum of J X X on neighbours and g Z. In Majorana operators a[2s] = Z..Z X, a[2s + 1] = Z..Z Y (Z on the sites before s)
# XX is -i a[2s + 1] a[2s + 2], Z is -i a[2s] a[2s + 1], and e^(-theta/2 a[p] a[q]) turns a[p] and a[q] into each other by the angle theta.
# So 2n x 2n rotations tell what becomes of the chain, without any amplitudes.
my %chain = (J => [ map { 0.5 + rand } 1 .. 23 ], g => [ map { 0.3 + rand } 1 .. 24 ]);

sub unit { my ($size) = @_; return [ map { my $i = $_; [ map { $_ == $i ? 1 : 0 } 0 .. $size - 1 ] } 0 .. $size - 1 ] }

sub turn
{
	my ($r, $p, $theta) = @_;
	my ($cos, $sin, $x, $y) = (cos $theta, sin $theta, @{$r}[ $p, $p + 1 ]);
	$r->[$p] = [ map { $cos * $x->[$_] - $sin * $y->[$_] } 0 .. $#$x ];
	$r->[ $p + 1 ] = [ map { $cos * $y->[$_] + $sin * $x->[$_] } 0 .. $#$x ];
	return;
}

sub multiply
{
	my ($a, $b) = @_;
	return [ map { my $row = $_; my @sum = (0) x @$b; for my $k (0 .. $#$b) { my ($f, $other) = ($row->[$k], $b->[$k]); next unless $f; $sum[$_] += $f * $other->[$_] for 0 .. $#sum } \@sum } @$a ];
}

# e^(time * generator) by its series, of a short time, squared often.
sub evolved
{
	my ($sites, $time) = @_;
	my $size = 2 * $sites;
	my $generator = [ map { [ (0) x $size ] } 1 .. $size ];
	my $set = sub { my ($p, $rate) = @_; $generator->[$p][ $p + 1 ] -= $rate * $time / 256; $generator->[ $p + 1 ][$p] += $rate * $time / 256 };
	$set->(2 * $_ + 1, 2 * $chain{J}[$_]) for 0 .. $sites - 2;
	$set->(2 * $_, 2 * $chain{g}[$_]) for 0 .. $sites - 1;
	my ($sum, $term) = (unit($size), unit($size));
	for my $k (1 .. 10)
	{
		$term = multiply($term, $generator);
		for my $row (@$term) { $_ /= $k for @$row }
		for my $i (0 .. $size - 1) { $sum->[$i][$_] += $term->[$i][$_] for 0 .. $size - 1 }
	}
	$sum = multiply($sum, $sum) for 1 .. 8;
	return $sum;
}

# In |0...0>, what is -i a[p] a[q] after these rotations.
sub correlation
{
	my ($r, $p, $q) = @_;
	my $sum = 0;
	$sum += $r->[$p][ 2 * $_ ] * $r->[$q][ 2 * $_ + 1 ] - $r->[$p][ 2 * $_ + 1 ] * $r->[$q][ 2 * $_ ] for 0 .. @$r / 2 - 1;
	return $sum;
}

# Some XX and Z, and Y Z ... Z X over the whole chain; and what the rotations say of them.
sub observables
{
	my ($sites, @at) = @_;
	my @place = map { place($_, $sites) } 0 .. $sites - 1;
	return ((map { "X$place[$_] X$place[$_ + 1]" } @at), (map { "Z$place[$_]" } @at),
		join ' ', "Y$place[0]", (map { "Z$place[$_]" } 1 .. $sites - 2), "X$place[$sites - 1]");
}

sub predicted
{
	my ($r, @at) = @_;
	return ((map { correlation($r, 2 * $_ + 1, 2 * $_ + 2) } @at), (map { correlation($r, 2 * $_, 2 * $_ + 1) } @at), -correlation($r, 0, @$r - 2));
}

# The gates of `steps` Trotter steps, and the rotations that they are.
sub trotter
{
	my ($sites, $time, $steps, $order) = @_;
	my (@gates, $r);
	my $dt = $time / $steps;
	$r = unit(2 * $sites);
	my $fields = sub { my ($part) = @_; for my $s (0 .. $sites - 1) { push @gates, gate('RZ', place($s, $sites), theta => 2 * $chain{g}[$s] * $dt * $part); turn($r, 2 * $s, 2 * $chain{g}[$s] * $dt * $part) } };
	for (1 .. $steps)
	{
		$fields->($order == 2 ? 0.5 : 1);
		for my $s (0 .. $sites - 2)
		{
			push @gates, pair('RXX', place($s, $sites), place($s + 1, $sites), theta => 2 * $chain{J}[$s] * $dt);
			turn($r, 2 * $s + 1, 2 * $chain{J}[$s] * $dt);
		}
		$fields->(0.5) if $order == 2;
	}
	return (\@gates, $r);
}

for my $case ([ 6, 1 ], [ 6, 2 ], [ 17, 1 ], [ 17, 2 ])
{
	my ($sites, $order) = @$case;
	my @at = (0 .. $sites - 2);
	my @exact = predicted(evolved($sites, 1), @at);
	my @errors;
	for my $steps (8, 16, 32)
	{
		my ($gates, $r) = trotter($sites, 1, $steps, $order);
		my @found = expectations($sites, $gates, [ observables($sites, @at) ]);
		my @wanted = predicted($r, @at);
		cmp_ok(worst(map { $found[$_] - $wanted[$_] } 0 .. $#found), '<', 1e-12, "$sites spins, order $order, $steps steps: free fermions");
		push @errors, worst(map { $found[$_] - $exact[$_] } 0 .. $#found);
	}
	for my $i (1 .. $#errors)
	{
		my $slope = log($errors[ $i - 1 ] / $errors[$i]) / log 2;
		cmp_ok(abs($slope - $order), '<', 0.15, sprintf 'the error falls from %.2g to %.2g: order %.2f', @errors[ $i - 1, $i ], $slope);
	}
}

for my $case ([ 'double', 1e-12 ], [ 'single', 1e-4 ])
{
	my ($precision, $tolerance) = @$case;
	my @at = (0, 5, 11, 22);
	my ($gates, $r) = trotter(24, 1, 2, 2);
	my @found = expectations(24, $gates, [ observables(24, @at) ], precision => $precision);
	my @wanted = predicted($r, @at);
	cmp_ok(worst(map { $found[$_] - $wanted[$_] } 0 .. $#found), '<', $tolerance, "24 spins: free fermions, $precision precision");
	cmp_ok(worst(@wanted), '>', 0.1, 'which are not all 0');
}
done_testing();
