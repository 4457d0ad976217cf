# Encodings of a database and settings of a session that extensions trip over elsewhere: all is installed, imported and
# told as in any other database.
use strict;
use warnings;
use utf8;
use Encode qw(decode encode);
use Test::More;
use TvCluster;

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);
my $cluster = TvCluster->new;
my $install = 'SET client_min_messages = warning; CREATE EXTENSION timevmaps CASCADE; SELECT count(*) > 0 FROM timevmaps.tv_init()';

# A statement and its answer in UTF-8, whatever the database is; an error as SQLSTATE, message and detail.
sub told
{
	my ($database, $sql) = @_;
	local $ENV{PGCLIENTENCODING} = 'UTF8';
	my ($status, $out, $err) = map { decode('UTF-8', $_) } $cluster->psql($database, encode('UTF-8', $sql));
	chomp $out;
	return $out unless $status;
	return join ' | ', $err =~ /(?:ERROR|DETAIL):\s+(.*)/g;
}

# ---------------------------------------------------------------- encodings
my $rotation = '{"qubits": 1, "gates": [{"op": "RX", "target": 0, "theta": "$NAME"}]}';
my $program = 'OPENQASM 3; include "stdgates.inc"; input float NAME; qubit q; rx(NAME) q;';
my %letter = (UTF8 => 'é', LATIN1 => 'é', WIN1252 => 'é', SQL_ASCII => 'é', EUC_JP => 'θ', EUC_KR => 'θ', EUC_CN => 'θ');
for my $encoding (sort keys %letter)
{
	my $name = $letter{$encoding};
	my $database = 'encoding_' . lc $encoding;
	my ($circuit, $qasm) = map { s/NAME/$name/gr } $rotation, $program;
	$cluster->query('postgres', "CREATE DATABASE $database ENCODING '$encoding' LOCALE 'C' TEMPLATE template0");
	is(told($database, $install), 't', "$encoding: the extension and its tables are made") or next;
	is(told($database, "SELECT timevmaps.tv_circuit_from_qasm('$qasm') -> 'gates' -> 0 ->> 'theta'"), "\$$name", "$encoding: a letter is one in OpenQASM");
	like(told($database, "SELECT timevmaps.tv_circuit_to_qasm('$circuit')"), qr/^rx\($name\) q\[0\];$/m, "$encoding: and is written");
	is(told($database, "SELECT timevmaps.tv_circuit_from_qasm('OPENQASM 3; qubit q; /* $name */ $name q;')"),
		qq(22023: line 1, column 30: unknown gate | "$name" is not defined here.), "$encoding: an error quotes it, and columns are characters");
	is(told($database, "SELECT timevmaps.tv_circuit_hash(c) = encode(sha256(convert_to(timevmaps.tv_circuit_canonical(c)::text, 'UTF8')), 'hex')
		FROM (SELECT '$circuit'::jsonb) c (c)"), 't', "$encoding: the hash is that of UTF-8");
	like(told($database, "SELECT timevmaps.tv_circuit_draw('$circuit', 'svg')"), qr/Rx\(\$$name\)/, "$encoding: it is drawn");
}
is(told('encoding_latin1', q{SELECT timevmaps.tv_circuit_from_qasm('OPENQASM 3; qubit q; § q;')}),
	'22023: line 1, column 22: not a character of OpenQASM', 'what is no letter is none');

# ---------------------------------------------------------------- settings of the session
sub with
{
	my ($settings, $database, $sql) = @_;
	local $ENV{PGOPTIONS} = "-c $settings";
	return told($database, $sql);
}
$cluster->query('postgres', "CREATE DATABASE plain");
is(with('default_tablespace=pg_default', 'plain', $install), 't', 'the tables are made where default_tablespace names the tablespace of the database');
is(told('plain', "SELECT reltablespace FROM pg_class WHERE oid = 'timevmaps.frames'::regclass"), '0', 'and are in it');
is(with('default_tablespace=pg_default', 'plain', 'SELECT count(*) FROM timevmaps.tv_init(); SHOW default_tablespace'), "0\npg_default",
	'tv_init() leaves the setting as it was');
$cluster->query('plain', "INSERT INTO timevmaps.worlds (name) VALUES ('w');
	CREATE TABLE graph (line int, text text); CREATE TABLE coordinates (line int, text text);
	INSERT INTO graph VALUES (1, 'c a comment'), (2, ''), (3, 'p sp 2 1'), (4, 'a  1 2	10 ');
	INSERT INTO coordinates VALUES (1, 'p aux sp co 2'), (2, 'v 1 11900000 57700000'), (3, 'v 2 11910000 57700000')");
for my $setting ('standard_conforming_strings=on', 'standard_conforming_strings=off')
{
	is(with($setting, 'plain', "BEGIN; SELECT * FROM timevmaps.tv_import_dimacs(1, 'graph', 'coordinates')"), '2|1|0', "an import with $setting");
}

done_testing;
