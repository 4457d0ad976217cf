# What a profile answers is what a copy of the worlds for it does: each profile from each timeline.
use strict;
use warnings;
use Test::More;
use TvProfiles;

my $copies = TvProfiles->new;
my @all = map { my $p = $_; map { [ $p, $_ ] } $p eq 'p1' ? 1 .. 4 : 1 .. 6 } qw(p1 p2 p3 p4);
$copies->is_copy(@$_, 'at first') for @all;
$copies->is_copy('none', 2, 'at first');
$copies->all_asked;
done_testing();
