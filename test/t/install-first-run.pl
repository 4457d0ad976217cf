# The first run on somebody's machine: temporary folders that will not do are named before anything
# starts, paths may have spaces, no umask, no language and no settings for another server stop the
# demonstration, and what was built for another version of PostgreSQL or another compiler is built again.
use strict;
use warnings;
use utf8;
use Test::More;
use File::Temp ();
use File::Path qw(make_path);
use POSIX ();

my $repo = $ENV{TV_REPO} // die 'run this by test/run';
my $scratch = File::Temp->newdir('first.XXXXXX', DIR => $ENV{TV_SCRATCH} // '/tmp');
chmod 0755, $scratch->dirname;
my $root = $> == 0;
# Root may not, in a folder that he has changed his root to.
my $mounts = $root && system('unshare --mount true 2>/dev/null') == 0;
delete @ENV{qw(KEEP MAP MAKEFLAGS MAKELEVEL)};
binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);

sub slurp { my ($path) = @_; open my $in, '<:encoding(UTF-8)', $path or return ''; local $/; return scalar <$in> // '' }
sub put { my ($path, $text, $mode) = @_; open my $out, '>', $path or die "$path: $!"; print $out $text; close $out; chmod $mode // 0644, $path; return }

my $runs = 0;

# Start a command with other settings in its environment: (process, file that it prints to).
sub start
{
	my ($environment, @command) = @_;
	my $printed = "$scratch/printed" . ++$runs;
	my $pid = fork() // die "fork: $!";
	if (!$pid)
	{
		@ENV{ keys %$environment } = values %$environment;
		open STDIN, '<', '/dev/null' or die;
		open STDOUT, '>', $printed or die;
		open STDERR, '>&', \*STDOUT or die;
		exec { $command[0] } @command or POSIX::_exit(127);
	}
	return ($pid, $printed);
}

# (exit status, what it printed)
sub run
{
	my ($pid, $printed) = start(@_);
	waitpid $pid, 0;
	return ($? >> 8, slurp($printed));
}

sub entries { my ($folder) = @_; opendir my $in, $folder or return ''; return join ' ', grep { !/^\.\.?$/ } readdir $in }

#------------------------------------------------------- folders that will not do

my %folder = map { $_ => "$scratch/$_" } qw(closed long mounted room);
make_path("$folder{closed}/in", $folder{mounted}, $folder{room});
chmod 0777, $folder{room};
my $long = "$scratch/" . "\xc3\xa4" x 40;
mkdir $long or die;
mkdir "$scratch/with,comma" or die;
mkdir "$scratch/with'quote" or die;
chmod $root ? 0700 : 0500, $folder{closed};

my @unfit = (
	[ "$scratch/nowhere", qr/there is no such folder/ ],
	[ $root ? "$folder{closed}/in" : $folder{closed}, $root ? qr/closed: closed to the user who is to run the server/ : qr/nothing can be made in it/ ],
	[ $long, qr/bytes too long for the path of a server's socket/ ],
	[ "$scratch/with,comma", qr/which paths of servers cannot/ ],
	[ "$scratch/with'quote", qr/which paths of servers cannot/ ],
	);
# What a file system says of itself, in a namespace of its own for mounts.
my @systems = (
	[ 'noexec', qr/no program can be run from it/ ], [ 'ro', qr/nothing can be made in it/ ],
	[ 'size=16m', qr/\d+ MB are needed, 16 MB are free/ ], [ 'nr_inodes=500', qr/\d+ inodes are needed, \d+ are free/ ]);

my @programs = (
	[ 'demo/run', "$repo/demo/run", "$scratch/never.svg" ], [ 'test/run', "$repo/test/run", 'lint', 'test/lint/meta.pl' ],
	[ 'make demo', 'make', '--no-print-directory', '-C', $repo, 'demo' ]);

sub is_refused
{
	my ($name, $expected, $status, $printed) = @_;
	my @lines = grep { !/^make: / } split /\n/, $printed;
	cmp_ok($status, '>', 0, "$name is refused");
	is(scalar @lines, 1, '... in one line') or diag $printed;
	like($lines[0] // '', $expected, '... that says why');
	return;
}

for my $program (@programs)
{
	my ($name, @command) = @$program;
	for my $case (@unfit)
	{
		my ($folder, $expected) = @$case;
		is_refused("$name in " . $folder =~ s/.*\///r, $expected, run({ TMPDIR => $folder }, '/usr/bin/env', @command));
		is(entries($folder), '', '... and nothing is made');
	}
	SKIP: for my $case (@systems)
	{
		my ($options, $expected) = @$case;
		skip 'mounting takes root, and a root that is mounted', 4 unless $mounts;
		my @inside = ('unshare', '--mount', 'sh', '-c',
			'mount -t tmpfs -o "$1",mode=1777 tmpfs "$2" && shift 2 && "$@"; status=$?; echo "left: $(ls -A "$TMPDIR")"; exit $status', 'sh', $options, $folder{mounted}, '/usr/bin/env', @command);
		my ($status, $printed) = run({ TMPDIR => $folder{mounted} }, @inside);
		$printed =~ s/^left: (.*)\n//m;
		is($1, '', "$name where $options: nothing is made");
		is_refused('... it', $expected, $status, $printed);
	}
}
is_refused('a map that is a folder', qr/is a folder/, run({ TMPDIR => $folder{room} }, "$repo/demo/run", "$scratch"));

# A cluster of its own.
my $tool = "$repo/scripts/cluster.sh";
is_refused('a cluster with a long name', qr/too long for the path/, run({}, $tool, 'create', "$folder{room}/" . 'x' x 100));
is_refused('a cluster in a closed folder', qr/closed to the user/, run({}, $tool, 'create', "$folder{closed}/in/cluster")) if $root;
is(entries($folder{room}), '', '... and nothing is made');
symlink $folder{closed}, "$folder{room}/link" or die;
is_refused('a cluster by way of a link', qr/is a link, or somebody else's/, run({}, $tool, 'create', "$folder{room}/link"));
unlink "$folder{room}/link";
SKIP:
{
	skip 'only root has somebody else', 2 if !$root;
	mkdir "$folder{room}/theirs" or die;
	chown 65534, 65534, "$folder{room}/theirs";
	is_refused("a cluster in somebody else's folder", qr/is a link, or somebody else's/, run({}, $tool, 'create', "$folder{room}/theirs"));
	is(entries("$folder{room}/theirs"), '', '... and nothing is made');
	rmdir "$folder{room}/theirs";
}
# What the owner of clusters writes and runs, nobody else writes.
like((run({}, 'bash', '-c', '. "$1/scripts/scratch.sh"; as_scratch_owner() { stat -c "%A of %U" "$folder/try"; "$@"; }; folder=$2 && try_folder "$folder"',
	'bash', $repo, $folder{room}))[1], qr/\A(drwxr-xr-x of (?!root)\S+\n)\1\z/, 'the folder that is tried is the owner\'s alone');

#--------------------------------------------- objects of one version and of another

# A checkout with one source, and pg_configs that are the real one but for their version and headers.
my $small = "$scratch/a checkout";
make_path("$small/src/kernel", "$small/sql", "$small/test");
system('cp', '-R', (map { "$repo/$_" } qw(Makefile make scripts timevmaps.control)), $small) == 0 or die;
system('cp', '-R', (map { "$repo/sql/$_" } qw(install tables)), "$small/sql") == 0 or die;
put("$small/src/kernel/probe.c", qq{#include <cblas.h>\nint probe(void) { return 0; }\n});
put("$small/src/timevmaps.c", qq{#include "postgres.h"\n#include "fmgr.h"\n#include "first_run.h"\nPG_MODULE_MAGIC;\nconst char *made_for = "made for " FIRST_RUN;\n});
my $real = $ENV{PG_CONFIG} // 'pg_config';
chomp(my $headers = `"$real" --includedir-server`);
for my $version (qw(15 16))
{
	make_path("$scratch/$version");
	put("$scratch/$version/first_run.h", qq{#define FIRST_RUN "$version.7"\n});
	put("$scratch/$version/postgres.h", qq{#include "$headers/postgres.h"\n});
	put("$scratch/$version/pg_config", qq{#!/bin/sh\ncase \$1 in --version) echo "PostgreSQL $version.7" ;; *) exec $real "\$@" ;; esac\n}, 0755);
}

sub build { my ($version, @more) = @_; return run({}, 'make', '-s', '-C', $small, "PG_CONFIG=$scratch/$version/pg_config", "COPT=-I'$scratch/$version'", @more) }
sub made_for { my ($file) = @_; open my $in, '<:raw', $file or return 'nobody'; local $/; return <$in> =~ /made for ([\d.]+)/ ? $1 : 'nobody' }
sub made_at { my ($name) = @_; return (stat "$small/$name")[9] // 0 }

my ($status, $printed) = build(15);
is($status, 0, 'it builds for 15') or diag $printed;
is(made_for("$small/timevmaps.so"), '15.7', '... with its headers');
# Seconds ago, in the order of making; the clock of files may be coarse.
my $now = time;
sub age { my ($seconds, @names) = @_; utime $now - $seconds, $now - $seconds, map { m{^/} ? $_ : "$small/$_" } @names; return }
age(100, 'src/timevmaps.c', 'src/kernel/probe.c', glob "$scratch/1[56]/*.h");
age(90, 'build/built-for');
age(80, 'src/timevmaps.o', 'src/kernel/probe.o');
age(70, 'timevmaps.so');
build(15);
is(made_at('src/timevmaps.o'), $now - 80, 'nothing is made again for the same version');
is(made_at('timevmaps.so'), $now - 70, '... nor linked');
($status, $printed) = build(16);
is($status, 0, 'then it builds for 16, without `make clean`') or diag $printed;
is(made_for("$small/timevmaps.so"), '16.7', '... with the headers of that');
isnt(made_at('src/kernel/probe.o'), $now - 80, '... all of it');
(my $installed = `"$real" --pkglibdir`) =~ s/\n//;
make_path("$scratch/tree");
($status, $printed) = build(15, "DESTDIR=$scratch/tree", 'install');
is($status, 0, 'and `make install` for 15 again') or diag $printed;
is(made_for("$scratch/tree$installed/timevmaps.so"), '15.7', '... installs what is of 15');
my $before = slurp("$small/build/built-for");
build(15, 'CC=gcc -DOTHER');
isnt(slurp("$small/build/built-for"), $before, 'another compiler, or its options, are noticed, too');

# An older state may have been built here, with sources in other places.
put("$small/src/kernel/moved.$_", '') for 'o', 'd';
build(15, 'clean');
is(join(' ', grep { -e } glob("'$small/src/*.[od]' '$small/src/kernel/*.[od]' '$small/timevmaps.so' '$small/build'")), '', '`make clean` leaves no object, of sources that are gone neither');

# What is missing has a name before anything is compiled.
my $headless = "$scratch/headless";
make_path($headless);
put("$headless/pg_config", qq{#!/bin/sh\ncase \$1 in --includedir-server) echo /nowhere ;; *) exec $real "\$@" ;; esac\n}, 0755);
for my $target ('all', 'install')
{
	($status, $printed) = run({}, 'make', '-s', '-C', $small, "PG_CONFIG=$headless/pg_config", $target);
	is($status, 2, "without the server's headers `make $target` fails");
	like($printed, qr/^make: missing: postgres\.h of PostgreSQL \d+; 'make deps' installs/m, '... and says what is missing, and what installs it');
	unlike($printed, qr/fatal error/, '... before it compiles');
}
put("$headless/pg_config", qq{#!/bin/sh\necho PostgreSQL 14.1\n}, 0755);
like((run({}, 'make', '-s', '-C', $small, "PG_CONFIG=$headless/pg_config"))[1], qr/15, 16 or 17 is needed, and .* is of 14/, 'so is a version that is too old');
like((run({}, 'make', '-s', '-C', $small, 'BLAS_LIBS=-lnowhere'))[1], qr/missing: a CBLAS to link with/, '... and a CBLAS that cannot be linked with');

#------------------------------------- languages, umasks, users, and names with spaces

# Turkish, in whose alphabet [a-z] has no i; made here, as few machines have it.
my %turkish = (LANG => 'tr_TR.UTF-8', LC_ALL => 'tr_TR.UTF-8', LANGUAGE => 'tr', LOCPATH => "$scratch/locales");
mkdir $turkish{LOCPATH} or die;
SKIP: {
	skip 'no sources of languages', 1 unless -e '/usr/share/i18n/locales/tr_TR';
	is(system("localedef -i tr_TR -f UTF-8 '$turkish{LOCPATH}/tr_TR.UTF-8' >/dev/null 2>&1"), 0, 'there is Turkish');
}

# What an environment says to clients of a server elsewhere.
my %elsewhere = (PGHOST => 'db.example', PGPORT => 1, PGDATABASE => 'theirs', PGUSER => 'somebody', PGSERVICE => 'theirs',
	PGCHANNELBINDING => 'require', PGTARGETSESSIONATTRS => 'standby', PGREQUIREPEER => 'somebody', PGGSSENCMODE => 'require',
	PGSSLMODE => 'verify-full', PGREQUIREAUTH => 'scram-sha-256', PGCLIENTENCODING => 'LATIN1', PGDATESTYLE => 'German',
	PGTZ => 'Asia/Kathmandu', PGOPTIONS => '-c search_path=nowhere -c extra_float_digits=-10');

# The checkout as it was built, where its path has a space, for whoever runs it.
my $copy = "$scratch/my checkout";
mkdir $copy or die;
system('cp', '-a', (map { "$repo/$_" } qw(Makefile make scripts timevmaps.control timevmaps.so sql src demo test expected)), $copy) == 0 or die;
mkdir "$copy/build";
system('cp', '-a', "$repo/build/built-for", "$copy/build/") == 0 or die;
my @user = $root ? ('setpriv', '--reuid=65534', '--regid=65534', '--clear-groups') : ();
system('chown', '-R', '65534:65534', $copy) == 0 or die if $root;

my @demos;
for my $case ([ 'root', '077' ], [ 'user', '027' ])
{
	my ($who, $umask) = @$case;
	next if $who eq 'root' && !$root;
	my $folder = "$scratch/$who tmp";
	mkdir $folder or die;
	chown 65534, 65534, $folder if $root && $who eq 'user';
	my @command = ('bash', '-c', 'umask "$1" && shift && exec "$@"', 'bash', $umask, 'make', '-s', '-C', $copy, 'run-demo', "MAP=$folder/my map.svg", 'KEEP=1');
	push @demos, [ $who, $umask, $folder, start({ %turkish, %elsewhere, TMPDIR => $folder, HOME => $folder }, $who eq 'user' ? @user : (), @command) ];
}
for my $demo (@demos)
{
	my ($who, $umask, $folder, $pid, $file) = @$demo;
	waitpid $pid, 0;
	is($?, 0, "umask $umask, Turkish, settings for another server, spaces: the demo succeeds as $who") or diag slurp($file);
	ok(-s "$folder/my map.svg" && -s "$folder/my map.geojson", '... its map is where MAP says');
	my ($connect, $or, $stop) = map { slurp($file) =~ /^  $_ +(.*)$/m ? $1 : 'false' } qw(connect or stop);
	my @as = $who eq 'user' ? @user : ();
	for my $command ($connect, $or)
	{
		my ($exit, $answer) = run({ HOME => $folder }, @as, 'bash', '-c', "$command -AXtc 'SELECT 42'");
		is("$exit $answer", "0 42\n", '... a command that it prints can be pasted') or diag $command;
	}
	my ($where) = map { /psql -h (.*) -U/ ? $1 : '' } $or;
	like((run({}, @as, 'bash', '-c', "stat -c %A $where"))[1], qr/\Adrwx------$/, '... its socket is for its owner, and for root');
	isnt((run({}, 'setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups', 'bash', '-c', "cd $where && mv ../tree ../gone"))[0], 0,
		'... and the programs that root runs are not the server\'s user\'s to replace') if $who eq 'root';
	is((run({ HOME => $folder }, @as, 'bash', '-c', $stop))[0], 0, '... and the one that stops it') or diag $stop;
	is(entries($folder) =~ s/my map\.\w+ ?//gr, '', '... which leaves nothing');
}

($status, $printed) = run({ %turkish, %elsewhere }, "$copy/test/run", 'regress', 'test/sql/circuit.sql');
is($status, 0, 'and so do tests') or diag $printed;

done_testing();
