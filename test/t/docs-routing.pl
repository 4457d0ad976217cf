# The statements of docs/routing.md print what it shows, and each line of its tables answers as it says, in pgRouting too where that is installed.
use strict;
use warnings;
use Test::More;
use TvCluster;
use TvReadme;

my $cluster = TvCluster->new;
my $page = "$ENV{TV_REPO}/docs/routing.md";
$cluster->query('postgres', 'CREATE DATABASE town');
TvReadme::run($page, sql => sub { TvReadme::psql($cluster, 'town', $_[0]) });

my $pgrouting = $cluster->query('town', q{SELECT count(*) FROM pg_available_extensions WHERE name = 'pgrouting'});
$cluster->query('town', 'CREATE EXTENSION pgrouting') if $pgrouting;

# What a statement prints, as the tables write it, or what is wrong with it.
sub answer
{
	my ($statement) = @_;
	my $script = TvCluster::temporary();
	print $script "SET search_path = public, timevmaps;\n$statement;\n";
	close $script;
	my ($status, $out, $err) = $cluster->client('psql', '-XqAt', '-F', ' ', '-R', '; ', '-v', 'ON_ERROR_STOP=1',
		'-v', 'e=SELECT * FROM edges', '-d', 'town', '-f', $script->filename);
	$out =~ s/\s+\z//;
	return $status ? $err =~ tr/\n/ /r : $out;
}

open my $in, '<', $page or die "$page: $!";
my (%lines, $updated);
my $system = '';
while (my $line = <$in>)
{
	$system = $1 if $line =~ /^### (\w+)/;
	if ($line =~ /^\| / && $line !~ /^\| in /)
	{
		my ($said, $here, $shown) = $line =~ /\A\| (.*?) \| (.*?) \| ?(.*?) ?\|\n\z/ or die "$page:$.: not a line of three cells";
		my ($theirs) = $said =~ /\A`(SELECT .*?)`/;
		my ($ours) = $here =~ /\A`(SELECT .*?)`/;
		my $title = "$system, $said";
		$lines{$system}++;
		if ($ours)
		{
			my $got = answer($ours);
			is($got, $shown, $title) unless $ENV{TV_UPDATE};
			isnt($got, '', "$title: something") unless $ENV{TV_UPDATE};
			$line = "| $said | $here | $got |\n";
		}
		else { ok($here =~ /\Anot here\b/ && $shown eq '', "$title: a statement, or not here") }
	SKIP: {
			next unless $theirs;
			skip 'pgRouting is not installed', 1 unless $pgrouting;
			is(answer($theirs), $shown, "$title: there");
		}
	}
	$updated .= $line;
}
cmp_ok($lines{$_} // 0, '>=', 25, "lines about $_: " . ($lines{$_} // 0)) for qw(pgRouting OSRM Valhalla);
if ($ENV{TV_UPDATE})
{
	open my $out, '>', $page or die "$page: $!";
	print $out $updated;
	close $out or die;
}
done_testing();
