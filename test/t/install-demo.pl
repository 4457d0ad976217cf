# The demo shows what it promises, writes its map, and leaves nothing behind.
use strict;
use warnings;
use utf8;
use Test::More;
use File::Temp ();
use POSIX ();

my $repo = $ENV{TV_REPO} // die 'run this by test/run';
my $scratch = File::Temp->newdir('demo.XXXXXX', DIR => $ENV{TV_SCRATCH} // '/tmp');
# The server's user has to get through to what the demo makes in here.
chmod 0755, $scratch->dirname;

# Start the demo in a process group of its own: (process, file that it prints to, its temporary directory).
sub start_demo
{
	my ($name, %environment) = @_;
	my $dir = "$scratch/$name";
	mkdir $dir or die "$dir: $!";
	my $pid = fork() // die "fork: $!";
	if (!$pid)
	{
		setpgrp;
		$SIG{INT} = 'DEFAULT';
		@ENV{ 'TMPDIR', 'KEEP', keys %environment } = ($dir, '', values %environment);
		open STDIN, '<', '/dev/null' or die;
		open STDOUT, '>', "$scratch/$name.out" or die;
		open STDERR, '>&', \*STDOUT or die;
		exec "$repo/demo/run", "$scratch/$name.svg" or POSIX::_exit(127);
	}
	return ($pid, "$scratch/$name.out", $dir);
}

sub slurp
{
	my ($path) = @_;
	open my $file, '<:encoding(UTF-8)', $path or return '';
	local $/;
	return scalar <$file> // '';
}

# What is left of a demo: entries of its temporary directory, processes that name it.
sub left_behind
{
	my ($dir) = @_;
	my @left = glob "$dir/*";
	for my $path (glob '/proc/[0-9]*/cmdline')
	{
		my $command = slurp($path);
		push @left, $command =~ tr/\0/ /r if index($command, $dir) >= 0 && $path !~ m{/$$/};
	}
	return join "\n", @left;
}

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);

#-------------------------------------------------------------- from end to end

my ($pid, $printed, $dir) = start_demo('whole');
waitpid $pid, 0;
my $status = $?;
my $output = slurp($printed);
is($status, 0, 'the demo succeeds') or diag $output;
is(left_behind($dir), '', 'it leaves no file and no process');

my %section = $output =~ /^(\d)\. .*?\n(.*?)(?=^\d\. |^Done)/msg;
is(join(' ', sort keys %section), '1 2 3 4 5 6 7', 'it shows seven steps');

# The fastest ways, computed with pgRouting on the same network: 3994.6 m in 300.03 s, 6035.4 m in 403.35 s.
my ($metres) = $section{1} =~ /distance\s+([\d.]+) m/;
is($metres, '3994.6', 'the first route is the fastest one');
like($section{1}, qr/Götaälvbron/, '... over the bridge');
my ($local, $traveler) = map { $section{1} =~ /$_\s+([\d.]+) s/ } 'beside the road', 'the traveller';
cmp_ok(abs($local - 300.0314), '<', 0.001, '... on the clock beside the road');
cmp_ok(abs($traveler - $local), '<', 1e-6, '... and nearly the same on the traveller\'s');
like($section{1}, qr/-29[89]\.\d fs/, 'the traveller\'s clock is behind by femtoseconds');
like($section{1}, qr/\+20[89]\.\d ns/, 'the far observer\'s is ahead by nanoseconds');

my ($detour, $seconds) = $section{2} =~ /distance\s+([\d.]+) m, ([\d.]+) s/;
is("$detour $seconds", '6035.4 403.3', 'the second route is the fastest without the bridge');
like($section{2}, qr/^  by .*Tingstadstunneln/ms, '... through the tunnel');
unlike(($section{2} =~ /^  by(.*?)^  what/ms)[0], qr/Götaälvbron/, '... and not over the bridge');

my @experiments = $section{3} =~ /^  experiment \d+ is queued(.*?)(?=^  experiment|\z)/msg;
is(scalar @experiments, 2, 'two experiments run');
my (@fidelity, @price, @total, @gateway);
for my $text (@experiments)
{
	like($text, qr/tv_sim_frame.*tv_sim_frame/s, "its frames are announced as they come");
	like($text, qr/gate 12 .*○○○○○○○○○○○○/, '... to the last, in which all qubits are entangled');
	like($text, qr/tv_sim_finished .*finished/, 'its end is announced');
	push @fidelity, $text =~ /fidelity\s+([\d.]+),/;
	push @price, $text =~ /quantum gateway costs ([\d.]+) s/;
	push @total, $text =~ /the best way\s+[\d.]+ m, ([\d.]+) s/;
	push @gateway, $text =~ /through the (\w+) gateway/;
}
# Depolarizing with p leaves a qubit alone with 1 - 3p/4, 23 times; some errors cancel out or do not matter.
for my $case ([ 0, 0.002 ], [ 1, 0.04 ])
{
	my ($i, $p) = @$case;
	cmp_ok($fidelity[$i], '<', 1, "fidelity $fidelity[$i] is below 1");
	cmp_ok($fidelity[$i], '>', (1 - 0.75 * $p)**23 - 0.02, '... and not below what no error at all would leave');
	cmp_ok(abs($price[$i] - (5 - 600 * log $fidelity[$i])), '<', 0.2, 'the price follows from it');
}
cmp_ok($fidelity[1], '<', $fidelity[0], 'more noise, less fidelity');
is("@gateway", 'quantum plain', 'the noise changes the gateway that the best way takes');
cmp_ok(abs($total[0] - 300.03 - $price[0]), '<', 0.2, 'the way through the quantum gateway costs the first route and the gateway');
cmp_ok(abs($total[1] - 403.35 - 40), '<', 0.2, 'the way through the plain one costs the second route and the gateway');

like($section{4}, qr/\+38\.575 µs/, 'the satellite\'s clock gains 38.575 µs a day');
like($section{4}, qr/-7\.21[34] µs/, '... of which its speed takes some back');

# A morning: what is printed is what its own figures say of each other.
my ($cars, $main, $branch) = $section{5} =~ /(\d+) cars, (\d+) fixes in “main” and, from the fork on, (\d+)/;
is($cars, 250, '250 cars drive');
cmp_ok($main, '>', 50000, "... and tell where they are: $main fixes");
ok($branch > 20000 && $branch < $main / 2, "... in the branch only what is later than the fork: $branch");
my ($detours) = $section{5} =~ /(\d+) of them have the bridge before them/;
cmp_ok($detours, '>=', 10, "$detours go on another way from where they are");
my ($over, $over_s, $without, $without_s) = $section{5} =~ /on average\s+(\d+) m and (\d+) s to go over the bridge, (\d+) m and (\d+) s without/;
ok($without > $over + 500 && $without_s > $over_s, "... which is longer: $without m and $without_s s for $over m and $over_s s");
my ($expected, $there, $late) = ($section{5} =~ /is expected at ([\d:]+)/, $section{5} =~ /to go: there at ([\d:]+), (\d+) s late/);
my ($from, $to) = map { /(\d+):(\d+):(\d+)/ ? $1 * 3600 + $2 * 60 + $3 : 0 } $expected, $there;
ok($late > 0 && abs($to - $from - $late) <= 1, "one of them is late: $late s");
my ($moving, $standing, $moving_branch, $standing_branch) = $section{5} =~ /(\d+) moving, (\d+) standing in “main”; (\d+) moving, (\d+) standing in “bridge closed”/;
is($moving + $standing, 250, 'at a moment between their fixes each is somewhere');
is($moving_branch + $standing_branch, 250, '... in the branch, too');

my ($same, $apart) = $section{5} =~ /up to ([\d:]+) all the same to the last bit,\s+then up to (\d+) m apart/;
is($same, '08:10:00', 'both branches are the same up to the fork');
cmp_ok($apart, '>', 1000, "... and then $apart m apart at most");

my %km = $section{5} =~ /^  box scores +“(.*?)” *: ([\d.]+) km/mg;
cmp_ok($km{'bridge closed'}, '>', $km{main}, "those who had the bridge before them drive $km{'bridge closed'} km instead of $km{main}");
my %all = $section{5} =~ /^  all 250 cars +“(.*?)” *: ([\d.]+ km, [\d.]+ h driving; their clocks lose [\d.]+ [pn]s) together/mg;
is(join(', ', sort keys %all), 'bridge closed, main', 'and what all cars did in both');

# What else a router is asked, each with its time.
my %ways = $section{6} =~ /^  (.{16}) (.*), in [\d.]+ ms$/mg;
%ways = map { s/ +$//r => $ways{$_} } keys %ways;
is(join(', ', sort keys %ways), 'a lorry, a turn forbidden, areas, eight stops, what if, why this way', 'ways are asked for in six manners, and timed');
is($ways{'a turn forbidden'}, 'onto the bridge, on a branch: 403.3 s instead of 300.0 s', 'who may not turn onto the bridge goes as if it were closed');
my ($lorry, $low) = $ways{'a lorry'} =~ /, ([\d.]+) s/g;
ok($lorry > $local && $low > $lorry, "a lorry is slower, $lorry s, and goes round a low bridge, $low s");
my ($count, $slow, $fast) = $ways{'what if'} =~ /the (\d+) segments.*: ([\d.]+) s instead of ([\d.]+) s/;
ok($count == 100 && $slow > $fast && $fast == 300, "a hundred slow segments cost $slow s instead of $fast s");
my ($given, $best) = $ways{'eight stops'} =~ /([\d.]+) min/g;
cmp_ok($best, '<', $given, "eight stops in the best order take $best min instead of $given min");
my ($wide, $narrow) = $ways{areas} =~ /([\d.]+) km²/g;
ok($wide > 10 && $narrow > 10 && $narrow < $wide, "without the bridge one gets less far: $narrow km² instead of $wide km²");
like($ways{'why this way'}, qr/where closed, Götaälvbron 103\.3 s/, 'closing the bridge costs what it costs on the branch');

#------------------------------------------------------------------- its files

my $svg = slurp("$scratch/whole.svg");
like($section{7}, qr/\Q$scratch\E\/whole\.svg/, 'it names the map');
is(scalar(() = $svg =~ /<use /g), 4, 'the map has four panels');
ok($svg =~ /© OpenStreetMap contributors/, '... and says whose data it shows');
# Well-formed: every tag is closed in its order, nothing else is between them, no stray & or <.
my (@open, $broken);
my $rest = $svg =~ s/\A<\?xml [^?]*\?>\s*//r;
while ($rest =~ /\G(?:<(\/?)([a-zA-Z]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|((?:[^<&]|&(?:amp|lt|gt|quot);)+))/gc)
{
	next if defined $5 || $4;
	if   (!$1) { push @open, $2 }
	elsif (!@open || pop @open ne $2) { $broken = "</$2>"; last }
}
ok(!$broken && !@open && (pos($rest) // 0) == length $rest, 'the map is well-formed')
	or diag $broken // 'at ' . substr $rest, pos($rest) // 0, 80;
ok($svg !~ /\bnan\b|\binf(inity)?\b/i, '... and has no coordinate that is not a number');

require JSON::PP;
my $geojson = eval { JSON::PP->new->decode(slurp("$scratch/whole.geojson")) };
is($geojson && $geojson->{type}, 'FeatureCollection', 'beside it are the routes as GeoJSON');
is(scalar(grep { $_->{properties}{route} } @{ $geojson->{features} }), 6, '... in six parts: two of the four change timelines');
is(join(' ', map { "$_->{properties}{reached_within_s} $_->{geometry}{type}" } grep { $_->{properties}{reached_within_s} } @{ $geojson->{features} }),
	join(' ', map { "$_ MultiPolygon" } (120, 240, 360) x 2), '... and what is reached in both timelines, as areas');
is(scalar(() = $svg =~ /<path class="a[12]"/g), 6, '... which the map has, too');

#--------------------------------------------- when it is stopped, and when kept

my ($kept, $kept_printed, $kept_dir) = start_demo('kept', KEEP => 1);
($pid, $printed, $dir) = start_demo('stopped', KEEP => 1);
my $end = time + 60;
select undef, undef, undef, 0.05 until slurp($printed) =~ /^1\. /m || time > $end || waitpid($pid, POSIX::WNOHANG()) != 0;
# Twice: who cleans up is not stopped in that.
kill INT => -$pid;
select undef, undef, undef, 0.3;
kill INT => -$pid;
waitpid $pid, 0;
is($? >> 8, 130, 'stopped by Ctrl-C, it says so');
is(left_behind($dir), '', '... and leaves nothing, though it was to keep its cluster');

# Its reader goes away, as in `make demo | head`.
mkdir "$scratch/unread" or die;
open my $reader, '-|', 'env', "TMPDIR=$scratch/unread", 'KEEP=', 'sh', '-c', 'exec "$0" "$1" 2>&1', "$repo/demo/run", "$scratch/unread.svg" or die;
while (<$reader>) { last if /^1\. / }
close $reader;
is(left_behind("$scratch/unread"), '', 'whose reader has gone away, it leaves nothing either');

waitpid $kept, 0;
is($?, 0, 'with KEEP=1 it succeeds, too');
my ($connect) = slurp($kept_printed) =~ /^  connect +(.*)$/m;
my ($stop) = slurp($kept_printed) =~ /^  stop +(.*)$/m;
is(`$connect -AXtc "SELECT count(*) FROM timevmaps.results"`, "2\n", '... and its cluster answers as it says');
is(system($stop), 0, '... until it is stopped as it says');
is(left_behind($kept_dir), '', '... which leaves nothing');

done_testing();
