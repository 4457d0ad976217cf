# A topic has one number and one name: files of SQL, wrappers and tests against the table of docs/architecture.md.
use strict;
use warnings;
use Test::More;

chdir($ENV{TV_REPO} // '.') or die;

# Beside the topics, what tests may be about.
my @general = qw(install docs http replication);

# Rows of the table: number, name, where there is SQL, wrappers.
sub read_table
{
	my ($text) = @_;
	my @rows;
	while ($text =~ /^\| (\d\d) \| ([a-z-]+)(?:: [^|]*)? \| ([^|]*?) *\| ([^|]*)\|/mg)
	{
		my ($number, $name, $sql, $wrappers) = ($1, $2, $3, $4);
		push @rows, { number => $number, name => $name, sql => join(' ', sort split /, /, $sql), wrappers => [ $wrappers =~ /`(\w+\.c)`/g ] };
	}
	return @rows;
}

# What is wrong with files, which are given by their paths, or with the table.
sub objections
{
	my ($rows, @files) = @_;
	my (%name, %number, %sql, %wrapper, @wrong);
	for my $row (@$rows)
	{
		push @wrong, "number $row->{number} stands for $name{ $row->{number} } and $row->{name}" if $name{ $row->{number} };
		push @wrong, "$row->{name} has the numbers $number{ $row->{name} } and $row->{number}" if $number{ $row->{name} };
		$name{ $row->{number} } = $row->{name};
		$number{ $row->{name} } = $row->{number};
		$wrapper{$_}++ for @{ $row->{wrappers} };
	}
	my $topics = join '|', map { quotemeta } sort { length $b <=> length $a } keys %number, @general;
	for my $file (@files)
	{
		if ($file =~ m{^sql/(install)/(\d\d)-(.*)\.sql$} || $file =~ m{^sql/(tables)/0(\d\d)-(.*)\.sql$})
		{
			push @wrong, "$file: number $2 is that of " . ($name{$2} // 'no topic') if ($name{$2} // '') ne $3;
			$sql{$2}{$1} = 1;
		}
		elsif ($file =~ m{^test/(pgtap)/(\d\d)-(.*)\.sql$})
		{
			my ($number, $name) = ($2, $3);
			push @wrong, "$file: number $number is that of " . ($name{$number} // 'no topic') if !$name{$number} || index("$name-", "$name{$number}-") != 0;
			$sql{$number}{pgtap} = 1;
		}
		elsif ($file =~ m{^sql/tables/[1-9]\d\d-(.*)\.sql$} || $file =~ m{^test/(?:t|http|specs|sql)/(.*)\.\w+$})
		{
			push @wrong, "$file: begins with no topic's name" if $1 !~ /^(?:$topics)(?:-|$)/;
		}
		elsif ($file =~ m{^src/sqlfn/(\w+\.c)$})
		{
			push @wrong, "$file: is of no topic, or of two" if ($wrapper{$1} // 0) != 1;
			delete $wrapper{$1};
		}
		else
		{
			push @wrong, "$file: is not numbered as the others are";
		}
	}
	push @wrong, map { "$_: is in the table and not in src/sqlfn" } sort keys %wrapper;
	for my $row (@$rows)
	{
		my $found = join ' ', sort keys %{ $sql{ $row->{number} } // {} };
		push @wrong, "$row->{number} $row->{name}: has SQL in '$found', and not in '$row->{sql}'" if $found ne $row->{sql};
	}
	return @wrong;
}

open my $in, '<', 'docs/architecture.md' or die;
my @rows = read_table(do { local $/; <$in> });
cmp_ok(scalar @rows, '>', 20, 'the table was found');
my @wrong = objections(\@rows, map { sort glob } qw(sql/install/* sql/tables/* test/pgtap/* test/t/*.pl test/http/*.pl test/specs/* test/sql/* src/sqlfn/*.c));
is_deeply(\@wrong, [], 'files and topics are those of the table') or diag(join "\n", @wrong);

# The check is checked: one of each kind.
my @table = (
	"| 30 | circuit: runs | install, tables, pgtap | `circuit.c` | [circuit](circuit.md) |\n", "| 31 | qasm | install | | [qasm](qasm.md) |\n");
my @good = qw(sql/install/30-circuit.sql sql/install/31-qasm.sql sql/tables/030-circuit.sql test/pgtap/30-circuit.sql
	test/pgtap/30-circuit-draw.sql src/sqlfn/circuit.c test/t/circuit-cancel.pl test/http/docs-readme.pl sql/tables/100-circuit-colour.sql);
is_deeply([ objections([ read_table(join '', @table) ], @good) ], [], 'what follows the table passes');
for my $case (
	[ 'sql/install/30-graph.sql', qr/number 30 is that of circuit/ ], [ 'sql/install/30-circuit-draw.sql', qr/number 30/ ],
	[ 'sql/tables/031-circuit.sql', qr/number 31 is that of qasm/ ], [ 'sql/tables/040-branch.sql', qr/number 40 is that of no topic/ ],
	[ 'sql/tables/100-colour.sql', qr/no topic's name/ ], [ 'test/pgtap/30-graph.sql', qr/number 30/ ], [ 'test/pgtap/30-circuits.sql', qr/number 30/ ],
	[ 'test/pgtap/31-qasm.sql', qr/31 qasm: has SQL in 'install pgtap'/ ], [ 'test/pgtap/circuit.sql', qr/not numbered/ ],
	[ 'test/t/abuse.pl', qr/no topic's name/ ], [ 'test/http/30-circuits.pl', qr/no topic's name/ ], [ 'src/sqlfn/gradient.c', qr/of no topic/ ])
{
	like(join("\n", objections([ read_table(join '', @table) ], @good, $case->[0])), $case->[1], "$case->[0] is refused");
}
like(join("\n", objections([ read_table(join '', @table, $table[0] =~ s/circuit: /graph: /r) ], @good)), qr/number 30 stands for circuit and graph/, 'a number stands for one topic');
like(join("\n", objections([ read_table(join '', @table, $table[1] =~ s/31/32/r) ], @good)), qr/qasm has the numbers 31 and 32/, 'and a topic has one number');
like(join("\n", objections([ read_table(join '', @table) ], grep { !/sqlfn/ } @good)), qr/circuit\.c: is in the table/, 'a wrapper that has gone is missed');
done_testing();
