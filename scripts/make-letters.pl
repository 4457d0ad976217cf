#!/usr/bin/perl
# Write src/kernel/names/letters.h: how letters are spelled in ASCII, and what else is to be known of code points where names
# are folded. Of Unicode it asks what perl has (its version is written into the file); what no rule says is in the lists below.
#
#   perl scripts/make-letters.pl > src/kernel/names/letters.h
#   perl scripts/format.pl
use strict;
use warnings;
use utf8;
use feature 'unicode_strings';
use Unicode::UCD qw(charscript general_categories);
use Unicode::Normalize;
use charnames ':full';

# Letters of their own, lower case; what is an accent on one of them is not here.
my %spelled = (
	(map { $_ => $_ } 'a' .. 'z'),
	qw(æ ae œ oe ø o ð d þ th ß ss đ d ħ h ı i ĸ k ł l ŋ n ŧ t ƒ f ə e ɛ e ɔ o ɩ i ʊ u ƿ w ȝ gh ƣ gh ƕ hv ȣ ou ĳ ij ǝ e ɐ a ɑ a ɒ o ʌ v ɯ m ɥ y ʒ z
		ʃ sh ɣ g ɸ f ȷ j ȸ db ȹ qp ǆ dz ǉ lj ǌ nj ꞌ x),
	# Greek; Υ after a, e or o is u (fold.c)
	qw(α a β v γ g δ d ε e ζ z η i θ th ι i κ k λ l μ m ν n ξ x ο o π p ρ r σ s ς s τ t υ Y φ f χ ch ψ ps ω o ϊ i ϋ y ϝ w ϟ q ϡ ss ϻ s ϸ sh ϳ j ϗ kai),
	# Cyrillic: Russian, and others where they have letters of their own
	qw(а a б b в v г g д d е e ё e ж zh з z и i й y к k л l м m н n о o п p р r с s т t у u ф f х kh ц ts ч ch ш sh щ shch ъ - ы y ь - э e ю yu я ya
		ђ d ѓ g є ye ѕ dz і i ї yi ј j љ lj њ nj ћ c ќ k ў u џ dz ґ g ѣ e ѥ ye ѧ ya ѩ ya ѫ u ѭ yu ѯ ks ѱ ps ѳ f ѵ i ѡ o ѹ u ѻ o ѽ o ѿ ot ҁ q
		ғ g җ zh ҙ z қ k ҝ k ҟ k ҡ k ң n ҥ ng ҧ p ҩ o ҫ s ҭ t ү u ұ u ҳ h ҵ ts ҷ ch ҹ ch һ h ҽ ch ҿ ch ӏ - ә a ӕ ae ӡ dz ө o ӷ g ӻ kh ӽ kh ҕ g ӄ k ӈ n ӊ n ӌ ch ӎ m
		ԁ d ԃ d ԅ z ԇ dz ԉ l ԋ n ԍ s ԏ t ԑ e ԓ l ԕ lh ԗ rh ԙ ya ԛ q ԝ w ԟ k ԡ l ԣ n ԥ p ԧ h ԩ n ԫ dz ԭ ch ԯ l));
# Letters that are taken for others, elsewhere: alef and its like, as they are also written.
my %base = ('ى' => 'ي', 'ة' => 'ه', 'ی' => 'ي', 'ک' => 'ك');

my @blocks = ([ 0xC0, 0x52F ], [ 0x1C80, 0x1C88 ], [ 0x1D00, 0x1D25 ], [ 0x1E00, 0x1FFF ], [ 0x2C60, 0x2C7F ], [ 0xA640, 0xA69D ],
	[ 0xA722, 0xA7CA ], [ 0xAB30, 0xAB64 ]);

sub category { return chr($_[0]) =~ /\p{L}/ ? 'L' : chr($_[0]) =~ /\p{M}/ ? 'M' : chr($_[0]) =~ /\p{Nd}/ ? 'D' : chr($_[0]) =~ /\p{N}/ ? 'N' : chr($_[0]) =~ /\p{Cn}/ ? '?' : chr($_[0]) =~ /\p{Cf}/ ? 'F' : ' ' }
sub script { return charscript($_[0]) // 'Unknown' }

# How a letter is spelled; '' if it is not, '-' if by nothing.
sub spelling
{
	my ($point) = @_;
	my $letter = lc chr $point;
	return '' unless $letter =~ /^\p{L}/ && script($point) =~ /^(?:Latin|Greek|Cyrillic)$/;
	return $spelled{$letter} if defined $spelled{$letter};
	my $bare = NFKD($letter) =~ s/\p{M}//gr;
	return join '', map { $spelled{$_} } split //, $bare if $bare ne '' && !grep { !defined $spelled{$_} } split //, $bare;
	# What has a bar, a hook or a descender is no composition, but is called after its letter.
	my $name = charnames::viacode(ord $letter) // '';
	return '' unless $name =~ /^(LATIN|GREEK|CYRILLIC)( SMALL)? (?:LETTER|LIGATURE) (?:SMALL CAPITAL |SIDEWAYS |TURNED |REVERSED |OPEN |INVERTED |INSULAR |CLOSED |STIRRUP |BLACKLETTER |SCRIPT |TALL |LONG |BROAD |BARRED |)*([A-Z -]+?)(?: WITH .*)?$/;
	my $of = charnames::string_vianame("$1 SMALL LETTER $3");
	return $spelled{$of} if defined $of && defined $spelled{$of};
	return length $3 <= 2 ? lc $3 : '';
}

# Ranges of code points of which something holds; those that are not assigned go with what is before them.
sub ranges
{
	my ($holds) = @_;
	my (@ranges, $open);
	for my $point (0x80 .. 0x323AF)
	{
		next if $point >= 0xD800 && $point <= 0xDFFF;
		my $is = $holds->($point);
		next if !defined $is;
		if ($is) { push @ranges, [ $point, $point ] unless $open; $ranges[-1][1] = $point; }
		$open = $is;
	}
	return @ranges;
}

sub print_ranges
{
	my ($name, @ranges) = @_;
	my @items = map { sprintf '{0x%X, 0x%X}', @$_ } @ranges;
	print "static const TvmRange $name\[\] = {\n";
	while (my @line = splice @items, 0, 6) { print "\t", join(', ', @line), @items ? ",\n" : "\n" }
	print "};\n\n";
}

my $version = Unicode::UCD::UnicodeVersion();
print <<"END";
/*
 * letters.h: how letters are spelled in ASCII, and what other code points are.
 *
 * Made by scripts/make-letters.pl from Unicode $version and the lists in it; not to be changed by hand.
 */
#ifndef TVM_NAMES_LETTERS_H
#define TVM_NAMES_LETTERS_H

#include <stdint.h>

/* Code points, both ends included. */
typedef struct TvmRange
{
	uint32_t	first;
	uint32_t	last;
} TvmRange;

/* Capital letters that are `delta` before their small ones, every one or (2) every other. */
typedef struct TvmCapitals
{
	uint32_t	first;
	uint32_t	last;
	int32_t		delta;
	uint32_t	step;
} TvmCapitals;

/* A letter that is taken for another. */
typedef struct TvmSame
{
	uint32_t	point;
	uint32_t	base;
} TvmSame;

END

print_ranges('blocks', @blocks);
print "/* Of all blocks, one after the other: \"\" for what is no letter that is spelled, \"-\" for one that is left out, Y: see fold.c. */\n";
my @all = map { spelling($_) } map { $_->[0] .. $_->[1] } @blocks;
die "longer than four letters" if grep { length > 4 } @all;
die join ' ', grep { !/^(?:[a-z]*|-|Y)$/ } @all if grep { !/^(?:[a-z]*|-|Y)$/ } @all;
my @items = map { qq("$_") } @all;
print "static const char spellings[][5] = {\n";
while (my @line = splice @items, 0, 16) { print "\t", join(', ', @line), @items ? ",\n" : "\n" }
print "};\n\n";

print "/* Marks and what else is not written: not those of scripts in which marks are vowels. */\n";
print_ranges('dropped', ranges(sub {
	my ($point) = @_;
	my ($category, $script) = (category($point), script($point));
	return undef if $category eq '?';
	return 1 if $category eq 'F' || $point == 0x640 || $point >= 0x2B9 && $point <= 0x2EE && $category eq 'L';
	return $category eq 'M' && chr($point) !~ /\p{Mc}/ && $script =~ /^(?:Inherited|Common|Unknown|Arabic|Hebrew|Syriac|Cyrillic|Greek|Latin)$/ ? 1 : 0;
}));

print "/* Punctuation, symbols, blanks, controls and private use. */\n";
print_ranges('blanks', ranges(sub { my $category = category($_[0]); return $category eq '?' ? undef : $category eq ' ' ? 1 : 0 }));

print "/* Zeros, each before the other nine digits of its script. */\n";
my @zeros = grep { chr($_) =~ /\p{Nd}/ && Unicode::UCD::num(chr $_) == 0 } 0x80 .. 0x1FFFF;
@items = map { sprintf '0x%X', $_ } @zeros;
print "static const uint32_t zeros[] = {\n";
while (my @line = splice @items, 0, 12) { print "\t", join(', ', @line), @items ? ",\n" : "\n" }
print "};\n\n";

print "static const TvmCapitals capitals[] = {\n";
my @capitals;
for my $point (0x530 .. 0x1FFFF)
{
	next if $point >= 0xD800 && $point <= 0xDFFF;
	next if grep { $point >= $_->[0] && $point <= $_->[1] } @blocks;
	my $lower = lc chr $point;
	next if length $lower != 1 || ord $lower == $point || NFKC(chr $point) ne chr $point;
	my $delta = ord($lower) - $point;
	my $last = $capitals[-1];
	if ($last && $last->[2] == $delta && ($last->[1] == $last->[0] || $point - $last->[1] == $last->[3]) && $point - $last->[1] <= 2)
	{
		$last->[3] = $point - $last->[1];
		$last->[1] = $point;
	}
	else { push @capitals, [ $point, $point, $delta, 1 ] }
}
@items = map { sprintf '{0x%X, 0x%X, %d, %d}', @$_ } @capitals;
while (my @line = splice @items, 0, 4) { print "\t", join(', ', @line), @items ? ",\n" : "\n" }
print "};\n\n";

print "/* By code point. */\n";
my %same = map { ord $_ => ord $base{$_} } keys %base;
for my $point (0x600 .. 0x6FF)
{
	my @parts = split //, NFD(chr $point);
	$same{$point} = ord $parts[0] if @parts > 1 && $parts[0] =~ /\p{L}/;
}
$same{$_} = $same{ $same{$_} } // $same{$_} for keys %same;
@items = map { sprintf '{0x%X, 0x%X}', $_, $same{$_} } sort { $a <=> $b } keys %same;
print "static const TvmSame same[] = {\n";
while (my @line = splice @items, 0, 6) { print "\t", join(', ', @line), @items ? ",\n" : "\n" }
print "};\n\n#endif\t\t\t\t\t\t\t/* TVM_NAMES_LETTERS_H */\n";
