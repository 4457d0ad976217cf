# Positions beside others, in one cluster, as a table in Markdown; see positions.sh, which runs it:
#
#   perl test/bench/positions.pl PART...      load, batches, post, read
#
# load      tv_load_positions() from a table, and COPY from a file into a bare table: the same columns and key, one partition a day, no default one,
#           no checks, triggers, policies. All of both is compared.
# batches   two sessions, each waits for its commit, fsync and synchronous_commit on (positions.c); every key is compared afterwards, and what was acknowledged counted.
# post      PostgREST, one for both tables, two connections.
# read      statements in turn in one session, prepared, as psql gets them; each of 100 rounds (fewer where BUDGET seconds do not suffice, at least 3: the table
#           says how many) has a moment of its own. Others read the bare table. Answers are compared first.
# Who asks is an analyst who is a member of the world, by row security; nobody has more than one core for a statement.
use strict;
use warnings;
use IO::Socket::INET ();
use IPC::Open2;
use POSIX ();
use Time::HiRes qw(sleep time);
use lib "$ENV{TV_REPO}/test/lib";
use TvCluster;
use TvRest;

my ($size, $vehicles, $storing, $loads, $queries, $budget) = map { $ENV{ $_->[0] } // $_->[1] } [ SIZE => 2_000_000 ], [ VEHICLES => 1000 ], [ ROUNDS => 20 ], [ LOADS => 3 ],
	[ QUERIES => 100 ], [ BUDGET => 12 ];
my $seconds = $ENV{STORE_SECONDS} // 0.5;
my %part = map { $_ => 1 } @ARGV;
my $yesterday = 86400 * (int(time / 86400) - 1);
my (%peers, @rows);

$SIG{INT} = $SIG{TERM} = sub { exit 130 };
END
{
	my $status = $?;
	kill TERM => values %peers;
	waitpid $_, 0 for values %peers;
	$? = $status;
}

my $cluster = TvCluster->new(conf => ["shared_preload_libraries = 'timevmaps'", 'fsync = on', 'synchronous_commit = on', "shared_buffers = '1GB'", "max_wal_size = '16GB'",
	"checkpoint_timeout = '1h'", "work_mem = '256MB'", "maintenance_work_mem = '256MB'", 'jit = off', 'max_parallel_workers_per_gather = 0', 'autovacuum = off']);
my $dir = $cluster->dir;

#------------------------------------------------------------------------------ helpers

sub median { my @sorted = sort { $a <=> $b } @_; return $sorted[ $#sorted / 2 ] }
sub say_time { my ($ms) = @_; return $ms < 10 ? sprintf('%.2f ms', $ms) : $ms < 1000 ? sprintf('%.0f ms', $ms) : sprintf('%.2f s', $ms / 1000) }
sub say_count { my $text = sprintf '%.0f', $_[0]; 1 while $text =~ s/^(\d+)(\d{3})/$1,$2/; return $text }
sub row { push @rows, '| ' . join(' | ', map { $_ // '' } @_[ 0 .. 5 ]) . ' |'; print STDERR "$rows[-1]\n"; return }
sub has { return !system "command -v $_[0] >/dev/null 2>&1" }

sub run
{
	my ($status, $out, $err) = $cluster->client(@_);
	die "@_[0 .. 1]: $err" if $status;
	return $out;
}

sub root { return $cluster->query('app', $_[0], '-v', "gothenburg=$ENV{TV_REPO}/demo/gothenburg") }

# A session of ana's, each statement answered by its rows up to a mark.
my %session;
sub ask
{
	my ($statement) = @_;
	if (!%session)
	{
		my %set = map { split /=/, $_, 2 } split /\n/, $cluster->tool('settings') =~ s/^-u\n\w+\n//mgr;
		local @ENV{ grep { /\A\w+\z/ } keys %set } = map { $set{$_} } grep { /\A\w+\z/ } keys %set;
		$session{pid} = open2($session{from}, $session{to}, 'psql', '-X', '-q', '-A', '-t', '-F', "\t", '-v', 'ON_ERROR_STOP=1', '-U', 'ana', '-d', 'app');
		ask('SET search_path = public');
	}
	my @rows;
	print { $session{to} } "$statement\n;\n\\echo -- done\n";
	$session{to}->flush;
	while (my $line = readline $session{from})
	{
		chomp $line;
		return wantarray ? @rows : $rows[0] if $line eq '-- done';
		push @rows, $line;
	}
	die "the session ended at: $statement\n";
}

# Milliseconds of a statement whose rows are fetched and not kept.
sub timed
{
	my ($ms) = map { /^Time: ([\d.]+) ms/ ? $1 : () } ask("\\timing on\n$_[0] \\g /dev/null\n\\timing off");
	return $ms;
}

# Medians of statements in turn, MOMENT being the round's; then how many rounds.
sub in_turn
{
	my ($moments, @statements) = @_;
	my $fill = sub { my ($text, $round) = @_; my $moment = $moments->[ $round % @$moments ]; $text =~ s/MOMENT/'$moment'/g; return $text };
	my @times;
	my $begin = time;
	timed($fill->($_, 0)) for @statements;
	my $round_s = time - $begin;
	if ($round_s < $budget / 40) { for my $n (1 .. 6) { timed($fill->($_, $n)) for @statements } }
	my $count = int($budget / $round_s);
	$count = $count < 3 ? 3 : $count > $queries ? $queries : $count;
	for my $n (1 .. $count) { push @{ $times[$_] }, timed($fill->($statements[$_], $n)) for 0 .. $#statements }
	return ((map { median(@$_) } @times), $count);
}

sub compare
{
	my ($what, $bar, $moments, $ours, $peer, $theirs) = @_;
	my ($mine, $other, $count) = in_turn($moments, $ours, $theirs);
	row("$what ($count rounds)", say_time($mine), $peer, say_time($other), sprintf('%.1f ×', $other / $mine), $bar);
	return $mine;
}

# What must be none, and why.
sub must_be_none { my ($what, $sql) = @_; my $found = ask($sql); die "$what: $found\n" if $found ne '0'; return }

#---------------------------------------------------------------------------- the tables

sub make_tables
{
	$cluster->setup('app');
	my ($status, undef, $err) = $cluster->client('psql', '-X', '-q', '-d', 'app', '-v', "gothenburg=$ENV{TV_REPO}/demo/gothenburg", '-f', "$ENV{TV_REPO}/demo/load-gothenburg.sql", '-o', '/dev/null');
	die $err if $status;
	run('psql', '-X', '-q', '-d', 'app', '-f', "$ENV{TV_REPO}/http/roles.sql");
	root("CREATE ROLE ana LOGIN IN ROLE tv_analyst; SELECT timevmaps.tv_add_member(1, 'ana', 'analyst'), timevmaps.tv_add_member(1, 'timevmaps|ada', 'analyst'),
		timevmaps.tv_set_quota('ana', 'positions_per_hour', 1000000000), timevmaps.tv_set_quota('timevmaps|ada', 'positions_per_hour', 1000000000);
	INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'calls'), (1, 'rows'), (1, 'posts');
	INSERT INTO timevmaps.vehicles (world_id, name) SELECT 1, g::text FROM generate_series(1, greatest(1000, $vehicles)) g;
	CREATE SCHEMA bare AUTHORIZATION ana");
	root("SET ROLE ana;
	CREATE TABLE bare.positions (LIKE timevmaps.positions INCLUDING DEFAULTS, PRIMARY KEY (timeline_id, vehicle_id, t)) PARTITION BY RANGE (t);
	CREATE TABLE bare.vehicles AS SELECT id FROM timevmaps.vehicles WHERE id <= $vehicles ORDER BY id;
	CREATE TABLE bare.tracks (world_id bigint, timeline_id bigint, vehicle_id bigint, t timestamptz, lon float8, lat float8, speed_mps float8, heading_deg float8, segment_id bigint, fraction float8);
	GRANT USAGE ON SCHEMA bare TO tv_analyst; GRANT INSERT, SELECT ON bare.positions TO tv_analyst");
	my $day = sub { my ($name, $from) = @_; root("SET ROLE ana; SET timezone = 'UTC'; CREATE TABLE bare.$name PARTITION OF bare.positions FOR VALUES FROM (to_timestamp($from)) TO (to_timestamp($from + 86400))") };
	$day->(@$_) for [ yesterday => $yesterday ], [ today => $yesterday + 86400 ], [ tomorrow => $yesterday + 2 * 86400 ];
	# The days of the tracks: one, unless there are more fixes of each than a day has.
	my $first = 17140 * 86400;
	$day->("day$_", $first + 86400 * $_) for 0 .. int($size / $vehicles * 12 / 86400) + 1;
	open my $out, '>', "$dir/tracks.tsv" or die;
	open my $in, '-|', $^X, "$ENV{TV_REPO}/test/bench/positions-data.pl", '--fixes', $size, '--vehicles', $vehicles, '--by', 'time' or die;
	while (my $line = <$in>) { print { $out } "1\t1\t$line" }
	close $in or die;
	close $out or die;
	chmod 0644, "$dir/tracks.tsv";
	return;
}

my $columns = 'world_id, timeline_id, vehicle_id, t, lon, lat, speed_mps, heading_deg, segment_id, fraction';

sub load
{
	my (@ours, @theirs, @staged);
	for my $round (1 .. ($part{load} ? $loads : 1))
	{
		root('TRUNCATE timevmaps.positions, bare.positions, bare.tracks; CHECKPOINT');
		push @staged, timed("\\copy bare.tracks ($columns) FROM '$dir/tracks.tsv'\n");
		my $ours = sub { push @ours, timed("CALL timevmaps.tv_load_positions('bare.tracks', 1, 1)") };
		my $theirs = sub { push @theirs, timed("\\copy bare.positions ($columns) FROM '$dir/tracks.tsv'\n") };
		$_->() for ($round % 2 ? ($ours, $theirs) : ($theirs, $ours));
	}
	root('VACUUM ANALYZE');
	must_be_none('loaded and copied fixes differ', "SELECT count(*) + abs($size - (SELECT count(*) FROM bare.positions)) FROM
		(SELECT $columns FROM timevmaps.positions WHERE timeline_id = 1) a FULL JOIN (SELECT $columns FROM bare.positions) b USING ($columns) WHERE a.fraction IS NULL OR b.fraction IS NULL");
	return unless $part{load};
	my ($mine, $other, $stage) = map { median(@$_) } \(@ours, @theirs, @staged);
	row('loading ' . say_count($size) . " fixes, `tv_load_positions` ($loads rounds)", say_time($mine), '`COPY` into the bare table', say_time($other), sprintf('%.2f of its speed', $other / $mine), '0.5 (0.7)');
	row('and with `COPY` into a table of its own before', say_time($mine + $stage), '', '', sprintf('%.2f', $other / ($mine + $stage)), '');
	return;
}

#------------------------------------------------------------------------- who stores

sub free_port
{
	my $socket = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1', LocalPort => 0) or die "no port: $!";
	return $socket->sockport;
}

# Start a program of another's, until CHECK is true.
sub start_peer
{
	my ($name, $check, @command) = @_;
	$peers{$name} = fork() // die "fork: $!";
	if (!$peers{$name})
	{
		open STDIN, '<', '/dev/null';
		open STDOUT, '>', "$dir/$name.log" and open STDERR, '>&', \*STDOUT;
		exec @command or POSIX::_exit(127);
	}
	for (1 .. 100) { return if $check->(); sleep 0.1 }
	die "$name does not start, see $dir/$name.log\n";
}

sub start_redis
{
	my ($when) = @_;
	my $home = "$dir/redis-$when";
	mkdir $home;
	start_peer("redis-$when", sub { -S "$home/sock" }, 'redis-server', '--port', 0, '--unixsocket', "$home/sock", '--dir', $home, '--save', '', '--appendonly', 'yes', '--appendfsync', $when);
	return "$home/sock";
}

sub start_influx
{
	my $home = "$dir/influx";
	my ($port, $other) = (free_port(), free_port());
	mkdir $home;
	open my $file, '>', "$home/conf" or die;
	print $file qq{reporting-disabled = true\nbind-address = "127.0.0.1:$other"\n[meta]\n  dir = "$home/meta"\n[data]\n  dir = "$home/data"\n  wal-dir = "$home/wal"\n  query-log-enabled = false\n}
		. qq{[http]\n  bind-address = "127.0.0.1:$port"\n  log-enabled = false\n};
	close $file;
	start_peer('influx', sub { !system "curl -s -o /dev/null -X POST --data-urlencode 'q=CREATE DATABASE bench' http://127.0.0.1:$port/query" }, 'influxd', '-config', "$home/conf");
	return $port;
}

# Fixes a second of each way in turn, [name, how, target, batch, more]; the same fixes in each.
my $number = 0;
sub store
{
	my ($rounds, @ways) = @_;
	my (%rate, %stored);
	for my $round (0 .. $rounds)
	{
		for my $way ($round % 2 ? @ways : (reverse @ways))
		{
			my ($name, $how, $target, $batch, $more) = @$way;
			my ($stored, $rate) = split /\s+/, run('env', 'PGUSER=ana', "$ENV{TV_REPO}/build/bench/positions", $how, $target, 2, $seconds, $number, $yesterday, $batch, $more // '');
			$stored{$name} += $stored;
			# The first is to be warm.
			push @{ $rate{$name} }, $rate if $round;
		}
		$number += 1_000_000;
	}
	return map { [ median(@{ $rate{ $_->[0] } }), $stored{ $_->[0] } ] } @ways;
}

# What the bare table and another's timeline have in common is the same, and each has what was acknowledged.
sub check_stored
{
	my (%count) = @_;
	for my $timeline (sort keys %count)
	{
		my ($stored, $bare) = @{ $count{$timeline} };
		must_be_none("timeline $timeline: lost or wrong fixes", "SELECT abs($stored - (SELECT count(*) FROM timevmaps.positions WHERE timeline_id = $timeline))
			+ abs($bare->[1] - (SELECT count(*) FROM bare.positions WHERE timeline_id = $bare->[0]))
			+ (SELECT count(*) FROM timevmaps.positions a JOIN bare.positions b ON b.timeline_id = $bare->[0] AND b.vehicle_id = a.vehicle_id AND b.t = a.t WHERE a.timeline_id = $timeline
				AND (a.lon, a.lat, a.speed_mps, a.heading_deg) IS DISTINCT FROM (b.lon, b.lat, b.speed_mps, b.heading_deg))");
	}
	return;
}

my $redis;
sub batches
{
	my @ways = ([ calls => 'ingest', 'app', 100, '2' ], [ rows => 'insert', 'app', 100, 'timevmaps.positions 3' ], [ bare => 'insert', 'app', 100, 'bare.positions 2' ]);
	if (has('redis-server'))
	{
		push @ways, [ "redis-$_" => 'redis', start_redis($_), 100 ] for qw(always everysec);
		$redis = $ways[-1][2];
	}
	my $influx = has('influxd') && has('curl') ? start_influx() : undef;
	push @ways, [ influx => 'influx', $influx, 100 ] if $influx;
	my @told = store($storing, @ways);
	my %told = map { $ways[$_][0] => $told[$_] } 0 .. $#ways;
	check_stored(2 => [ $told{calls}[1], [ 2, $told{bare}[1] ] ], 3 => [ $told{rows}[1], [ 2, $told{bare}[1] ] ]);
	my $rate = sub { my ($name) = @_; return $told{$name} ? say_count($told{$name}[0]) . ' a second' : 'not measured: not installed' };
	my $to = sub { my ($name, $peer) = @_; return $told{$peer} ? sprintf '%.2f', $told{$name}[0] / $told{$peer}[0] : '' };
	row("batches of 100, two sessions, durable, `tv_ingest` ($storing rounds)", $rate->('calls'), 'the same `INSERT` into the bare table', $rate->('bare'), $to->(qw(calls bare)), 0.6);
	row('the same, `INSERT` into `positions`', $rate->('rows'), 'the same', $rate->('bare'), $to->(qw(rows bare)), 0.6);
	row('`tv_ingest`', $rate->('calls'), "redis, `GEOADD` (the last only), appendfsync $_", $rate->("redis-$_"), $to->('calls', "redis-$_"), $_ eq 'always' ? '(1)' : '') for qw(always everysec);
	row('`tv_ingest`', $rate->('calls'), 'influxdb, line protocol', $rate->('influx'), $to->(qw(calls influx)), '');
	if ($influx)
	{
		my ($found) = `curl -s -G --data-urlencode 'db=bench' --data-urlencode 'q=SELECT count(lon) FROM p' http://127.0.0.1:$influx/query` =~ /,(\d+)\]\]/;
		die 'influxdb has lost fixes' if ($found // 0) != $told{influx}[1];
	}
	return;
}

sub posts
{
	my ($program, $why) = TvRest::program();
	if (!$program) { row('one fix a `POST`', '', 'PostgREST', "not measured: $why", '', 0.9); return }
	my $rest = TvRest->new($cluster, 'app', environment => { PGRST_DB_SCHEMAS => 'timevmaps,bare' });
	my $headers = sub { return join '', map { "$_\r\n" } 'Authorization: Bearer ' . $rest->token(role => 'tv_analyst', sub => 'ada'), 'Content-Type: application/json', 'Prefer: return=minimal', "Content-Profile: $_[0]" };
	my ($mine, $bare) = store($storing, [ ours => 'post', $rest->socket, 1, '/positions 4 ' . $headers->('timevmaps') ], [ bare => 'post', $rest->socket, 1, '/positions 4 ' . $headers->('bare') ]);
	check_stored(4 => [ $mine->[1], [ 4, $bare->[1] ] ]);
	row("one fix a `POST`, PostgREST, two connections ($storing rounds)", say_count($mine->[0]) . ' a second', 'the same into the bare table', say_count($bare->[0]) . ' a second', sprintf('%.2f', $mine->[0] / $bare->[0]), 0.9);
	return;
}

#--------------------------------------------------------------------------- who reads

# Where each of VEHICLES was at MOMENT, from the bare table.
sub lateral
{
	my ($from, $moment, $most) = @_;
	my $side = sub {
		my ($name, $which) = @_;
		return "LATERAL (SELECT p.t, ST_MakePoint(p.lon, p.lat)::geography AS g FROM bare.positions p WHERE p.timeline_id = 1 AND p.vehicle_id = v.id AND p.t $which LIMIT 1) $name";
	};
	return "SELECT v.id AS vehicle_id, $moment AS t, ST_Project(b.g, ST_Distance(b.g, a.g) * (extract(epoch FROM $moment - b.t) / extract(epoch FROM a.t - b.t))::float8,
		coalesce(ST_Azimuth(b.g, a.g), 0))::geometry AS geom FROM $from, " . $side->('b', "<= $moment ORDER BY p.t DESC") . ', ' . $side->('a', "> $moment ORDER BY p.t")
		. " WHERE v.id <= $most AND a.t - b.t <= interval '300 s'";
}

sub snapshots
{
	my (@moments) = @_;
	my $at = "timevmaps.tv_positions_at(1, 1, \$1, vehicle_ids => NULL)";
	ask("CREATE TABLE bare.lines AS SELECT p.vehicle_id, ST_SetSRID(ST_MakeLine(ST_MakePointM(p.lon, p.lat, extract(epoch FROM p.t)::float8) ORDER BY p.t), 4326) AS geom
		FROM bare.positions p WHERE p.timeline_id = 1 GROUP BY p.vehicle_id; ANALYZE bare.lines");
	ask('PREPARE mine(timestamptz) AS SELECT vehicle_id, geom FROM timevmaps.tv_positions_at(1, 1, $1) LIMIT ' . $vehicles);
	ask('PREPARE projected(timestamptz) AS SELECT vehicle_id, geom FROM (' . lateral('bare.vehicles v', '$1', $vehicles) . ') q');
	ask('PREPARE along(timestamptz) AS SELECT l.vehicle_id, ST_LocateAlong(l.geom, extract(epoch FROM $1)::float8) AS geom FROM bare.lines l');
	my $known = ask("SELECT count(*) FROM timevmaps.tv_positions_at(1, 1, '$moments[0]') WHERE state IN ('moving', 'stopped')");
	die "only $known vehicles are anywhere\n" if $known < 0.7 * $vehicles;
	for my $moment (@moments[ 0 .. 2 ])
	{
		my $theirs = lateral('bare.vehicles v', "'$moment'::timestamptz", $vehicles);
		must_be_none('vehicles that ST_Project has elsewhere', "SELECT count(*) FROM ($theirs) q FULL JOIN (SELECT * FROM timevmaps.tv_positions_at(1, 1, '$moment') WHERE vehicle_id <= $vehicles) m USING (vehicle_id)
			WHERE q.geom IS NOT NULL AND (m.geom IS NULL OR ST_Distance(m.geom::geography, q.geom::geography) > 0.01) OR q.geom IS NULL AND m.state = 'moving' AND m.age_s > 0");
		must_be_none('vehicles that ST_LocateAlong has elsewhere', "SELECT count(*) FROM bare.lines l JOIN timevmaps.tv_positions_at(1, 1, '$moment') m USING (vehicle_id)
			WHERE m.state = 'moving' AND m.age_s > 0 AND coalesce(ST_Distance(m.geom::geography, ST_GeometryN(ST_Force2D(ST_LocateAlong(l.geom, extract(epoch FROM '$moment'::timestamptz)::float8)), 1)::geography), 9) > 0.05");
	}
	my $what = "where each of $vehicles was at a moment, of " . say_count($size) . ' fixes';
	compare($what, '5 × (3 ms)', \@moments, 'EXECUTE mine(MOMENT)', '`LATERAL` with `ST_Project` on geography', 'EXECUTE projected(MOMENT)');
	compare($what, '20 ×', \@moments, 'EXECUTE mine(MOMENT)', '`ST_LocateAlong` on lines with measures', 'EXECUTE along(MOMENT)');
	return;
}

# All have been reporting for the last five minutes, too.
sub latest
{
	root("INSERT INTO timevmaps.positions ($columns) SELECT 1, 1, v, now() - interval '1 s' * (10 * g + v % 10), 11.9 + v * 1e-5 + g * 1e-4, 57.7 + g * 1e-4, 9, 90, NULL, NULL FROM generate_series(1, $vehicles) v, generate_series(0, 29) g");
	root("INSERT INTO bare.positions ($columns) SELECT $columns FROM timevmaps.positions WHERE timeline_id = 1 AND t > now() - interval '1 h'");
	root('VACUUM ANALYZE');
	my $theirs = 'SELECT DISTINCT ON (p.vehicle_id) p.vehicle_id, p.t, p.lon, p.lat FROM bare.positions p WHERE p.timeline_id = 1 ORDER BY p.vehicle_id, p.t DESC';
	must_be_none('vehicles whose latest fix is another', "SELECT count(*) FROM ($theirs) q FULL JOIN (SELECT * FROM timevmaps.tv_live_positions(1, 1) WHERE vehicle_id <= $vehicles) m USING (vehicle_id)
		WHERE (m.fix_at, m.lon, m.lat) IS DISTINCT FROM (q.t, q.lon, q.lat)");
	my $mine = compare("the latest of $vehicles", '100 × (2 ms)', ['now'], 'SELECT vehicle_id, fix_at, lon, lat FROM timevmaps.tv_live_positions(1, 1)', '`DISTINCT ON`', $theirs);
	if ($redis)
	{
		my ($status, $out) = TvCluster::capture('redis-benchmark', '-s', $redis, '-c', 1, '-n', 200, '--csv', 'GEOPOS', 'bench', 1 .. $vehicles);
		my ($p50) = $out =~ /^"GEOPOS.*?","[\d.]+","[\d.]+","[\d.]+","([\d.]+)"/m;
		row('the same', say_time($mine), 'redis, `GEOPOS`, from memory', $p50 ? say_time($p50) : 'not measured', $p50 ? sprintf('%.2f ×', $p50 / $mine) : '', '');
	}
	return;
}

# A chain of five branches, each with what its parent has until the next fork.
sub branches
{
	my ($middle) = @_;
	my ($deepest, @forks) = (1, map { "'$middle'::timestamptz + interval '${\(60 * $_)} s'" } 0 .. 4);
	for my $n (0 .. 4)
	{
		$deepest = root("SELECT id FROM timevmaps.tv_branch($deepest, 'depth $n', fork_at => $forks[$n])");
		my $until = $n < 4 ? $forks[ $n + 1 ] : "$forks[4] + interval '600 s'";
		root("INSERT INTO timevmaps.positions ($columns) SELECT " . ($columns =~ s/timeline_id/$deepest/r) . " FROM bare.positions WHERE timeline_id = 1 AND t > $forks[$n] AND t <= $until");
	}
	root('ANALYZE timevmaps.positions');
	my @moments = map { ask("SELECT $forks[4] + interval '1 s' * (60 + 4.9 * $_)") } 0 .. $queries - 1;
	for my $moment (@moments[ 0, -1 ])
	{
		must_be_none('vehicles that are elsewhere on the branch', "SELECT count(*) FROM timevmaps.tv_positions_at(1, 1, '$moment') r JOIN timevmaps.tv_positions_at(1, $deepest, '$moment') b USING (vehicle_id)
			WHERE r.fix_at > $forks[4] AND r.state IN ('moving', 'stopped') AND b.state NOT IN ('held', 'after') AND (r.lon, r.lat, r.fix_at) IS DISTINCT FROM (b.lon, b.lat, b.fix_at)");
	}
	ask("PREPARE on_branch(timestamptz) AS SELECT vehicle_id, geom FROM timevmaps.tv_positions_at(1, $deepest, \$1)");
	my ($mine, $root, $count) = in_turn(\@moments, 'EXECUTE on_branch(MOMENT)', 'EXECUTE mine(MOMENT)');
	row("the same on a branch five deep ($count rounds)", say_time($mine), 'its root', say_time($root), sprintf('%.2f × the time', $mine / $root), '2 × (1.3 ×)');
	return;
}

sub replay
{
	my ($from, $to, $length) = @_;
	my $most = $vehicles < 100 ? $vehicles : 100;
	my $ours = "timevmaps.tv_replay(1, 1, '$from', '$to', STEP, vehicle_ids => ARRAY(SELECT generate_series(1, $most))) m";
	my $theirs = '(' . lateral("generate_series('$from'::timestamptz, '$to', interval 'STEP s') f(t), bare.vehicles v", 'f.t', $most) . ') q';
	my ($a, $b) = map { s/STEP/60/r } $ours, $theirs;
	must_be_none('vehicles that a replay has elsewhere', "SELECT count(*) FROM $b FULL JOIN (SELECT * FROM $a) m USING (vehicle_id, t)
		WHERE q.geom IS NOT NULL AND (m.geom IS NULL OR ST_Distance(m.geom::geography, q.geom::geography) > 0.01) OR q.geom IS NULL AND m.state = 'moving' AND m.age_s > 0");
	($a, $b) = map { s/STEP/1/r } $ours, $theirs;
	my $rows = ask("SELECT count(*) FROM $a");
	my $mine = compare('replay of ' . say_count($length) . " s, each second, $most vehicles, " . say_count($rows) . ' rows', '10 ×', ['-'], "SELECT count(geom), sum(ST_X(geom)) FROM $a", '`generate_series` with `LATERAL`', "SELECT count(geom), sum(ST_X(geom)) FROM $b");
	row('its rows a second', say_count(1000 * $rows / $mine), '', '', '', '(1,000,000)');
	return;
}

sub scores
{
	my ($begin, $end) = @_;
	my $most = POSIX::ceil($vehicles / 2);
	my $ours = sub { my ($last, $more) = @_; return "timevmaps.tv_box_score(1, 1, ARRAY(SELECT generate_series(1, $last)), '$begin', '$end'$more)" };
	my $theirs = sub {
		return "SELECT vehicle_id, count(*) AS fixes, sum(dt) FILTER (WHERE dt <= 300) AS seconds, sum(d) FILTER (WHERE dt <= 300) AS metres FROM (SELECT p.vehicle_id, extract(epoch FROM p.t - lag(p.t) OVER w)::float8 AS dt,
			ST_Distance(ST_MakePoint(p.lon, p.lat)::geography, lag(ST_MakePoint(p.lon, p.lat)::geography) OVER w$_[0]) AS d FROM bare.positions p WHERE p.timeline_id = 1 AND p.vehicle_id <= $most
			AND p.t >= '$begin' AND p.t < '$end' WINDOW w AS (PARTITION BY p.vehicle_id ORDER BY p.t)) q GROUP BY vehicle_id";
	};
	# Nothing is a stop for longer than the range.
	my $never = ', stop_s => 10000000';
	must_be_none('box scores that differ', 'SELECT count(*) FROM ' . $ours->($most, $never) . ' m FULL JOIN (' . $theirs->(', false') . ') q USING (vehicle_id)
		WHERE m.fixes IS DISTINCT FROM q.fixes OR NOT abs(m.distance_m - q.metres) <= 1e-7 * q.metres OR NOT abs(m.moving_seconds - q.seconds) < 1e-3');
	my $fixes = ask('SELECT sum(fixes) FROM ' . $ours->($most, ''));
	compare('box scores over ' . say_count($fixes) . ' fixes', '5 ×', ['-'], 'SELECT vehicle_id, fixes, distance_m FROM ' . $ours->($most, ''), 'window functions with `ST_Distance(geography)`', $theirs->(''));
	my $few = POSIX::ceil($vehicles / 20);
	my ($metres, $count) = split /\t/, ask('SELECT sum(distance_m), sum(fixes) FROM ' . $ours->($few, $never));
	ask("\\copy (SELECT p.vehicle_id, extract(epoch FROM p.t), p.lon, p.lat FROM bare.positions p WHERE p.timeline_id = 1 AND p.vehicle_id <= $few AND p.t >= '$begin' AND p.t < '$end' ORDER BY 1, 2) TO '$dir/few.tsv'\n");
	my ($mine) = in_turn(['-'], 'SELECT vehicle_id, fixes, distance_m FROM ' . $ours->($few, ''));
	for my $peer ([ 'gpxpy-file' => 'gpxpy', 'from a GPX file', 50, 0.01 ], [ gpxpy => 'gpxpy', 'from points in memory', '', 0.01 ], [ spatialite => 'SpatiaLite', 'window functions, great circles', '', 0.003 ])
	{
		my ($who, $name, $how, $bar, $tolerance) = @$peer;
		my ($status, $out) = TvCluster::capture('sh', '-c', "/usr/bin/python3 $ENV{TV_REPO}/test/bench/positions-peers.py $who 3 < $dir/few.tsv");
		my ($took, $said) = split /\s+/, $out;
		if ($status || !$took) { row('box scores over ' . say_count($count) . ' fixes', say_time($mine), "$name, $how", 'not measured: not installed', '', $bar && "$bar ×"); next }
		die "$name has other metres: $said, not $metres\n" if abs($said - $metres) > $tolerance * $metres;
		row('box scores over ' . say_count($count) . ' fixes', say_time($mine), "$name, $how (3 rounds)", say_time(1000 * $took), sprintf('%.0f ×', 1000 * $took / $mine), $bar && "$bar ×");
	}
	return;
}

sub matching
{
	my ($begin, $end) = @_;
	my $few = $vehicles < 5 ? $vehicles : 5;
	my $matched = "generate_series(1, $few) v, LATERAL timevmaps.tv_match(1, 1, v, '$begin', '$end') m";
	my ($right, $fixes) = split /\t/, ask("SELECT (SELECT count(DISTINCT (p.vehicle_id, p.t)) FROM $matched, bare.positions p WHERE p.timeline_id = 1 AND p.vehicle_id = v AND p.segment_id = m.segment_id AND p.t BETWEEN m.t_from AND m.t_to),
		(SELECT count(*) FROM bare.positions p WHERE p.timeline_id = 1 AND p.vehicle_id <= $few)");
	die "matched wrongly: $right of $fixes\n" if $right < 0.7 * $fixes;
	my ($mine, $count) = in_turn(['-'], "SELECT count(*) FROM $matched");
	row(sprintf('map matching, a fix each 10 s, 3 m off: %.1f %% of fixes on the segment that was driven (%d rounds)', 100 * $right / $fixes, $count), say_count(1000 * $fixes / $mine) . ' fixes a second', '', '', '', '');
	return;
}

#------------------------------------------------------------------------------- all

make_tables();
load();
batches() if $part{batches};
posts() if $part{post};
if ($part{read})
{
	my ($begin, $end, $middle, $span) = split /\t/, ask('SELECT min(t), max(t) + interval \'1 s\', min(t) + (max(t) - min(t)) / 2, extract(epoch FROM max(t) - min(t)) FROM bare.positions WHERE timeline_id = 1');
	my @moments = map { ask(sprintf "SELECT '%s'::timestamptz + interval '1 s' * %.3f", $begin, $span * (0.1 + 0.5 * ($_ * 0.618034 - int($_ * 0.618034)))) } 1 .. $queries;
	my $length = $span * 0.6 < 3600 ? int($span * 0.6) : 3600;
	snapshots(@moments);
	branches($middle);
	replay($moments[0], ask("SELECT '$moments[0]'::timestamptz + interval '${\($length - 1)} s'"), $length);
	scores($begin, $end);
	matching($begin, $end);
	latest();
}
my ($load) = do { open my $in, '<', '/proc/loadavg' or die; split / /, <$in> };
print <<"END" . join("\n", @rows) . "\n";
## Positions

Of ${\say_count($size)} fixes of $vehicles vehicles that drive about Gothenburg, one each 10 s, in one cluster, both sides in turn, medians; `fsync` and `synchronous_commit` are on, one core a statement. Who asks is
an analyst by row security; others read and write a bare table with the same columns and key, partitioned by day, without checks, triggers or policies. Every answer was compared before. In brackets: what is aimed at beyond the bar.
The load average was $load when it ended.

| what | ours | against | theirs | ratio | bar |
|---|---|---|---|---|---|
END
