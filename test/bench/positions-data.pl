# Fixes of vehicles that drive about Gothenburg, as rows to COPY:
#
#   perl positions-data.pl [--fixes N] [--vehicles V] [--every SECONDS] [--noise METRES] [--seed S] [--from EPOCH] [FOLDER]
#
# writes to standard output, tab-separated, by vehicle and time or (--by time) as a tracker's server gets them:
#   vehicle (1..V), t (UTC), lon, lat, speed_mps, heading_deg, segment_id, fraction
# Each vehicle goes where chance leads it at each junction, straight on more often than not and never back unless
# there is nothing else, at the speed of the roads or a little below, parks now and then for some minutes
# while its tracker goes on, and is not heard of for a while about once in two hours. Noise is normal in both directions.
# Segments have the numbers of demo/gothenburg (FOLDER), which are those of a fresh database. The same
# arguments give the same bytes. 2,000,000 fixes of 1,000 vehicles take about 20 seconds.
use strict;
use warnings;
use Getopt::Long;
use POSIX ();
use Time::Local ();

my ($fixes, $vehicles, $every, $noise, $seed, $by) = (2_000_000, 1000, 10, 3, 2016, 'vehicle');
my $from = Time::Local::timegm(0, 0, 5, 5, 11, 116);
GetOptions('fixes=i' => \$fixes, 'vehicles=i' => \$vehicles, 'every=f' => \$every, 'noise=f' => \$noise, 'seed=i' => \$seed,
	'from=f' => \$from, 'by=s' => \$by) && $fixes > 0 && $vehicles > 0 && $every > 0 && $by =~ /^(?:vehicle|time)\z/
	or die "usage: see the head of $0\n";
my $folder = $ARGV[0] // ($0 =~ s{[^/]*\z}{}r . '../../demo/gothenburg');

use constant { PI => 4 * atan2(1, 1), RADIUS => 6371008.8 };

# For each direction of a segment, twice its number or that and one more: vertices, metres to each, speed, where it ends.
my (@lon, @lat, @at, @length, @speed, @to, @bearing_in, @bearing_out, @out);

sub metres
{
	my ($lon, $lat, $to_lon, $to_lat) = @_;
	my $x = ($to_lon - $lon) * PI / 180 * cos(($lat + $to_lat) * PI / 360);
	my $y = ($to_lat - $lat) * PI / 180;
	return RADIUS * sqrt($x * $x + $y * $y);
}

sub bearing
{
	my ($lon, $lat, $to_lon, $to_lat) = @_;
	my $degrees = 180 / PI * atan2(($to_lon - $lon) * cos($lat * PI / 180), $to_lat - $lat);
	return $degrees < 0 ? $degrees + 360 : $degrees;
}

sub add_way
{
	my ($way, $place, $to, $speed, @vertices) = @_;
	my $sum = 0;
	my @sums = (0);
	for my $i (1 .. $#vertices)
	{
		$sum += metres(@{ $vertices[ $i - 1 ] }, @{ $vertices[$i] });
		push @sums, $sum;
	}
	return if $sum < 1;
	$lon[$way] = [ map { $_->[0] } @vertices ];
	$lat[$way] = [ map { $_->[1] } @vertices ];
	($at[$way], $length[$way], $speed[$way], $to[$way]) = (\@sums, $sum, $speed / 3.6, $to);
	$bearing_out[$way] = bearing(@{ $vertices[0] }, @{ $vertices[1] });
	$bearing_in[$way] = bearing(@{ $vertices[-2] }, @{ $vertices[-1] });
	push @{ $out[$place] }, $way;
	return;
}

sub gunzip
{
	my ($name) = @_;
	open my $in, '-|', 'gzip', '-dc', "$folder/$name" or die "$name: $!\n";
	return $in;
}

my @place;
my $in = gunzip('places.csv.gz');
while (<$in>) { $place[$1] = [ $2, $3 ] if /^(\d+),([-\d.]+),([-\d.]+),/ }
$in = gunzip('segments.csv.gz');
while (<$in>)
{
	my ($id, $a, $b, undef, $speed, $oneway) = split /,/;
	next unless $id =~ /^\d+\z/;
	my @vertices = /LINESTRING\(([^)]*)\)/ ? map { [ split / / ] } split /,/, $1 : ($place[$a], $place[$b]);
	add_way(2 * $id, $a, $b, $speed, @vertices);
	add_way(2 * $id + 1, $b, $a, $speed, reverse @vertices) unless $oneway eq 't';
}

# perl's own rand(), seeded, is the same on every system.
srand $seed;

sub normal { return sqrt(-2 * log(1 - rand)) * cos(2 * PI * rand) }

# Where to go on from the end of a way.
sub next_way
{
	my ($way) = @_;
	my @ways = grep { $_ != ($way ^ 1) } @{ $out[ $to[$way] ] // [] };
	return (@{ $out[ $to[$way] ] // [] }) ? $way ^ 1 : undef unless @ways;
	my @weight = map { my $turn = abs($bearing_out[$_] - $bearing_in[$way]); $turn = 360 - $turn if $turn > 180; $speed[$_] * (1 + 4 * exp(-$turn / 30)) } @ways;
	my $sum = 0;
	$sum += $_ for @weight;
	my $draw = rand $sum;
	for my $i (0 .. $#ways) { return $ways[$i] if ($draw -= $weight[$i]) < 0 }
	return $ways[-1];
}

my @starts = grep { defined $length[$_] } 0 .. $#length;
my (%stamp, @vehicle);
for my $v (1 .. $vehicles)
{
	my $way = $starts[ rand @starts ];
	push @vehicle, { id => $v, way => $way, metres => rand $length[$way], i => 1, t => $from + rand $every, pace => 0.7 + 0.3 * rand, parked => 0 };
}

sub stamp
{
	my ($t) = @_;
	my $second = POSIX::floor($t);
	%stamp = () if keys %stamp > 100_000;
	return ($stamp{$second} //= POSIX::strftime('%Y-%m-%d %H:%M:%S', gmtime $second)) . sprintf '.%03d+00', 1000 * ($t - $second);
}

# To a tenth of a degree, below 360.
sub heading { return $_[0] < 359.95 ? $_[0] : 0 }

# The next fix of a vehicle, as a row.
sub fix
{
	my ($it) = @_;
	my ($way, $metres) = @$it{qw(way metres)};
	my $at = $at[$way];
	my $i = $it->{i};
	$i++ while $i < $#$at && $at->[$i] < $metres;
	$it->{i} = $i;
	my ($x, $y) = ($lon[$way], $lat[$way]);
	my $piece = $at->[$i] - $at->[ $i - 1 ];
	my $part = $piece > 0 ? ($metres - $at->[ $i - 1 ]) / $piece : 0;
	my $lon = $x->[ $i - 1 ] + $part * ($x->[$i] - $x->[ $i - 1 ]);
	my $lat = $y->[ $i - 1 ] + $part * ($y->[$i] - $y->[ $i - 1 ]);
	my $speed = $it->{parked} > 0 ? 0 : $speed[$way] * $it->{pace};
	my $fraction = $metres / $length[$way];
	my $row = sprintf "%d\t%s\t%.7f\t%.7f\t%.2f\t%.1f\t%d\t%.6f\n", $it->{id}, stamp($it->{t}),
		$lon + ($noise ? $noise * normal() / 60000 : 0), $lat + ($noise ? $noise * normal() / 111_195 : 0), $speed,
		heading($piece > 0 ? bearing($x->[ $i - 1 ], $y->[ $i - 1 ], $x->[$i], $y->[$i]) : $bearing_in[$way]), $way >> 1,
		$way & 1 ? 1 - $fraction : $fraction;

	# Then it goes on.
	$it->{t} += rand(7200) < $every ? 400 + rand 800 : $every;
	if ($it->{parked} > 0) { $it->{parked} -= $every }
	elsif (rand(1500) < $every) { $it->{parked} = 60 + rand 1200 }
	else
	{
		$metres += $speed * $every;
		while ($metres > $length[$way])
		{
			my $next = next_way($way);
			if (!defined $next) { $metres = $length[$way]; last }
			$metres = ($metres - $length[$way]) * $speed[$next] / $speed[$way];
			($way, $it->{i}) = ($next, 1);
		}
		@$it{qw(way metres)} = ($way, $metres);
	}
	return $row;
}

my $each = POSIX::ceil($fixes / $vehicles);
my $left = $fixes;
binmode STDOUT;
if ($by eq 'time')
{
	for (1 .. $each) { for my $it (@vehicle) { print fix($it) if $left-- > 0 } }
}
else
{
	for my $it (@vehicle) { for (1 .. $each) { print fix($it) if $left-- > 0 } }
}
close STDOUT or die "$!\n";
