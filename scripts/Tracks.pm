# What import-gpx and import-csv share: files read in pieces, numbers and times checked, and fixes given to psql in one transaction.
#
# A file is never held in memory, nor is a line or a tag of any length: what is longer than TOKEN is wrong.  Fixes go to a
# temporary table as they are read, with the file and line that they are from, so that what only the server knows (when a branch
# left, how far ahead is too far) is told with its line, too.  psql commits at the end, or not at all.
package Tracks;
use strict;
use warnings;
use IO::Handle;

use constant TOKEN => 1 << 20;
use constant PIECE => 1 << 16;
my $every = 5;    # seconds between lines of progress

# ---------------------------------------------------------------- arguments

# name => [variable, what]: options with a value are strings, those of a reference to 0 are switches.
sub options
{
	my ($program, $usage, $options, @arguments) = @_;
	my @files;
	my $wrong = sub { print STDERR "$program: $_[0]\n"; exit 2 };
	while (@arguments)
	{
		my $one = shift @arguments;
		if ($one eq '-h' || $one eq '--help') { print $usage; exit 0 }
		if ($one eq '--') { push @files, @arguments; last }
		if ($one !~ /^-./) { push @files, $one; next }
		my ($name, $value) = $one =~ /^(--[\w-]+)=(.*)\z/s ? ($1, $2) : ($one, undef);
		$name = '--dbname' if $name eq '-d';
		$wrong->("unknown option: $one (--help lists them)") unless exists $options->{$name};
		if (ref $options->{$name})
		{
			$wrong->("$name takes no value") if defined $value;
			$options->{$name} = \1;
			next;
		}
		if (!defined $value)
		{
			$wrong->("$name needs a value") unless @arguments;
			$value = shift @arguments;
		}
		$options->{$name} = $value;
	}
	$wrong->('--world is needed (--help)') if ($options->{'--world'} // '') eq '';
	$wrong->('a file is needed (--help)') unless @files;
	for my $file (@files) { $wrong->("cannot read $file: " . ($! || 'it is a folder')) unless open(my $in, '<', $file) && !-d $file }
	return @files;
}

# ---------------------------------------------------------------- files

# One file as it is read: its name, the line of what was taken last, and what is there of the rest.
sub open_file
{
	my ($class, $name, $number) = @_;
	my $self = bless { name => $name, number => $number, line => 1, buffer => '', end => 0 }, $class;
	open $self->{in}, '<:raw', $name or die "$name: $!\n";
	$self->more;
	if ($self->{buffer} =~ /^\x1f\x8b/)
	{
		close $self->{in};
		$self->{buffer} = '';
		$self->{end} = 0;
		$self->{pid} = open($self->{in}, '-|:raw', 'gzip', '-dc', '--', $name) // die "gzip: $!\n";
		$self->more;
	}
	$self->wrong('UTF-16 or UTF-32, and not UTF-8', 'Convert it: iconv -f UTF-16 -t UTF-8') if $self->{buffer} =~ /^(?:\xff\xfe|\xfe\xff|\0\0\xfe\xff|<\0|\0<)/;
	$self->{buffer} =~ s/^\xef\xbb\xbf//;
	return $self;
}

# Another piece; whether there was one.
sub more
{
	my ($self) = @_;
	return 0 if $self->{end};
	my $count = sysread $self->{in}, $self->{buffer}, PIECE, length $self->{buffer};
	if (!defined $count) { $self->wrong("cannot be read: $!") }
	return 1 if $count;
	$self->{end} = 1;
	if (!close($self->{in}) && $self->{pid}) { $self->wrong('what gzip cannot unpack to the end') }
	return 0;
}

sub wrong
{
	my ($self, $what, $hint) = @_;
	die "$self->{name}:$self->{line}: $what\n" . (defined $hint ? "  $hint\n" : '');
}

# ---------------------------------------------------------------- values

# For messages: short, and without what a terminal would take for more than text.
sub shown
{
	my ($text) = @_;
	$text = substr($text, 0, 60) . '...' if length $text > 60;
	$text =~ s/([^\x20-\x7e])/sprintf '\\x%02x', ord $1/ge;
	return "\"$text\"";
}

# A number as it is written, or undef; dies with why.
sub number
{
	my ($text, $what, $low, $high) = @_;
	$text =~ s/^\s+|\s+\z//g;
	if ($text !~ /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\z/)
	{
		die "$what: not a number: " . shown($text) . ($text =~ /^[+-]?\d+,\d+\z/ ? ', with a comma' : '') . "\n";
	}
	die "$what: out of range: " . shown($text) . "\n" if $text * 0 != 0 || (defined $low && $text < $low) || (defined $high && $text > $high);
	return $text;
}

# Degrees clockwise from north; 360 is 0.
sub heading
{
	my $degrees = number($_[0], $_[1], 0, 360);
	return $degrees == 360 ? 0 : $degrees;
}

# Days since 1970-01-01 of the Gregorian calendar, or undef where there is no such day.
sub days
{
	my ($year, $month, $day) = @_;
	return if $year < 1 || $month < 1 || $month > 12 || $day < 1;
	my $leap = $year % 4 == 0 && ($year % 100 != 0 || $year % 400 == 0);
	return if $day > (31, 28 + $leap, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[ $month - 1 ];
	my $before = $year - 1;
	return $before * 365 + int($before / 4) - int($before / 100) + int($before / 400) - 719162
		+ (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)[ $month - 1 ] + ($leap && $month > 2 ? 1 : 0) + $day - 1;
}

# (microseconds since 1970, whether they are of a clock without a zone); dies with why.
sub iso_time
{
	my ($text, $what) = @_;
	my ($year, $month, $day, $hour, $minute, $second, $part, $zone) = $text =~
		/^\s*(\d{4})-(\d\d)-(\d\d)[Tt ]\s*(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,12}))?)?\s*(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?\s*\z/i
		or die "$what: not a time: " . shown($text) . "\n";
	my $days = days($year, $month, $day);
	die "$what: there is no such time: " . shown($text) . "\n" if !defined $days || $hour > 23 || $minute > 59 || ($second // 0) > 60;
	my $micros = (($days * 24 + $hour) * 60 + $minute) * 60 + ($second // 0);
	if (defined $zone && $zone =~ /^([+-])(\d\d):?(\d\d)?\z/)
	{
		my $off = ($2 * 60 + ($3 // 0)) * 60;
		die "$what: there is no such time: " . shown($text) . "\n" if $off > 16 * 3600;
		$micros -= $1 eq '-' ? -$off : $off;
	}
	$micros *= 1_000_000;
	$micros += int(substr($part . '0000000', 0, 7) / 10 + 0.5) if defined $part;
	return ($micros, defined $zone ? 0 : 1);
}

# Numbers since 1970, of seconds and parts of it: digits are moved, so that none is lost.
my %decimals = (s => 6, ms => 3, us => 0, ns => -3);
sub epoch_time
{
	my ($text, $what, $unit) = @_;
	my ($sign, $whole, $part) = $text =~ /^\s*(-?)(\d{1,19})(?:\.(\d*))?\s*\z/ or die "$what: not a time: " . shown($text) . "\n";
	my $digits = $decimals{$unit} >= 0 ? $whole . substr(($part // '') . '000000', 0, $decimals{$unit}) : length $whole > 3 ? substr($whole, 0, -3) : 0;
	# The year 9999.
	die "$what: out of range: " . shown($text) . "\n" if $digits > 253_402_300_799_999_999;
	return $sign ? -$digits : +$digits;
}

# ---------------------------------------------------------------- to the server

# \N for what is not said; COPY's escapes for text.
sub field
{
	my ($text) = @_;
	return '\\N' unless defined $text;
	$text =~ s/([\\\t\n\r])/$1 eq "\t" ? '\\t' : $1 eq "\n" ? '\\n' : $1 eq "\r" ? '\\r' : '\\\\'/ge;
	return $text;
}

# A variable of psql in quotes, on its command line.
sub start
{
	my ($class, $program, $options, @files) = @_;
	my $self = bless { program => $program, skips => ${ $options->{'--skip-bad'} }, count => 0, skipped => 0, began => time, told => time, rows => '' }, $class;
	my @database = defined $options->{'--dbname'} ? ('-d', $options->{'--dbname'}) : ();
	my %set = (world => $options->{'--world'}, timeline => $options->{'--timeline'}, vehicle => $options->{'--vehicle'} // '',
		zone => $options->{'--time-zone'} // 'UTC', clock => $options->{'--clock'} // 'device', skip => $self->{skips} ? 'true' : 'false');
	$SIG{PIPE} = 'IGNORE';
	$self->{pid} = open($self->{psql}, '|-:raw', 'psql', @database, '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-v', 'SHOW_CONTEXT=never', (map { ('-v', "$_=$set{$_}") } sort keys %set))
		// die "psql: $!\n";
	$self->{psql}->autoflush(0);
	$self->say(<<'END');
SET client_min_messages = notice;
SET client_encoding = 'UTF8';
SET search_path = pg_catalog, pg_temp;
BEGIN;
CREATE TEMPORARY TABLE tv_files (number integer, name text) ON COMMIT DROP;
CREATE TEMPORARY TABLE tv_fixes (file integer, line bigint, vehicle text, micros bigint, local boolean, lon double precision, lat double precision,
    alt_m double precision, speed_mps double precision, heading_deg double precision, accuracy_m double precision, kind text) ON COMMIT DROP;
COPY pg_temp.tv_files FROM STDIN;
END
	my $number = 0;
	$self->say(join '', map { ++$number . "\t" . field($_) . "\n" } map { my $name = $_; utf8::decode(my $copy = $name) ? $name : $name =~ s/[\x80-\xff]/?/gr } @files);
	$self->say("\\.\nCOPY pg_temp.tv_fixes FROM STDIN;\n");
	return $self;
}

# psql says why it takes no more.
sub say
{
	my ($self, $text) = @_;
	return if print { $self->{psql} } $text;
	close $self->{psql};
	exit 3;
}

# One fix: line, vehicle, micros, local, lon, lat, altitude, speed, heading, accuracy, kind.
sub fix
{
	my ($self, $file, $line, $vehicle, @values) = @_;
	$self->{rows} .= join("\t", $file->{number}, $line, field($vehicle), map { $_ // '\\N' } @values) . "\n";
	$self->{count}++;
	return if length $self->{rows} < PIECE;
	$self->say($self->{rows});
	$self->{rows} = '';
	return if time < $self->{told} + $every;
	$self->{told} = time;
	printf STDERR "%s: %s:%d: %d points read after %d s\n", $self->{program}, $file->{name}, $line, $self->{count}, time - $self->{began};
	return;
}

# What is wrong with one point: it ends the import, or is left out and told of.
sub bad
{
	my ($self, $file, $line, $what) = @_;
	chomp $what;
	my $text = "$file->{name}:$line: $what\n";
	die $text . "  --skip-bad leaves such points out\n" unless $self->{skips};
	print STDERR "left out: $text" if ++$self->{skipped} <= 10;
	return;
}

# All of it is there: check what the server knows, and store it.
sub finish
{
	my ($self, $sql) = @_;
	print STDERR "$self->{program}: $self->{skipped} points were left out\n" if $self->{skipped};
	printf STDERR "%s: %d points read after %d s\n", $self->{program}, $self->{count}, time - $self->{began};
	$self->say("$self->{rows}\\.\n$sql");
	exit(close($self->{psql}) ? 0 : $? >> 8 || 3);
}

# Before the end of the data: nothing is committed, and nothing of ours is left in the terminal but why.
sub give_up
{
	my ($self, $why) = @_;
	kill 'TERM', $self->{pid};
	close $self->{psql};
	print STDERR "$self->{program}: $why";
	print STDERR "$self->{program}: nothing was imported\n";
	exit 1;
}

# Run a reader, given what takes fixes, for each of the files; then store them.
sub import_files
{
	my ($program, $options, $reader, @files) = @_;
	my $import = __PACKAGE__->start($program, $options, @files);
	my $number = 0;
	for my $name (@files)
	{
		eval { $reader->($import, __PACKAGE__->open_file($name, ++$number)); 1 } or $import->give_up($@);
	}
	return $import->finish(store());
}

# As statements, so that the trigger of positions looks at all rows of one at once.
sub store
{
	return <<'SQL';
CREATE TEMPORARY TABLE tv_import ON COMMIT DROP AS
SELECT :'world'::text AS name, :'timeline'::text AS label, :'vehicle'::text AS vehicle, :'zone'::text AS zone, :'clock'::text AS clock, :skip AS skip,
       NULL::bigint AS world_id, NULL::bigint AS timeline_id, 0::bigint AS left_out, 0::bigint AS inserted;
DO $$
DECLARE
    wanted record;
    world bigint;
    worlds bigint;
    timeline bigint;
BEGIN
    SELECT * INTO wanted FROM pg_temp.tv_import;
    PERFORM timezone(wanted.zone, now());
    SELECT min(w.id), count(*) INTO world, worlds FROM timevmaps.worlds w WHERE w.name = wanted.name;
    IF worlds > 1 THEN
        RAISE EXCEPTION 'there are % worlds of that name', worlds;
    ELSIF worlds = 0 THEN
        INSERT INTO timevmaps.worlds (name) VALUES (wanted.name) RETURNING id INTO world;
        INSERT INTO timevmaps.timelines (world_id, label) VALUES (world, wanted.label);
    END IF;
    SELECT l.id INTO timeline FROM timevmaps.timelines l WHERE l.world_id = world AND l.label = wanted.label;
    IF timeline IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'PT404', MESSAGE = 'no such timeline', DETAIL = format('World %s has none "%s".', wanted.name, wanted.label);
    END IF;
    UPDATE pg_temp.tv_fixes SET vehicle = wanted.vehicle WHERE vehicle IS NULL;
    INSERT INTO timevmaps.vehicles (world_id, name)
    SELECT world, f.vehicle FROM pg_temp.tv_fixes f
    WHERE NOT EXISTS (SELECT FROM timevmaps.vehicles v WHERE v.world_id = world AND v.name = f.vehicle) GROUP BY f.vehicle ORDER BY min(f.file), min(f.line);
    UPDATE pg_temp.tv_import SET world_id = world, timeline_id = timeline;
END
$$;
CREATE TEMPORARY TABLE tv_rows ON COMMIT DROP AS
SELECT v.id AS vehicle_id, CASE WHEN f.local THEN timezone(i.zone, timestamp '1970-01-01' + f.micros * interval '1 microsecond')
                                ELSE timestamptz '1970-01-01 00:00:00+00' + f.micros * interval '1 microsecond' END AS t,
       f.file, f.line, f.lon, f.lat, f.alt_m, f.speed_mps, f.heading_deg, f.accuracy_m, f.kind
FROM pg_temp.tv_import i CROSS JOIN pg_temp.tv_fixes f JOIN timevmaps.vehicles v ON v.world_id = i.world_id AND v.name = f.vehicle;
DO $$
DECLARE
    wanted record;
    bad record;
BEGIN
    SELECT i.*, l.fork_at, clock_timestamp() + make_interval(secs => coalesce((w.rules ->> 'fix_ahead_s')::double precision, 86400)) AS latest,
           i.clock <> 'device' OR coalesce((w.rules ->> 'fix_null_island')::boolean, false) AS anywhere
    INTO wanted FROM pg_temp.tv_import i JOIN timevmaps.worlds w ON w.id = i.world_id JOIN timevmaps.timelines l ON l.id = i.timeline_id;
    FOR bad IN
        SELECT c.problem, count(*) AS points, (array_agg(n.name || ':' || r.line ORDER BY r.file, r.line))[1] AS place, min(ARRAY[r.file, r.line]) AS first
        FROM pg_temp.tv_rows r JOIN pg_temp.tv_files n ON n.number = r.file CROSS JOIN LATERAL (VALUES
            ('not after the branch left its parent', r.t <= wanted.fork_at), ('too far ahead', r.t > wanted.latest),
            ('0, 0: a device that does not know where it is', r.lon = 0 AND r.lat = 0 AND NOT wanted.anywhere)) c (problem, wrong)
        WHERE c.wrong GROUP BY c.problem ORDER BY first
    LOOP
        IF NOT wanted.skip THEN
            RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = bad.place || ': ' || bad.problem,
                DETAIL = format('So are %s points.', bad.points), HINT = '--skip-bad leaves such points out.';
        END IF;
        RAISE NOTICE 'left out: % points, of which the first is %: %', bad.points, bad.place, bad.problem;
    END LOOP;
    DELETE FROM pg_temp.tv_rows r
    WHERE r.t <= wanted.fork_at OR r.t > wanted.latest OR (r.lon = 0 AND r.lat = 0 AND NOT wanted.anywhere);
    INSERT INTO timevmaps.positions (world_id, timeline_id, vehicle_id, t, lon, lat, alt_m, speed_mps, heading_deg, accuracy_m, clock, kind)
    SELECT DISTINCT ON (r.vehicle_id, r.t) wanted.world_id, wanted.timeline_id, r.vehicle_id, r.t, r.lon, r.lat, r.alt_m, r.speed_mps, r.heading_deg, r.accuracy_m, wanted.clock, r.kind
    FROM pg_temp.tv_rows r ORDER BY r.vehicle_id, r.t, r.file, r.line
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS wanted.inserted = ROW_COUNT;
    UPDATE pg_temp.tv_import SET inserted = wanted.inserted;
END
$$;
SELECT i.world_id, i.timeline_id, count(DISTINCT r.vehicle_id) AS vehicles, count(r.t) AS points, i.inserted,
       count(r.t) FILTER (WHERE same.same) - i.inserted AS duplicates, count(r.t) FILTER (WHERE NOT same.same) AS conflicts
FROM pg_temp.tv_import i LEFT JOIN pg_temp.tv_rows r ON true
    LEFT JOIN timevmaps.positions p ON p.timeline_id = i.timeline_id AND p.vehicle_id = r.vehicle_id AND p.t = r.t
    CROSS JOIN LATERAL (SELECT (p.lon, p.lat, p.alt_m, p.speed_mps, p.heading_deg, p.accuracy_m, p.kind)
                               IS NOT DISTINCT FROM (r.lon, r.lat, r.alt_m, r.speed_mps, r.heading_deg, r.accuracy_m, r.kind) AS same) same
GROUP BY i.world_id, i.timeline_id, i.inserted;
COMMIT;
SQL
}

1;
