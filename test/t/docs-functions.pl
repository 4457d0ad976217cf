# Schema timevmaps has the functions that clients use and no others: those of the contract, and what else docs/api.md has.
use strict;
use warnings;
use Test::More;
use TvContract qw(@made @not_made @further @procedures);
use TvCluster;

my $cluster = TvCluster->new;
$cluster->setup('app');
my $functions = sub { [ split /\n/, $cluster->query('app', "SELECT proname FROM pg_proc WHERE pronamespace = '$_[0]'::regnamespace $_[1] ORDER BY proname COLLATE \"C\"") ] };

my %twice;
is_deeply([ grep { $twice{$_}++ } @made, @not_made, @further ], [], 'a name is in one of the lists');
is_deeply($functions->('timevmaps', ''), [ sort @made, @further ], 'the schema has what the lists have, nothing more and nothing less');
is_deeply($functions->('timevmaps', "AND prokind = 'p'"), [ sort @procedures ], 'and the procedures are those');

open my $in, '<', "$ENV{TV_REPO}/docs/api.md" or die "docs/api.md: $!";
my $page = do { local $/; <$in> };
# A heading with its signature below; a type has none.
is_deeply([ sort $page =~ /^#### (tv_\w+)\n\n```\n\1\(/gm ], [ sort @made, @further ], 'docs/api.md documents each of them, and nothing else');

my $types = $cluster->query('app', q{SELECT t.typname FROM pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid
	WHERE t.typnamespace = 'timevmaps'::regnamespace AND (c.relkind = 'c' OR t.typtype NOT IN ('b', 'c')) ORDER BY t.typname COLLATE "C"});
is_deeply([ sort $page =~ /^#### (\S+)\n\n(?!```)/gm ], [ split /\n/, $types ], 'and its types');

# What is promised is tested.
my %tested;
for my $file (glob "$ENV{TV_REPO}/test/pgtap/*.sql $ENV{TV_REPO}/test/sql/*.sql $ENV{TV_REPO}/test/t/*.pl $ENV{TV_REPO}/test/http/*.pl")
{
	open my $test, '<', $file or die "$file: $!";
	local $/;
	$tested{$_} = 1 for <$test> =~ /\b(tv_\w+)\(/g;
}
is(join(' ', grep { !$tested{$_} } @made, @further), '', 'a test calls each');

# A question about ways is explained with the others.
my $slurp = sub { open my $file, '<', "$ENV{TV_REPO}/$_[0]" or die "$_[0]: $!"; local $/; return scalar <$file> };
my $route = $slurp->('docs/route.md');
my @questions = map { $slurp->("sql/install/$_.sql") =~ /^CREATE FUNCTION timevmaps\.(tv_\w+)/gm } qw(50-route 51-route-questions 53-timed);
is(join(' ', grep { $route !~ /`$_\(/ } @questions), '', 'docs/route.md has each question about ways');

# A name that is not made yet is in no schema.
my %known = map { $_ => 1 } map { @{ $functions->($_, '') } } qw(timevmaps timevmaps_internal);
is_deeply([ grep { $known{$_} } @not_made ], [], 'what is listed as not made is not made');
done_testing();
