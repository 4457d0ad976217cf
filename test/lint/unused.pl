# What a source file offers to others, another source file uses: as the objects of the
# extension say, which `make` has left beside the sources.  Tests do not count.
use strict;
use warnings;
use File::Find;
use Test::More;

chdir($ENV{TV_REPO} // '.') or die;

# Used by whom no object names.
my %elsewhere = (
	_PG_init => 'the server, when it loads the library',
	Pg_magic_func => 'the server, when it loads the library',
	tv_launcher_main => 'the postmaster, by its name',
	tv_notifier_main => 'the postmaster, by its name',
	tv_worker_main => 'the postmaster, by its name',
);

# Used in their own file alone, and open because a test looks at the part by itself.
my %tested = (
	tvm_binomial => 'exact probabilities of draws',
	tvm_lanes_chance => 'exact probabilities of bits',
	tvm_pauli_expectation => 'each Pauli string',
	tvm_philox4x32 => 'the published vectors',
	tvm_reduced_entropy => 'any density matrix',
	tvm_state_overlap => 'its phase',
);

# A server frees memory contexts; the kernel's tests and timings free what they make.
my $frees = qr/^tvm_\w+_free$/;

# What objects offer and no other of them wants, and where it is; of lines as nm -A prints them.
sub unused
{
	my (%home, %wanted);

	for (@_)
	{
		$home{$2} = $1 if /^(.*?):\S* [TDBRV] (\w+)$/;
		$wanted{$1} = 1 if /:\s+U (\w+)$/;
	}
	# PG_FUNCTION_INFO_V1: SQL calls it.
	return map { [$_, $home{$_}] } grep { !$wanted{$_} && !/^pg_finfo_/ && !$home{"pg_finfo_$_"} } sort keys %home;
}

# It finds what it is for.
my $symbols = <<'END';
a.o:0000 T tvm_used
a.o:0010 T tvm_alone
a.o:0020 t own
a.o:                 U malloc
b.o:                 U tvm_used
b.o:0000 T tv_f
b.o:0010 T pg_finfo_tv_f
END
is_deeply([unused(split /\n/, $symbols)], [['tvm_alone', 'a.o']], 'a function that nobody else wants is found');

my (@objects, @missing);
find({ no_chdir => 1, wanted => sub {
	return unless /\.c$/;
	(my $object = $_) =~ s/\.c$/.o/;
	push @{ -e $object ? \@objects : \@missing }, $object;
} }, 'src');
is("@missing", '', 'the extension has been built');

my %found = map { $_->[0] => $_->[1] } unused(split /\n/, `nm -A @objects`);
is(join("\n", map { "$_ in $found{$_}" } grep { !$elsewhere{$_} && !$tested{$_} && !/$frees/ } sort keys %found), '',
	'everything that a file offers is used by another: make it static, or move it to the tests');
is(join(' ', grep { !$found{$_} } sort(keys %elsewhere, keys %tested)), '', 'and no exception is out of date');

# The exceptions for tests are in use: in their own file, and by a test.
for my $name (sort keys %tested)
{
	(my $source = $found{$name} // '') =~ s/\.o$/.c/;
	my $calls = () = (-e $source ? `cat $source` : '') =~ /\b$name\(/g;
	ok($calls > 1, "$name is called in its own file");
	ok(`grep -rl '$name(' test/unit` ne '', "$name has a test");
}

done_testing();
