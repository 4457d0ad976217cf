# docs/api.md is what the catalog says, and docs/operations.md has the settings as the server knows them.
use strict;
use warnings;
use Test::More;
use TvCluster;

my $cluster = TvCluster->new;
$cluster->setup('app');
chdir $ENV{TV_REPO} or die;
my ($status, $made, $err) = $cluster->client('perl', 'scripts/api-docs.pl', 'app');
is($status, 0, 'scripts/api-docs.pl runs') or diag($err);
open my $in, '<', 'docs/api.md' or die "docs/api.md: $!";
my $kept = do { local $/; <$in> };
ok($made eq $kept, 'docs/api.md is up to date') or diag(<<"WHY", first_difference($kept, $made));
"make docs" writes it anew.  The first line that differs:
WHY

# The settings, by the sources, the server and the page.
sub slurp { my ($name) = @_; open my $file, '<', $name or die "$name: $!"; local $/; return scalar <$file> }
my (%defined, %hidden);
for my $source (split /\n/, qx(find src -name '*.[ch]'))
{
	my $text = slurp($source);
	while ($text =~ /\bDefineCustom\w+\("(timevmaps\.\w+)"((?:[^;"]|"[^"]*")*);/g)
	{
		my ($name, $rest) = ($1, $2);
		$defined{$name} = $source;
		$hidden{$name} = 1 if $rest =~ /\bGUC_NO_SHOW_ALL\b/;
	}
}
is_deeply([ grep { $defined{$_} ne 'src/bridge/server/guc.c' } sort keys %defined ], [], 'settings are defined in one source');
my %set_by = (sighup => 'a reload', superuser => 'a superuser', user => 'anybody');
my %known;
for my $row (split /\n/, $cluster->query('app', <<'SQL'))
LOAD 'timevmaps';
SELECT concat_ws('|', name, context, coalesce(nullif(current_setting(name), ''), 'empty')) FROM pg_settings WHERE name LIKE 'timevmaps.%';
SQL
{
	my ($name, $context, $default) = split /\|/, $row;
	$known{$name} = "$default, by $set_by{$context}";
}
is_deeply([ sort keys %known ], [ grep { !$hidden{$_} } sort keys %defined ], 'the server knows what is defined');
my %told;
my $operations = slurp('docs/operations.md');
while ($operations =~ /^\| `(timevmaps\.\w+)` \| ([^|]*) \| ([^|]*) \| \S.*\|$/gm) { $told{$1} = "$2, by $3" }
$known{$_} //= $told{$_} // 'not told' for keys %hidden;
is_deeply(\%told, \%known, 'docs/operations.md has every setting, its default and who sets it');

# What the pages call timevmaps.x is a setting, or in the schema.
my %named = map { $_ => 1 } keys %defined, split /\n/, $cluster->query('app', <<'SQL');
SELECT 'timevmaps.' || relname FROM pg_class WHERE relnamespace = 'timevmaps'::regnamespace
UNION SELECT 'timevmaps.' || proname FROM pg_proc WHERE pronamespace = 'timevmaps'::regnamespace;
SQL
my @odd;
for my $name (glob 'README.md CHANGELOG.md docs/*.md')
{
	push @odd, map { "$name: $_" } grep { !$named{$_} } slurp($name) =~ /`(timevmaps\.\w+)/g;
}
is_deeply(\@odd, [], 'what the pages call timevmaps.x is there');
done_testing();

sub first_difference
{
	my @kept = split /\n/, shift;
	my @made = split /\n/, shift;
	my $i = 0;
	$i++ while $i < @kept && $i < @made && $kept[$i] eq $made[$i];
	return 'kept: ' . ($kept[$i] // '(end)') . "\nmade: " . ($made[$i] // '(end)');
}
