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
# What is found by them, as each database spells it.
for (@databases)
{
	my ($name, $encoding, $locale) = @$_;
	my %sent = map { $_ => eval { encode({ UTF8 => 'UTF-8', LATIN1 => 'iso-8859-1', SQL_ASCII => 'UTF-8' }->{$encoding} // 'ascii', $_, Encode::FB_CROAK | Encode::LEAVE_SRC) } } 'G\x{f6}teborg', 'Chamb\x{e9}ry', 'Route 9';
	my $text = sub { my $hex = unpack 'H*', $sent{ $_[0] }; $encoding eq 'SQL_ASCII' ? "convert_from('\\x$hex', 'SQL_ASCII')" : "convert_from('\\x$hex', getdatabaseencoding())" };
	my @names = grep { defined $sent{$_} } sort keys %sent;
	$cluster->query($name, "SELECT timevmaps.tv_init(); INSERT INTO timevmaps.worlds (id, name) VALUES (1, 'names'); INSERT INTO timevmaps.timelines (id, world_id, label) VALUES (1, 1, 'main');"
		. join(' ', map { "INSERT INTO timevmaps.places (world_id, name, lat, lon) VALUES (1, " . $text->($names[$_]) . ", 57, 11 + $_);" } 0 .. $#names));
	for my $query ([ 'goteborg', 1, 'equal' ], [ 'GOTEB', 1, 'prefix' ], [ 'gotebrog', 1, 'similar' ], [ 'goeteborg', 1, 'equal' ], [ 'chambery', 0, 'equal' ], [ 'cahmbery', 0, 'similar' ], [ 'route 9', -1, 'equal' ], [ 'rute 9', -1, 'similar' ], [ 'route 8', -2, undef ])
	{
		my ($typed, $which, $match) = @$query;
		my $wanted = $which == 1 ? "G\x{f6}teborg" : $which == 0 ? "Chamb\x{e9}ry" : 'Route 9';
		next unless defined $sent{$wanted};
		is($cluster->query($name, "SELECT match || ' ' || (name = " . $text->($wanted) . ") FROM timevmaps.tv_search(1, 1, '$typed') LIMIT 1"), $match ? "$match true" : '', "$name: $typed");
	}
	is($cluster->query($name, 'SELECT match FROM timevmaps.tv_search(1, 1, ' . $text->($_) . ') LIMIT 1'), 'equal', "$name: a name itself") for @names;
	is($cluster->query($name, 'SELECT address = place_name AND place_name IS NOT NULL FROM timevmaps.tv_reverse(1, 1, 11, 57)'), 't', "$name: what is at a point");
}
# Bytes that are no characters: the others are folded.
is($cluster->query('bytes', q{SELECT timevmaps.tv_fold(E'a\xe9b \xff\xc3' || 'c')}), 'a b c', 'bytes that are no UTF-8');
done_testing();
