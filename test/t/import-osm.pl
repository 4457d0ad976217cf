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
# No left turn from High Street into the Bridge, none of a way that leads through node 2, and one whose via is a way.
print $out map { qq{<relation id="$_->[0]" $when><member type="way" ref="$_->[1]" role="from"/><member type="$_->[2]" ref="$_->[3]" role="via"/><member type="way" ref="$_->[4]" role="to"/><tag k="type" v="restriction"/><tag k="restriction" v="no_left_turn"/></relation>\n} }
	[ 21, 12, 'node', 4, 10 ], [ 22, 10, 'node', 2, 11 ], [ 23, 10, 'way', 12, 11 ];
print $out "</osm>\n";
close $out;
my ($status, undef, $err) = $cluster->client('osmium', 'cat', "$dir/region.osm", '-o', "$dir/region.osm.pbf");
is($status, 0, 'a region') or diag($err);

open my $in, '<', "$ENV{TV_REPO}/docs/import.md" or die;
my $page = do { local $/; <$in> };
my ($section) = $page =~ /^## OpenStreetMap.*?\n(.*?)^## /ms or die 'no such section';
my @blocks = $section =~ /^```bash\n(.*?)^```$/msg;
is(scalar @blocks, 5, 'five steps');
my ($route, $turns);
for my $block (@blocks)
{
	($status, my $said, $err) = $cluster->client('bash', '-c', "cd '$dir' && set -euo pipefail\n$block");
	my ($title) = $block =~ /\A(.{1,50})/;
	is($status, 0, "step: $title") or diag("$said$err");
	$route = $said if $block =~ /tv_plan_point_route/;
	$turns = $said if $block =~ /tv_import_turns/;
}
# 0.0198 degrees of longitude on WGS 84's parallel of 57.7 degrees: a cos(phi) / sqrt(1 - e^2 sin^2(phi)) each.
my $phi = 57.7 * atan2(1, 1) / 45;
my $metres = 0.0198 * atan2(1, 1) / 45 * 6378137 * cos($phi) / sqrt(1 - 0.00669437999014 * sin($phi) ** 2);
my ($distance, $seconds) = $route =~ /^(\d+) m in (\d+) s$/ or diag($route);
cmp_ok(abs($distance - $metres), '<=', 2, "$distance m, as the parallel has it");
cmp_ok($seconds, '>', 0, 'in a time');
is($cluster->query('city', q{SELECT string_agg(name || ' ' || n || ' ' || oneway, ', ' ORDER BY name) FROM (SELECT props ->> 'name' AS name, count(*) AS n, bool_or(oneway) AS oneway
	FROM timevmaps.segments GROUP BY 1) s}), 'Bridge 1 true, High Street 2 false, Hill 1 false', 'the roads of the box, and no footpath');
like($turns, qr/^ +1 \| +2$/m, 'a rule for a turn, and two that are refused');
is($cluster->query('city', q{SELECT concat_ws(' ', f.props ->> 'name', v.props ->> 'osm_id', g.props ->> 'name', t.rule, t.note) FROM timevmaps.turns t
	JOIN timevmaps.segments f ON f.id = t.from_segment_id JOIN timevmaps.segments g ON g.id = t.to_segment_id JOIN timevmaps.places v ON v.id = t.via_place_id}),
	'Hill 4 High Street no no_left_turn', '... as the relation has it');
is($cluster->query('city', q{SELECT string_agg(DISTINCT class, ' ' ORDER BY class) FROM timevmaps.segments}), 'primary residential', 'each road of its class');
is($cluster->query('city', 'SELECT world_id FROM timevmaps.tv_graph_status() WHERE kind = $$graph$$'), '1', 'with a graph');
$cluster->query('city', 'CALL timevmaps.tv_drop_world(1)');
is($cluster->query('city', 'SELECT (SELECT count(*) FROM timevmaps.worlds), (SELECT count(*) FROM timevmaps.places), (SELECT count(*) FROM timevmaps.segments)'), '0|0|0', 'and removed again');
done_testing();
