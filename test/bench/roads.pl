# A road network of the 9th DIMACS implementation challenge as rows to COPY:
#
#   perl roads.pl DIRECTORY OUT      reads USA-road-{d,t}.NY.gr.gz and USA-road-d.NY.co.gz
#
# writes OUT/places.tsv (id lat lon) and OUT/segments.tsv (id a b length_m speed_kph oneway).
# Lengths are decimetres there, times a unit of their own that is taken for a hundredth of a
# second: the speed is such that length over speed is that time. Two arcs that are each
# other's way back, with the same length and time, are one segment.
use strict;
use warnings;

my ($directory, $out) = @ARGV;

sub gunzip
{
	my ($name) = @_;
	open my $in, '-|', 'gzip', '-dc', "$directory/$name" or die "$name: $!\n";
	return $in;
}

my $in = gunzip('USA-road-d.NY.co.gz');
open my $places, '>', "$out/places.tsv" or die "$out/places.tsv: $!\n";
while (<$in>)
{
	next unless /^v (\d+) (-?\d+) (-?\d+)/;
	print $places "$1\t", $3 / 1e6, "\t", $2 / 1e6, "\n";
}
close $places or die;

my ($lengths, $times) = (gunzip('USA-road-d.NY.gr.gz'), gunzip('USA-road-t.NY.gr.gz'));
open my $segments, '>', "$out/segments.tsv" or die "$out/segments.tsv: $!\n";
my (%waiting, @rows);
while (my $d = <$lengths>)
{
	my $t = <$times>;
	next unless $d =~ /^a (\d+) (\d+) (\d+)/;
	my ($a, $b, $length) = ($1, $2, $3);
	my ($time) = $t =~ /^a $a $b (\d+)/ or die "the files differ: $d$t";
	# An arc that runs back along one that still waits for it closes a two-way segment.
	my $back = $waiting{"$b $a $length $time"};
	if ($back && @$back)
	{
		$rows[ pop @$back ][4] = 'f';
		next;
	}
	push @{ $waiting{"$a $b $length $time"} }, scalar @rows;
	push @rows, [ $a, $b, $length, $time, 't' ];
}
my $id = 0;
for (@rows)
{
	my ($a, $b, $length, $time, $oneway) = @$_;
	printf $segments "%d\t%d\t%d\t%.1f\t%.17g\t%s\n", ++$id, $a, $b, $length / 10, $length * 36 / $time, $oneway;
}
close $segments or die;
