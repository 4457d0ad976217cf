# The list of gates: what documents may call one (circuit/gates.c) is what docs/circuit.md has in its table of
# gates, nothing more and nothing less; and the canonical name of each operation is among them.
use strict;
use warnings;
use Test::More;
use TvLint;

chdir($ENV{TV_REPO} // '.') or die;
my $source = slurp('src/kernel/quantum/circuit/gates.c');
my ($list) = $source =~ /^const TvmGateName tvm_gate_names\[\] = \{(.*?)^\};/ms or die 'no list of names';
my @names = sort $list =~ /\{"(\w+)", TVM_OP_/g;
my @operations = $source =~ /^\t\[TVM_OP_\w+\] = \{"(\w+)",/mg;

# The rows of the table that begins with `op`: each name in backticks of the first column.
sub documented
{
	my ($text) = @_;
	my ($table) = $text =~ /^\| `op` \| takes \|\n\|[-|]+\|\n((?:\|.*\n)+)/m or return;
	return sort map { split } map { /`([^`]+)`/g } map { (split /\|/)[1] } split /\n/, $table;
}

is_deeply([documented("x\n| `op` | takes |\n|---|---|\n| `B C` | `target` |\n| `A` = `D` | |\n\n| `E` | |\n")], [qw(A B C D)],
	'the table is read by its first column');
cmp_ok(scalar @operations, '>=', 25, 'operations');
is_deeply([documented(slurp('docs/circuit.md'))], \@names, 'docs/circuit.md names the gates of the list');
my %known = map { $_ => 1 } @names;
is(join(' ', grep { !$known{$_} } @operations), '', 'each operation has its own name among them');

done_testing();
