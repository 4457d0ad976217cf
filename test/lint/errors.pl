# Every SQLSTATE that the sources raise is in docs/errors.md, with its status over HTTP (which test/http asks PostgREST for),
# and the page names none as ours that is not raised. The codes of this extension's own are defined in one header.
use strict;
use warnings;
use Test::More;
use TvLint;
use File::Find;

chdir($ENV{TV_REPO} // '.') or die;
# PostgreSQL's own list: codes by the names of C and of PL/pgSQL.
my $pg_config = $ENV{PG_CONFIG} // 'pg_config';
chomp(my $share = qx($pg_config --sharedir));
my %code;
for my $line (split /\n/, slurp("$share/errcodes.txt"))
{
	next unless $line =~ /^([0-9A-Z]{5})\s+[EWS]\s+(ERRCODE_\w+)(?:\s+(\w+))?/;
	$code{$2} = $1;
	$code{$3} = $1 if defined $3;
}
my $header = 'src/bridge/server/error.h';
my $codes = slurp($header);
my %ours;
while ($codes =~ /^#define\s+(TV_ERRCODE_\w+)\s+MAKE_SQLSTATE\('(.)', '(.)', '(.)', '(.)', '(.)'\)/gm)
{
	$ours{$1} = $code{$1} = "$2$3$4$5$6";
}

# The SQLSTATEs that a source in C raises, as { code => line }, and what is wrong with how it does.
sub raised_by_c
{
	my ($text) = @_;
	my (%raised, @faults);
	$text =~ s{/\*.*?\*/}{ $& =~ tr/\n//cdr }gse;
	my $here = sub { 1 + (substr($text, 0, $_[0]) =~ tr/\n//) };
	my $take = sub {
		my ($line, @names) = @_;
		for my $name (@names)
		{
			if (defined $code{$name}) { $raised{ $code{$name} } //= $line }
			else { push @faults, "line $line: $name is not known" }
		}
	};
	# The code follows the level at once, as a name or as a choice of names; what is thrown on has been raised elsewhere.
	while ($text =~ /\bereport\((\w+),\s*(?:\(errcode\(((?:[^()]|\([^()]*\))*)\))?/g)
	{
		my ($level, $choice, $line) = ($1, $2, $here->($-[0]));
		next unless $level =~ /^(?:ERROR|FATAL|PANIC)$/;
		if (!defined $choice) { push @faults, "line $line: an error without an errcode"; next }
		$take->($line, $choice =~ /\b(?:TV_)?ERRCODE_\w+/g);
	}
	# A function that chooses, and what becomes of an error on its way.
	$take->($here->($-[0]), $1) while $text =~ /\breturn ((?:TV_)?ERRCODE_\w+);/g;
	$take->($here->($-[0]), $1) while $text =~ /\bsqlerrcode = ((?:TV_)?ERRCODE_\w+);/g;
	$raised{XX000} //= $here->($-[0]) while $text =~ /\belog\((?:ERROR|FATAL|PANIC),/g;
	push @faults, 'a code is made outside of ' . $header if $text =~ /\bMAKE_SQLSTATE\b/ && $text !~ /\bTV_SERVER_ERROR_H\b/;
	return (\%raised, @faults);
}

# The same for SQL.
sub raised_by_sql
{
	my ($text) = @_;
	my (%raised, @faults);
	$text =~ s{--.*}{}g;
	while ($text =~ /\bRAISE\b(?!\s*;)((?:'(?:[^']|'')*'|[^;'])*);/gi)
	{
		my ($statement, $line) = ($1, 1 + (substr($text, 0, $-[0]) =~ tr/\n//));
		next if $statement =~ /^\s*(?:DEBUG|LOG|INFO|NOTICE|WARNING)\b/i;
		my ($name) = $statement =~ /\bERRCODE\s*=\s*'(\w+)'/i;
		if (!defined $name) { push @faults, "line $line: an error without an errcode"; next }
		my $code = $code{$name} // ($name =~ /^[0-9A-Z]{5}$/ ? $name : undef);
		if (defined $code) { $raised{$code} //= $line }
		else { push @faults, "line $line: $name is not known" }
	}
	return (\%raised, @faults);
}

# The page's tables: { code => [ status ] }, of what is raised here, and of what the server says by itself.
sub tables
{
	my ($page) = @_;
	my @tables;
	while ($page =~ /^\| case \| SQLSTATE \| HTTP \|\n\|[-|]+\n((?:\|.*\n)+)/gm)
	{
		my %table;
		for my $row (split /\n/, $1)
		{
			my ($codes, $http) = $row =~ /\|([^|]*)\|([^|]*)\|$/ or next;
			push @{ $table{$_} }, $http for $codes =~ /`([0-9A-Z]{5})`/g;
		}
		push @tables, \%table;
	}
	return @tables;
}

my (%raised, @faults);
find({ no_chdir => 1, wanted => sub {
	return unless /\.([ch]|sql)$/;
	my $path = $_;
	my ($codes, @wrong) = $1 eq 'sql' ? raised_by_sql(slurp($path)) : raised_by_c(slurp($path));
	$raised{$_} //= "$path:$codes->{$_}" for keys %$codes;
	push @faults, map { "$path: $_" } @wrong;
} }, qw(src sql/install sql/tables));
is_deeply(\@faults, [], 'every error has an errcode, and the codes of our own are of one header') or diag(join "\n", @faults);
cmp_ok(scalar keys %raised, '>', 15, 'errors were found');
is_deeply([ grep { !$raised{$_} } sort values %ours ], [], "every code of $header is raised");

my ($here, $server) = tables(slurp('docs/errors.md'));
my @untold = grep { !$here->{$_} } sort keys %raised;
is_deeply(\@untold, [], 'docs/errors.md has every SQLSTATE that is raised') or diag(map { "$_, raised at $raised{$_}\n" } @untold);
is_deeply([ grep { !$raised{$_} } sort keys %$here ], [], 'and no other');
is_deeply([ grep { $raised{$_} } sort grep { !$here->{$_} } keys %$server ], [], "what the server raises by itself is told apart");
for my $table ($here, $server)
{
	is_deeply([ grep { /^PT(...)/ && grep({ !/\b$1\b/ } @{ $table->{$_} }) } sort keys %$table ], [], 'PTxyz is told with the status xyz');
	is_deeply([ grep { grep({ !/\b[2-5]\d\d\b|never/ } @{ $table->{$_} }) } sort keys %$table ], [], 'every code is told with a status');
}

# A hint that names a function is given to those who may call it: all, or by tv_errhint_init() whom it is for.
my %for_all = map { $_ => 1 } map { split } slurp('sql/install/92-execute.sql') =~ /\('tv_player', '([^']*)'\)/g;
cmp_ok(scalar keys %for_all, '>', 50, 'what everybody may call is known');
sub hinted { my ($text) = @_; return grep { !$for_all{$_} } map { /\b(tv_\w+)\(/g } $text =~ /(?:\berrhint\(|\bHINT\s*=\s*(?:format\()?)("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')/g }
my @hinted;
find({ no_chdir => 1, wanted => sub { push @hinted, map { "$File::Find::name: $_()" } hinted(slurp($_)) if /\.(?:c|sql)$/ } }, 'src', 'sql/install', 'sql/tables');
is_deeply(\@hinted, [], 'no hint names a function that is not for everybody');
is_deeply([ hinted(q{errhint("Run: SELECT timevmaps.tv_init();") errhint("tv_identity() says it") HINT = 'See tv_work(1).' HINT = format('a tv_player %s', tv_init())}) ], [qw(tv_init tv_work)], 'such a one is found');

# The check is checked.
for my $case (
	[ "ereport(ERROR,\n\t\t(errcode(ERRCODE_DATA_EXCEPTION),\n\t\terrmsg(\"a\")));", '22000', 0 ],
	[ "ereport(ERROR,\n\t\t(errcode(a == b(c) ? ERRCODE_IO_ERROR\n\t\t: ERRCODE_DATA_EXCEPTION),\n\t\terrmsg(\"a\")));", '22000 58030', 0 ],
	[ "ereport(LOG,\n\t\t(errcode(ERRCODE_DATA_EXCEPTION),\n\t\terrmsg(\"a\")));", '', 0 ],
	[ "/* ereport(ERROR,\n */ return ERRCODE_IO_ERROR;", '58030', 0 ],
	[ "copy->sqlerrcode = ERRCODE_IO_ERROR; x = e->sqlerrcode == ERRCODE_QUERY_CANCELED;", '58030', 0 ],
	[ "elog(ERROR, \"a\"); elog(LOG, \"a\");", 'XX000', 0 ],
	[ "ereport(ERROR,\n\t\t(errmsg(\"a\")));", '', 1 ],
	[ "ereport(ERROR,\n\t\t(errcode(TV_ERRCODE_ODD),\n\t\terrmsg(\"a\")));", '', 1 ],
	[ "#define TV_ODD MAKE_SQLSTATE('T', 'V', '9', '9', '9')", '', 1 ])
{
	my ($text, $codes, $wrong) = @$case;
	my ($found, @wrong) = raised_by_c($text);
	is(join(' ', sort keys %$found) . ' ' . @wrong, "$codes $wrong", 'C: ' . $text =~ s/\s+/ /gr);
}
for my $case (
	[ "RAISE EXCEPTION USING ERRCODE = 'PT499', MESSAGE = 'a; b';", 'PT499', 0 ],
	[ "RAISE EXCEPTION USING\n MESSAGE = 'it''s; so',\n ERRCODE = 'io_error';", '58030', 0 ],
	[ "RAISE; RAISE WARNING USING ERRCODE = 'io_error', MESSAGE = 'a'; -- RAISE EXCEPTION 'a';", '', 0 ],
	[ "RAISE EXCEPTION 'a %', b;", '', 1 ], [ "RAISE EXCEPTION USING ERRCODE = 'odd_thing', MESSAGE = 'a';", '', 1 ])
{
	my ($text, $codes, $wrong) = @$case;
	my ($found, @wrong) = raised_by_sql($text);
	is(join(' ', sort keys %$found) . ' ' . @wrong, "$codes $wrong", 'SQL: ' . $text =~ s/\s+/ /gr);
}
done_testing();
