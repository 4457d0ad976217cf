# The C sources are laid out as scripts/format.pl would; skipped without clang-format.
use strict;
use warnings;
use Test::More;

chdir($ENV{TV_REPO} // '.') or die;
my $difference = qx(perl scripts/format.pl --check 2>&1);
plan skip_all => 'clang-format is missing' if $? >> 8 == 3;
is($?, 0, 'make format would change nothing') or diag($difference);
done_testing();
