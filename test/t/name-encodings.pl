# Names are folded alike in every encoding and locale of a database.
use strict;
use warnings;
use utf8;
use Encode qw(encode);
use Test::More;
use TvCluster;

binmode Test::More->builder->$_, ':utf8' for qw(output failure_output);
my $cluster = TvCluster->new;
my @databases = (
	[ plain => 'UTF8', 'C' ], [ unicode => 'UTF8', 'C.UTF-8' ], [ latin => 'LATIN1', 'C' ], [ japanese => 'EUC_JP', 'C' ], [ russian => 'KOI8R', 'C' ], [ bytes => 'SQL_ASCII', 'C' ]);
my %known = ('Chambéry' => 'chambery', 'CHAMBERY' => 'chambery', 'Löhningen' => 'lohningen', 'Straße' => 'strasse', 'Ærø' => 'aero', 'Речицкий' => 'rechitskiy',
	'高槻市' => undef, 'Łódź' => 'lodz', 'الدوحة' => undef, 'Route 9½' => 'route 91 2', '…~' => '');
my %folded;
for (@databases)
{
	my ($name, $encoding, $locale) = @$_;
	$cluster->query('postgres', "CREATE DATABASE $name ENCODING '$encoding' LC_COLLATE '$locale' LC_CTYPE '$locale' TEMPLATE template0");
	$cluster->query($name, 'SET client_min_messages = warning; CREATE EXTENSION timevmaps CASCADE');
	for my $text (sort keys %known)
	{
		# As bytes: what the encoding has no character for cannot be sent.
		my $hex = unpack 'H*', encode('UTF-8', $text);
		my $convert = $encoding eq 'SQL_ASCII' ? "'" . encode('UTF-8', $text) . "'" : "convert_from('\\x$hex', 'UTF8')";
		my ($status, $out) = $cluster->psql($name, "SELECT timevmaps.tv_fold($convert)");
		next if $status;
		chomp $out;
		$folded{$text}{$out} .= " $name";
	}
}
for my $text (sort keys %known)
{
	my @different = sort keys %{ $folded{$text} };
	is(@different, 1, "$text is the same in" . join(', ', values %{ $folded{$text} })) or diag(explain($folded{$text}));
	is($different[0], $known{$text}, "$text: @different") if defined $known{$text};
	like($different[0], qr/^q[a-z]{4}( q[a-z]{4})+$/, "$text: @different") unless defined $known{$text};
}
ok((grep { keys %{ $folded{$_} } } keys %known) == keys %known, 'each was asked somewhere');
# Bytes that are no characters: the others are folded.
is($cluster->query('bytes', q{SELECT timevmaps.tv_fold(E'a\xe9b \xff\xc3' || 'c')}), 'a b c', 'bytes that are no UTF-8');
done_testing();
