# Files that one can read at a sitting, functions that one sees at once: how long they may be, in lines.
use strict;
use warnings;
use Test::More;
use File::Find;

chdir($ENV{TV_REPO} // '.') or die;

# The tests' own are less strict, and so is what is no C.
my ($file_lines, $function_lines) = (600, 80);
my ($other_file_lines, $test_function_lines) = (650, 120);

# Functions that are tables, and grow with what they list.
my %tables = (
	'src/kernel/quantum/stabilizer/tableau.c apply_one' => 'a case for each kind of step, of three lines',
);

# The lengths of a file: its own and that of each function, [name, lines from the brace that opens it to the one that ends it].
sub lengths
{
	my @lines = split /\n/, $_[0];
	my ($name, $begun, @functions);
	for my $i (0 .. $#lines)
	{
		# A test's name is the argument of a macro.
		if ($lines[$i] =~ /^(\w+)\((\w*)/) { $name = $lines[$i] =~ /;$/ ? undef : $1 eq uc $1 ? $2 : $1 }
		if ($lines[$i] =~ /^\{/) { $begun = $i }
		elsif (defined $begun && $lines[$i] =~ /^\}/)
		{
			push @functions, [ $name, $i - $begun + 1 ] if defined $name;
			($begun, $name) = ();
		}
	}
	return (scalar @lines, @functions);
}

my (@long, %found);
my $functions = 0;
find({ no_chdir => 1, wanted => sub {
	return unless m{\.(?:[ch]|sql|pl|pm|sh)$} && -f;
	my $path = $_;
	my $source = $path =~ m{^src/};
	open my $in, '<', $path or die "$path: $!";
	my ($lines, @functions) = lengths(do { local $/; scalar <$in> });
	push @long, [ $path, $lines ] if $lines > ($source ? $file_lines : $other_file_lines);
	return unless $path =~ /\.[ch]$/;
	$functions += @functions;
	push @long, map { [ "$path $_->[0]", $_->[1] ] } grep { $_->[1] > ($source ? $function_lines : $test_function_lines) } @functions;
} }, qw(src sql/install sql/tables test scripts demo http));
ok($functions > 1000, 'functions were found');
$found{ $_->[0] } = 1 for @long;
my @new = map { "$_->[0]: $_->[1] lines" } grep { !$tables{ $_->[0] } } @long;
is_deeply(\@new, [], 'no file and no function is too long') or diag(join "\n", @new);
is_deeply([ grep { !$found{$_} } sort keys %tables ], [], 'each that may be longer is');

# The check is checked.
my $body = join '', map { "\tx = $_;\n" } 1 .. 90;
is_deeply([ lengths("/* a */\nstatic int\nlong_one(int a,\n\t\t int b)\n{\n$body}\n\nstruct S\n{\n\tint\t\t\ta;\n};\n\nTEST(of_it)\n{\n\tf();\n}\n") ],
	[ 106, [ 'long_one', 92 ], [ 'of_it', 3 ] ], 'lengths of a file and its functions');
done_testing();
