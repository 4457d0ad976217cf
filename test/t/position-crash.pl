# Sessions that report positions are killed, and so is the server: what was acknowledged is there, and of each call all or nothing.
use strict;
use warnings;
use Test::More;
use TvCluster;
use TvSession;

my $cluster = TvCluster->new(conf => ['autovacuum = off', "shared_preload_libraries = 'timevmaps'", 'timevmaps.workers = 1', 'fsync = on', 'synchronous_commit = on']);
$cluster->setup('app');
sub q1 { return $cluster->query('app', $_[0]) }
q1(q{
    INSERT INTO timevmaps.worlds (name) VALUES ('w');
    INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'root');
    INSERT INTO timevmaps.vehicles (world_id, name) SELECT 1, 'v' || n FROM generate_series(1, 8) n});

# Call $n of client $c: 500 fixes of two days, in no order.
sub call
{
	my ($c, $n) = @_;
	return "SELECT inserted FROM timevmaps.tv_ingest(1, 1, (SELECT jsonb_agg(jsonb_build_object('vehicle_id', 1 + ($c + g) % 8, 't', extract(epoch FROM date_trunc('day', now())) - 21600 + ($n * 500 + g) * 2 + $c * 0.25, 'lon', $c, 'lat', 1, 'props', jsonb_build_object('call', $n, 'client', $c)) ORDER BY g * 7919 % 500) FROM generate_series(0, 499) g))";
}

my %told;    # acknowledged
my %begun;
for my $round (1 .. 4)
{
	my @clients = map { TvSession->new($cluster, 'app', "client $_") } 0 .. 3;
	my @pids = map { $_->query('SELECT pg_backend_pid()') } @clients;
	for my $n (1 .. 6)
	{
		my $call = $round * 10 + $n;
		$begun{"$_ $call"} = 1, $clients[$_]->begin(call($_, $call)) for 0 .. 3;
		if ($n == 4)
		{
			# In the middle of it: one session, or with the last rounds the whole server.
			select undef, undef, undef, 0.005 * $round;
			if ($round < 3) { kill 'KILL', $pids[1]; }
			else { $cluster->stop('immediate'); }
		}
		my @ends = map { my $i = $_; [ $i, eval { $clients[$i]->finish } ] } 0 .. 3;
		for my $end (@ends)
		{
			my ($i, $result) = @$end;
			$told{"$i $call"} = 1 if defined $result && ($result->{sqlstate} // 'x') eq '' && ($result->{rows} // '') =~ /^500/;
		}
		last if $n == 4;
	}
	undef @clients;
	if ($round < 3) { ok($cluster->poll('app', 'SELECT true'), "round $round: the server is there again"); }
	else { $cluster->start; }
}
cmp_ok(scalar(keys %told), '>', 20, 'calls were acknowledged: ' . keys %told);
my %there = map { my ($key, $n) = split /\|/; ($key => $n) } split /\n/, q1("SELECT concat(props ->> 'client', ' ', props ->> 'call'), count(*) FROM timevmaps.positions GROUP BY 1");
is(join(', ', grep { ($there{$_} // 0) != 500 } sort keys %told), '', 'what was acknowledged is there');
is(join(', ', grep { $there{$_} != 500 } sort keys %there), '', 'and of no call a part');
is(join(', ', grep { !$begun{$_} } sort keys %there), '', 'nor what nobody reported');
# The index and the heap say the same.
is(q1("SET enable_seqscan = off; SET enable_bitmapscan = off; SELECT count(*) FROM timevmaps.positions WHERE timeline_id = 1 AND vehicle_id BETWEEN 1 AND 8"), q1('SET enable_indexscan = off; SET enable_indexonlyscan = off; SELECT count(*) FROM timevmaps.positions'), 'by the key as by the table');
# All of it again: what is there is known, what was lost comes.
for my $key (sort keys %begun)
{
	my ($c, $n) = split / /, $key;
	my $inserted = q1(call($c, $n));
	is($inserted, 500 - ($there{$key} // 0), "$key again") if $inserted != 500 - ($there{$key} // 0);
}
is(q1('SELECT count(*) FROM timevmaps.positions'), 500 * keys %begun, 'each once');
done_testing();
