# The letters of names in OpenQASM 3, against Perl's own tables of Unicode: at both ends of each run of letters
# and just beyond.  Characters that Unicode got after version 14, or that this Perl does not know, are left out.
use strict;
use warnings;
use Test::More;
use TvCluster;

my $letter = qr/[\p{Lu}\p{Ll}\p{Lt}\p{Lm}\p{Lo}\p{Nl}]/;
my (%at, $before);
for my $code (0x80 .. 0x10FFFF)
{
	next if $code >= 0xD800 && $code <= 0xDFFF;
	my $is = chr($code) =~ $letter ? 1 : 0;
	@at{ $code - 1, $code } = () if defined $before && $is != $before;
	$before = $is;
}
my @codes = grep { !($_ >= 0xD800 && $_ <= 0xDFFF) && $_ >= 0x80 && chr =~ /\p{Present_In: 14.0}/ } sort { $a <=> $b } keys %at;
my $cluster = TvCluster->new;
$cluster->setup('app');
$cluster->query('app', q{CREATE FUNCTION is_letter(code int) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	RETURN timevmaps.tv_circuit_from_qasm('qubit ' || chr(code) || ';') IS NOT NULL;
EXCEPTION WHEN invalid_parameter_value THEN
	RETURN false;
END $$});
my $wanted = join ',', map { $_ . (chr =~ $letter ? 't' : 'f') } @codes;
my $found = $cluster->query('app', 'SELECT string_agg(code || left(is_letter(code)::text, 1), \',\' ORDER BY code) FROM unnest(\'{' . join(',', @codes) . '}\'::int[]) code');
cmp_ok(scalar @codes, '>', 1000, 'ends of runs: ' . @codes);
is($found, $wanted, 'the same letters');
done_testing();
