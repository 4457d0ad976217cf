# scripts/import-gpx and scripts/import-csv: tracks of each sort, and files that are wrong, broken or hostile.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(time);
use TvCluster;

my $cluster = TvCluster->new;
my $dir = $cluster->dir;
$cluster->setup('app');
sub q1 { return $cluster->query('app', $_[0]) }

sub put
{
	my ($name, $text) = @_;
	open my $file, '>:raw', "$dir/$name" or die "$name: $!";
	print $file $text;
	close $file or die;
	return "$dir/$name";
}
sub import_with { my ($script, @arguments) = @_; return $cluster->client("$ENV{TV_REPO}/scripts/$script", '-d', 'app', @arguments) }

# What is stored of a vehicle, a line each.
sub stored
{
	my ($vehicle, $columns) = @_;
	return q1("SELECT " . ($columns // 'extract(epoch FROM p.t)::numeric::text, p.lon, p.lat, p.alt_m, p.speed_mps, p.heading_deg, p.accuracy_m, p.kind')
		. " FROM timevmaps.positions p JOIN timevmaps.vehicles v ON v.id = p.vehicle_id WHERE v.name = '$vehicle' ORDER BY p.t");
}

# ---------------------------------------------------------------- GPX
my $head = qq{<?xml version="1.0" encoding="UTF-8"?>\n<gpx version="1.1" creator="c" xmlns="http://www.topografix.com/GPX/1/1">\n};
sub point { my ($lon, $lat, $time, $more) = @_; return qq{<trkpt lat="$lat" lon="$lon">} . ($more // '') . (defined $time ? "<time>$time</time>" : '') . "</trkpt>\n" }
sub gpx { return $head . join('', map { "<trk><trkseg>\n" . join('', @$_) . "</trkseg></trk>\n" } @_) . "</gpx>\n" }

my $walk = put(q{it's a "walk" $HOME.gpx}, $head . <<'END');
<metadata><time>2024-05-01T08:00:00Z</time></metadata>
<wpt lat="1" lon="2"><time>2024-05-01T08:00:00Z</time></wpt>
<rte><rtept lat="3" lon="4"><time>2024-05-01T08:00:00Z</time></rtept></rte>
<trk><name>a &lt;b&gt; &#x43;<![CDATA[ &d;]]></name><trkseg>
<trkpt lat="57.7" lon="11.9"><ele>12.5</ele><time>2024-05-01T08:00:00Z</time><name>not the track's</name>
  <extensions><g:TrackPointExtension xmlns:g="x"><g:speed>3.25</g:speed><g:course>360.0</g:course><g:atemp>1</g:atemp></g:TrackPointExtension></extensions></trkpt>
<trkpt lon='11.901' lat='57.701'><time>2024-05-01T10:00:10.1234567+02:00</time><!-- <time>no</time> --><link href="x"><text>speed</text></link></trkpt>
<trkpt lat="-57.702" lon="-180"><speed>0</speed><course>12.25</course><time> 2024-05-01t08:00:20 </time><ele/></trkpt>
</trkseg><trkseg/><trkseg>
<trkpt lat="+57.703" lon="1.19e1"><time>2024-05-01T08:05:00-00:30</time></trkpt>
</trkseg></trk>
END
open my $in, '<', $walk or die;
my $walk_text = do { local $/; <$in> } . "</gpx>\n<!-- after -->\n";
put(q{it's a "walk" $HOME.gpx}, $walk_text);
my ($status, $out, $err) = import_with('import-gpx', '--world', q{Gö'te "$1"}, '--vehicle', q{my 'bike'}, $walk);
is($status, 0, 'a track is imported') or diag $err;
like($out, qr/\|\s*1 \|\s*4 \|\s*4 \|\s*0 \|\s*0\n/, 'the counts are shown');
like($err, qr/4 points read/, 'and progress');
is(stored(q{my ''bike''}), <<'END' =~ s/\n\z//r, 'as it is, but routes and waypoints');
1714550400.000000|11.9|57.7|12.5|3.25|0||fix
1714550410.123457|11.901|57.701|||||fix
1714550420.000000|-180|-57.702||0|12.25||fix
1714552500.000000|11.9|57.703|||||fix
END
is(q1(q{SELECT w.name, l.label FROM timevmaps.worlds w JOIN timevmaps.timelines l ON l.world_id = w.id}), q{Gö'te "$1"|main}, 'the world is made, with a timeline');
($status, $out, $err) = import_with('import-gpx', '--world', q{Gö'te "$1"}, '--by-name', '--ends', $walk);
is($status, 0, 'a track of the vehicle that it names') or diag $err;
is(stored('a <b> C &d;', 'p.kind'), "fix\nfix\nend\nend", 'and what each segment ends with');
($status, $out, $err) = import_with('import-gpx', '--world', q{Gö'te "$1"}, '--vehicle', q{my 'bike'}, $walk, $walk);
like($out, qr/\|\s*1 \|\s*8 \|\s*0 \|\s*8 \|\s*0\n/, 'the same again, twice, is all duplicates');

# GPX 1.0, one line, CRLF, a BOM, gzip, latin letters, several files and tracks, points out of order, one time twice.
my $old = qq{\xef\xbb\xbf<?xml version="1.0" encoding="ISO-8859-1"?><gpx version="1.0" creator="c" xmlns="http://www.topografix.com/GPX/1/0"><name>n</name><trk><name>V\xe4g</name><trkseg>}
	. join('', map { point(11 + $_ / 100, 57, "2024-06-01T00:00:0${_}Z", "<ele>$_</ele>") =~ s/\n//r } 5, 3, 9, 1) . '</trkseg></trk></gpx>';
my $zipped = put('old.gpx', $old);
system('gzip', '-kf', $zipped) and die;
($status, $out, $err) = import_with('import-gpx', '--world', 'W', '--by-name', "$zipped.gz");
is($status, 0, 'a file of GPX 1.0 on one line, compressed') or diag $err;
is(stored('Väg', 'p.alt_m'), "1\n3\n5\n9", 'points are in order of time');
my $crlf = put('crlf.gpx', gpx([ point(1, 2, '2024-06-01T00:00:00Z'), point(3, 4, '2024-06-01T00:00:00Z') ], [ point(1, 2, '2024-06-01T00:00:00Z'), point(5, 6, '2024-06-01T00:00:01Z') ]) =~ s/\n/\r\n/gr);
($status, $out, $err) = import_with('import-gpx', '--world', 'W', '--vehicle', 'crlf', $crlf);
like($out, qr/\|\s*1 \|\s*4 \|\s*2 \|\s*1 \|\s*1\n/, 'of one time the first stays; equal ones are duplicates, others conflicts') or diag $err;
is(stored('crlf', 'p.lon'), "1\n5", '... the first in the file');

# ---------------------------------------------------------------- CSV
my $buses = put('buses.csv', <<"END");
Bus;gps_time; LAT ;Lon;v;"alt ""ft""";course;hdop
7;2024-05-01 08:00:00;57,7;11,9;36;10;360;2
"8;x";2024-05-01 08:00:00,25;57,7;11,9;;;;

"9
y";1714550401,5;57,71;11,9;72;-100;0;0,5
END
($status, $out, $err) = import_with('import-csv', '--world', 'W', '--vehicle-column', 'bus', '--time=gps_time', '--speed', 'V', '--speed-unit', 'kmh', '--alt', 6, '--length-unit', 'ft',
	'--heading', 'course', '--accuracy', 'hdop', '--delimiter', ';', '--decimal-comma', '--time-zone', 'Europe/Stockholm', $buses);
is($status, 0, 'columns by name and number, units, commas, a zone, and quotes over lines') or diag $err;
is(stored('7'), '1714543200.000000|11.9|57.7|3.048|10|0|0.6096|fix', 'a local time is of the zone');
is(stored('8;x'), '1714543200.250000|11.9|57.7|||||fix', 'what is empty is not said');
is(stored("9\ny"), '1714550401.500000|11.9|57.71|-30.48|20|0|0.1524|fix', 'a number is since 1970');
for my $case (
	[ "time,lat,lon\n2024-02-29T23:59:60Z,1,2\n", [], '1709251200.000000|2|1|||||fix', 'usual names; a leap second is the next' ],
	[ "\xef\xbb\xbfTimestamp\tLongitude\tLatitude\r\n1714550400123\t2\t1\r\n", [ '--delimiter', 'tab', '--time-unit', 'ms' ], '1714550400.123000|2|1|||||fix', 'a BOM, CRLF, tabs, milliseconds' ],
	[ "2,1,1714550400123456789", [ '--no-header', '--time', 3, '--lat', 2, '--lon', 1, '--time-unit', 'ns' ], '1714550400.123456|2|1|||||fix', 'no header, no end of the last line, nanoseconds' ],
	[ "day,t,x,y\n2024-05-01,08:00,2,1\n", [ '--date', 'day' ], '1714550400.000000|2|1|||||fix', 'a column of dates and one of times' ],
	[ "t,x,y,x\n0,2,1,3\n", [ '--lon', 4 ], '0.000000|3|1|||||fix', 'a name twice, but a number' ],
	[ "t,x,y\n-1.5,0.1,-0.30000000000000004\n", [], '-1.500000|0.1|-0.30000000000000004|||||fix', 'numbers to the last bit' ],
	[ "t|x|y\n1714550400|2|1|9|8\n", [ '--delimiter', '|' ], '1714550400.000000|2|1|||||fix', 'more fields than columns' ])
{
	my ($text, $options, $expected, $name) = @$case;
	($status, $out, $err) = import_with('import-csv', '--world', 'W', '--vehicle', $name, @$options, put('case.csv', $text));
	is(stored($name), $expected, $name) or diag $err;
}

# ---------------------------------------------------------------- what is wrong is named by its line, and nothing has happened
my $census = 'SELECT (SELECT count(*) FROM timevmaps.worlds), (SELECT count(*) FROM timevmaps.timelines), (SELECT count(*) FROM timevmaps.vehicles), (SELECT count(*) FROM timevmaps.positions)';
my $before = q1($census);
my $good = point(1, 2, '2024-06-01T00:00:00Z');
my $late = point(1, 2, '2024-06-01T00:00:01Z');
for my $case (
	[ gpx([ $good, point(1, 2) ]), 5, 'a point without a time', 'no time' ],
	[ gpx([ $good, point(1, 2, 'yesterday') ]), 5, 'time: not a time: "yesterday"', 'a time that is none' ],
	[ gpx([ $good, point(1, 2, '2023-02-29T00:00:00Z') ]), 5, 'time: there is no such time', 'no such day' ],
	[ gpx([ $good, point('1,5', 2, '2024-06-01T00:00:00Z') ]), 5, 'lon: not a number: "1,5", with a comma', 'a decimal comma' ],
	[ gpx([ $good, point(181, 2, '2024-06-01T00:00:00Z') ]), 5, 'lon: out of range', 'a longitude out of range' ],
	[ gpx([ $good, point('NaN', 2, '2024-06-01T00:00:00Z') ]), 5, 'lon: not a number', 'NaN' ],
	[ gpx([ $good, point('1e999', 2, '2024-06-01T00:00:00Z') ]), 5, 'lon: out of range', 'infinite' ],
	[ gpx([ $good, qq{<trkpt lat="1"><time>2024-06-01T00:00:00Z</time></trkpt>\n} ]), 5, 'a point without a longitude', 'no longitude' ],
	[ gpx([ $good, qq{<trkpt lat="1" lat="2" lon="1"/>\n} ]), 5, 'an attribute twice: lat', 'an attribute twice' ],
	[ gpx([ $good, point(0, 0, '2024-06-01T00:00:05Z') ]), 5, '0, 0: a device', '0, 0 of a device' ],
	[ gpx([ $good, point(1, 1, '2099-06-01T00:00:05Z') ]), 5, 'too far ahead', 'far ahead' ],
	[ qq{<?xml version="1.0"?>\n<!DOCTYPE gpx [\n<!ENTITY a "aaaa">\n<!ENTITY b "&a;&a;">]>\n<gpx><trk><name>&b;</name></trk></gpx>}, 2, 'a document type', 'entities that grow' ],
	[ qq{<!DOCTYPE gpx [<!ENTITY f SYSTEM "file:///etc/passwd">]><gpx><trk><name>&f;</name></trk></gpx>}, 1, 'a document type', 'entities that read files' ],
	[ gpx([ $good ]) =~ s/<trkseg>/<name>&nbsp;<\/name><trkseg>/r, 3, 'an entity that is not XML', 'an unknown entity' ],
	[ substr(gpx([ $good, $late ]), 0, -14), 6, 'it ends within <trk>', 'a file cut off between tags' ],
	[ substr(gpx([ $good, $late ]), 0, -33), 5, 'not XML', 'a file cut off in a tag' ],
	[ gpx([ $good, "</trk>\n" ]), 5, '</trk> where <trkseg> is open', 'tags that do not fit' ],
	[ "<html><body>404</body></html>\n", 1, 'not GPX: <html>', 'another document' ],
	[ '', 1, 'not GPX: it has no elements', 'an empty file' ],
	[ join('', map { chr($_ * 7 % 256) } 1 .. 5000), 1, '', 'binary' ],
	[ "\xff\xfe<\0g\0", 1, 'UTF-16', 'UTF-16' ],
	[ gpx([ $good ]) =~ s/UTF-8/EBCDIC/r, 1, 'an encoding that is not read', 'another encoding' ],
	[ '<a>' x 1000, 1, 'not GPX', 'a tower of tags' ],
	[ '<gpx>' . '<a>' x 1000, 1, 'elements within each other a hundred times', 'a tower of tags in gpx' ],
	[ gpx([ $good ]) . '<gpx/>', 7, 'not GPX: <gpx>', 'two documents' ],
	[ '<gpx><trk ' . 'a' x 3_000_000, 1, 'a text or tag of more than a megabyte', 'a tag without an end' ],
	[ '<gpx>' . 'a' x 3_000_000 . '</gpx>', 1, 'a text or tag of more than a megabyte', 'a text without an end' ])
{
	my ($text, $line, $expected, $name) = @$case;
	($status, $out, $err) = import_with('import-gpx', '--world', 'New', '--vehicle', 'x', put('wrong.gpx', $text));
	is($status >> 8 ? 1 : 0, 1, "GPX: $name: an error");
	like($err, qr{\Qwrong.gpx:$line: $expected\E}, '... with its place');
}
for my $case (
	[ "t,x,y\n0,1,2\n1,1,\n", [], 3, 'nothing in the column of lat', 'an empty field' ],
	[ "t,x,y\n0,1,2\n1,1\n", [], 3, 'the line has 2 fields, and no lat', 'a short line' ],
	[ "t,x,y\n0,1,2\n\n1,1,\"2\"\"\"\n", [], 4, 'lat: not a number', 'a line after an empty one' ],
	[ "t,x,y\n0,\"1\n\",2\n1,1,91\n", [], 4, 'lat: out of range', 'a line after one that is two' ],
	[ "t;x;y\n0;1;2\n", [], 1, "no column of that name, or several: --time says which\n  There are: \"t;x;y\"\n  Is it --delimiter ';'?", 'another delimiter' ],
	[ "t,x,y\n0,1,2\n", [ '--speed', 'v' ], 1, 'no column "v"', 'a column that is not there' ],
	[ "t,x,y\n0,1,2\n", [ '--speed', '9' ], 1, 'no column 9', 'a column that is too far' ],
	[ "time,t,x,y\n0,0,1,2\n", [], 1, 'no column of that name, or several', 'two usual names' ],
	[ "t,x,y\n0,1,2\n1,1,\"2\n", [], 3, 'a quote that does not end', 'a quote without an end' ],
	[ "t,x,y\n0,1,2\n1,1\"1,2\n1,\"1,2\n", [], 3, 'a quote in the middle', 'quotes within a field' ],
	[ "t,x,y\n0,1,2\n1,1,2\0\n", [], 3, 'not text', 'a byte 0' ],
	[ "t,x,y\r0,1,2\r1,1,2\r", [], 1, 'a carriage return', 'lines that end with CR' ],
	[ "t,x,y\n0,1,2\n01.05.2024 08:00,1,2\n", [], 3, 'time: not a time', 'a date as people write it' ],
	[ "t,x,y\n0,1,2\n99999999999999,1,2\n", [], 3, 'time: out of range', 'milliseconds taken for seconds' ],
	[ "t,x,y\n0,1,2\n" . '1' x 3_000_000, [], 3, 'a line of more than a megabyte', 'a line without an end' ],
	[ "t,x,y,v\n0,1,2,\n1,1,2,-1\n", [ '--speed', 'v' ], 3, 'speed: out of range', 'a negative speed' ],
	[ "t,x,y,v\n0,1,2,\n1,1,2,361\n", [ '--heading', 'v' ], 3, 'heading: out of range', 'a heading of 361' ],
	[ "t,x,y,v\n0,1,2,a\n1,1,2,\xff\n", [ '--vehicle-column', 'v' ], 3, 'vehicle: not UTF-8', 'a name that is no text' ],
	[ '', [], 1, 'it is empty', 'an empty file' ])
{
	my ($text, $options, $line, $expected, $name) = @$case;
	my @whose = grep({ $_ eq '--vehicle-column' } @$options) ? () : ('--vehicle', 'x');
	($status, $out, $err) = import_with('import-csv', '--world', 'New', @whose, @$options, put('wrong.csv', $text));
	is($status >> 8 ? 1 : 0, 1, "CSV: $name: an error");
	like($err, qr{\Qwrong.csv:$line: $expected\E}, '... with its place');
}
# Only the second file, or what the server says, is wrong.
my $right = put('right.gpx', gpx([$good]));
my $wrong = put('wrong.gpx', gpx([ $good, point(1, 2) ]));
($status, $out, $err) = import_with('import-gpx', '--world', 'New', '--vehicle', 'x', $right, $wrong);
ok($status && $err =~ /wrong\.gpx:5: /, 'the second of two files is wrong');
my $cut = put('cut.gpx.gz', do { open my $zip, '<:raw', "$zipped.gz" or die; local $/; substr <$zip>, 0, 150 });
($status, $out, $err) = import_with('import-gpx', '--world', 'New', '--vehicle', 'x', $cut);
ok($status, 'a file that gzip cannot unpack to the end') or diag $out;
for my $case ([ [ '--timeline', 'none' ], 'no such timeline' ], [ [ '--clock', 'sun' ], 'positions_clock_check' ])
{
	($status, $out, $err) = import_with('import-gpx', '--world', 'W', '--vehicle', 'x', @{ $case->[0] }, $right);
	ok($status && $err =~ /ERROR:.*$case->[1]/, "the server refuses: $case->[1]") or diag $err;
}
($status, $out, $err) = import_with('import-csv', '--world', 'W', '--vehicle', 'x', '--time-zone', 'Mars/Olympus', put('a.csv', "t,x,y\n0,1,2\n"));
ok($status && $err =~ /ERROR:.*Mars/, 'a zone that is none');
($status, $out, $err) = $cluster->client("$ENV{TV_REPO}/scripts/import-gpx", '-d', 'no such database', '--world', 'W', '--vehicle', 'x', $right);
ok($status, 'a database that is not there');
for my $case ([ 'import-gpx', '--vehicle', 'x', $right ], [ 'import-gpx', '--world', 'W', $right ], [ 'import-gpx', '--world', 'W', '--vehicle', 'x', '--by-name', $right ], [ 'import-gpx', '--world', 'W', '--vehicle', 'x' ],
	[ 'import-gpx', '--world', 'W', '--vehicle', 'x', "$dir/none" ], [ 'import-gpx', '--world', 'W', '--vehicle', 'x', $dir ], [ 'import-gpx', '--wold', 'W', $right ], [ 'import-csv', '--world' ],
	[ 'import-csv', '--world', 'W', '--vehicle', 'x', '--decimal-comma', $right ], [ 'import-csv', '--world', 'W', '--vehicle', 'x', '--delimiter', ';;', $right ],
	[ 'import-csv', '--world', 'W', '--vehicle', 'x', '--speed-unit', 'c', $right ])
{
	($status, $out, $err) = import_with(@$case);
	is($status >> 8, 2, 'usage: ' . $err =~ s/\n//r);
}
is(q1($census), $before, 'nothing of all that stays');
for my $script ('import-gpx', 'import-csv')
{
	($status, $out, $err) = import_with($script, '--help');
	ok($status == 0 && $out =~ /--skip-bad/, "$script --help");
}

# ---------------------------------------------------------------- leaving out
($status, $out, $err) = import_with('import-gpx', '--world', 'W', '--vehicle', 'skipper', '--skip-bad',
	put('bad.gpx', gpx([ $good, point(1, 2), point(0, 0, '2024-06-01T00:00:01Z'), point(1, 2, '2099-01-01T00:00:00Z'), point(200, 0, '2024-06-01T00:00:02Z'), point(3, 4, '2024-06-01T00:00:03Z') ])));
is($status, 0, '--skip-bad') or diag $err;
is(stored('skipper', 'p.lon'), "1\n3", 'the others are there');
like($err, qr/left out: \S*bad.gpx:5: a point without a time\n.*2 points were left out.*left out: 1 points, of which the first is \S*bad.gpx:6: 0, 0.*left out: 1 points, of which the first is \S*bad.gpx:7: too far ahead/s, 'and what was left out is told');

# On a branch: nothing before it left.
q1(q{SELECT timevmaps.tv_branch(l.id, 'branch', NULL, '2024-06-01 00:00:00+00') FROM timevmaps.timelines l JOIN timevmaps.worlds w ON w.id = l.world_id WHERE w.name = 'W'});
($status, $out, $err) = import_with('import-gpx', '--world', 'W', '--timeline', 'branch', '--vehicle', 'b', put('branch.gpx', gpx([ $late, $good ])));
ok($status && $err =~ /branch\.gpx:5: not after the branch left/, 'a point that is not after the fork, with its line') or diag $err;
($status, $out, $err) = import_with('import-gpx', '--world', 'W', '--timeline', 'branch', '--vehicle', 'b', '--skip-bad', put('branch.gpx', gpx([ $late, $good ])));
is(stored('b', 'p.t'), q1(q{SELECT timestamptz '2024-06-01 00:00:01+00'}), 'or left out');

# As a role that may not.
q1(q{CREATE ROLE walker LOGIN; GRANT tv_player TO walker});
($status, $out, $err) = import_with('import-gpx', '-d', 'dbname=app user=walker', '--world', 'W', '--vehicle', 'mine', $right);
ok($status && $err =~ /permission denied|no world|row-level security|PT404|no such/, 'who may not write does not') or diag "$out$err";

# A gigabyte on one line takes no gigabyte: here 40 MB in 60,000 points.
my $began = time;
my $long = put('long.gpx', '');
open my $big, '>:raw', $long or die;
print $big '<gpx><trk><trkseg>';
print $big sprintf('<trkpt lat="%.6f" lon="11.9"><time>2024-07-01T%02d:%02d:%02dZ</time>%s</trkpt>', 57 + $_ / 1e6, $_ / 3600, $_ / 60 % 60, $_ % 60, ' ' x 600) for 0 .. 59_999;
print $big '</trkseg></trk></gpx>';
close $big or die;
($status, $out, $err) = $cluster->client('bash', '-c', 'ulimit -v 200000; exec "$@"', 'bash', "$ENV{TV_REPO}/scripts/import-gpx", '-d', 'app', '--world', 'W', '--vehicle', 'long', $long);
is($status, 0, 'a line of 40 MB, in little memory') or diag $err;
is(q1(q{SELECT count(*) FROM timevmaps.positions p JOIN timevmaps.vehicles v ON v.id = p.vehicle_id WHERE v.name = 'long'}), 60_000, '... and each point is there');
done_testing();
