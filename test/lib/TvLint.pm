# What lints share: files, and what is found in them.
package TvLint;

use strict;
use warnings;
use Exporter 'import';

our @EXPORT = qw(slurp found section);

sub slurp
{
	open my $in, '<', $_[0] or die "$_[0]: $!";
	local $/;
	return scalar <$in>;
}

# What a pattern finds in a part of a text, sorted, each once.
sub found
{
	my ($text, $pattern) = @_;
	my %found = map { $_ => 1 } grep { defined } $text =~ /$pattern/g;
	return [ sort keys %found ];
}

# The text below a heading of a page.
sub section { return $_[0] =~ /^## \Q$_[1]\E\n(.*?)(?=^## |\z)/ms ? $1 : '' }

1;
