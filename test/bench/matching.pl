# How much of known routes is found again from noisy tracks of them, and how many fixes a second are matched.
#
#   perl matching.pl DATABASE [ROUTES] [WORLD TIMELINE]     environment: PGHOST and the like; SEED, NOISES, INTERVALS
#
# Routes between random places, seeded, at least MIN_KM long, are driven at the speed of each segment; a fix every so
# many seconds is off by normal noise of so many metres on each axis. What is wrong is what was missed and what was
# added, in metres of segments in the direction of travel, by the length of the route (Newson and Krumm 2009, 5).
# Prints a table in Markdown.
use strict;
use warnings;
use IPC::Open2;

my ($database, $routes, $world, $timeline) = @ARGV;
$routes //= 20;
$world //= 1;
$timeline //= 1;
my @noises = split /,/, $ENV{NOISES} // '5,20,50';
my @intervals = split /,/, $ENV{INTERVALS} // '1,10,60';
my $least_m = 1000 * ($ENV{MIN_KM} // 5);
my $seed = $ENV{SEED} // 20260;
my $state = $seed;
my $radius = 6371008.8;
my $pi = atan2(0, -1);

# One session, each statement answered by its rows up to a mark.
my $pid = open2(my $from, my $to, 'psql', '-X', '-q', '-At', '-F', "\t", '-v', 'ON_ERROR_STOP=1', '-d', $database);
sub ask
{
	my ($statement) = @_;
	my @rows;
	print $to "$statement;\n\\echo -- done\n";
	$to->flush;
	while (my $line = <$from>)
	{
		chomp $line;
		return @rows if $line eq '-- done';
		push @rows, [ split /\t/, $line, -1 ];
	}
	die "matching: the session ended\n";
}

# A generator of our own, so that a seed gives the same tracks everywhere.
sub uniform
{
	$state = ($state * 1103515245 + 12345) % 2147483648;
	return ($state + 0.5) / 2147483648;
}
sub normal { return sqrt(-2 * log(uniform())) * cos(2 * $pi * uniform()) }

sub between
{
	my ($a, $b) = @_;
	my ($x1, $y1, $x2, $y2) = map { $_ * $pi / 180 } @$a, @$b;
	my $h = sin(($y2 - $y1) / 2) ** 2 + cos($y1) * cos($y2) * sin(($x2 - $x1) / 2) ** 2;
	return 2 * $radius * atan2(sqrt($h), sqrt(1 - $h));
}

# The steps of a route: segment, forward, length, seconds, vertices in the direction of travel.
sub plan
{
	my ($origin, $dest) = @_;
	my @steps;
	my @rows = ask("SELECT s.segment_id, g.a_place_id = lag(s.place_id) OVER (ORDER BY s.seq), g.length_m, g.length_m / (g.speed_kph / 3.6),
		ST_AsText(coalesce(g.geom, ST_MakeLine(a.geom, b.geom)), 15)
		FROM timevmaps.tv_route_steps($world, $timeline, $origin, $dest) s LEFT JOIN timevmaps.segments g ON g.id = s.segment_id
		LEFT JOIN timevmaps.places a ON a.id = g.a_place_id LEFT JOIN timevmaps.places b ON b.id = g.b_place_id ORDER BY s.seq");
	for my $row (@rows)
	{
		my ($id, $forward, $length, $seconds, $text) = @$row;
		next if $id eq '';
		my @vertices = map { [ split ' ' ] } split /,/, $text =~ /\((.*)\)/ ? $1 : die;
		@vertices = reverse @vertices if $forward ne 't';
		push @steps, { key => "$id $forward", length => $length, seconds => $seconds, vertices => \@vertices };
	}
	return \@steps;
}

# Where one is so many seconds after the beginning.
sub position
{
	my ($steps, $t) = @_;
	for my $step (@$steps)
	{
		if ($t > $step->{seconds} && $step != $steps->[-1]) { $t -= $step->{seconds}; next }
		my @v = @{ $step->{vertices} };
		my @pieces = map { between($v[ $_ ], $v[ $_ + 1 ]) } 0 .. $#v - 1;
		my $total = 0;
		$total += $_ for @pieces;
		my $at = $total * ($step->{seconds} > 0 ? $t / $step->{seconds} : 0);
		for my $i (0 .. $#pieces)
		{
			if ($at > $pieces[$i] && $i < $#pieces) { $at -= $pieces[$i]; next }
			my $part = $pieces[$i] > 0 ? $at / $pieces[$i] : 0;
			$part = 1 if $part > 1;
			return map { $v[$i][$_] + $part * ($v[ $i + 1 ][$_] - $v[$i][$_]) } 0, 1;
		}
	}
	die;
}

sub track
{
	my ($steps, $noise, $interval) = @_;
	my $end = 0;
	$end += $_->{seconds} for @$steps;
	my @times = map { $_ * $interval } 0 .. int($end / $interval);
	push @times, $end if $end - $times[-1] > 1e-3;
	my @fixes;
	for my $t (@times)
	{
		my ($lon, $lat) = position($steps, $t);
		my ($east, $north) = (normal() * $noise, normal() * $noise);
		push @fixes, sprintf '[%.8f,%.8f,%.3f]', $lon + $east / ($radius * cos($lat * $pi / 180)) * 180 / $pi, $lat + $north / $radius * 180 / $pi, 1.6e9 + $t;
	}
	return \@fixes;
}

my @plans;
my ($low, $high) = @{ (ask("SELECT min(id), max(id) FROM timevmaps.places WHERE world_id = $world"))[0] };
ask('SET client_min_messages = warning');
ask("SELECT timevmaps.tv_prepare_graph($world)");
while (@plans < $routes)
{
	my ($origin, $dest) = map { $low + int(uniform() * ($high - $low + 1)) } 1, 2;
	my $steps = plan($origin, $dest);
	my $length = 0;
	$length += $_->{length} for @$steps;
	push @plans, { steps => $steps, length => $length, name => "$origin-$dest" } if $length >= $least_m;
}
my %number = map { $plans[$_] => $_ } 0 .. $#plans;
my $km = 0;
$km += $_->{length} / 1000 for @plans;
printf "%d routes, %.0f km.\n\n| noise, m | every, s | fixes | found, %% | missed, %% | added, %% | wrong, %% | worst route, %% | fixes a second |\n|---|---|---|---|---|---|---|---|---|\n", scalar @plans, $km;
for my $noise (@noises)
{
	for my $interval (@intervals)
	{
		my ($whole, $missed, $added, $fixes, $seconds, $worst) = (0) x 6;
		for my $plan (@plans)
		{
			# Each track has noise of its own, whatever else is measured.
			$state = ($seed + 104729 * $number{$plan} + 7919 * $noise + 31 * $interval) % 2147483648;
			uniform() for 1 .. 10;
			my $track = track($plan->{steps}, $noise, $interval);
			my (%true, %got);
			$true{ $_->{key} } += $_->{length} for @{ $plan->{steps} };
			ask('CREATE TEMPORARY TABLE IF NOT EXISTS track (fixes jsonb); TRUNCATE track');
			ask("INSERT INTO track VALUES ('[" . join(',', @$track) . "]')");
			(my $more = $ENV{ARGUMENTS} // '') =~ s/NOISE/$noise/;
			my @rows = ask("SELECT segment_id, forward, distance_m, cut FROM track, timevmaps.tv_match_line($world, $timeline, fixes$more)");
			# In the server, without what a client takes to send a track.
			my ($took) = grep { $_->[0] =~ /^Execution Time/ } ask("EXPLAIN (ANALYZE, TIMING OFF) SELECT * FROM track, timevmaps.tv_match_line($world, $timeline, fixes$more)");
			$seconds += $1 / 1000 if $took->[0] =~ /([\d.]+) ms/;
			$fixes += @$track;
			$_->[0] ne '' and $got{"$_->[0] $_->[1]"} += $_->[2] for @rows;
			my ($one_missed, $one_added) = (0, 0);
			for my $key (keys %true) { my $lacks = $true{$key} - ($got{$key} // 0); $one_missed += $lacks if $lacks > 0 }
			for my $key (keys %got) { my $more = $got{$key} - ($true{$key} // 0); $one_added += $more if $more > 0 }
			$whole += $plan->{length};
			$missed += $one_missed;
			$added += $one_added;
			my $wrong = ($one_missed + $one_added) / $plan->{length};
			$worst = $wrong if $wrong > $worst;
			printf STDERR "%s noise %s every %s: wrong %.2f %% (missed %.0f m, added %.0f m)%s\n", $plan->{name}, $noise, $interval, 100 * $wrong, $one_missed, $one_added,
				join ',', map { $_->[0] eq '' ? " $_->[3]" : () } @rows if $ENV{VERBOSE};
		}
		printf "| %s | %s | %d | %.2f | %.2f | %.2f | %.2f | %.2f | %s |\n", $noise, $interval, $fixes, 100 * (1 - $missed / $whole), 100 * $missed / $whole,
			100 * $added / $whole, 100 * ($missed + $added) / $whole, 100 * $worst, $fixes / $seconds < 1000 ? sprintf('%.0f', $fixes / $seconds) : sprintf('%d,%03d', int($fixes / $seconds / 1000), $fixes / $seconds % 1000);
	}
}
close $to;
waitpid $pid, 0;
