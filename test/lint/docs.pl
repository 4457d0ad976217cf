# The documentation's links lead somewhere and what it names is there; sources open with a comment.
use strict;
use warnings;
use Test::More;
use File::Find;

chdir($ENV{TV_REPO} // '.') or die;

# From the root, from src or from a room of the kernel; the ending of a source may be left out.
sub is_there { my ($path) = @_; return scalar grep { -e || glob "$_.{c,h,sql}" } map { "$_$path" } '', 'src/' }

my (@documents, @sources);
find({ no_chdir => 1, wanted => sub {
	$File::Find::prune = 1 if m{^\./(?:build|\.git|node_modules)$};
	push @documents, $_ if /\.md$/;
	push @sources, $_ if m{^\./(?:src|sql/install|sql/tables|test|scripts|demo|http)/.*\.(?:[ch]|sql|pl|pm|sh)$};
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

# Functions and sources that docs/ and README.md name are there.
my (%words, %files, @unknown);
for my $source (@sources)
{
	open my $in, '<', $source or die "$source: $!";
	local $/;
	$words{$_} = 1 for <$in> =~ /\btvm?_\w+/g;
	$files{ $source =~ m{([^/]*)$} ? $1 : '' } = 1;
}
for my $document (grep { m{^\./(?:docs/|README)} } sort @documents)
{
	open my $in, '<', $document or die "$document: $!";
	while (my $line = <$in>)
	{
		push @unknown, "$document:$.: $_" for grep { !$words{$_} } $line =~ /\b(tvm?_\w+)/g;
		push @unknown, "$document:$.: $_" for grep { $_ ne 'postgres.h' && !$files{$_} } $line =~ m{`(?:[\w/]+/)?([\w-]+\.(?:[ch]|sql|pl|pm))`}g;
	}
}
is_deeply(\@unknown, [], 'functions and sources that the documentation names are there') or diag(join "\n", @unknown);

# So are the files and folders of ours that documents name with a path, and the pages that sources and comments name.
my (@nowhere, @unqualified);
for my $document (grep { m{^\./(?:docs/|README|demo/README|CHANGELOG)} } sort @documents)
{
	open my $in, '<', $document or die "$document: $!";
	my $text = do { local $/; <$in> };
	push @nowhere, "$document: $_" for grep { !is_there($_) } $text =~ m{`((?:src|bridge|kernel|sqlfn|worker|sql|test|scripts|docs|http|demo|make)/[\w./-]*\w)/?[`/ ]}g;
	for my $block ($text =~ /^```sql\n(.*?)^```/gms)
	{
		push @unqualified, "$document: $_" for $block =~ /(?<![\w.])(tv_\w+)\(/g;
	}
}
for my $source (sort @sources)
{
	open my $in, '<', $source or die "$source: $!";
	local $/;
	push @nowhere, "$source: $_" for grep { !-e $_ } <$in> =~ m{(?<![\w/.])(docs/[\w-]+\.\w+)}g;
}
is_deeply(\@nowhere, [], 'paths that documents name, and pages that sources name, are there') or diag(join "\n", @nowhere);
is_deeply(\@unqualified, [], 'statements in documents name the schema of functions, so that they run as they are') or diag(join "\n", @unqualified);

my @bare;
for my $source (sort @sources)
{
	open my $in, '<', $source or die "$source: $!";
	my @lines = map { scalar <$in> } 1 .. 2;
	my $first = $lines[0] =~ /^#!/ ? $lines[1] : $lines[0];
	push @bare, $source unless $first =~ m{^\s*(?:/\*|--|#|\\echo)};
}
is_deeply(\@bare, [], 'files open with a comment') or diag(join "\n", @bare);
done_testing();
