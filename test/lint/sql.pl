# What stands once in SQL: the question whether there are tables, and what tests share; and in which letters.
use strict;
use warnings;
use Test::More;
use TvLint;

chdir($ENV{TV_REPO} // '.') or die;
my @copies = grep { slurp($_) =~ /has no tables in this database/ } glob 'sql/install/*.sql sql/tables/*.sql';
is_deeply(\@copies, [], 'that there are no tables is said by tv_check_tables() alone') or diag(join "\n", @copies);

# The server reads them in the encoding of the database, and there are some in which these bytes are no characters.
my @beyond = grep { slurp($_) =~ /[^\x00-\x7f]/ } glob 'sql/install/*.sql sql/tables/*.sql timevmaps.control';
is_deeply(\@beyond, [], 'what is installed is written in ASCII') or diag(join "\n", @beyond);

# Functions of two files with one body, whatever they and their arguments' types are called.
sub twins
{
	my (%texts) = @_;
	my (%first, @twins);
	for my $name (sort keys %texts)
	{
		while ($texts{$name} =~ /^CREATE FUNCTION ([\w.]+)[^;]*?\bAS\s+(\$\w*\$)(.*?)\2/msg)
		{
			my ($function, $body) = ($1, $3);
			$body =~ s/\s+//g;
			my $twin = $first{$body} //= { file => $name, function => $function };
			push @twins, "$name: $function is $twin->{file}: $twin->{function}" if $twin->{file} ne $name;
		}
	}
	return @twins;
}
my @twins = twins(map { $_ => slurp($_) } glob 'test/pgtap/*.sql test/lib/*.sql');
is_deeply(\@twins, [], 'what files of test/pgtap share is in test/lib/tests.sql') or diag(join "\n", @twins);

# The check is checked.
my $one = "CREATE FUNCTION pg_temp.one(a integer) RETURNS integer LANGUAGE sql AS \$\$ SELECT a + 1 \$\$;\n";
is_deeply([ twins(a => $one, b => "SELECT 1;\n" . $one =~ s/one/two/r =~ s/ a \+/\na +/r) ], ['b: pg_temp.two is a: pg_temp.one'], 'a copy is found');
is_deeply([ twins(a => $one, b => $one =~ s/a \+/a -/r) ], [], 'and what differs is none');
done_testing();
