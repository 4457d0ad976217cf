# From what `kernel growth` printed to docs/growth.md and docs/growth.svg.
#
#   perl growth.pl FILE DIRECTORY
use strict;
use warnings;
use POSIX qw(strftime);

my ($file, $directory) = @ARGV;
my (@sizes, %gaps, @phases);
open my $in, '<', $file or die "$file: $!\n";
while (<$in>)
{
	chomp;
	my ($key, @values) = split /\t/;
	if ($key eq 'size') { push @sizes, { label => $values[0] } }
	elsif ($key eq 'gap')
	{
		push @phases, $values[1] unless $gaps{ $values[1] };
		$gaps{ $values[1] }{ $values[0] } = [ @values[ 2, 3 ] ];
	}
	else { $sizes[-1]{$key} = $values[0] }
}

my ($cpu) = map { /^model name\s*:\s*(.*)/ ? $1 : () } do { open my $info, '<', '/proc/cpuinfo'; $info ? <$info> : () };
my ($load) = do { open my $info, '<', '/proc/loadavg'; $info ? split(/ /, <$info>) : () };
open my $out, '>', "$directory/growth.md" or die;
print $out "# Growth\n\nBy `make bench-growth` on ", strftime('%Y-%m-%d', gmtime), ', ', $cpu // 'unknown processor', ", one thread, load $load when it ended.\n",
	<<'TEXT';

Discs around the middle of New York, all of it (264,346 nodes), and tiles of it side by side, every other one mirrored, joined by
up to 64 roads at each seam. The kernel alone: order and hierarchy once and customization by processor time, 1,000 random queries by the clock, as medians; each
answer compared with Dijkstra's algorithm (some) and each path walked again (all).

![Time of a query, of customization and of the order, and memory, against the number of nodes](growth.svg)

| network | nodes | segments | order | hierarchy | height | customization | one segment changed | query: distance | with path | steps | Dijkstra, one to one |
|---|---|---|---|---|---|---|---|---|---|---|---|
TEXT
for my $size (@sizes)
{
	printf $out "| %s | %s | %s | %s |\n", $size->{label}, thousands($size->{nodes}), thousands($size->{segments}),
		join ' | ', map({ seconds($size->{$_}) } qw(order_cpu_s build_cpu_s)), $size->{height}, map({ seconds($size->{$_}) } qw(customize_cpu_s recustomize_s distance_s path_s)),
		sprintf('%.0f', $size->{steps}), seconds($size->{dijkstra_s});
}
print $out "\n| network | nodes | arcs of the hierarchy | hierarchy | weights of a layer | bytes a node | most while ordering | most while building |\n|---|---|---|---|---|---|---|---|\n";
for my $size (@sizes)
{
	printf $out "| %s | %s | %s | %.1f MB | %.1f MB | %.0f | %.1f MB | %.1f MB |\n", $size->{label}, thousands($size->{nodes}), thousands($size->{arcs}),
		$size->{hierarchy_bytes} / 1e6, $size->{metric_bytes} / 1e6, ($size->{hierarchy_bytes} + $size->{metric_bytes}) / $size->{nodes},
		$size->{peak_order_bytes} / 1e6, $size->{peak_build_bytes} / 1e6;
}
my ($least, $most) = @sizes[ 0, -1 ];
printf $out "\nFrom %s to %s nodes, %.0f times as many, a distance query takes %.1f times as long and one with its path %.1f times;\nDijkstra's algorithm takes %.0f times as long. ",
	thousands($least->{nodes}), thousands($most->{nodes}), $most->{nodes} / $least->{nodes}, map { $most->{$_} / $least->{$_} } qw(distance_s path_s dijkstra_s);
my ($whole) = grep { $_->{label} eq 'whole' } @sizes;
printf $out "From New York to the largest it is %.0f, %.1f, %.1f and %.0f. A path of more steps takes longer\nto write down: %.0f on average against %.0f.\n", $most->{nodes} / $whole->{nodes}, map({ $most->{$_} / $whole->{$_} } qw(distance_s path_s dijkstra_s)), $most->{steps}, $whole->{steps};
printf $out "\n## Cancellation\n\nThe longest time for which a phase does not ask whether it is cancelled, in milliseconds of processor time\n(by the wall in parentheses, where others had the processor, too). The bar is 100 ms.\n\n| phase | %s |\n|---|%s\n",
	join(' | ', map { thousands($_->{nodes}) . ' nodes' } $whole, $most), '---|' x 2;
for my $phase (@phases)
{
	printf $out "| %s | %s |\n", $phase, join ' | ', map { my $gap = $gaps{$phase}{ $_->{nodes} }; $gap ? sprintf '%.1f (%.1f)', 1e3 * $gap->[0], 1e3 * $gap->[1] : '' } $whole, $most;
}
close $out or die;

#----------------------------------------------------------------------- the plot
my ($width, $left, $right, $top) = (820, 70, 230, 20);
my ($x0, $x1) = (log10($least->{nodes}) - 0.1, log10($most->{nodes}) + 0.1);
my $drawing = '';
my $below = panel($top, 380, -6, 3, \&seconds, [ 'order', 'order_cpu_s', '#888888' ], [ 'customization', 'customize_cpu_s', '#b8860b' ],
	[ "Dijkstra's algorithm, one to one", 'dijkstra_s', '#c0392b' ], [ 'query with path', 'path_s', '#2471a3' ],
	[ 'query: distance', 'distance_s', '#148f77' ], [ 'one segment changed', 'recustomize_s', '#7d3c98' ]);
$below = panel($below + 40, 170, 5, 9, sub { my ($bytes) = @_; $bytes < 1e6 ? $bytes / 1e3 . ' kB' : $bytes < 1e9 ? $bytes / 1e6 . ' MB' : $bytes / 1e9 . ' GB' },
	[ 'memory of the hierarchy', 'hierarchy_bytes', '#2471a3' ], [ 'of the weights of a layer', 'metric_bytes', '#b8860b' ]);
open my $svg, '>', "$directory/growth.svg" or die;
printf $svg qq(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">\n<rect width="100%%" height="100%%" fill="white"/>\n), $width, $below + 40;
print $svg $drawing;
printf $svg qq(<text x="%.1f" y="%.1f" text-anchor="middle">nodes (parts of New York, New York, tiles of it)</text>\n</svg>\n), ($left + $width - $right) / 2, $below + 32;
close $svg or die;

# Curves over the number of nodes, both axes logarithmic; returns the lower end of the panel.
sub panel
{
	my ($begin, $tall, $y0, $y1, $unit, @curves) = @_;
	my $fy = sub { $begin + $tall - ($_[0] - $y0) / ($y1 - $y0) * $tall };
	for my $decade ($y0 .. $y1)
	{
		my $y = $fy->($decade);
		$drawing .= sprintf qq(<path d="M%.1f %.1fH%.1f" stroke="#dddddd"/><text x="%.1f" y="%.1f" text-anchor="end">%s</text>\n), $left, $y, $width - $right, $left - 8, $y + 4, $unit->(10**$decade);
	}
	for my $size (@sizes)
	{
		my $x = fx(log10($size->{nodes}));
		$drawing .= sprintf qq(<path d="M%.1f %.1fV%.1f" stroke="#eeeeee"/><text x="%.1f" y="%.1f" text-anchor="middle" font-size="10">%s</text>\n), $x, $begin, $begin + $tall, $x, $begin + $tall + 16, thousands($size->{nodes});
	}
	for my $curve (@curves)
	{
		my ($name, $key, $colour) = @$curve;
		my @points = map { [ fx(log10($_->{nodes})), $fy->(log10($_->{$key})) ] } @sizes;
		$drawing .= sprintf qq(<polyline fill="none" stroke="%s" stroke-width="2" points="%s"/>\n), $colour, join ' ', map { sprintf '%.1f,%.1f', @$_ } @points;
		$drawing .= sprintf qq(<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>\n), @$_, $colour for @points;
		$drawing .= sprintf qq(<text x="%.1f" y="%.1f" fill="%s">%s</text>\n), $points[-1][0] + 10, $points[-1][1] + 4, $colour, $name;
	}
	return $begin + $tall;
}

sub log10 { return log($_[0]) / log(10) }
sub fx { return $left + ($_[0] - $x0) / ($x1 - $x0) * ($width - $left - $right) }
sub thousands { my ($n) = @_; 1 while $n =~ s/^(\d+)(\d{3})/$1,$2/; return $n }

sub seconds
{
	my ($s) = @_;
	my ($value, $unit) = $s < 0.9999e-3 ? ($s * 1e6, 'µs') : $s < 0.9999 ? ($s * 1e3, 'ms') : ($s, 's');
	return sprintf($value < 99.5 ? '%.3g %s' : '%.0f %s', $value, $unit);
}
