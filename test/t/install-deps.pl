# What scripts/install-deps.sh asks for, installs and says, on machines made of a few files: a
# PATH with an apt-get of our own in it, which makes the files that Debian's packages have.
use strict;
use warnings;
use Test::More;
use File::Temp ();
use File::Path qw(make_path);
use POSIX ();
use Time::HiRes qw(sleep time);

my $repo = $ENV{TV_REPO} // die 'run this by test/run';
my $all = File::Temp->newdir('deps.XXXXXX', DIR => $ENV{TV_SCRATCH} // '/tmp');
my $script = "$repo/scripts/install-deps.sh";

# Programs of the system that the script may use; nothing else of it is in PATH.
my @tools = qw(bash sh echo env setsid sed grep awk cat mkdir rmdir rm ln chmod ls tail head mktemp flock sleep dirname touch mv tr make uname);
my %where = map { my $tool = $_; $tool => (grep { -x } map { "$_/$tool" } qw(/usr/bin /bin))[0] // die "no $tool" } @tools;

my %fake = (
	# Debian's packages, as the files by which the script knows them.
	'apt-get' => <<'END',
#!/bin/bash
# While it fetches, INT ends it; while dpkg runs, nothing does.
trap 'echo "$* interrupted" >>"$M/log"; exit 100' INT
echo "apt-get $*" >>"$M/log"
case " $* " in
    *" update "*) touch "$M/updated"; exit 0 ;;
    *" --simulate "*) [ ! -e "$M/broken" ] || exit 100; for p; do [ ! -e "$M/uninstallable/$p" ] || exit 100; done; exit 0 ;;
esac
for guard in "$M/etc/postgresql-common/createcluster.d/zz-timevmaps-no-cluster.conf" "$M/usr/sbin/policy-rc.d"; do
    [ -e "$guard" ] || [ -L "$guard" ] || echo "unguarded" >>"$M/log"
done
if [ -e "$M/interrupted" ]; then echo "E: dpkg was interrupted, you must manually run 'dpkg --configure -a' to correct the problem."; exit 100; fi
if [ -e "$M/broken" ]; then case "${@: -1}" in -* | Dpkg* | DPkg*) rm "$M/broken"; exit 0 ;; *) exit 100 ;; esac; fi
if [ -e "$M/stale" ] && [ ! -e "$M/updated" ]; then echo "E: 404"; exit 100; fi
touch "$M/fetching"
for i in $(seq ${FETCH:-0}); do sleep 0.1; done
trap '' INT
dpkg --install "$@"
END
	'dpkg' => <<'END',
#!/bin/bash
trap '' INT
if [ "$1" = --audit ]; then [ ! -e "$M/broken" ] || echo "unpacked, not configured"; exit 0; fi
echo "dpkg $1 begins" >>"$M/log"
if [ "$1" = --configure ]; then rm -f "$M/interrupted"; exit 0; fi
touch "$M/unpacking"
for i in $(seq ${UNPACK:-0}); do sleep 0.1; done
put() { local file; for file; do mkdir -p "${file%/*}"; touch "$file"; chmod 755 "$file"; done; }
for package; do
    [ ! -e "$M/empty" ] || continue
    v=${package#postgresql-}; v=${v#server-dev-}; v=${v#client-}; v=${v%%-*}
    lib=$M/usr/lib/postgresql/$v share=$M/usr/share/postgresql/$v/extension
    case $package in
        postgresql-server-dev-*) put "$M/usr/include/postgresql/$v/server/postgres.h"; dpkg --client "postgresql-client-$v" ;;
        postgresql-client-*)
            put "$lib/bin/psql" "$lib/lib/pgxs/src/makefiles/pgxs.mk"
            for test in regress/pg_regress isolation/pg_isolation_regress; do put "$lib/lib/pgxs/src/test/$test"; done
            sed "s/@V@/$v/g" "$M/bin/pg_config.in" >"$lib/bin/pg_config"; chmod 755 "$lib/bin/pg_config" ;;
        postgresql-*-postgis-3) put "$share/postgis.control" ;;
        postgresql-*-pgtap) put "$share/pgtap.control" ;;
        postgresql-*-pgrouting) put "$share/pgrouting.control" ;;
        postgresql-*-scripts) ;;
        postgresql-common) cp "$M/bin/wrapper" "$M/bin/pg_config"; touch "$M/user" ;;
        postgresql-1[0-9])
            for program in postgres initdb pg_ctl; do put "$lib/bin/$program"; done
            dpkg --client "postgresql-client-$v" postgresql-common ;;
        gcc) cp "$M/bin/compiler" "$M/bin/gcc" ;;
        libopenblas0-serial) put "$M/usr/lib/x/openblas-serial/libopenblas.so.0" ;;
        perl) cp "$M/bin/nothing" "$M/bin/prove" ;;
        npm | curl | openssl | osm2pgrouting) cp "$M/bin/nothing" "$M/bin/$package" ;;
        osmium-tool) cp "$M/bin/nothing" "$M/bin/osmium" ;;
        pgbouncer) put "$M/usr/sbin/pgbouncer" ;;
        *) put "$M/has/$package" ;;
    esac
done
for guard in "$M/etc/postgresql-common/createcluster.d/zz-timevmaps-no-cluster.conf" "$M/usr/sbin/policy-rc.d"; do
    [ -e "$guard" ] || [ -L "$guard" ] || echo "unguarded at the end" >>"$M/log"
done
[ "$1" != --install ] || echo "dpkg ends" >>"$M/log"
END
	'apt-cache' => <<'END',
#!/bin/bash
if [ -e "$M/no lists" ] && [ ! -e "$M/updated" ]; then exit 100; fi
v=$(printf %s "$3" | tr -cd 0-9)
case $3 in postgresql-*1[0-9]*) [ -e "$M/offers/${v:0:2}" ] ;; *) exit 0 ;; esac
END
	# A compiler that knows a header or a library by its package.
	'compiler' => <<'END',
#!/bin/bash
case " $* " in
    *stdio.h*) [ -e "$M/has/libc6-dev" ] ;;
    *cblas.h*) [ -e "$M/has/libopenblas-serial-dev" ] || [ -e "$M/has/libblas-dev" ] ;;
    *mpfr.h*) [ -e "$M/has/libmpfr-dev" ] ;;
    *-lopenblas*) [ -e "$M/has/libopenblas-serial-dev" ] ;;
esac
END
	'wrapper' => <<'END',
#!/bin/bash
latest=$(ls -v "$M"/usr/lib/postgresql/*/bin/pg_config 2>/dev/null | tail -n 1)
[ -n "$latest" ] && exec "$latest" "$@"
echo "You need to install postgresql-server-dev-NN" >&2; exit 1
END
	'pg_config.in' => <<'END',
#!/bin/bash
case $1 in
    --version) echo "PostgreSQL @V@.3 (Debian @V@.3-1)" ;;
    --bindir) echo "${PREFIX:-$M/usr/lib/postgresql/@V@}/bin" ;;
    --pgxs) echo "${PREFIX:-$M/usr/lib/postgresql/@V@}/lib/pgxs/src/makefiles/pgxs.mk" ;;
    --sharedir) echo "${PREFIX:-$M/usr}/share/postgresql/@V@" ;;
    --includedir-server) echo "${PREFIX:-$M/usr}/include/postgresql/@V@/server" ;;
    --cc) echo gcc ;;
esac
END
	'id' => <<'END',
#!/bin/bash
case $* in -u) echo "${FAKE_UID:-0}" ;; *) [ -e "$M/user" ] ;; esac
END
	'nothing' => "#!/bin/bash\n",
	'perl' => "#!/bin/bash\n",
	'cp' => "#!/bin/bash\nexec /bin/cp \"\$@\"\n",
	'seq' => "#!/bin/bash\nexec /usr/bin/seq \"\$@\"\n",
	'su' => "#!/bin/bash\n[ \"\$1\" = -c ] || exit 2\nFAKE_UID=0 exec bash -c \"\$2\"\n",
);

sub slurp { my ($path) = @_; open my $in, '<', $path or return ''; local $/; return scalar <$in> // '' }
sub put { my ($path, $text, $mode) = @_; open my $out, '>', $path or die "$path: $!"; print $out $text; close $out; chmod $mode // 0644, $path; return }

my $count = 0;

# A machine with the packages that are named and what else is prepared; apt offers the versions in offers.
sub machine
{
	my (%with) = @_;
	my $m = "$all/m" . ++$count;
	make_path("$m/bin", "$m/offers", "$m/uninstallable", "$m/has", "$m/run", "$m/tmp");
	symlink $where{$_}, "$m/bin/$_" for @tools;
	put("$m/bin/$_", $fake{$_}, 0755) for keys %fake;
	put("$m/offers/$_", '') for @{ $with{offers} // [ 15, 17 ] };
	local $ENV{M} = $m;
	local $ENV{PATH} = "$m/bin";
	if ($with{packages})
	{
		system('dpkg', '--given', @{ $with{packages} }) == 0 or die;
	}
	unlink "$m/log", "$m/unpacking";
	put("$m/$_", '') for @{ $with{marks} // [] };
	return $m;
}

sub environment
{
	my ($m, %more) = @_;
	return (M => $m, NEEDS_ROOT => $m, PATH => "$m/bin", TMPDIR => "$m/tmp", map { $_ => $more{$_} } keys %more);
}

# Start it in a process group of its own.
sub begin
{
	my ($m, $arguments, %more) = @_;
	my $pid = fork() // die "fork: $!";
	if (!$pid)
	{
		setpgrp;
		$SIG{$_} = 'DEFAULT' for qw(INT HUP TERM);
		my %environment = environment($m, %more);
		delete @ENV{qw(PG_CONFIG NEED_CC MAKEFLAGS MAKELEVEL)};
		@ENV{ keys %environment } = values %environment;
		open STDIN, '<', '/dev/null' or die;
		open STDOUT, '>', "$m/printed" or die;
		open STDERR, '>&', \*STDOUT or die;
		exec "$m/bin/bash", $script, @$arguments or POSIX::_exit(127);
	}
	# By whichever of the two comes first: a signal to the group is never sent to nobody.
	setpgrp $pid, $pid;
	return $pid;
}

# Run it: (exit status, what it printed, what apt was asked to install, the whole log).
sub deps
{
	my ($m, $purpose, %more) = @_;
	unlink "$m/log";
	my $pid = begin($m, [$purpose], %more);
	waitpid $pid, 0;
	my $status = $? >> 8;
	my $log = slurp("$m/log");
	my ($installed) = $log =~ /^apt-get install (?!.*--simulate)(.*)$/m;
	return ($status, slurp("$m/printed"), join(' ', grep { !/^-|^D/ } split ' ', $installed // ''), $log);
}

my $setting = 'etc/postgresql-common/createcluster.d/zz-timevmaps-no-cluster.conf';
sub guards { my ($m) = @_; return join ' ', grep { -e "$m/$_" || -l "$m/$_" } $setting, 'usr/sbin/policy-rc.d', 'usr/sbin/policy-rc.d.timevmaps' }

my @compiler = qw(gcc libc6-dev libopenblas-serial-dev libopenblas0-serial);

#------------------------------------------------------- what machines may lack

# name, machine, environment, what is to be installed for the demonstration
for my $case (
	[ 'nothing', {}, {}, 'postgresql-server-dev-17 postgresql-17 postgresql-client-17 postgresql-17-postgis-3 postgresql-17-postgis-3-scripts postgresql-common ' . join ' ', @compiler ],
	[ 'Debian\'s server without its headers', { packages => [ 'postgresql-15', @compiler ] }, {}, 'postgresql-server-dev-15 postgresql-15-postgis-3 postgresql-15-postgis-3-scripts' ],
	[ 'the wrapper alone', { packages => [ 'postgresql-common', @compiler ], offers => [15] }, {}, 'postgresql-server-dev-15 postgresql-15 postgresql-client-15 postgresql-15-postgis-3 postgresql-15-postgis-3-scripts' ],
	[ 'no header of a CBLAS', { packages => [qw(postgresql-15 postgresql-server-dev-15 postgresql-15-postgis-3 gcc libc6-dev libopenblas0-serial)] }, {}, 'libopenblas-serial-dev' ],
	[ 'another CBLAS\'s header, and nothing to link with', { packages => [qw(postgresql-15 postgresql-server-dev-15 postgresql-15-postgis-3 gcc libc6-dev libblas-dev libopenblas0-serial)] }, {}, 'libopenblas-serial-dev' ],
	[ 'no header of the C library', { packages => [qw(postgresql-15 postgresql-server-dev-15 postgresql-15-postgis-3 gcc libopenblas-serial-dev libopenblas0-serial)] }, {}, 'libc6-dev' ],
	[ 'a server of 15, a newer client', { packages => [ qw(postgresql-15 postgresql-client-17), @compiler ] }, {}, 'postgresql-server-dev-15 postgresql-15-postgis-3 postgresql-15-postgis-3-scripts' ],
	[ '... and apt cannot install for 15', { packages => [ qw(postgresql-15 postgresql-client-17), @compiler ], marks => ['uninstallable/postgresql-server-dev-15'] }, {}, 'postgresql-server-dev-17 postgresql-17 postgresql-17-postgis-3 postgresql-17-postgis-3-scripts' ],
	[ 'headers of 17 whose server is missing', { packages => [ 'postgresql-server-dev-17', 'postgresql-common', @compiler ] }, {}, 'postgresql-17 postgresql-17-postgis-3 postgresql-17-postgis-3-scripts' ],
	[ 'all of 15, and a newer client', { packages => [ qw(postgresql-15 postgresql-server-dev-15 postgresql-15-postgis-3 postgresql-client-17), @compiler ] }, {}, '' ],
	[ 'a client that is too new', { packages => [ qw(postgresql-15 postgresql-client-18), @compiler ] }, {}, 'postgresql-server-dev-15 postgresql-15-postgis-3 postgresql-15-postgis-3-scripts' ],
	[ 'PG_CONFIG of a version to be installed', { packages => [ qw(postgresql-15), @compiler ] }, { PG_CONFIG => '@/usr/lib/postgresql/17/bin/pg_config' },
		'postgresql-server-dev-17 postgresql-17 postgresql-client-17 postgresql-17-postgis-3 postgresql-17-postgis-3-scripts' ],
	[ 'clang in place of gcc', { packages => [qw(postgresql-15 postgresql-server-dev-15 postgresql-15-postgis-3 libc6-dev libopenblas-serial-dev libopenblas0-serial)] }, { NEED_CC => 'clang-14' }, 'clang-14 libc6-dev libopenblas-serial-dev libopenblas0-serial' ],
	)
{
	my ($name, $with, $environment, $expected) = @$case;
	my $m = machine(%$with);
	my ($status, $printed, $installed, $log) = deps($m, 'demo', map { $_ => $environment->{$_} =~ s/^@/$m/r } keys %$environment);
	# clang's package has no clang in it here: it is what the check afterwards is for.
	is($status, $expected =~ /clang/ ? 1 : 0, "$name: it succeeds") or diag $printed;
	is($installed, $expected, '... what is missing is installed');
	unlike($log, qr/unguarded/, '... with guards');
	is(guards($m), '', '... which are gone');
	next if $expected =~ /clang/;
	($status, $printed, $installed, $log) = deps($m, 'demo', map { $_ => $environment->{$_} =~ s/^@/$m/r } keys %$environment);
	is("$status$printed$log", '0', '... and then it has nothing to do or say');
}

my $m = machine(packages => [ qw(postgresql-15 postgresql-server-dev-15 postgresql-15-postgis-3 postgresql-client-17), @compiler ]);
deps($m, 'which');    # without a purpose it says how it is used
like(slurp("$m/printed"), qr/usage/, 'it says how it is used');
waitpid begin($m, [ 'which', 'demo' ]), 0;
is(slurp("$m/printed"), "$m/usr/lib/postgresql/15/bin/pg_config\n", 'the pg_config to build with is that of the version that is whole');

$m = machine();
my ($status, $printed, $installed, $log) = deps($m, 'test');
is($status, 0, 'for the tests it installs as well') or diag $printed;
like(" $installed ", qr/ $_ /, "... $_") for qw(postgresql-17-pgtap postgresql-17-pgrouting libmpfr-dev curl openssl npm osm2pgrouting osmium-tool pgbouncer);
my ($lock) = glob "$m/run/*.lock";
is(sprintf('%o', (stat $lock)[2] & 0777), '600', '... and its lock is not for others to hold');

#------------------------------------------------------------ what cannot be had

for my $case (
	[ 'PG_CONFIG is nothing', {}, { PG_CONFIG => '/nowhere/pg_config' }, qr{PG_CONFIG=/nowhere/pg_config: is no pg_config} ],
	[ 'PG_CONFIG is of 14', { packages => ['postgresql-client-14'] }, { PG_CONFIG => '@/usr/lib/postgresql/14/bin/pg_config' }, qr/15, 16 or 17 is needed, and .* is of 14/ ],
	[ 'PG_CONFIG is of no package', { packages => [ 'postgresql-15', @compiler ] }, { PG_CONFIG => '@/usr/lib/postgresql/15/bin/pg_config', PREFIX => '/opt/pg' }, qr/missing: .*PostGIS for PostgreSQL 15.* no package/ ],
	[ 'no version is offered', { offers => [] }, {}, qr/apt does not offer .*postgresql-server-dev-17/ ],
	[ 'apt has ended, and nothing has come', { packages => [ 'postgresql-15', @compiler ], marks => ['empty'] }, {}, qr/ended, and yet there is missing: postgres\.h of PostgreSQL 15, PostGIS for PostgreSQL 15/ ],
	)
{
	my ($name, $with, $environment, $expected) = @$case;
	my $machine = machine(%$with);
	($status, $printed) = deps($machine, 'demo', map { $_ => $environment->{$_} =~ s/^@/$machine/r } keys %$environment);
	is($status, 1, "$name: it fails");
	like($printed, $expected, '... and says so by name');
	is(guards($machine), '', '... and leaves no guard');
}

for my $case ([ 'no lists of packages', 'no lists' ], [ 'old lists of packages', 'stale' ], [ 'dpkg was interrupted', 'interrupted' ], [ 'packages are not configured', 'broken' ])
{
	my ($name, $mark) = @$case;
	($status, $printed, undef, $log) = deps(machine(marks => [$mark]), 'demo');
	is($status, 0, "$name: it succeeds") or diag $printed;
	unlike($log, qr/unguarded/, '... with guards');
}

#-------------------------------------------------------------- whoever is not root

my $half = { packages => [ 'postgresql-15', @compiler ] };
for my $case ([ 'versions are known', $half, {} ], [ 'nothing is known', { marks => ['no lists'] }, {} ], [ 'another version is asked for', $half, { PG_CONFIG => '@/usr/lib/postgresql/17/bin/pg_config' } ])
{
	my ($name, $with, $environment) = @$case;
	my $machine = machine(%$with);
	my %environment = map { $_ => $environment->{$_} =~ s/^@/$machine/r } keys %$environment;
	($status, $printed, undef, $log) = deps($machine, 'demo', %environment, FAKE_UID => 1000);
	is($status, 1, "not root, and no sudo, $name: it fails");
	unlike($log, qr/^apt-get (?!install --simulate)/m, '... and does nothing');
	unlike("$printed ", qr/-[\s,;']/, '... no word that it prints ends in "-", which would mean to remove');
	my ($hint) = $printed =~ /with: (su -c .*)$/m;
	ok($hint, '... it prints what root is to run') or diag $printed;
	my %inside = environment($machine);
	{
		delete local @ENV{qw(PG_CONFIG NEED_CC MAKEFLAGS MAKELEVEL)};
		local @ENV{ keys %inside } = values %inside;
		is(system("$machine/bin/bash", '-c', "$hint >$machine/printed 2>&1"), 0, '... which can be pasted') or diag slurp("$machine/printed");
	}
	unlike(slurp("$machine/log"), qr/unguarded/, '... and sets the guards');
	($status, $printed) = deps($machine, 'demo', %environment, FAKE_UID => 1000);
	is("$status$printed", '0', '... then all is there');
}

$m = machine(%$half);
put("$m/bin/sudo", "#!/bin/bash\necho \"sudo \$*\" >>\"\$M/log\"\nFAKE_UID=0 exec \"\$@\"\n", 0755);
put("$m/bin/true", "#!/bin/bash\n", 0755);
($status, $printed, $installed, $log) = deps($m, 'demo', FAKE_UID => 1000);
is($status, 0, 'with sudo it installs') or diag $printed;
unlike($log, qr/unguarded/, '... with guards');
$m = machine(%$half);
put("$m/bin/sudo", "#!/bin/bash\nexit 1\n", 0755);
($status, $printed, $installed, $log) = deps($m, 'demo', FAKE_UID => 1000);
is("$status$installed", '1', 'sudo that refuses: it fails');
like($printed, qr/root installs it, .*su -c/, '... and says what root is to run');

#----------------------------------------------------------- somebody else's guards

for my $case ([ 'a file', sub { put($_[0], "#!/bin/sh\nexit 0\n", 0755) } ], [ 'a link that leads nowhere', sub { symlink '/nowhere', $_[0] } ])
{
	my ($name, $make) = @$case;
	my $machine = machine(%$half);
	my $policy = "$machine/usr/sbin/policy-rc.d";
	make_path("$machine/usr/sbin");
	$make->($policy);
	my $before = (readlink $policy // '') . slurp($policy);
	is((deps($machine, 'demo'))[0], 0, "with $name for policy-rc.d of somebody's it installs");
	is((readlink $policy // '') . slurp($policy), $before, '... and leaves it as it was');
	ok(!-e "$machine/$setting", '... and nothing of its own');
}

#---------------------------------------------------------------------- signals

sub await
{
	my ($condition) = @_;
	my $end = time + 30;
	while (!$condition->()) { return 0 if time > $end; sleep 0.01 }
	return 1;
}

# Processes that have a machine's folder in their environment.
sub processes
{
	my ($machine) = @_;
	return grep { /\0M=\Q$machine\E\0/ } map { "\0" . slurp($_) } glob '/proc/[0-9]*/environ';
}

# To the whole group, when the file is there, or after so many seconds: several at a time.
my %signal = (HUP => 129, INT => 130, TERM => 143);
my @moments = ('fetching', 'unpacking', 0, 0.05, 0.2, 0.45);
for my $signal (sort keys %signal)
{
	my @runs;
	for my $moment (@moments)
	{
		my $machine = machine(%$half);
		my $pid = begin($machine, ['demo'], FETCH => 3, UNPACK => 3);
		push @runs, [ $moment, $machine, $pid, time ];
		if ($moment =~ /[a-z]/) { await(sub { -e "$machine/$moment" }) or diag "never $moment" }
		else { sleep $moment }
		kill $signal => -$pid;
	}
	for my $run (@runs)
	{
		my ($moment, $machine, $pid) = @$run;
		waitpid $pid, 0;
		# A shell that has not yet come to its first line is killed by the signal itself.
		is($? & 127 ? 128 + ($? & 127) : $? >> 8, $signal{$signal}, "$signal ($moment): it says so") or diag slurp("$machine/printed") . slurp("$machine/log");
		await(sub { !processes($machine) });
		is(guards($machine), '', '... no guard is left');
		my $did = slurp("$machine/log");
		unlike($did, qr/unguarded/, '... none was removed while apt ran');
		is(scalar(() = $did =~ /dpkg --install begins/g), scalar(() = $did =~ /^dpkg ends/mg), '... and what dpkg began it has ended');
		ok(!-e "$machine/unpacking", '... apt-get was told to stop while it fetched') if $moment eq 'fetching';
	}
}

# kill -9 leaves the guards, and apt: the next run waits for the one and removes the others.
$m = machine(%$half);
my $killed = begin($m, ['demo'], UNPACK => 10);
await(sub { -e "$m/unpacking" });
my ($session) = slurp("$m/usr/sbin/policy-rc.d") =~ /in session (\d+)/;
kill KILL => $session, $killed;
waitpid $killed, 0;
is(guards($m), "$setting usr/sbin/policy-rc.d", 'killed, it leaves its guards');
like(slurp("$m/usr/sbin/policy-rc.d"), qr/^exit 101$/m, '... which deny');
# Not with deps(), which removes the log that tells when dpkg had ended.
waitpid begin($m, ['demo']), 0;
is($?, 0, '... the next run succeeds') or diag slurp("$m/printed");
like(slurp("$m/printed"), qr/removing what an installation left/, '... says what it found');
is(guards($m), '', '... and removes it');
unlike(slurp("$m/log"), qr/unguarded/, '... not before dpkg had ended');

# One that finds nothing missing removes them as well.
make_path("$m/etc/postgresql-common/createcluster.d");
put("$m/$setting", "create_main_cluster = false\n");
is((deps($m, 'demo'))[0], 0, 'with nothing missing it succeeds');
is(guards($m), '', '... and removes what was left');

# The one who reads goes away.
$m = machine(%$half);
{
	my %inside = environment($m, FETCH => 2);
	local @ENV{ keys %inside } = values %inside;
	open my $reader, '-|', "$m/bin/bash", $script, 'demo' or die;
	<$reader>;
	close $reader;
}
await(sub { !processes($m) });
is(guards($m), '', 'whose reader has gone away, it leaves no guard');
like(slurp("$m/log"), qr/^dpkg ends/m, '... and ends its work');

done_testing();
