# The documentation's links lead somewhere, and sources keep to the house style where a
# program can tell: a comment at the head of a file, files that one can read at a sitting.
use strict;
use warnings;
use Test::More;
use File::Find;

chdir($ENV{TV_REPO} // '.') or die;

my (@documents, @sources);
find({ no_chdir => 1, wanted => sub {
	$File::Find::prune = 1 if m{^\./(?:build|\.git|node_modules)$};
	push @documents, $_ if /\.md$/;
	push @sources, $_ if m{^\./(?:src|sql/install|sql/tables|test|scripts|demo)/.*\.(?:[ch]|sql|pl|pm|sh)$};
} }, '.');

my @broken;
for my $document (sort @documents)
{
	open my $in, '<', $document or die "$document: $!";
	my $text = do { local $/; <$in> };
	$text =~ s/^```.*?^```//gms;
	my ($folder) = $document =~ m{^(.*)/};
	while ($text =~ /\]\(([^)\s]+)\)/g)
	{
		my $target = $1;
		next if $target =~ m{^(?:https?|mailto):|^#};
		$target =~ s/#.*//;
		push @broken, "$document: $target" unless -e "$folder/$target";
	}
}
is_deeply(\@broken, [], 'links in the documentation lead to files') or diag(join "\n", @broken);

my (@long, @bare);
for my $source (sort @sources)
{
	open my $in, '<', $source or die "$source: $!";
	my @lines = <$in>;
	# What is generated or data has no length to keep to.
	push @long, "$source: " . @lines . ' lines' if @lines > 650;
	my $first = $lines[0] =~ /^#!/ ? $lines[1] : $lines[0];
	push @bare, $source unless $first =~ m{^\s*(?:/\*|--|#|\\echo)};
}
is_deeply(\@long, [], 'files are not much longer than 600 lines') or diag(join "\n", @long);
is_deeply(\@bare, [], 'files open with a comment') or diag(join "\n", @bare);
done_testing();
