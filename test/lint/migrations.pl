# Migrations are append only: what the last release had in sql/tables is there as it was, and what is new has a higher
# number.  The last release is the latest tag v* below this commit; without one there is nothing to compare with.
use strict;
use warnings;
use Test::More;
use File::Temp ();
use POSIX ();

my $repo = $ENV{TV_REPO} // '.';
delete @ENV{ grep { /^GIT_/ } keys %ENV };

# What git prints, or undef where it fails or is missing.
sub git
{
	my ($dir, @arguments) = @_;
	my $pid = open(my $out, '-|') // die "fork: $!";
	if (!$pid)
	{
		open STDERR, '>', '/dev/null' or POSIX::_exit(127);
		no warnings 'exec';
		exec 'git', '-C', $dir, @arguments or POSIX::_exit(127);
	}
	my $text = do { local $/; <$out> };
	close $out;
	return $? ? undef : $text // '';
}

sub slurp { my ($name) = @_; open my $in, '<:raw', $name or die "$name: $!"; local $/; return scalar(<$in>) // '' }
sub number { return shift =~ m{^sql/tables/(\d+)-} ? $1 + 0 : 0 }

# Why there is nothing to compare with, or undef, and what is wrong.
sub objections
{
	my ($dir) = @_;
	# A copy without history may lie within somebody else's repository.
	my $prefix = git($dir, 'rev-parse', '--show-prefix');
	return 'not a checkout of git' unless defined $prefix && $prefix eq "\n";
	my $tag = git($dir, 'describe', '--tags', '--abbrev=0', '--match', 'v*');
	return git($dir, 'rev-parse', '--is-shallow-repository') eq "true\n" ? 'a shallow clone without the last release' : 'nothing has been released'
		unless defined $tag;
	chomp $tag;

	my @released = split /\0/, git($dir, 'ls-tree', '-r', '-z', '--name-only', $tag, '--', 'sql/tables/') // die "$tag: ls-tree";
	my %released = map { $_ => 1 } @released;
	my ($highest) = sort { $b <=> $a } 0, map { number($_) } @released;
	my @wrong;
	for my $file (@released)
	{
		push @wrong, "$file: $tag has it, and it is gone" and next unless -e "$dir/$file";
		push @wrong, "$file: is not as in $tag" if slurp("$dir/$file") ne (git($dir, 'show', "$tag:$file") // die "$tag:$file");
	}
	for my $path (sort glob "$dir/sql/tables/*.sql")
	{
		my $file = substr $path, length "$dir/";
		push @wrong, "$file: is new and not above $highest, the highest of $tag" if !$released{$file} && number($file) <= $highest;
	}
	return (undef, @wrong);
}

SKIP:
{
	my ($nothing, @wrong) = objections($repo);
	skip $nothing, 1 if defined $nothing;
	is_deeply(\@wrong, [], 'migrations of the last release are as they were, and new ones come after') or diag(join "\n", @wrong);
}

# The check is checked, in a repository of its own.
$ENV{GIT_CONFIG_GLOBAL} = '/dev/null';
$ENV{GIT_CONFIG_NOSYSTEM} = 1;
$ENV{"GIT_${_}_NAME"} = 'nobody', $ENV{"GIT_${_}_EMAIL"} = 'nobody@localhost' for qw(AUTHOR COMMITTER);
SKIP:
{
	my $scratch = File::Temp->newdir;
	my $dir = "$scratch/repository";
	mkdir $_ or die "$_: $!" for $dir, "$dir/sql", "$dir/sql/tables";
	my $write = sub { my ($name, $text) = @_; open my $out, '>', "$dir/sql/tables/$name" or die "$name: $!"; print $out $text; close $out };
	my $commit = sub { git($dir, 'add', '-A'); return defined git($dir, 'commit', '-q', '--allow-empty', '-m', 'x') };

	is((objections($dir))[0], 'not a checkout of git', 'without git there is nothing to compare with');
	skip 'git is missing', 9 unless defined git($dir, 'init', '-q');
	$write->('012-access.sql', "CREATE ROLE a;\n");
	$write->('014-world.sql', "CREATE TABLE w;\n");
	ok($commit->(), 'a commit') or skip 'git commits nothing here', 8;
	is((objections($dir))[0], 'nothing has been released', 'nor without a tag');
	is((objections("$dir/sql"))[0], 'not a checkout of git', 'nor below another checkout');
	git($dir, 'tag', 'v0.1.0');
	$commit->();

	my $said = sub { my ($nothing, @wrong) = objections($dir); return $nothing // join '; ', @wrong };
	is($said->(), '', 'what is as it was passes');
	$write->('016-place.sql', "CREATE TABLE p;\n");
	is($said->(), '', 'and what comes after');
	$write->('013-role.sql', "CREATE TABLE r;\n");
	$write->('014-planet.sql', "CREATE TABLE p;\n");
	is($said->(), 'sql/tables/013-role.sql: is new and not above 14, the highest of v0.1.0; sql/tables/014-planet.sql: is new and not above 14, the highest of v0.1.0',
		'a new one below the latest is refused, and one beside it');
	unlink "$dir/sql/tables/013-role.sql", "$dir/sql/tables/014-planet.sql";
	$write->('012-access.sql', "CREATE ROLE b;\n");
	rename "$dir/sql/tables/014-world.sql", "$dir/sql/tables/018-world.sql" or die;
	is($said->(), 'sql/tables/012-access.sql: is not as in v0.1.0; sql/tables/014-world.sql: v0.1.0 has it, and it is gone', 'one that has changed, and one that has gone');
	git($dir, 'clone', '-q', '--depth', '1', '--no-tags', "file://$dir", "$scratch/shallow");
	is((objections("$scratch/shallow"))[0], 'a shallow clone without the last release', 'a shallow clone knows nothing');
	$commit->();
	git($dir, 'tag', 'v0.2.0');
	is($said->(), '', 'the latest tag counts');
}
done_testing();
