# Who may include whom: every #include "..." and server or BLAS header in the sources
# against the table of docs/architecture.md.
use strict;
use warnings;
use Test::More;
use File::Find;

chdir($ENV{TV_REPO} // '.') or die;

# The table.  A path is that below src/; a folder of the kernel is written kernel/X.
# 'server' stands for PostgreSQL's own headers.
my %may = (
	'kernel' => [qw(kernel)],
	'kernel/X' => [qw(kernel kernel/own)],
	'bridge' => [qw(bridge kernel kernel/X server)],
	'sqlfn' => [qw(sqlfn bridge kernel kernel/X server worker/shmem.h)],
	'worker' => [qw(worker bridge kernel kernel/X server)],
	'top' => [qw(bridge worker server)],
	'test' => [qw(test kernel kernel/X)],
);

# The kernel's own headers that every topic may use.
my %shared = map { $_ => 1 } qw(kernel/tvm.h kernel/rng.h);
# Headers from outside that the kernel may use besides those of C11.
my %outside = map { $_ => 1 } qw(cblas.h openblas_config.h immintrin.h);
my %c11 = map { ("$_.h" => 1) } qw(assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp
	signal stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string tgmath threads time
	uchar wchar wctype);
# What the tests of the kernel may use besides.
my %test_outside = map { $_ => 1 } qw(mpfr.h quadmath.h unistd.h dirent.h sched.h sys/mman.h sys/resource.h sys/wait.h sys/time.h libpq-fe.h);

sub layer
{
	my ($path) = @_;
	return 'test' if $path =~ m{^test/};
	return 'kernel/X' if $path =~ m{^kernel/[^/]+/};
	return $1 if $path =~ m{^(kernel|bridge|sqlfn|worker)/};
	return 'top';
}

# Why `from` may not include `wanted`, or nothing.
sub objection
{
	my ($from, $wanted) = @_;
	my $layer = layer($from);
	my %allowed = map { $_ => 1 } @{ $may{$layer} };

	# A header of the project, by its path below src/ or beside the file.
	my $folder = $from =~ m{^(.*)/} ? $1 : '';
	my ($target) = grep { defined } ((-f "src/$wanted" ? $wanted : undef),
		(($layer eq 'test' && -f "$folder/$wanted") ? "$folder/$wanted" : undef),
		(($layer ne 'test' && -f "src/$folder/$wanted") ? "$folder/$wanted" : undef),
		(-f "test/unit/$wanted" ? "test/unit/$wanted" : undef));
	if (defined $target)
	{
		return if $allowed{$target};
		my $other = layer($target);
		if ($layer eq 'kernel/X')
		{
			return if $shared{$target};
			my ($own) = $from =~ m{^(kernel/[^/]+/)};
			return if index($target, $own) == 0;
			return "another topic of the kernel, or not of the kernel";
		}
		return "the kernel's base knows no topic" if $layer eq 'kernel' && $other eq 'kernel/X';
		return $allowed{$other} ? undef : "$layer may not include $other";
	}

	return if $c11{$wanted} || $allowed{server};
	return if $outside{$wanted} && $layer =~ m{^(kernel|test)};
	return if $layer eq 'test' && $test_outside{$wanted};
	return 'not a header of C11 or CBLAS, nor of this project';
}

my @files;
find({ no_chdir => 1, wanted => sub { push @files, $_ if /\.[ch]$/ } }, grep { -d } qw(src test/unit test/fuzz test/bench));
my $includes = 0;
my @wrong;
for my $file (sort @files)
{
	open my $in, '<', $file or die "$file: $!";
	while (my $line = <$in>)
	{
		next unless $line =~ /^\s*#\s*include\s*["<]([^">]+)[">]/;
		my $wanted = $1;
		$includes++;
		(my $from = $file) =~ s{^src/}{};
		my $why = objection($from, $wanted);
		push @wrong, "$file:$.: $wanted: $why" if $why;
	}
}
ok($includes > 20, "includes were found");
ok(!@wrong, 'every #include follows the table') or diag(join "\n", @wrong);

# The check is checked: what the table forbids, one of each kind.
for my $case (
	[ 'kernel/graph/csr.c', 'postgres.h' ], [ 'kernel/rng.c', 'bridge/server/env.h' ], 
	[ 'test/unit/test_rng.c', 'postgres.h' ], [ 'kernel/graph/csr.c', 'kernel/quantum/circuit/circuit.h' ],
	[ 'kernel/tvm.c', 'kernel/quantum/circuit/circuit.h' ], [ 'test/unit/test_rng.c', 'bridge/server/env.h' ])
{
	ok(objection(@$case), "$case->[0] may not include $case->[1]");
}
done_testing();
