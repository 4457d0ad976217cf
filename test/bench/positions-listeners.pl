# Positions stored while many listen: what it costs who stores them, and how soon who listens is told; a table in Markdown.
#
#     perl test/bench/positions-listeners.pl      in the repository, after make: SECONDS_EACH (10), ROUNDS (3), LISTENERS (200), RATE (10000)
#
# Two sessions store batches of 100 fixes of 1,000 vehicles on one timeline, as fast as they can, and then RATE of them a second; in turn
# with nobody who listens and with LISTENERS. Meanwhile another stores one fix of a vehicle each 50 ms on a second timeline: from its commit to when all have
# been told is how late an event is.
use strict;
use warnings;
use Cwd ();
use POSIX ();
use Time::HiRes qw(sleep time);
BEGIN { $ENV{TV_REPO} //= Cwd::getcwd() }
use lib "$ENV{TV_REPO}/test/lib";
use TvCluster;
use TvListener;

my ($seconds, $rounds, $many, $rate) = map { $ENV{ $_->[0] } // $_->[1] } [ SECONDS_EACH => 10 ], [ ROUNDS => 3 ], [ LISTENERS => 200 ], [ RATE => 10000 ];
my $cluster = TvCluster->new(conf => ["shared_preload_libraries = 'timevmaps'", "timevmaps.databases = 'app'", 'max_connections = 300', 'jit = off',
	'fsync = on', 'synchronous_commit = on', "shared_buffers = '512MB'", "max_wal_size = '8GB'"]);
$cluster->setup('app');
$cluster->query('app', q{
    INSERT INTO timevmaps.worlds (name) VALUES ('w');
    INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'load'), (1, 'marks');
    INSERT INTO timevmaps.vehicles (world_id, name) SELECT 1, g::text FROM generate_series(1, 1000) g});
my $fixes = q{generate_series(1, 100) g, LATERAL (SELECT 1 + (:v + g * 7) % 1000 AS v, 11 + random() AS lon, 57 + random() AS lat, clock_timestamp() + g * interval '1 microsecond' AS t) f};
sub store
{
	my ($timeline, $from) = @_;
	return "SELECT inserted FROM timevmaps.tv_ingest(1, $timeline, (SELECT jsonb_agg(jsonb_build_object('vehicle_id', f.v, 't', f.t, 'lon', f.lon, 'lat', f.lat)) FROM $from))";
}
my $script = $cluster->dir . '/store.sql';
open my $file, '>', $script or die;
print $file "\\set v random(1, 1000)\n", store(1, $fixes), ";\n";
close $file;
chmod 0644, $script;

sub median { my @sorted = sort { $a <=> $b } @_; return $sorted[ $#sorted / 2 ] }
sub percentile { my ($part, @of) = @_; @of = sort { $a <=> $b } @of; return @of ? $of[ POSIX::ceil($part * @of) - 1 ] : 'nan' }

# Batches a second, and how late each mark was told to all.
sub run_round
{
	my ($listeners, $batches) = @_;
	my @listeners = map { TvListener->new($cluster, 'app', 'tv_position_update') } 1 .. $listeners;
	my $marker = TvListener->new($cluster, 'app');
	my $out = $cluster->dir . '/pgbench.out';
	my $pid = fork() // die "fork: $!";
	if (!$pid)
	{
		my ($status, $text, $err) = $cluster->client('pgbench', '-n', '-c', 2, '-j', 2, '-T', $seconds, $batches ? ('-R', $batches) : (), '-f', $script, 'app');
		open my $to, '>', $out or die;
		print $to $text, $err;
		close $to;
		POSIX::_exit($status ? 1 : 0);
	}
	my (%told, %marked, @late);
	my ($mark, $next, $end) = (0, time, time + $seconds - 0.5);
	while (time < $end + 0.9)
	{
		if (time > $next && time < $end)
		{
			$mark++;
			$marker->query(store(2, "(SELECT $mark AS v, 11.9 AS lon, 57.7 AS lat, clock_timestamp() AS t) f"));
			$marked{$mark} = time;
			$next += 0.05;
		}
		if (!@listeners) { sleep 0.01; next }
		TvListener::read_all(\@listeners, 0.01);
		for my $listener (@listeners)
		{
			for my $one ($listener->taken)
			{
				my ($ids) = $one->[2] =~ /"timeline_id": 2, "vehicle_ids": \[([\d, ]*)\]/ or next;
				for my $id (split /, /, $ids) { push @late, $one->[0] - $marked{$id} if ++$told{$id} == @listeners }
			}
		}
	}
	waitpid $pid, 0;
	open my $in, '<', $out or die;
	my $text = do { local $/; <$in> };
	my ($tps) = $text =~ /^tps = ([\d.]+)/m or die $text;
	my $missing = @listeners ? grep { ($told{$_} // 0) < @listeners } keys %marked : 0;
	return ($tps, $missing, @late);
}

my (%fast, %steady, @late, $lost);
for my $round (1 .. $rounds)
{
	for my $listeners ($round % 2 ? (0, $many) : ($many, 0))
	{
		push @{ $fast{$listeners} }, (run_round($listeners, 0))[0];
		my ($tps, $missing, @here) = run_round($listeners, $rate / 100);
		push @{ $steady{$listeners} }, $tps;
		push @late, @here;
		$lost += $missing;
	}
}
printf "| stored with tv_ingest() | nobody listens | %d listen | |\n|---|---|---|---|\n", $many;
for my $case ([ 'as fast as it goes', \%fast ], [ "asked for $rate a second", \%steady ])
{
	my ($name, $of) = @$case;
	my ($alone, $listened) = map { 100 * median(@{ $of->{$_} }) } 0, $many;
	printf "| fixes a second, %s | %d | %d | %.2f × |\n", $name, $alone, $listened, $listened / $alone;
}
printf "| from commit to all are told, ms: median, 99 %%, most | | %.0f, %.0f, %.0f | of %d, %d not told |\n", (map { 1000 * percentile($_, @late) } 0.5, 0.99, 1), scalar @late, $lost;
print '| updates told, lost | | ', join(', ', $cluster->query('app', 'SELECT timevmaps.tv_metrics()') =~ /^timevmaps_position_updates(?:_lost)?_total (\d+)/mg), " | |\n";
