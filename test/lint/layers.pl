# Who may include whom: every folder of the sources stands in one table, and every #include of a header of the
# project, of the server or of BLAS follows it.  docs/architecture.md says of each folder what it holds.
use strict;
use warnings;
use Test::More;
use File::Find;

chdir($ENV{TV_REPO} // '.') or die;

# The folders below src from top to bottom, '' for src itself, and what each includes besides its own files: folders
# that stand below it, or a single header of one.
my @order = (
	[ '' => qw(worker bridge/access/explain.h bridge/server) ],
	[ 'sqlfn' => qw(worker/counters.h worker/notices.h worker/shmem.h bridge/visit bridge/journey bridge/trip bridge/match bridge/motion bridge/position bridge/ingest bridge/route bridge/place bridge/zone bridge/geo bridge/experiment bridge/graph bridge/network bridge/circuit bridge/audit bridge/access bridge/event bridge/server
		kernel/quantum/engine kernel/quantum/draw kernel/quantum/state kernel/relativity kernel/zone) ],
	[ 'worker' => qw(bridge/experiment bridge/graph bridge/circuit bridge/audit bridge/access bridge/event bridge/server) ],
	[ 'bridge/visit' => qw(bridge/motion bridge/zone bridge/server kernel/zone) ],
	[ 'bridge/journey' => qw(bridge/motion bridge/route bridge/route/snap bridge/route/prepared bridge/network bridge/geo bridge/server kernel/graph/search kernel/motion) ],
	[ 'bridge/trip' => qw(bridge/route bridge/network bridge/server kernel/trip) ],
	[ 'bridge/place' => qw(bridge/route/snap bridge/zone bridge/network bridge/access bridge/geo bridge/server kernel/zone kernel/graph kernel/names) ],
	[ 'bridge/match' => qw(bridge/position bridge/route/snap bridge/route/prepared bridge/graph bridge/network bridge/geo bridge/server kernel/matching kernel/graph/search kernel/graph kernel/motion) ],
	[ 'bridge/route' => qw(bridge/route/snap bridge/route/prepared bridge/graph bridge/network bridge/geo bridge/server kernel/area kernel/graph/search kernel/graph/hierarchy kernel/graph) ],
	[ 'bridge/route/snap' => qw(bridge/route/prepared bridge/graph bridge/network bridge/access bridge/geo bridge/server kernel/graph) ],
	[ 'bridge/route/prepared' => qw(bridge/graph bridge/network bridge/access bridge/server kernel/graph/search) ],
	[ 'bridge/motion' => qw(bridge/position bridge/server kernel/motion kernel/relativity) ],
	[ 'bridge/ingest' => qw(bridge/network bridge/access bridge/event bridge/server) ],
	[ 'bridge/position' => qw(bridge/network bridge/access bridge/server kernel/motion kernel/relativity) ],
	[ 'bridge/zone' => qw(bridge/network bridge/access bridge/geo bridge/server kernel/zone) ],
	[ 'bridge/experiment' => qw(bridge/network/metric.h bridge/network/what_if.h bridge/circuit bridge/access bridge/server kernel/quantum/state kernel/quantum/circuit kernel/relativity) ],
	[ 'bridge/graph' => qw(bridge/network bridge/access bridge/server kernel/graph/hierarchy kernel/graph) ],
	[ 'bridge/network' => qw(bridge/access bridge/geo bridge/server kernel/graph/search kernel/graph kernel/relativity) ],
	[ 'bridge/circuit' => qw(bridge/access bridge/server kernel/quantum/run kernel/quantum/qasm kernel/quantum/state kernel/quantum/circuit) ],
	[ 'bridge/audit' => qw(bridge/server) ],
	[ 'bridge/access' => qw(bridge/server) ],
	[ 'bridge/event' => qw(bridge/server) ],
	[ 'bridge/geo' => qw(bridge/server kernel/graph) ],
	[ 'bridge/server' => qw(kernel/quantum/simd kernel) ],
	[ 'kernel/quantum/run' => qw(kernel/quantum/stabilizer kernel/quantum/noise kernel/quantum/engine kernel/quantum/state kernel/quantum/circuit kernel) ],
	[ 'kernel/quantum/stabilizer' => qw(kernel/quantum/noise kernel/quantum/state kernel/quantum/circuit kernel) ],
	[ 'kernel/quantum/noise' => qw(kernel/quantum/state kernel/quantum/circuit kernel) ],
	[ 'kernel/quantum/engine' => qw(kernel/quantum/state kernel/quantum/simd kernel/quantum/circuit) ],
	[ 'kernel/quantum/state' => qw(kernel/quantum/simd kernel/quantum/circuit kernel) ],
	[ 'kernel/quantum/simd' => qw(kernel/quantum/circuit kernel) ],
	[ 'kernel/quantum/qasm' => qw(kernel/quantum/circuit kernel) ],
	[ 'kernel/quantum/draw' => qw(kernel/quantum/circuit) ],
	[ 'kernel/quantum/circuit' => qw(kernel) ],
	[ 'kernel/graph/search' => qw(kernel/graph/hierarchy kernel/graph kernel) ],
	[ 'kernel/graph/hierarchy' => qw(kernel/graph kernel) ],
	[ 'kernel/graph' => qw(kernel) ],
	[ 'kernel/trip' => qw(kernel) ],
	[ 'kernel/names' => () ],
	[ 'kernel/area' => qw(kernel) ],
	[ 'kernel/zone' => qw(kernel) ],
	[ 'kernel/matching' => qw(kernel) ],
	[ 'kernel/relativity' => qw(kernel) ],
	[ 'kernel/motion' => qw(kernel) ],
	[ 'kernel' => () ],
);

# Headers from outside that the kernel may use besides those of C11.
my %outside = map { $_ => 1 } qw(cblas.h openblas_config.h immintrin.h);
my %c11 = map { ("$_.h" => 1) } qw(assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp
	signal stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string tgmath threads time
	uchar wchar wctype);
# What the tests of the kernel may use besides.
my %test_outside = map { $_ => 1 } qw(mpfr.h quadmath.h unistd.h dirent.h sched.h sys/mman.h sys/resource.h sys/wait.h sys/time.h libpq-fe.h sys/socket.h sys/un.h netinet/in.h);

sub folder { return $_[0] =~ m{^(.*)/} ? $1 : '' }

my %may = map { my ($folder, @below) = @$_; ($folder => { map { $_ => 1 } @below }) } @order;

# What is wrong with the table itself.
sub faults
{
	my (%seen, @faults);
	for my $row (reverse @_)
	{
		my ($folder, @below) = @$row;
		push @faults, "src/$folder stands twice in the table" if $seen{$folder};
		for my $wanted (@below)
		{
			push @faults, "src/$folder may not include $wanted, which does not stand below it"
				unless $seen{ $wanted =~ /\.h$/ ? folder($wanted) : $wanted };
		}
		$seen{$folder} = 1;
	}
	return @faults;
}

# The header of the project that `from` means, by its path below src/ or beside the file; or nothing.
sub target
{
	my ($from, $wanted) = @_;
	my $folder = folder($from);
	my $test = $from =~ m{^test/};
	return $wanted if -f "src/$wanted";
	return "$folder/$wanted" if -f ($test ? '' : 'src/') . "$folder/$wanted";
	return "test/unit/$wanted" if $test && -f "test/unit/$wanted";
	return;
}

# Why `from` may not include `wanted`, or nothing; `used` is told by which entry it may.
sub objection
{
	my ($from, $wanted, $used) = @_;
	my ($folder, $target) = (folder($from), target($from, $wanted));
	my $test = $from =~ m{^test/};
	return "src/$folder is not in the table of test/lint/layers.pl" unless $test || $may{$folder};
	if (defined $target)
	{
		my $other = folder($target);
		return if $test && $target =~ m{^(?:test|kernel)/};
		return 'the tests of the kernel know nothing else' if $test;
		return if $other eq $folder;
		for my $entry (grep { $may{$folder}{$_} } $other, $target)
		{
			$used->{"$folder $entry"} = 1 if $used;
			return;
		}
		return "src/$folder may not include src/$other";
	}
	return if $c11{$wanted};
	return if $outside{$wanted} && $from =~ m{^(?:kernel|test)/};
	return if $test && $test_outside{$wanted};
	return if !$test && $from !~ m{^kernel/};
	return 'not a header of C11 or CBLAS, nor of this project';
}

my (@files, %folders);
find({ no_chdir => 1, wanted => sub {
	return unless /\.[ch]$/;
	push @files, $_;
	$folders{$1 // ''} = 1 if m{^src(?:/(.*))?/[^/]*$};
} }, grep { -d } qw(src test/unit test/fuzz test/bench));
is_deeply([ sort map { $_->[0] } @order ], [ sort keys %folders ], 'every folder below src is in the table, and no other');
is_deeply([ faults(@order) ], [], 'each folder includes what stands below it in the table');

my (@wrong, %used);
my $includes = 0;
for my $file (sort @files)
{
	open my $in, '<', $file or die "$file: $!";
	(my $from = $file) =~ s{^src/}{};
	while (my $line = <$in>)
	{
		next unless $line =~ /^\s*#\s*include\s*["<]([^">]+)[">]/;
		my $wanted = $1;
		$includes++;
		my $why = objection($from, $wanted, \%used) or next;
		push @wrong, "$file:$.: $wanted: $why";
	}
}
ok($includes > 20, "includes were found");
ok(!@wrong, 'every #include follows the table') or diag(join "\n", @wrong);
my @idle = grep { !$used{$_} } map { my ($folder, @below) = @$_; map { "$folder $_" } @below } @order;
is_deeply(\@idle, [], 'every entry of the table is needed') or diag('not needed any more, take out of the table: ', join ', ', @idle);

# Each folder has a paragraph.
open my $page, '<', 'docs/architecture.md' or die "docs/architecture.md: $!";
my @told = map { m{^\| `src/?([\w/]*)` \| (\S.{30,}?) \|$} ? $1 : () } <$page>;
is_deeply(\@told, [ map { $_->[0] } @order ], 'docs/architecture.md says what each folder holds, in the order of the table');

# The check is checked: what the table forbids, one of each kind.
for my $case (
	[ 'attic/stove.c', 'bridge/server/env.h', 'a folder that the table does not know' ],
	[ 'kernel/attic/stove.c', 'kernel/tvm.h', 'a new topic of the kernel' ],
	[ 'kernel/graph/search/graph.c', 'postgres.h', 'the kernel, and the server' ],
	[ 'kernel/graph/search/graph.c', 'unistd.h', 'the kernel, and what is not of C11' ],
	[ 'kernel/rng.c', 'bridge/server/env.h', 'the kernel, and the bridge' ],
	[ 'kernel/tvm.c', 'kernel/quantum/circuit/circuit.h', 'the base of the kernel, and a topic' ],
	[ 'kernel/graph/search/graph.c', 'kernel/relativity/clocks.h', 'two topics of the kernel' ],
	[ 'kernel/quantum/state/state.c', 'kernel/quantum/run/run.h', 'rooms of a topic, upward' ],
	[ 'kernel/quantum/qasm/reader.c', 'kernel/quantum/draw/draw.h', 'rooms of a topic that know nothing of each other' ],
	[ 'bridge/network/network.c', 'bridge/route/route.h', 'rooms of the bridge, upward' ],
	[ 'bridge/experiment/sweep.c', 'bridge/route/route.h', 'rooms of the bridge that know nothing of each other' ],
	[ 'bridge/route/route.c', 'sqlfn/row.h', 'the bridge, and functions of SQL' ],
	[ 'bridge/experiment/sweep.c', 'worker/queue.h', 'the bridge, and the workers' ],
	[ 'sqlfn/queue.c', 'worker/queue.h', 'functions of SQL, and more of the workers than one header' ],
	[ 'worker/run.c', 'sqlfn/row.h', 'the workers, and functions of SQL' ],
	[ 'timevmaps.c', 'sqlfn/row.h', 'the top, and functions of SQL' ],
	[ 'test/unit/test_rng.c', 'postgres.h', 'the tests of the kernel, and the server' ],
	[ 'test/unit/test_rng.c', 'bridge/server/env.h', 'the tests of the kernel, and the bridge' ])
{
	my ($from, $wanted, $what) = @$case;
	ok(objection($from, $wanted), "refused: $what");
	# It is there, so that it is not refused for being unknown.
	ok(defined target($from, $wanted), "$wanted is there") if $wanted =~ m{/};
}
is(objection('bridge/route/route.c', 'bridge/network/network.h'), undef, 'allowed: rooms of the bridge, downward');
for my $case (
	[ 'an entry that leads upward', [ 'a' ], [ 'b' => 'a' ] ], [ 'an entry that leads to itself', [ 'a' => 'a' ] ],
	[ 'a header of a folder above', [ 'a' ], [ 'b' => 'a/x.h' ] ],
	[ 'a folder that is nowhere', [ 'a' => 'c' ] ], [ 'a folder twice', [ 'a' ], [ 'b' ], [ 'a' ] ])
{
	my ($what, @table) = @$case;
	is(scalar faults(@table), 1, "a fault of the table: $what");
}
done_testing();
