# docs/memory.md says of every variable that outlives a statement what it holds and when that goes.
use strict;
use warnings;
use Test::More;
use File::Find;

chdir($ENV{TV_REPO} // '.') or die;

# The static and global variables of a source that can change: constant tables are none, nor are settings.
sub variables
{
	my ($text) = @_;
	$text =~ s{/\*.*?\*/|"(?:[^"\\\n]|\\.)*"}{ }gs;
	$text =~ s{^[ \t]*#(?:.*\\\n)*.*}{}gm;
	my %names;
	while ($text =~ /^(\t*)((?:static\s+|volatile\s+)*)(struct\s*\{[^}]*\}|\w[\w \t]*?)([ \t*]+)(const[ \t]+)?(\w+)(?:\[[^\]]*\])*[ \t]*[=;]/gm)
	{
		my ($indent, $storage, $type, $pointer, $constant, $name) = ($1, $2, $3, $4, $5, $6);
		next if $indent ne '' && $storage !~ /static/ || $constant;
		next if $type =~ /^(?:typedef|extern|return|enum|TvStatement)\b/ || $type =~ /\bconst\b/ && $pointer !~ /\*/;
		$names{$name} = 1;
	}
	$names{$1} = 1 while $text =~ /^(?!typedef\b)(?:static\s+)?\w[\w ]*[ \t*]+\(\*(\w+)\)\s*\([^)]*\)\s*[=;]/gm;
	return sort keys %names;
}

open my $in, '<', 'docs/memory.md' or die "docs/memory.md: $!";
my $page = do { local $/; <$in> };
my %told;
for my $row ($page =~ /^\| (`[^|]*) \|/mg)
{
	my ($path, @names) = $row =~ /`([^`]+)`/g;
	$told{"src/$path $_"} = 1 for grep { $_ ne 'TvStatement' } @names;
}
$told{"src/$2 $1"} = 1 while $page =~ /`(\w+)` in\s`([\w\/]+\.c)`/g;

my %there;
find({ no_chdir => 1, wanted => sub {
	return unless /\.c$/ && !m{^src/bridge/server/guc\.c$};
	open my $source, '<', $_ or die "$_: $!";
	my $file = $_;
	$there{"$file $_"} = 1 for variables(do { local $/; <$source> });
} }, 'src');
cmp_ok(scalar keys %there, '>', 40, 'there are variables');
is_deeply([ grep { !$told{$_} } sort keys %there ], [], 'docs/memory.md says of each what it holds');
is_deeply([ grep { !$there{$_} } sort keys %told ], [], 'and names none that is not there');

# The check is checked.
is_deeply([ variables(<<'C') ], [qw(a b c d e f hook look)], 'found: variables, and no constants');
static const char *const names[] = {"x", "y"};
static const Table table = {1};
static TvStatement statement = {"SELECT 1"};
static int	a = 0;
static const Job *b;
volatile sig_atomic_t c = false;
static Kept *d[MAX];
void		(*look) (void) = NULL;
static hook_type hook = NULL;
static int	forward(int x);
typedef struct S
{
	int			member;
} S;

static void
work(void)
{
	static bool e = false;
	static struct
	{
		int			inner;
	}			f[8];
	static const int powers[4] = {1};
	int			local = 0;

	return;
}
C
done_testing();
