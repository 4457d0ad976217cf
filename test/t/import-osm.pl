# docs/import.md, from an extract of OpenStreetMap to a route, word by word, with the programs that it names.
use strict;
use warnings;
use Test::More;
use TvCluster;

for my $program ('osm2pgrouting', 'osmium')
{
	plan skip_all => "$program is not installed" unless grep { -x "$_/$program" } split /:/, $ENV{PATH};
}
my $cluster = TvCluster->new;
plan skip_all => 'pgRouting is not installed' unless $cluster->query('postgres', "SELECT count(*) FROM pg_available_extensions WHERE name = 'pgrouting'");

# Three streets, one of them one-way; a footpath, and a street that is elsewhere.
my $dir = $cluster->dir . '/walk';
mkdir $dir or die;
open my $out, '>', "$dir/region.osm" or die;
print $out qq{<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6" generator="by hand">\n};
my @nodes = ([ 57.7, 11.9 ], [ 57.7, 11.91 ], [ 57.705, 11.91 ], [ 57.7, 11.92 ], [ 58, 12.5 ], [ 58, 12.6 ]);
my $when = 'version="1" timestamp="2024-01-01T00:00:00Z"';
print $out map { qq{<node id="@{[ $_ + 1 ]}" lat="$nodes[$_][0]" lon="$nodes[$_][1]" $when/>\n} } 0 .. $#nodes;
for my $way ([ 10, 'residential', 'High Street', '', 1, 2, 4 ], [ 11, 'primary', 'Bridge', '<tag k="oneway" v="yes"/>', 2, 3 ], [ 12, 'residential', 'Hill', '', 3, 4 ],
	[ 13, 'footway', 'Path', '', 1, 4 ], [ 14, 'residential', 'Elsewhere', '', 5, 6 ])
{
	my ($id, $kind, $name, $more, @at) = @$way;
	print $out qq{<way id="$id" $when>}, (map { qq{<nd ref="$_"/>} } @at), qq{<tag k="highway" v="$kind"/><tag k="name" v="$name"/>$more</way>\n};
}
print $out "</osm>\n";
close $out;
my ($status, undef, $err) = $cluster->client('osmium', 'cat', "$dir/region.osm", '-o', "$dir/region.osm.pbf");
is($status, 0, 'a region') or diag($err);

open my $in, '<', "$ENV{TV_REPO}/docs/import.md" or die;
my $page = do { local $/; <$in> };
my ($section) = $page =~ /^## OpenStreetMap.*?\n(.*?)^## /ms or die 'no such section';
my @blocks = $section =~ /^```bash\n(.*?)^```$/msg;
is(scalar @blocks, 4, 'four steps');
my $said;
for my $block (@blocks)
{
	($status, $said, $err) = $cluster->client('bash', '-c', "cd '$dir' && set -euo pipefail\n$block");
	my ($title) = $block =~ /\A(.{1,50})/;
	is($status, 0, "step: $title") or diag("$said$err");
}
# 0.0198 degrees of longitude on WGS 84's parallel of 57.7 degrees: a cos(phi) / sqrt(1 - e^2 sin^2(phi)) each.
my $phi = 57.7 * atan2(1, 1) / 45;
my $metres = 0.0198 * atan2(1, 1) / 45 * 6378137 * cos($phi) / sqrt(1 - 0.00669437999014 * sin($phi) ** 2);
my ($distance, $seconds) = $said =~ /^(\d+) m in (\d+) s$/ or diag($said);
cmp_ok(abs($distance - $metres), '<=', 2, "$distance m, as the parallel has it");
cmp_ok($seconds, '>', 0, 'in a time');
is($cluster->query('city', q{SELECT string_agg(name || ' ' || n || ' ' || oneway, ', ' ORDER BY name) FROM (SELECT props ->> 'name' AS name, count(*) AS n, bool_or(oneway) AS oneway
	FROM timevmaps.segments GROUP BY 1) s}), 'Bridge 1 true, High Street 2 false, Hill 1 false', 'the roads of the box, and no footpath');
is($cluster->query('city', 'SELECT world_id FROM timevmaps.tv_graph_status() WHERE kind = $$graph$$'), '1', 'with a graph');
$cluster->query('city', 'CALL timevmaps.tv_drop_world(1)');
is($cluster->query('city', 'SELECT (SELECT count(*) FROM timevmaps.worlds), (SELECT count(*) FROM timevmaps.places), (SELECT count(*) FROM timevmaps.segments)'), '0|0|0', 'and removed again');
done_testing();
