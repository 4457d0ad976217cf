# Frames read by a reader of our own, from the format's description alone; and
# circuits that are cancelled, or too large, leave a session that goes on.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(time);
use TvCluster;

my $cluster = TvCluster->new;
$cluster->setup('app');

# What numpy.frombuffer(payload, dtype=complex128, offset=24) does, and the header.
sub read_frame
{
	my ($hex) = @_;
	my $payload = pack 'H*', $hex;
	my ($magic, $version, $kind, $qubits, $step, $count) = unpack 'a4 v v V V Q<', $payload;
	return { magic => $magic, version => $version, kind => $kind, qubits => $qubits, step => $step,
		count => $count, length => length $payload, data => [ unpack 'd<*', substr $payload, 24 ] };
}

my $circuit = '{"qubits": 3, "gates": [{"op": "H", "target": 0}, {"op": "RY", "target": 1, "theta": 0.7},'
	. '{"op": "CX", "control": 0, "target": 2}, {"op": "S", "target": 2}]}';
my @rows = split /\n/, $cluster->query('app',
	"SELECT step, op, encode(payload, 'hex') FROM timevmaps.tv_circuit_steps('$circuit')");
is(scalar @rows, 4, 'a frame for each gate');

# The states, worked out by hand: c and s of RY(0.7), h of the Hadamard.
my ($c, $s, $h) = (cos 0.35, sin 0.35, sqrt 0.5);
my @wanted = (
	{ 0 => [ $h, 0 ], 1 => [ $h, 0 ] },
	{ 0 => [ $h * $c, 0 ], 1 => [ $h * $c, 0 ], 2 => [ $h * $s, 0 ], 3 => [ $h * $s, 0 ] },
	{ 0 => [ $h * $c, 0 ], 5 => [ $h * $c, 0 ], 2 => [ $h * $s, 0 ], 7 => [ $h * $s, 0 ] },
	{ 0 => [ $h * $c, 0 ], 5 => [ 0, $h * $c ], 2 => [ $h * $s, 0 ], 7 => [ 0, $h * $s ] });
for my $row (@rows)
{
	my ($step, $op, $hex) = split /\|/, $row;
	my $frame = read_frame($hex);
	is_deeply([ @$frame{qw(magic version kind qubits step count length)} ], [ 'TVF1', 1, 1, 3, $step, 8, 24 + 8 * 16 ],
		"header after $op");
	my $worst = 0;
	for my $basis (0 .. 7)
	{
		my $amplitude = $wanted[ $step - 1 ]{$basis} // [ 0, 0 ];
		for my $part (0, 1)
		{
			my $off = abs($frame->{data}[ 2 * $basis + $part ] - $amplitude->[$part]);
			$worst = $off if $off > $worst;
		}
	}
	cmp_ok($worst, '<', 1e-15, "amplitudes after $op");
}

# The reader and the functions agree on every bit of a larger random state.
my $random = join ', ', map { my $q = $_ % 6; my $r = ($_ * 5 + 1) % 6; $r = ($q + 1) % 6 if $r == $q;
	"{\"op\": \"RX\", \"target\": $q, \"theta\": " . ($_ * 0.37) . "}, {\"op\": \"CRY\", \"control\": $q, \"target\": $r, \"theta\": $_}" } 1 .. 20;
my ($hex, $rows) = split /\|/, $cluster->query('app', <<"SQL");
WITH last AS (SELECT payload FROM timevmaps.tv_circuit_steps('{"qubits": 6, "gates": [$random]}') ORDER BY step DESC LIMIT 1)
SELECT encode(payload, 'hex'), (SELECT string_agg(re || ' ' || im, ' ' ORDER BY basis) FROM timevmaps.tv_frame_amplitudes(payload)) FROM last
SQL
is_deeply([ map { sprintf '%.17g', $_ } @{ read_frame($hex)->{data} } ], [ map { sprintf '%.17g', $_ } split ' ', $rows ],
	'tv_frame_amplitudes reads the same numbers');

# The other kinds, as a worker stores them: the state after the last gate is |h c, 0, h s, ...> above.
$cluster->query('app', q{INSERT INTO timevmaps.worlds (name) VALUES ('w'); INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'main')});
my %stored;
for my $content (qw(full top bloch probabilities))
{
	$cluster->query('app', qq{INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params)
		VALUES (1, 1, 'quantum', '{"circuit": $circuit, "frames": {"every": 1, "content": "$content"}}')});
}
$cluster->query('app', 'CALL timevmaps.tv_work(4)');
for my $row (split /\n/, $cluster->query('app', q{SELECT params #>> '{frames,content}', encode(payload, 'hex')
	FROM timevmaps.frames JOIN timevmaps.experiments e ON e.id = experiment_id WHERE step = 4}))
{
	my ($content, $hex) = split /\|/, $row;
	$stored{$content} = $hex;
}
sub rounded { return [ map { my $text = sprintf '%.12f', $_; $text =~ s/^-(0\.0+)$/$1/; $text } @_ ] }

my $full = read_frame($stored{full});
is_deeply([ @$full{qw(kind count)} ], [ 1, 8 ], 'full');
is_deeply(rounded(@{ $full->{data} }), rounded(map { @{ $wanted[3]{$_} // [ 0, 0 ] } } 0 .. 7), 'full: the amplitudes');
my $top = read_frame($stored{top});
is_deeply([ @$top{qw(kind count length)} ], [ 2, 4, 24 + 4 * 24 ], 'top: what is not zero');
my @top = unpack '(Q< d< d<)*', substr pack('H*', $stored{top}), 24;
is_deeply([ @top[ 0, 3, 6, 9 ] ], [ 0, 5, 2, 7 ], 'top: the most probable first');
is_deeply(rounded(@top[ 1, 2, 4, 5, 7, 8, 10, 11 ]), rounded($h * $c, 0, 0, $h * $c, $h * $s, 0, 0, $h * $s), 'top: the amplitudes');
my $bloch = read_frame($stored{bloch});
is_deeply([ @$bloch{qw(kind count)} ], [ 3, 3 ], 'bloch');
is_deeply(rounded(@{ $bloch->{data} }), rounded(0, 0, 0, sin 0.7, 0, cos 0.7, 0, 0, 0), 'bloch: only the qubit apart has a direction');
my $probabilities = read_frame($stored{probabilities});
is_deeply([ @$probabilities{qw(kind count)} ], [ 4, 8 ], 'probabilities');
is_deeply(rounded(@{ $probabilities->{data} }), rounded($c ** 2 / 2, 0, $s ** 2 / 2, 0, 0, $c ** 2 / 2, 0, $s ** 2 / 2), 'probabilities: the squares');

# A worker's result can be had again from what it tells: circuit, seed, attempt and options.
$cluster->query('app', qq{INSERT INTO timevmaps.experiments (world_id, timeline_id, kind, params)
	VALUES (1, 1, 'quantum', '{"circuit": $circuit, "shots": 300, "seed": 11, "options": {"noise": {"depolarizing": 0.2}}}')});
$cluster->query('app', 'CALL timevmaps.tv_work(1)');
is($cluster->query('app', qq{SELECT m -> 'counts' = again -> 'counts' AND m -> 'fidelity' = again -> 'fidelity'
	FROM (SELECT metrics AS m FROM timevmaps.results ORDER BY experiment_id DESC LIMIT 1) r,
		timevmaps.tv_run_circuit('$circuit', 300, 11, jsonb_build_object('noise', '{"depolarizing": 0.2}'::jsonb, 'attempt', m -> 'attempt')) again}),
	't', 'a result can be repeated');

# A statement that is cancelled ends at once, wherever it is.
# The long circuit is made beforehand, so that it is not its making that is cancelled.
$cluster->query('app', q{CREATE TABLE long AS SELECT jsonb_agg(jsonb_build_object('op', 'RX', 'target', i % 8, 'theta', 0.1)) AS gates,
	jsonb_agg(jsonb_build_object('op', 'RX', 'target', i % 21, 'theta', 0.1)) AS all_qubits,
	jsonb_agg(jsonb_build_object('op', 'CX', 'control', i % 10, 'target', (i + 1) % 10)) AS pairs FROM generate_series(1, 30000) i});
# Shots take long where there are many outcomes; the gates are a tenth of it.
$cluster->query('app', q{CREATE TABLE wide AS SELECT jsonb_agg(jsonb_build_object('op', 'H', 'target', i)) AS hadamards FROM generate_series(0, 19) i});
for my $case (
	[ 'between and inside gates' => q[SELECT timevmaps.tv_run_circuit(jsonb_build_object('qubits', 24, 'gates', all_qubits)) FROM long] ],
	[ 'between trajectories' => q[SELECT timevmaps.tv_run_circuit('{"qubits": 2, "gates": [{"op": "H", "target": 0}]}', 1000000000, 0, '{"noise": {"bit_flip": 0.1}, "method": "statevector"}')] ],
	[ 'while reading the shots of a density matrix' => q[SELECT timevmaps.tv_run_circuit('{"qubits": 2, "gates": [{"op": "H", "target": 0}]}', 1000000000, 0, '{"noise": {"bit_flip": 0.1, "readout": 0.1}}')] ],
	[ 'in a density matrix' => q[SELECT timevmaps.tv_run_circuit(jsonb_build_object('qubits', 10, 'gates', pairs), 0, 0, '{"noise": {"depolarizing": 0.1}, "trajectories": 1000000}') FROM long] ],
	[ 'while sampling' => q[SELECT timevmaps.tv_run_circuit(jsonb_build_object('qubits', 20, 'gates', hadamards), 1000000000, 0, '{"method": "statevector"}') FROM wide] ],
	[ 'while reading shots' => q[SELECT timevmaps.tv_run_circuit('{"qubits": 1, "gates": [{"op": "H", "target": 0}]}', 1000000000, 0, '{"noise": {"readout": 0.1}}')] ],
	[ 'between rows' => q[SELECT count(*) FROM timevmaps.tv_amplitudes('{"qubits": 23, "gates": []}')] ],
	[ 'between frames' => q[SELECT count(*) FROM long, timevmaps.tv_circuit_steps(jsonb_build_object('qubits', 11, 'gates', gates))] ])
{
	my ($name, $sql) = @$case;
	my $start = time;
	is($cluster->sqlstate('app', $sql, '-c', "SET statement_timeout = '150ms'"), '57014', "cancelled $name");
	cmp_ok(time - $start, '<', 3, "soon, $name");
}

# What is refused for its size takes nothing, and the session goes on.
my ($status, $out, $err) = $cluster->psql('app', q[SELECT timevmaps.tv_run_circuit('{"qubits": 5, "gates": []}', 3) -> 'counts'],
	'-v', 'ON_ERROR_STOP=0', '-c', q[SELECT timevmaps.tv_run_circuit('{"qubits": 40, "gates": [{"op": "T", "target": 0}]}')]);
like($err, qr/PT413/, 'too large');
like($out, qr/"00000": 3/, 'the session goes on');
done_testing();
