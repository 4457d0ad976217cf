# Files stand in one direction, too: none needs itself by way of others.  A source needs another where it uses a
# function or a variable that the other defines; which headers it reads for their types does not matter.
use strict;
use warnings;
use Test::More;
use File::Find;

chdir($ENV{TV_REPO} // '.') or die;

# A grammar is a circle: a statement has operands, an operand expressions, and a definition statements.
my @grammar = map { "kernel/quantum/qasm/$_.c" } qw(call declare statement syntax);

# What each source needs, from the text of each: { path => { other => a name that it uses } }.
sub needs
{
	my (%text) = @_;
	my (%defines, %own, %needs);
	for my $path (keys %text)
	{
		# Comments and strings name things without using them.
		$text{$path} =~ s{/\*.*?\*/|"(?:[^"\\\n]|\\.)*"}{ }gs;
		$own{$path}{$1} = 1 while $text{$path} =~ /^static\b[\w \t*]*\n(\w+)\(/gm;
		# The layout puts the name of a function at the beginning of a line, below its type.
		$defines{$1} = $path while $text{$path} =~ /^(?!static\b)\w[\w \t*]*\n(\w+)\(/gm;
		$defines{$1} = $path while $text{$path} =~ /^(?!(?:static|extern|typedef)\b)\w[\w \t*]*[ \t*](\w+)(?:\[[^\]]*\])*\s*[=;]/gm;
	}
	for my $path (keys %text)
	{
		$needs{$path} = {};
		while ($text{$path} =~ /\b([A-Za-z_]\w+)\b/g)
		{
			my $other = $defines{$1};
			$needs{$path}{$other} = $1 if defined $other && $other ne $path && !$own{$path}{$1};
		}
	}
	return %needs;
}

# The circles, each as the sorted names of its files in one line.
sub circles
{
	my (%needs) = @_;
	my (%reach, %circles);
	for my $path (keys %needs)
	{
		my @todo = $path;
		while (defined(my $next = pop @todo))
		{
			push @todo, grep { !$reach{$path}{$_}++ } keys %{ $needs{$next} };
		}
	}
	for my $path (grep { $reach{$_}{$_} } keys %needs)
	{
		$circles{ join ' ', sort grep { $reach{$path}{$_} && $reach{$_}{$path} } keys %needs } = 1;
	}
	return sort keys %circles;
}

my (%text, %headers);
find({ no_chdir => 1, wanted => sub {
	return unless m{^src/(.*\.([ch]))$};
	my ($path, $kind) = ($1, $2);
	open my $in, '<', $_ or die "$_: $!";
	my $text = do { local $/; <$in> };
	if ($kind eq 'c') { $text{$path} = $text; return }
	my ($folder) = $path =~ m{^(.*/)};
	$headers{$path} = { map { -f "src/$_" ? ($_ => 'its header') : ("$folder$_" => 'its header') } $text =~ /^\s*#\s*include\s*"([^"]+)"/gm };
} }, 'src');
my %needs = needs(%text);

my $grammar = join ' ', @grammar;
my @circles = circles(%needs);
ok((grep { $_ eq $grammar } @circles), 'the grammar of OpenQASM is a circle');
my @new = grep { $_ ne $grammar } @circles;
ok(!@new, 'no source needs itself by way of others');
for my $circle (@new)
{
	my @files = split ' ', $circle;
	diag("a circle: $circle");
	for my $from (@files)
	{
		diag("  $from uses $needs{$from}{$_} of $_") for grep { $needs{$from}{$_} } @files;
	}
}
my %inner = map { my $path = $_; ($path => { map { $_ => 1 } grep { $headers{$_} } keys %{ $headers{$path} } }) } keys %headers;
is_deeply([ circles(%inner) ], [], 'no header includes itself by way of others');

# The check is checked.
my %small = (
	'a.c' => "int\na_one(void)\n{\n\treturn b_two();\n}\n", 'b.c' => "int\nb_two(void)\n{\n\treturn c_count;\n}\n",
	'c.c' => "int\t\t\tc_count = 3;\n/* not a_one() */\nstatic int\nb_two(void)\n{\n\treturn 0;\n}\n");
is_deeply([ circles(needs(%small)) ], [], 'found: none where there is none');
for my $case (
	[ 'by a call', 'a.c b.c c.c', 'c.c', "static int\nc_three(void)\n{\n\treturn a_one();\n}\n" ],
	[ 'by a table of functions', 'a.c b.c c.c', 'c.c', "static const Steps c_steps = {a_one};\n" ],
	[ 'by a variable', 'a.c b.c', 'a.c', "const TvThing *const a_things[3][2] = {NULL};\n", 'b.c', "static int *p = a_things;\n" ])
{
	my ($what, $circle, %more) = @$case;
	my %with = map { ($_ => $small{$_} . ($more{$_} // '')) } keys %small;
	is_deeply([ circles(needs(%with)) ], [$circle], "found: a circle $what");
}
is_deeply([ circles('a.h' => { 'b.h' => 1 }, 'b.h' => { 'c.h' => 1 }, 'c.h' => { 'b.h' => 1 }) ], ['b.h c.h'], 'found: a circle of two');
done_testing();
