# Whatever a client gives to whatever function, the statement ends soon after its statement_timeout, the
# backend lives, and an error has a SQLSTATE of its own. The functions are the catalog's, so a new one is tried as it comes.
#
# TV_SEED says where chance begins (7), TV_SECONDS for how long it goes on (30): more than make test has time for.
# test/run: calm
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use TvCluster;
use TvSession;

my $seed = $ENV{TV_SEED} // 7;
my $seconds = $ENV{TV_SECONDS} // 30;
my $cluster = TvCluster->new(conf => ['autovacuum = off', 'jit = off']);
$cluster->setup('app');
$cluster->query('app', <<'SQL');
INSERT INTO timevmaps.worlds (id, name, rules) VALUES (1, 'one', '{"clock": "local"}'), (2, 'two', '{}');
INSERT INTO timevmaps.timelines (id, world_id, label, parent_id) VALUES (1, 1, 'main', NULL), (2, 1, 'branch', 1), (3, 2, 'main', NULL);
INSERT INTO timevmaps.places (id, world_id, lat, lon) SELECT 1 + x * 20 + y, 1, x * 0.01, y * 0.01 FROM generate_series(0, 19) x, generate_series(0, 19) y;
INSERT INTO timevmaps.segments (world_id, a_place_id, b_place_id, length_m, speed_kph)
SELECT 1, id, id + d, 100 + id * 7919 % 500, 30 + (id + d) % 60 FROM timevmaps.places, unnest(ARRAY[1, 20]) d
WHERE id + d <= 400 AND (d > 1 OR id % 20 > 0) AND (id + d) % 11 > 0;
INSERT INTO timevmaps.segment_overrides (timeline_id, segment_id, speed_kph) SELECT 2, id, 5 + id % 30 FROM timevmaps.segments WHERE id % 50 = 0;
INSERT INTO timevmaps.vehicles (id, world_id, name) SELECT id, 1, 'v' || id FROM generate_series(1, 9) id;
-- An hour each, the first of them a fix a second, the second ten a second in the same place.
INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat)
SELECT 1, 1, v, timestamptz '2026-01-01T08:00:00Z' + n * step, 0.01 + 0.00004 * v + (v <> 2)::integer * 0.00005 * (n * extract(epoch FROM step) % 3000), 0.01 * v
FROM generate_series(1, 9) v, LATERAL (SELECT CASE v WHEN 1 THEN interval '1 s' WHEN 2 THEN interval '100 ms' ELSE interval '20 s' END) s (step),
    LATERAL generate_series(0, floor(3600 / extract(epoch FROM step))::integer) n;
INSERT INTO timevmaps.layers (id, world_id, name, kind, exclusive) VALUES (1, 1, 'areas', 'zone', false), (2, 1, 'lands', 'territory', true);
INSERT INTO timevmaps.zones (id, layer_id, geom) SELECT 1 + n, 1 + n % 2, ST_Multi(ST_Buffer(ST_SetSRID(ST_MakePoint(0.02 * (n % 4), 0.05 * (n / 4)), 4326), 0.02, 250)) FROM generate_series(0, 8) n;
UPDATE timevmaps.places SET name = 'Place ' || id;
INSERT INTO timevmaps.circuits (name, qubits, gates) VALUES ('bell', 2, '[{"op": "H", "target": 0}, {"op": "CNOT", "control": 0, "target": 1}]');
SQL

# ------------------------------------------------------------------------- chance

sub random { my ($below) = @_; $seed = ($seed * 1103515245 + 12345) % 2147483648; return int(($seed >> 8) / 8388608 * $below) }
sub one { return $_[ random(scalar @_) ] }
sub chance { my ($one_in) = @_; return random($one_in) == 0 }
sub several { my ($most, $make) = @_; return map { $make->() } 1 .. random($most + 1) }

my @numbers = qw(0 -0 1 -1 2 3 0.5 1e-300 5e-324 1e300 -1e300 1e100 1e17 299792458 299792457.999999 299792459 3.986004418e14 6.371e6 1e308 0.1 3.141592653589793 86400 40);
my @integers = qw(0 1 -1 2 3 5 16 17 100 400 401 1000 65535 65536 1000000 2147483647 -2147483648 4294967296 9223372036854775807 -9223372036854775808);
sub number { return chance(3) ? one(qw(NaN Infinity -Infinity)) : one(@numbers) }
sub junk
{
	return one('', ' ', '$', '$a', "'", '"', '\\', '%s%n', '../../etc/passwd', '0', 'null', "\t\n", 'ä', "\x{1F600}", "\x{202E}x", 'x' x one(100, 10000, 2000000),
		'(' x one(10, 100000), join(' + ', map { "\$p$_" } 1 .. one(3, 70, 5000)), '1*' x one(5, 300000) . '$a', '0' x one(10, 100000), ';' x 1000);
}

# ----------------------------------------------------------------------- documents

my @ops = qw(I X Y Z H S SDG T TDG SX SXDG RX RY RZ P U CX CNOT CY CZ CH CRX CRY CRZ CP CU SWAP ISWAP CSWAP CCX RXX RYY RZZ UNITARY MEASURE RESET BARRIER cx nonsense);
sub json_number { return one(qw(0 1 -1 0.5 1e5 -7 1e100 1e400 0.1 3.5 123456789012345678901234567890), '9' x one(5, 400, 5000)) }
sub json_string { my $text = substr(junk(), 0, 3000); $text =~ s/([\\"])/\\$1/g; $text =~ s/([\x00-\x1f])/sprintf '\\u%04x', ord $1/ge; return qq("$text") }
sub json
{
	my ($depth) = @_;
	my $kind = random($depth > 0 ? 8 : 5);
	return one(qw(null true false {} [])) if $kind == 0;
	return json_number() if $kind <= 2;
	return json_string() if $kind <= 4;
	return '[' . join(', ', several(4, sub { json($depth - 1) })) . ']' if $kind <= 6;
	return '{' . join(', ', several(4, sub { one(qw("qubits" "gates" "op" "target" "x-y" "params" "clock" "length_m")) . ': ' . json($depth - 1) })) . '}';
}
sub deep { my $n = one(10, 500, 5000); return '[' x $n . ']' x $n }
my $wild;    # a circuit in which anything may be wrong
sub angle { return $wild ? one(json_number(), '"$a"', json_string()) : one(0, 0.5, 1.25, 3.141592653589793, '"$a"', '"2*$a - $b/2 + pi"') }
my %taken;
sub qubit
{
	my ($qubits) = @_;
	return one(@integers) if $wild && chance(9);
	my $qubit = random($qubits);
	$qubit = ($qubit + 1) % $qubits for grep { $taken{$qubit} } 1 .. 3;
	$taken{$qubit} = 1;
	return $qubit;
}
sub gate
{
	my ($qubits) = @_;
	%taken = ();
	my $op = one($wild ? @ops : @ops[ 0 .. ($qubits > 3 ? $#ops - 2 : 15) ]);
	my %gate = (op => qq("$op"));
	if ($op =~ /SWAP|^R[XYZ]{2}$/) { $gate{targets} = sprintf '[%s, %s]', qubit($qubits), qubit($qubits) }
	elsif ($op eq 'UNITARY') { $gate{targets} = '[' . qubit($qubits) . ']'; $gate{matrix} = one('[[0, 1], [1, 0]]', '[[1, 0], [0, [0, 1]]]', '[[1, 1], [1, 1]]', '[]') }
	else { $gate{target} = qubit($qubits) }
	$gate{control} = qubit($qubits) if $op =~ /^C[A-Z]/ && $op ne 'CCX';
	$gate{controls} = '[' . join(', ', $op eq 'CCX' ? map { qubit($qubits) } 1 .. 2 : several($wild ? 40 : 1, sub { qubit($qubits) })) . ']' if $op eq 'CCX' || ($wild && chance(4));
	$gate{theta} = angle() if $op =~ /^C?R|P$|U$/;
	@gate{qw(phi lambda)} = (angle(), angle()) if $op =~ /U$/;
	$gate{bit} = random(8) if $op eq 'MEASURE';
	$gate{if} = one('{"bit": 0}', '{"bit": 1, "value": 0}', '{"bits": [0, 1], "value": 2}', $wild ? json(1) : '{"bit": 2}') if $op ne 'BARRIER' && chance(20);
	$gate{ one('x-note', 'control_state', 'gamma', 'bit', 'op') } = json(1) if $wild && chance(4);
	return '{' . join(', ', map { qq("$_": $gate{$_}) } sort keys %gate) . '}';
}
sub circuit
{
	return chance(2) ? json(4) : deep() if chance(40);
	$wild = chance(4);
	my $qubits = one(1, 2, 3, 5, 8, 12, 16, 20, 22, 24, 26, 40, 1000, 1024);
	# Text takes its time here, so a few gates are repeated.
	my @few = map { gate($qubits) } 1 .. one(0, 1, 2, 6, 40);
	my @gates = @few ? (@few) x one(1, 1, 2, 30, one(1, 1000)) : ();
	my %members = (qubits => $wild && chance(4) ? json(1) : $qubits, gates => '[' . join(', ', @gates) . ']');
	$members{params} = one('{"a": 1, "b": 0.5}', '{"a": 0.1, "b": -1}', $wild ? json(2) : '{"a": 1e17, "b": 2}') if !chance(6);
	$members{bits} = one(0, 1, 2, 8, 4096, $wild ? json_number() : 16) if chance(4);
	$members{ one('name', 'x-a', 'nonsense', '') } = json(1) if $wild && chance(4);
	return '{' . join(', ', map { qq("$_": $members{$_}) } sort keys %members) . '}';
}
sub options
{
	return '{}' if chance(4);
	my %options;
	$options{params} = one('{"a": 1, "b": 0.5}', json(2)) if chance(2);
	$options{noise} = one('{"depolarizing": 0.01}', '{"amplitude_damping": 0.1}', '[{"channel": "phase_flip", "p": 0.1}]') if chance(2);
	$options{trajectories} = one(1, 10, 1000, 1000000, 1000000000) if chance(3);
	$options{observable} = one('"Z0"', '"0.5*Z0 - 2*X0"') if chance(3);
	$options{top} = one(0, 1, 100, 65536) if chance(4);
	$options{method} = one(qw("auto" "statevector" "stabilizer" "density_matrix")) if chance(3);
	$options{precision} = one(qw("single" "double")) if chance(4);
	$options{entropy} = one('[0]', '[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]') if chance(6);
	$options{ one(qw(bloch fidelity analyze)) } = one('true', 'false') if chance(9);
	$options{ one(qw(noise trajectories observables top method entropy attempt nonsense)) } = one(json(2), @integers, '[0, 0]') if chance(4);
	return '{' . join(', ', map { qq("$_": $options{$_}) } sort keys %options) . '}';
}
sub experiment_params
{
	return json(3) if chance(12);
	return one('{"v_mps": 1e8, "coordinate_seconds": 10}', '{"gm": 3.986e14, "r": 6.4e6, "proper_seconds": 1}', sprintf('{"origin_place_id": %s, "dest_place_id": %s}', one(@integers), one(@integers))) if chance(4);
	return sprintf '{"circuit": %s, "shots": %s%s}', circuit(), one(@integers), chance(3) ? ', "grid": ' . one('{"a": [1, 2, 3]}', '{"a": {"from": 0, "to": 1, "count": 1000000}}', '{"a": {"from": 0, "to": 1, "count": 1000}, "b": {"from": 0, "to": 1, "count": 1000}}', json(2)) : '';
}
sub rules { return one('{}', '{"clock": "coordinate"}', '{"sr": false, "clock": "traveler"}', sprintf('{"time_dilation": %s, "gm": %s, "r": %s}', map { json_number() } 1 .. 3), json(3)) }
# Positions, tracks and areas.
sub coordinate { return one(map { random(200) / 1000 } 1 .. 6) if !chance(20); return one(json_number(), 180, -180, 90, 'null') }
sub point { return '[' . coordinate() . ', ' . coordinate() . ']' }
sub area
{
	my ($corners, $lon, $lat) = (one(0, 1, 3, 3, 3, 4, 9, 300), map { random(200) / 1000 } 1 .. 2);
	my @ring = chance(3) ? map { point() } 1 .. $corners : map { sprintf '[%.6f, %.6f]', $lon + 0.03 * cos(6.28 * $_ / $corners), $lat + 0.03 * sin(6.28 * $_ / $corners) } 1 .. $corners;
	my $ring = '[' . join(', ', @ring, @ring ? $ring[0] : ()) . ']';
	return json(4) if chance(12);
	return sprintf '{"type": "MultiPolygon", "coordinates": [[%s]]}', join '], [', ($ring) x one(1, 2, 30) if chance(3);
	return sprintf '{"type": "Polygon", "coordinates": [%s]}', $ring;
}
sub moment { return chance(20) ? json_number() : 1767254400 + random(36000) / 10 }
sub fixes
{
	return json(3) if chance(9);
	return '[' . join(', ', map { sprintf '{"vehicle": "v%d", "t": "2026-01-01T%02d:%02d:00Z", "lon": %s, "lat": %s%s}', 1 + random(12), random(24), random(60), coordinate(), coordinate(), chance(6) ? ', "props": ' . json(1) : '' } 1 .. one(0, 1, 9, 500)) . ']';
}
sub track { return chance(9) ? json(3) : '[' . join(', ', map { sprintf '[%s, %s, %s]', coordinate(), coordinate(), $_ } sort { $a <=> $b } map { moment() } 1 .. one(0, 1, 2, 20, 300)) . ']' }
sub edges { return '[' . join(', ', several(one(3, 300), sub { sprintf '{"length_m": %s, "speed_kph": %s}', json_number(), json_number() })) . ']' }

# ------------------------------------------------------------------------- programs

my @lines = ('qubit[4] q;', 'qubit[1024] r;', 'bit[4] c;', 'bit[4096] d;', 'h q[0];', 'h q;', 'cx q[0], q[1];', 'c = measure q;', 'rx(pi/3) q[2];', 'reset q;', 'barrier q;', 'input float t; rx(t) q[0];',
	'gate g(a) x1, x2 { rx(a) x1; cx x1, x2; } g(0.3) q[0], q[1];', 'pow(1/3) @ h q[0];', 'pow(9223372036854775807) @ g(1) q[0], q[1];', 'inv @ ctrl @ g(2) q[0], q[1], q[2];', 'for int i in [0:9223372036854775806] { }',
	'for int i in [0:100000] { x q[i % 4]; }', 'for int i in [0:1000000] { barrier q; }', 'if (c == 3) { x q[0]; }', 'if (d > 12345678901234567890) { x q[0]; }', 'if (c[0]) c[0] = measure q[0];', 'let a = q[0:2:3] ++ q[1];',
	'while (true) { }', 'rx(1/0) q[0];', 'rx((((((1)))))) q[0];', 'rx(' . '(' x 200 . ') q[0];', 'rx(' . join('+', ('0.1') x 20000) . ') q[0];', 'qubit ' . 'n' x 300000 . ';', '/* no end', '"', "\x01", 'qreg z[3];', 'creg y[2];', 'measure q -> c;', 'if(c==1) x q[0];',
	join('', map { sprintf 'gate f%d y { %s y; %s y; }', $_, ($_ ? 'f' . ($_ - 1) : 'x') x 2 } 0 .. 40) . 'f40 q[0];');
sub program
{
	my $text = one('OPENQASM 3; include "stdgates.inc";', 'OPENQASM 2.0; include "qelib1.inc";', 'OPENQASM 3;', '', 'OPENQASM 9;') . "\nqubit[4] q;\nbit[4] c;\n" x !chance(5) . join("\n", map { one(@lines) } 1 .. one(0, 1, 3, 8, 30));
	substr($text, random(length $text), random(9)) = chance(2) ? '' : one(@lines) if chance(3) && $text ne '';
	return $text;
}

# ------------------------------------------------------------------------ arguments

my @frames = split /\n/, $cluster->query('app', <<'SQL');
SELECT payload FROM timevmaps.tv_circuit_steps('{"qubits": 3, "gates": [{"op": "H", "target": 0}, {"op": "CX", "control": 0, "target": 2}]}')
SQL
sub frame
{
	my $hex = substr one(@frames), 2;
	substr($hex, 2 * random(length($hex) / 2), 2) = sprintf '%02x', random(256) for several(3, sub { 1 });
	$hex = substr $hex, 0, 2 * random(length($hex) / 2) if chance(4);
	return '\\x' . $hex . '00' x one(0, 0, 1, 1000);
}
sub quoted { my ($text) = @_; utf8::encode($text); $text =~ s/'/''/g; return "'$text'" }
my %text = (
	metric => sub { chance(9) ? junk() : one(qw(local distance coordinate traveler time)) }, format => sub { chance(9) ? junk() : one(qw(text ascii svg geojson geojson)) }, snap_to => sub { chance(9) ? junk() : one(qw(any largest)) },
	observable => sub { one('Z0', 'X0 Y1', '0.5*Z0 - 1.2*X1', 'Z' x one(1, 20, 1024), join(' + ', map { "$_*Z0" } 1 .. one(3, 30000)), junk()) }, qasm => \&program,
	kind => sub { chance(9) ? junk() : one(qw(quantum sr gr relativity route sweep)) }, name => sub { one('bell', junk()) }, cost_unit => sub { one('seconds', 'meters', junk()) },
	on_conflict => sub { chance(9) ? junk() : one(qw(keep replace fail)) }, query => sub { chance(3) ? junk() : one('Place', 'plaec 17', 'p', 'v3', '400', join ' ', ('pla') x one(2, 30)) });
my %double = (lon => sub { random(200) / 1000 }, lat => sub { random(200) / 1000 }, max_stretch => sub { 1 + random(9) / 4 }, max_sharing => sub { random(9) / 8 }, min_optimality => sub { random(5) / 8 }, max_seconds => sub { one(10, 1000, 1e9) },
	step_s => sub { one(0.001, 1, 60, 1e6) }, compress_gaps_s => sub { one(1, 60) }, within_m => sub { one(0, 10, 1000, 1e7) }, (map { $_ => sub { one(1, 50, 300, 3600) } } qw(max_gap_s stop_m stop_s radius_m gps_m max_m max_speed_mps)),
	v_mps => sub { random(300000) * 1000 }, r => sub { one(7e6, 1e12) }, gm => sub { one(3.986e14, 1e20) });
$double{near_lon} = $double{lon}, $double{near_lat} = $double{lat};
my %integer = (max_results => sub { one(1, 10, 100) }, level => sub { random(31) }, shards => sub { 1 + random(99) }, k => sub { 1 + random(9) }, max_attempts => sub { 3 }, priority => sub { 0 }, shots => sub { one(0, 1, 1000, 1000000, 2147483647) }, piece => sub { 100 }, version => sub { one(2, 3) });
my %document = (area => \&area, fixes => \&fixes, track => \&track, circuit => \&circuit, options => \&options, rules => \&rules, world_rules => \&rules, edges => \&edges, params => sub { chance(3) ? options() : experiment_params() });
sub identifier
{
	my ($name, $procedure) = @_;
	return one(2, @integers[ 3 .. $#integers ]) if $procedure;    # which keeps the first world
	return one(@integers) if chance(12);
	return one(1, 1, 1, 1, 1, 2) if $name eq 'world_id';
	return one(1, 1, 2, 2, 3) if $name =~ /timeline/;
	return 1 + random($name =~ /place|origin|dest/ ? 400 : $name eq 'layer_id' ? 2 : 9);
}
my %types = (
	'double precision' => sub { my $usual = $double{ $_[0] =~ s/^(from|to)_//r }; quoted($usual && !chance(6) ? $usual->() : number()) . '::float8' }, bigint => sub { '(' . identifier(@_) . ')::bigint' }, integer => sub { '(' . ($integer{ $_[0] } && !chance(6) ? $integer{ $_[0] }->() : one(grep { abs($_) <= 2147483648 && $_ != 2147483648 } @integers)) . ')::integer' },
	boolean => sub { one(qw(true false)) }, text => sub { quoted(($text{ $_[0] } // \&junk)->()) . '::text' }, jsonb => sub { quoted(($document{ $_[0] } // sub { json(4) })->()) . '::jsonb' }, bytea => sub { quoted(frame()) . '::bytea' },
	'bigint[]' => sub { chance(5) ? one(q('{}'::bigint[]), q('{{1,2},{3,4}}'::bigint[]), q('{NULL}'::bigint[]), '(SELECT array_agg(i % 400 + 1) FROM generate_series(1::bigint, 3000) i)') : 'ARRAY[' . join(', ', map { chance(9) ? identifier($_[0]) : 1 + random(9) } 1 .. 1 + random(20)) . ']::bigint[]' },
	'double precision[]' => sub { chance(9) ? one(q('{}'::float8[]), q('{{1,2},{3,4}}'::float8[]), q('{NULL}'::float8[])) : 'ARRAY[' . join(', ', map { chance(9) ? quoted(number()) : random(200) / 1000 } 1 .. one(1, 7, 7, 7, 300)) . ']::float8[]' },
	interval => sub { quoted(one('1 hour', '10 min', '1 s', '1 us', '0', '-1 day', '1 month', '178000000 years', '1 mon -30 days')) . '::interval' },
	'timestamp with time zone' => sub { quoted(one(qw(infinity -infinity now epoch 4714-11-24BC 294276-12-31 2026-01-01T08:00:00Z), ($_[0] =~ /from|departed/ ? '2026-01-01T08:10:00Z' : '2026-01-01T08:50:00Z') x 24)) . '::timestamptz' }, regclass => sub { one(qw('timevmaps.places' 'timevmaps.segments' 'pg_class' 0 'timevmaps.frames')) . '::regclass' });
sub argument { my ($name, $type, $procedure) = @_; return chance(30) || (chance(2) && $name =~ /^(metric|dest_timeline_id|idempotency_key|area|zone_id|known_at|vehicle_ids)$/) || (!chance(9) && $name eq 'gateway_id') ? "NULL::$type" : $types{$type}->($name, $procedure) }

# ----------------------------------------------------------------- asking in time

my ($session, $pid);
sub connect_anew { $session = TvSession->new($cluster, 'app', 'session'); $pid = $session->query('SELECT pg_backend_pid()'); return }
sub cpu { open my $in, '<', "/proc/$pid/stat" or return 0; my @fields = split ' ', <$in> =~ s/^.*\) //sr; return ($fields[11] + $fields[12]) / 100 }

# A statement under a timeout: its SQLSTATE, and by how many seconds it was late. On a busy machine time goes by while
# nothing is done, so what counts is the time that the backend has worked, unless it waits without working.
sub ask
{
	my ($sql, $timeout) = @_;
	my ($began, $worked) = (time, cpu());
	$session->begin("SET statement_timeout = '${timeout}s'; BEGIN; $sql; ROLLBACK; SET statement_timeout = 0");
	while ($session->is_waiting(0.5))
	{
		next if cpu() - $worked < $timeout + 8 && time - $began < 60;
		# It does not hear. The server is ended, or it would not end.
		kill 'KILL', $pid;
		eval { $session->finish };
		connect_anew() while !eval { sleep 0.5; connect_anew(); 1 };
		return ('', 60);
	}
	my $answer = eval { $session->finish } or return ('the session ended: ' . ($@ =~ s/\n.*//sr), 0);
	my ($whole, $work) = (time - $began, cpu() - $worked);
	return ($answer->{sqlstate}, ($whole < $work ? $whole : $work) - $timeout);
}
# The same, cancelled when the backend has worked so long: its SQLSTATE, and for how long it worked on.
my $canceller = TvSession->new($cluster, 'app', 'canceller');
sub cancelled_after
{
	my ($sql, $seconds) = @_;
	my $worked = cpu();
	$session->begin($sql);
	1 while $session->is_waiting(0.01) && cpu() - $worked < $seconds;
	my $then = cpu();
	$canceller->query("SELECT pg_cancel_backend($pid)");
	1 while $session->is_waiting(0.5) && cpu() - $then < 10;
	my $on = cpu() - $then;
	if ($session->is_waiting(0))
	{
		kill 'KILL', $pid;
		BAIL_OUT("it does not hear: $sql");
	}
	return ($session->finish->{sqlstate}, $on);
}
sub is_answer { my ($state) = @_; return $state =~ /^([0-9A-WYZ][0-9A-Z]{4})?$/ }

connect_anew();
my %tried;
my (@late, @wrong, $most_late);

# -------------------------------------------------------------------- what was slow

# Each of these went on for seconds, or for ever, without a look at whether it was cancelled.
my $three = qq(OPENQASM 3; include "stdgates.inc";\n);
my @slow = (
	[ 'an input without a value, in version 2' => q~SELECT timevmaps.tv_circuit_to_qasm('{"qubits": 1, "bits": 2, "gates": [{"op": "RX", "target": 0, "theta": "$a"}]}', 2)~ ],
	map({ [ $_->[0], "SELECT timevmaps.tv_circuit_from_qasm('$three' || $_->[1])", $_->[2] ] }
		[ 'a long sum in a loop' => q~'qubit q; for int i in [0:1000000] { rx(' || repeat('0.1 + ', 300000) || '1) q; }'~ ],
		[ 'a long name in a loop' => q~'qubit ' || repeat('n', 9000000) || '; for int i in [0:1000000] { reset ' || repeat('n', 9000000) || '; }'~ ],
		[ 'gates inverted again and again' => q~'gate a q { for int i in [1:2000000] { U(0.1, 0.2, 0.3) q; } } gate b0 q { inv @ a q; } ' ||
			(SELECT string_agg(format('gate b%s q { inv @ b%s q; } ', i, i - 1), '' ORDER BY i) FROM generate_series(1, 80) i) || 'qubit q; b80 q;'~, 1.8 ],
		[ 'a barrier of many registers' => q~'qubit[1000] q; barrier ' || repeat('q, ', 4000000) || 'q;'~, 1.2 ]),
	[ 'an angle of many factors' => q~SELECT timevmaps.tv_validate_circuit(jsonb_build_object('qubits', 1, 'gates', jsonb_build_array(jsonb_build_object('op', 'RX', 'target', 0, 'theta', repeat('1e-290*', 15000000) || '$a'))))~, 0.8 ],
);
for my $slow (@slow)
{
	my ($name, $sql, $when) = @$slow;
	my ($state, $on) = cancelled_after($sql, $when // 0.5);
	like($state, qr/^(57014|22023)$/, "$name: cancelled, or refused");
	# The bar is some 10 ms, on a machine that has nothing else to do.
	cmp_ok($on, '<', 0.5, sprintf '%s: works on for %.0f ms', $name, 1000 * $on);
}

# --------------------------------------------------------------------- by chance

my @functions = map { my ($name, $kind, @arguments) = split /\|/; { name => $name, kind => $kind, arguments => [ map { [ split /:/ ] } @arguments ] } } split /\n/, $cluster->query('app', <<'SQL');
SELECT concat_ws('|', p.proname, p.prokind, (SELECT string_agg(concat(p.proargnames[i], ':', format_type(t, NULL)), '|' ORDER BY i) FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY a(t, i)))
FROM pg_proc p
WHERE p.pronamespace = 'timevmaps'::regnamespace AND p.prokind IN ('f', 'p') AND p.prorettype <> 'trigger'::regtype
  AND EXISTS (SELECT FROM unnest(ARRAY['tv_player', 'tv_analyst', 'tv_admin']) r WHERE has_function_privilege(r, p.oid, 'EXECUTE'))
ORDER BY p.oid::regprocedure::text
SQL
cmp_ok(scalar @functions, '>', 60, 'the functions for clients');
my %unknown = map { $_->[1] => 1 } grep { !$types{ $_->[1] } } map { @{ $_->{arguments} } } @functions;
is(join(', ', sort keys %unknown), '', 'there are values for each type of an argument');

# So that many are tried, and not a few that fill the memory.
$cluster->query('postgres', "ALTER DATABASE app SET timevmaps.circuit_memory = '256MB'");
undef $session;
connect_anew();
my $end = time + $seconds;
my $count = 0;
while (time < $end)
{
	# Those with documents are worth more than those with three numbers, and all come in turn.
	for my $function (@functions, map { my $function = $_; ($function) x grep { $_->[1] =~ /jsonb|text/ } @{ $function->{arguments} } } @functions)
	{
		last if time >= $end && $count > 2 * @functions;
		my $procedure = $function->{kind} eq 'p';
		my @arguments = map { argument(@$_, $procedure) } @{ $function->{arguments} };
		my $call = sprintf 'timevmaps.%s(%s)', $function->{name}, join ', ', @arguments;
		my $role = $procedure ? '' : one('', '', 'SET LOCAL ROLE tv_analyst; ', 'SET LOCAL ROLE tv_player; ');
		my ($state, $late) = ask($procedure ? "COMMIT; CALL $call" : "${role}SELECT count(*) FROM $call", 2);
		my $said = substr("$role$call", 0, 2000);
		push @wrong, "$state: $said" unless is_answer($state);
		push @late, sprintf '%.1f s: %s', 2 + $late, $said if $late > 1;
		$most_late = $late if !defined $most_late || $late > $most_late;
		$tried{ $function->{name} }{$state}++;
		$count++;
		connect_anew() if $state =~ /ended/;
	}
}
is(join("\n", @late), '', sprintf '%d statements, each ends within 3 s', $count);
is(join("\n", @wrong), '', 'and has an answer or an error with a SQLSTATE');
is(join(' ', grep { !$tried{$_} } map { $_->{name} } @functions), '', 'each function was tried');
my @never = grep { !$tried{$_}{''} } sort keys %tried;
diag(sprintf '%d statements, the latest by %.2f s; nothing but errors: %s', $count, $most_late, join(', ', @never) || 'none');
unlike($cluster->log_text, qr/PANIC|terminated by signal/, 'no process has ended otherwise than it should');
done_testing();
