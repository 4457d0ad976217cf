# docs/api.md is what the catalog says.
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
done_testing();

sub first_difference
{
	my @kept = split /\n/, shift;
	my @made = split /\n/, shift;
	my $i = 0;
	$i++ while $i < @kept && $i < @made && $kept[$i] eq $made[$i];
	return 'kept: ' . ($kept[$i] // '(end)') . "\nmade: " . ($made[$i] // '(end)');
}
