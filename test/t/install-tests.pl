# test/run itself, with files of a few lines in a checkout without servers: they run side by side and are printed
# apart, what fails is told and counted, a calm one has at most one other beside it, and who is stopped leaves nothing.
use strict;
use warnings;
use Test::More;
use File::Path qw(make_path);
use File::Temp ();
use POSIX ();
use Time::HiRes qw(sleep time);

my $repo = $ENV{TV_REPO} // die 'run this by test/run';
my $scratch = File::Temp->newdir('run.XXXXXX', DIR => $ENV{TV_SCRATCH} // '/tmp');
chmod 0755, $scratch->dirname;

sub slurp { my ($path) = @_; open my $in, '<', $path or return ''; local $/; return scalar <$in> // '' }
sub put { my ($path, $text, $mode) = @_; open my $out, '>', $path or die "$path: $!"; print $out $text; close $out; chmod $mode // 0644, $path; return }
sub await { my ($condition) = @_; my $end = time + 60; while (!$condition->()) { return 0 if time > $end; sleep 0.02 } return 1 }

my $count = 0;
# A checkout with these files, by their names below test/.
sub checkout
{
	my (%files) = @_;
	my $root = "$scratch/" . ++$count;
	make_path(map { "$root/$_" } qw(test/lint test/t scripts tmp));
	chmod 0777, "$root/tmp";
	system('cp', "$repo/test/run", "$root/test/") == 0 or die;
	system('cp', "$repo/scripts/scratch.sh", "$root/scripts/") == 0 or die;
	put("$root/scripts/cluster.sh", qq{#!/bin/sh\necho "\$@" >>"$root/clusters"\n[ "\$1" != prepare ] || mkdir -p "\$2/data"\n}, 0755);
	put("$root/test/$_", "use Test::More; use Time::HiRes qw(sleep); \$root = '$root'; sub touch { open my \$f, '>', \"\$root/\$_[0]\" }"
		. " sub wait_for { for (1 .. 1500) { return 1 if -e \"\$root/\$_[0]\"; sleep 0.02 } 0 }\n$files{$_}\ndone_testing();\n") for keys %files;
	return $root;
}

# In a process group of its own: (process, file that it prints to).
sub start
{
	my ($root, $jobs, @arguments) = @_;
	my $pid = fork() // die "fork: $!";
	if (!$pid)
	{
		setpgrp;
		$SIG{INT} = 'DEFAULT';
		delete @ENV{qw(KEEP TV_SCRATCH TV_REPO)};
		@ENV{qw(TMPDIR JOBS)} = ("$root/tmp", $jobs);
		open STDIN, '<', '/dev/null' or die;
		open STDOUT, '>', "$root/printed" or die;
		open STDERR, '>&', \*STDOUT or die;
		exec "$root/test/run", @arguments or POSIX::_exit(127);
	}
	return $pid;
}

sub run
{
	my ($root) = @_;
	waitpid start(@_), 0;
	return ($? >> 8, slurp("$root/printed"));
}

sub left { my ($root) = @_; return join ' ', map { s/.*\///r } glob "$root/tmp/*" }

#------------------------------------------------------ side by side, and apart

my $meet = sub { my ($own, $other) = @_; return qq{touch('$own'); ok(wait_for('$other'), '$own and $other run at the same time');} };
my $root = checkout('lint/a.pl' => $meet->('a', 'b') . q{diag 'of a'; sleep 0.3; diag 'again of a'; fail('a fails');}, 'lint/b.pl' => $meet->('b', 'a') . q{fail('b fails');},
	'lint/c.pl' => q{pass('c');}, 't/d.pl' => q{pass('d'); pass('d');}, 't/e.pl' => q{plan skip_all => 'no e';});
my ($status, $printed) = run($root, 2, 'lint', 'server');
is($status, 1, 'something fails');
like($printed, qr/^5 passed, 2 failed, 1 skipped\n\z/m, 'the last line has the total') or diag $printed;
like($printed, qr/^lint: +3 passed, 2 failed, 0 skipped$/m, '... there is a line a suite');
like($printed, qr/^server: +2 passed, 0 failed, 1 skipped$/m, '... each with its own counts');
like($printed, qr/of a\n.*again of a\n.*a fails.*b fails/s, 'what files print is in the order of their names, unmixed');
like($printed, qr{^(?:test/lint.*^lint: .*test/t/.*^server: |test/t/.*^server: .*^test/lint.*^lint: )}ms, '... each suite by itself');
like($printed, qr/a\.pl \(Wstat/, '... prove says which failed');
is(left($root), '', 'it leaves nothing in TMPDIR');
like(slurp("$root/build/test/lint.log"), qr/a and b run.*b and a run.*^ok 1 - c$/ms, 'the log has all of it');

#------------------------------------------------------------------- who dies

$root = checkout('lint/a.pl' => q{pass('a'); exit 3;}, 'lint/b.pl' => q{pass('b'); kill KILL => $$;}, 'lint/c.pl' => q{pass('c'); kill KILL => -getpgrp();},
	'lint/d.pl' => q{pass('d');});
($status, $printed) = run($root, 3, 'lint');
is($status, 1, 'files die');
like($printed, qr/^\d passed, 3 failed$/m, '... which is failing, even if what runs them dies') or diag $printed;

#-------------------------------------------------------------- what is asked for

for my $jobs ('0', 'two', '-1')
{
	($status, $printed) = run($root, $jobs, 'lint', 'test/lint/d.pl');
	is($status, 2, "JOBS=$jobs is refused");
	like($printed, qr{^test/run: JOBS=$jobs is no number[^\n]*\n\z}, '... in a line') or diag $printed;
}
($status, $printed) = run($root, 2, 'lint', 'linnt');
is($status, 2, 'a suite that is none, and no file either, is refused');
like($printed, qr{^test/run: no such file: linnt$}m, '... by its name') or diag $printed;
($status, $printed) = run($root, 2, 'lint', 'test/lint/d.pl', 'test/lint/e.pl');
is($status, 2, 'so is a file that is not there');
unlike($printed, qr/passed/, '... before any runs') or diag $printed;

#------------------------------------------------------------ calm, and longest

my $write = sub { my ($name, $seconds) = @_; return qq{open my \$f, '>>', '$scratch/times'; \$f->autoflush(1); print \$f "+$name\\n"; sleep $seconds; print \$f "-$name\\n"; pass('$name');} };
$root = checkout('lint/calm.pl' => "# test/run: calm\n" . $write->('calm', 1), map { ("lint/n$_.pl" => $write->("n$_", 0.3)) } 1 .. 5);
make_path("$root/build/test");
put("$root/build/test/seconds", "90 lint test/lint/n4.pl\n");
($status) = run($root, 3, 'lint');
is($status, 0, 'a calm file, and five others');
my ($calm, $beside, $all, $first) = (0, 0, 0);
for (split /\n/, slurp("$scratch/times"))
{
	my ($sign, $name) = /^(.)(.*)$/;
	$first //= $name if $name ne 'calm';
	$all += $sign eq '+' ? 1 : -1;
	$calm = $sign eq '+' if $name eq 'calm';
	$beside = $all - 1 if $calm && $all - 1 > $beside;
}
is($beside, 1, '... of which one at a time runs beside it, of three places');
is($first, 'n4', 'who took longest the last time comes first');

#------------------------------------------------------------------ when stopped

for my $case ([ INT => 1 ], [ TERM => 0 ])
{
	my ($signal, $whole) = @$case;
	$root = checkout(map { ("$_.pl" => qq{use File::Temp (); my \$left = File::Temp->new; system 'exec sleep 4321.$count'; pass('never');}) } 'lint/a', 'lint/b');
	my $pid = start($root, 2, 'lint');
	my $sleeps = "sleep\0004321.@{[ $count - 1 ]}\000";
	ok(await(sub { 2 == grep { index(slurp($_), $sleeps) >= 0 } glob '/proc/[0-9]*/cmdline' }), "two files run, then $signal comes");
	kill $signal => $whole ? -$pid : $pid;
	my $ended = await(sub { waitpid($pid, POSIX::WNOHANG()) > 0 });
	ok($ended, '... it ends at once');
	is($? >> 8, 130, '... and says so');
	is(left($root), '', '... leaves no file');
	ok(await(sub { !grep { index(slurp($_), $sleeps) >= 0 } glob '/proc/[0-9]*/cmdline' }), '... and no process');
}

done_testing();
