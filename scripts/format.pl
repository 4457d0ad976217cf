# Lay C sources out as pgindent would, as nearly as can be had without it:
# clang-format with .clang-format does the blocks, then declared names are put 12 columns
# after the indentation and trailing comments at column 33, with tabs of 4.
#
#   scripts/format.pl [--check] [FILE...]      default: all of src and test
#
# --check changes nothing, shows what would change and fails if anything would.
use strict;
use warnings;
use File::Find;
use File::Temp ();

my $check = @ARGV && $ARGV[0] eq '--check' && shift @ARGV;
my $clang_format = $ENV{CLANG_FORMAT} // 'clang-format';
if (system("command -v $clang_format >/dev/null 2>&1"))
{
	print STDERR "format: clang-format is missing (Debian package clang-format)\n";
	exit 3;
}
my @files = @ARGV;
find({ no_chdir => 1, wanted => sub { push @files, $_ if /\.[ch]$/ } }, grep { -d } qw(src test)) unless @files;

my $changed = 0;
for my $file (sort @files)
{
	my $old = slurp($file);
	my $new = layout($file, $old);
	next if $new eq $old;
	$changed++;
	if ($check)
	{
		my $temporary = File::Temp->new;
		print $temporary $new;
		close $temporary;
		system 'diff', '-u', '--label', $file, '--label', "$file, formatted", $file, $temporary->filename;
		next;
	}
	open my $out, '>', $file or die "$file: $!";
	print $out $new;
	close $out or die "$file: $!";
	print "formatted $file\n";
}
exit($check && $changed ? 1 : 0);

sub slurp
{
	my ($name) = @_;
	open my $in, '<', $name or die "$name: $!";
	local $/;
	return scalar <$in>;
}

# Text with only those line breaks that a brace or the end of a statement has beside it;
# those inside parentheses and initializers are a matter of taste.
sub skeleton
{
	my ($depth, @lines) = @_;		# 1: these lines go on inside a parenthesis
	my $text = '';
	for my $c (split //, join "\n", @lines)
	{
		$depth += $c eq '(' ? 1 : $c eq ')' ? -1 : 0;
		$text .= $c unless $c eq "\n" && $depth > 0;
	}
	$text =~ s/,\s*\n\s*/,/g;
	$text =~ s/\s*\n\s*(?=\};)//g;
	$text =~ s/(?<=[{};])\s*\n\s*|\s*\n\s*(?=[{}])/\0/g;
	$text =~ s/\s+//g;
	return $text;
}

# The width that text takes from column `from` on.
sub width
{
	my ($text, $from) = @_;
	my $column = $from // 0;
	for my $c (split //, $text) { $column = $c eq "\t" ? $column - $column % 4 + 4 : $column + 1 }
	return $column - ($from // 0);
}

# White space from column `from` to column `to`; a single space is never a tab.
sub blanks
{
	my ($from, $to) = @_;
	my $first = $from - $from % 4 + 4;
	return ' ' x ($to - $from) if $first - $from == 1 && $first + 4 > $to;
	my $text = '';
	while ((my $stop = $from - $from % 4 + 4) <= $to) { $text .= "\t"; $from = $stop }
	return $text . ' ' x ($to - $from);
}

sub layout
{
	my ($file, $old) = @_;
	my $in = File::Temp->new;
	print $in $old;
	close $in;
	my $text = qx($clang_format --style=file --assume-filename=\Q$file\E < \Q$in\E);
	die "format: clang-format failed on $file\n" if $?;

	# pgindent leaves the preprocessor's lines alone.
	my %preprocessor = map { (squeeze($_) => $_) } preprocessor_lines($old);
	my ($in_comment, $in_macro, $depth) = (0, 0, 0);
	my @lines;
	for my $line (split /\n/, $text, -1)
	{
		my $was_macro = $in_macro;
		$in_macro = ($was_macro || $line =~ /^\s*#/) && $line =~ /\\$/;
		if ($was_macro || $line =~ /^\s*#/)
		{
			push @lines, $preprocessor{ squeeze($line) } // $line;
			next;
		}
		my $was_comment = $in_comment;
		(my $code = $line) =~ s{/\*.*?\*/}{}g;
		$in_comment = $was_comment ? $line !~ m{\*/} : $code =~ m{/\*};
		# The lines that a parenthesis goes on over are not declarations of their own.
		my $was_inside = $depth > 0;
		$code =~ s{"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|/\*.*}{}g;
		$depth += ($code =~ tr/(//) - ($code =~ tr/)//) unless $was_comment;
		push @lines, $was_comment ? $line : comment_column($was_inside ? $line : name_column($line));
	}
	s/, \.\.\.\)/,...)/, s/\bforeach \(/foreach(/, s/(\(\*\w+\))\(/$1 (/ for grep { !/^\s*#/ } @lines;
	return keep_breaks($old, join("\n", @lines));
}

# Where a line of a statement is broken is the author's choice: what differs from the old
# text only by that stays as it was.
sub keep_breaks
{
	my ($old, $new) = @_;
	my @texts = map { File::Temp->new } 1 .. 2;
	print { $texts[0] } $old;
	print { $texts[1] } $new;
	close $_ for @texts;
	my @old = split /\n/, $old, -1;
	my @new = split /\n/, $new, -1;
	my $diff = join ' ', 'diff', map { quotemeta $_->filename } @texts;
	my ($at, @result) = (0);
	for my $hunk (qx($diff))
	{
		next unless $hunk =~ /^(\d+)(?:,(\d+))?c(\d+)(?:,(\d+))?$/;
		my ($from, $to, $first, $last) = ($1 - 1, ($2 // $1) - 1, $3 - 1, ($4 // $3) - 1);
		my ($was, $is) = (join('', @old[ $from .. $to ]), join('', @new[ $first .. $last ]));
		my $macro = $old[$from] =~ /^\s*#/ || ($from > 0 && $old[ $from - 1 ] =~ /\\$/);
		if ($macro) { tr{\\}{}d for $was, $is }
		next if squeeze($was) ne squeeze($is);
		my $begins = $from == 0 || $old[ $from - 1 ] =~ m{(?:[;{}:]|\*/|^)\s*$|^\s*#};
		next if !$macro && skeleton(!$begins, @old[ $from .. $to ]) ne skeleton(!$begins, @new[ $first .. $last ]);
		my ($old_indent) = $old[$from] =~ /^(\s*)/;
		my ($new_indent) = $new[$first] =~ /^(\s*)/;
		my $long = $old[$from] =~ m{^(.{20,}\S)\s+/\*} && width($1) >= 32;
		next if $begins && !$macro && !$long && ($old_indent ne $new_indent || ($from == $to && $first == $last && $old[$from] !~ /^\s*\}/));
		push @result, @new[ $at .. $first - 1 ], @old[ $from .. $to ];
		$at = $last + 1;
	}
	return join "\n", @result, @new[ $at .. $#new ];
}

sub squeeze { my ($line) = @_; $line =~ s/\s+//g; return $line }

sub preprocessor_lines
{
	my ($text) = @_;
	my ($macro, @lines) = (0);
	for my $line (split /\n/, $text)
	{
		push @lines, $line if $macro || $line =~ /^\s*#/;
		$macro = ($macro || $line =~ /^\s*#/) && $line =~ /\\$/;
	}
	return @lines;
}

# "int count = 0;" -> the declared name 12 columns after the indentation.
sub name_column
{
	my ($line) = @_;
	my $word = qr/(?!(?:return|goto|else|case|typedef|do|sizeof)\b)[A-Za-z_]\w*/;
	return $line unless $line =~ /^(\t*)($word(?: $word)*) (\**(?:(?<=\*)volatile )?)((?:$word|\(\*$word\)).*)$/;
	my ($indent, $type, $stars, $rest) = ($1, $2, $3, $4);
	# A declaration goes on with one of these after the name; "extern f(...)" and a definition's
	# parameter list are declarations too, a function's own head at column 1 is not.
	return $line unless $rest =~ /^(?:\(\*\s?\w+\) ?\(|\w+(?:\[[^\]]*\])*\s*(?:[;,=:]|$)|\w+\()/;
	return $line if $rest =~ /^\w+(?:\[[^\]]*\])*\s*$/;
	return $line if $rest =~ /^\w+\(/ && $type !~ /\bextern\b|^static\b|^\w+$/;
	return $line if $type =~ /^(?:struct|enum|union|TEST|CHECK\w*)$/ || ($type =~ /^(?:typedef|enum) /);
	return $line if $rest =~ /^\w+\(/ && $indent ne '';
	return $line if $rest =~ /^\w+:/;
	$rest =~ s/^\(\*(\w+)\) ?\(/(*$1) (/;
	my $from = width($indent) + length $type;
	my $to = width($indent) + 12 - length($stars =~ s/volatile //r);
	$to = $from + 1 if $to <= $from;
	return $indent . $type . blanks($from, $to) . $stars . $rest;
}

# A comment after code starts at column 33, or at the next stop of the tabulator.
sub comment_column
{
	my ($line) = @_;
	return $line unless $line =~ m{^(.*\S)[ \t]+(/\*.*)$} && $line !~ m{^\s*/\*};
	my ($code, $comment) = ($1, $2);
	return $line if $comment =~ m{\*/.*\S} && $comment !~ m{\*/$};
	return $line if ($code =~ tr/"//) % 2;
	my $from = width($code);
	my $to = $from < 32 ? 32 : $from - $from % 4 + 4;
	return $code . blanks($from, $to) . $comment;
}
