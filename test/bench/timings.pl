# Time pairs of statements in one session and print the table; see run.sh.
use strict;
use warnings;
use File::Temp ();
use POSIX qw(strftime);

my $database = shift // 'postgres';
my $repeat = $ENV{REPEAT} // 21;
# From Hisingen to the central station, by coordinates as in the demo.
my $ends = "(SELECT id FROM timevmaps.places WHERE world_id = 1 ORDER BY geom <-> ST_SetSRID(ST_MakePoint(%s), 4326) LIMIT 1)";
my ($origin, $dest) = map { answer('SELECT ' . sprintf $ends, $_) } '11.9335, 57.7212', '11.9735, 57.7087';
my $edges = q{SELECT id, a_place_id AS source, b_place_id AS target, length_m AS cost,
	CASE WHEN oneway THEN -1 ELSE length_m END AS reverse_cost FROM timevmaps.segments WHERE world_id = 1};
my $bell = '{"qubits": 2, "gates": [{"op": "H", "target": 0}, {"op": "CX", "control": 0, "target": 1}]}';

# [what, ours, the peer, the peer's statement, a query that is true if both have the same answer]
my @pairs = (
	[ 'Lorentz factor, 100,000 rows', 'SELECT sum(timevmaps.tv_gamma(v)) FROM generate_series(1, 100000) v', 'the plain formula with sqrt',
		'SELECT sum(1 / sqrt(1 - v::float8 * v * 1.1126500560536184e-17::float8)) FROM generate_series(1, 100000) v',
		'SELECT bool_and(abs(timevmaps.tv_gamma(v) - 1 / sqrt(1 - (v / 299792458.0::float8) ^ 2)) < 1e-15) FROM generate_series(1, 100000) v' ],
	[ 'shortest way through Gothenburg, with path and course', "SELECT * FROM timevmaps.tv_plan_route(1, 1, $origin, $dest, metric => 'distance')",
		'pgRouting, pgr_dijkstra', "SELECT * FROM pgr_dijkstra(\$q\$$edges\$q\$, $origin, $dest)",
		"SELECT abs((SELECT distance_m FROM timevmaps.tv_plan_route(1, 1, $origin, $dest, metric => 'distance'))
			- (SELECT max(agg_cost) FROM pgr_dijkstra(\$q\$$edges\$q\$, $origin, $dest))) < 1e-6" ],
	[ 'its cost alone', "SELECT * FROM timevmaps.tv_route_cost(1, 1, $origin, $dest, metric => 'distance')",
		'pgRouting, pgr_dijkstraCost', "SELECT * FROM pgr_dijkstraCost(\$q\$$edges\$q\$, $origin, $dest)", undef ],
	[ 'Bell circuit', "SELECT timevmaps.tv_run_circuit('$bell')", 'SELECT 1', 'SELECT 1',
		"SELECT timevmaps.tv_expectation('$bell', 'XX') > 1 - 1e-12" ],
	[ 'QFT on 16 qubits', "SELECT timevmaps.tv_expectation('" . qft(16) . "', 'Z0')", undef, undef, undef ],
	[ 'QCBM on 16 qubits', "SELECT timevmaps.tv_expectation('" . qcbm(16) . "', 'Z0')", undef, undef, undef ],
);

print heading();
print "| what | median | against | median | ratio |\n|---|---|---|---|---|\n";
for my $pair (@pairs)
{
	my ($what, $ours, $peer, $theirs, $same) = @$pair;
	die "$what: the answers differ\n" if $same && answer($same) ne 't';
	my ($mine, $other) = medians($ours, $theirs);
	printf "| %s | %s | %s | %s | %s |\n", $what, milliseconds($mine), $peer // '', defined $other ? milliseconds($other) : '',
		defined $other ? sprintf('%.3g', $other / $mine) : '';
}

my ($mine, $other) = rates("SELECT timevmaps.tv_run_circuit('$bell')", 'SELECT 1');
my ($shots) = rates("SELECT timevmaps.tv_run_circuit('$bell', 1000)", 'SELECT 1');
printf "\nThe Bell circuit in pgbench, prepared, one connection: %.0f times a second, with 1,000 shots %.0f; `SELECT 1` there: %.0f; ratio %.2f (bar: 0.6).\n",
	$mine, $shots, $other, $mine / $other;

sub answer
{
	my ($sql) = @_;
	open my $psql, '-|', 'psql', '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-d', $database, '-c', $sql or die;
	my $text = do { local $/; <$psql> } // '';
	close $psql or die "bench: $sql\n";
	chomp $text;
	return $text;
}

# The statements in turn in one session, after three rounds that do not count; milliseconds.
sub medians
{
	my @statements = grep { defined } @_;
	my $script = "\\timing on\n\\o /dev/null\n" . join('', map { "$_;\n" } @statements) x ($repeat + 3);
	my $file = File::Temp->new;
	print $file $script;
	$file->flush;
	open my $psql, '-|', 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $database, '-f', $file->filename or die;
	my @times = map { /^Time: ([0-9.]+) ms/ ? $1 : () } <$psql>;
	close $psql or die "bench: psql failed\n";
	my @medians;
	for my $i (0 .. $#statements)
	{
		my @mine = sort { $a <=> $b } @times[ map { $_ * @statements + $i } 3 .. $repeat + 2 ];
		push @medians, $mine[ $#mine / 2 ];
	}
	return @medians;
}

# How often a second pgbench runs each statement: medians of five rounds in turn, two seconds each.
sub rates
{
	my @statements = @_;
	my @rates;
	for my $turn (0 .. 5 * @statements - 1)
	{
		my $file = File::Temp->new;
		print $file "$statements[$turn % @statements];\n";
		$file->flush;
		open my $pgbench, '-|', "pgbench -n -M prepared -T 2 -f $file $database 2>/dev/null" or die;
		my ($rate) = map { /^tps = ([0-9.]+)/ ? $1 : () } <$pgbench>;
		close $pgbench or die "bench: pgbench failed\n";
		push @{ $rates[ $turn % @statements ] }, $rate;
	}
	return map { (sort { $a <=> $b } @$_)[2] } @rates;
}

sub milliseconds { return sprintf($_[0] < 1 ? '%.3f ms' : $_[0] < 100 ? '%.2f ms' : '%.0f ms', $_[0]) }

sub heading
{
	my ($cpu) = map { /^model name\s*:\s*(.*)/ ? $1 : () } lines('/proc/cpuinfo');
	my $cores = grep { /^processor/ } lines('/proc/cpuinfo');
	my ($system) = map { /^PRETTY_NAME="(.*)"/ ? $1 : () } lines('/etc/os-release');
	my $server = answer("SELECT 'PostgreSQL ' || current_setting('server_version') || ', PostGIS ' || (SELECT extversion FROM pg_extension WHERE extname = 'postgis')
		|| ', pgRouting ' || (SELECT extversion FROM pg_extension WHERE extname = 'pgrouting') || ', timevmaps '
		|| (SELECT extversion FROM pg_extension WHERE extname = 'timevmaps')");
	return "# Benchmarks\n\nBy `make bench WRITE=1` on " . strftime('%Y-%m-%d', gmtime) . ": $system, " . ($cpu // 'unknown processor')
		. " ($cores cores), $server. Each figure is the median of $repeat repetitions of the whole statement as psql\nsees it, both sides in turn in one "
		. "session, warm; the ratio is theirs to ours. The answers were compared before.\n\n";
}

sub lines { my ($name) = @_; open my $in, '<', $name or return; return <$in> }

# The circuits that other simulators' benchmarks use: QFT, and a QCBM of depth 9.
sub qft
{
	my ($n) = @_;
	my @gates;
	for my $i (reverse 0 .. $n - 1)
	{
		push @gates, qq({"op": "H", "target": $i});
		push @gates, map { sprintf '{"op": "CP", "control": %d, "target": %d, "theta": %.17g}', $_, $i, 3.14159265358979312 / 2**($i - $_) } reverse 0 .. $i - 1;
	}
	return sprintf '{"qubits": %d, "gates": [%s]}', $n, join ', ', @gates;
}

sub qcbm
{
	my ($n) = @_;
	my $angle = 0;
	my $rotate = sub { my ($op, $i) = @_; $angle += 0.1; return sprintf '{"op": "%s", "target": %d, "theta": %.17g}', $op, $i, $angle };
	my @gates = map { ($rotate->('RX', $_), $rotate->('RZ', $_)) } 0 .. $n - 1;
	for (1 .. 9)
	{
		push @gates, map { sprintf '{"op": "CX", "control": %d, "target": %d}', $_, ($_ + 1) % $n } 0 .. $n - 1;
		push @gates, map { ($rotate->('RZ', $_), $rotate->('RX', $_), $rotate->('RZ', $_)) } 0 .. $n - 1;
	}
	return sprintf '{"qubits": %d, "gates": [%s]}', $n, join ', ', @gates;
}
