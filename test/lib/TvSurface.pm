# A memory experiment of the rotated surface code, as a circuit of ours and as one of Stim's:
# the same qubits, gates and errors in the same order.
#
#   TvSurface::circuit($distance, $rounds)     JSON, to be run with {"noise": {"depolarizing": p}}
#   TvSurface::stim($distance, $rounds, $p)    text
#
# Data qubits lie at the odd points of a grid of 2d + 1 by 2d + 1, what is measured at the even
# ones: X and Z like the fields of a chessboard, and of those on the border every other one, X on
# two sides and Z on the other two.  Each round resets none of the data and all of the others
# after their measurement; the data is prepared and measured in Z.
package TvSurface;
use strict;
use warnings;

# A list of [operation, qubits...] and of "TICK" where a layer ends.
sub operations
{
	my ($d, $rounds) = @_;
	my (%number, @data, @checks, @list);
	for my $y (0 .. 2 * $d)
	{
		for my $x (0 .. 2 * $d)
		{
			my $odd = $x % 2 && $y % 2;
			next if ($x + $y) % 2 || !($odd || is_check($d, $x, $y));
			$number{"$x,$y"} = keys %number;
			push @{ $odd ? \@data : \@checks }, [ $x, $y ];
		}
	}
	my $of = sub { return $number{"$_[0],$_[1]"} };
	my @x = map { $of->(@$_) } grep { is_x(@$_) } @checks;
	my @all = sort { $a <=> $b } values %number;
	push @list, [ 'R', @all ];
	for (1 .. $rounds)
	{
		push @list, [ 'H', @x ];
		# Both orders reach a check's neighbours such that neighbouring checks never want the same qubit at once.
		for my $step (0 .. 3)
		{
			my @pairs;
			for my $check (@checks)
			{
				my ($dx, $dy) = @{ (is_x(@$check) ? [ [ 1, 1 ], [ -1, 1 ], [ 1, -1 ], [ -1, -1 ] ] : [ [ 1, 1 ], [ 1, -1 ], [ -1, 1 ], [ -1, -1 ] ])->[$step] };
				my $other = $of->($check->[0] + $dx, $check->[1] + $dy);
				next if !defined $other;
				push @pairs, is_x(@$check) ? ($of->(@$check), $other) : ($other, $of->(@$check));
			}
			push @list, [ 'CX', @pairs ];
		}
		push @list, [ 'H', @x ], [ 'MR', map { $of->(@$_) } @checks ];
	}
	push @list, [ 'M', map { $of->(@$_) } @data ];
	return (scalar @all, \@list);
}

sub is_x { return (($_[0] + $_[1]) / 2) % 2 }

sub is_check
{
	my ($d, $x, $y) = @_;
	my $inside_x = $x > 0 && $x < 2 * $d;
	my $inside_y = $y > 0 && $y < 2 * $d;
	return 1 if $inside_x && $inside_y;
	return 0 if !$inside_x && !$inside_y;
	return $inside_x ? is_x($x, $y) : !is_x($x, $y);
}

sub circuit
{
	my ($d, $rounds) = @_;
	my ($qubits, $list) = operations($d, $rounds);
	my $bit = 0;
	my @gates;
	for my $layer (@$list)
	{
		my ($op, @on) = @$layer;
		if ($op eq 'CX') { push @gates, qq({"op": "CX", "control": ) . shift(@on) . qq(, "target": ) . shift(@on) . '}' while @on }
		elsif ($op eq 'H') { push @gates, map { qq({"op": "H", "target": $_}) } @on }
		push @gates, map { qq({"op": "MEASURE", "target": $_, "bit": ) . $bit++ . '}' } @on if $op =~ /^M/;
		push @gates, map { qq({"op": "RESET", "target": $_}) } @on if $op =~ /R$/;
	}
	return sprintf '{"qubits": %d, "gates": [%s]}', $qubits, join ', ', @gates;
}

# DEPOLARIZE1 says how likely an error is, not the mixture with I/2.
sub stim
{
	my ($d, $rounds, $p) = @_;
	my (undef, $list) = operations($d, $rounds);
	return join '', map {
		my ($op, @on) = @$_;
		"$op @on\n" . ($op eq 'H' || $op eq 'CX' ? sprintf("DEPOLARIZE1(%.17g) %s\n", 0.75 * $p, join ' ', @on) : '') } @$list;
}

1;
