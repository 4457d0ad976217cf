# No file keeps what merging has left of two versions of a line.
use strict;
use warnings;
use Test::More;
use File::Find;
use TvLint;

chdir($ENV{TV_REPO} // '.') or die;

sub marks { return scalar(() = $_[0] =~ /^(?:<{7}|\|{7}|>{7})(?: .*)?$/mg) }

my ($files, @marked) = 0;
find({ no_chdir => 1, wanted => sub {
	return unless -f && -T;
	$files++;
	push @marked, $_ if marks(slurp($_));
} }, grep { -e } qw(src sql test expected docs demo http make scripts .github), grep { -f } glob '* .clang-format .gitignore');
ok($files > 500, 'files were found');
is_deeply(\@marked, [], 'no file has marks of a merge') or diag(join "\n", @marked);

# The check is checked.
is(marks(join '', map { "$_\n" } 'a', '<' x 7 . ' HEAD', 'b', '=' x 7, 'c', '>' x 7 . ' d'), 2, 'marks are found');
is(marks("a\n=======\n<<<<<<<<\nb <<<<<<< HEAD\n"), 0, 'and nothing else is');
done_testing();
