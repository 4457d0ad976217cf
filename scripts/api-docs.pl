# Print docs/api.md: every function, type and table of a database that has the extension
# and its tables, with their comments, in the order of the files that make them, and the
# examples of docs/examples.sql with what they print.  The database is empty and is used up.
#
#   scripts/api-docs.pl DATABASE      psql's environment says which server
use strict;
use warnings;
use File::Temp ();
use JSON::PP;

my $database = shift // die "usage: api-docs.pl DATABASE\n";
my $query = <<'SQL';
SELECT json_build_object(
  'functions', (SELECT json_agg(json_build_object('name', p.proname, 'kind', p.prokind, 'arguments', pg_get_function_arguments(p.oid),
        'result', pg_get_function_result(p.oid), 'volatile', p.provolatile, 'strict', p.proisstrict, 'parallel', p.proparallel,
        'comment', obj_description(p.oid, 'pg_proc')) ORDER BY p.proname)
     FROM pg_proc p WHERE p.pronamespace = 'timevmaps'::regnamespace),
  'relations', (SELECT json_agg(json_build_object('name', c.relname, 'kind', c.relkind,
        'comment', coalesce(obj_description(c.oid, 'pg_class'), obj_description(c.reltype, 'pg_type')),
        'columns', (SELECT json_agg(json_build_object('name', a.attname, 'type', regexp_replace(format_type(a.atttypid, a.atttypmod), '^\w+\.', ''),
                'null', NOT a.attnotnull, 'comment', col_description(c.oid, a.attnum),
                'default', CASE WHEN a.attidentity <> '' THEN 'identity' WHEN a.attgenerated <> '' THEN 'generated'
                                ELSE pg_get_expr(d.adbin, d.adrelid) END) ORDER BY a.attnum)
             FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)) ORDER BY c.relname)
     FROM pg_class c WHERE c.relnamespace = 'timevmaps'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'c') AND NOT c.relispartition),
  'domains', (SELECT json_agg(json_build_object('name', t.typname, 'kind', 'd', 'base', format_type(t.typbasetype, NULL),
        'comment', obj_description(t.oid, 'pg_type')) ORDER BY t.typname)
     FROM pg_type t WHERE t.typnamespace = 'timevmaps'::regnamespace AND t.typtype = 'd'),
  'settings', (SELECT json_agg(json_build_object('name', name, 'unit', unit, 'default', boot_val, 'comment', short_desc) ORDER BY name)
     FROM pg_settings WHERE name LIKE 'timevmaps.%'))
SQL
# Settings are known once the library is loaded.
open my $psql, '-|', 'psql', '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-d', $database,
	'-c', "LOAD 'timevmaps'", '-c', $query or die "psql: $!";
my $text = do { local $/; <$psql> };
close $psql or die "api-docs: psql failed\n";
my $catalog = JSON::PP->new->utf8->decode($text);
binmode STDOUT, ':encoding(UTF-8)';

# What each file of sql/install and sql/tables makes, and what its first line says.
my (@topics, %topic);
my $examples = examples();
for my $file (sort(glob 'sql/install/*.sql'), sort(glob 'sql/tables/*.sql'))
{
	open my $in, '<', $file or die "$file: $!";
	my $script = do { local $/; <$in> };
	my ($title) = $script =~ /\A--\s*(?:\d+-[\w-]+:\s*)?(.*?)\.?\s*\n/;
	push @topics, { file => $file, title => ucfirst($title // $file), };
	$topic{$1} //= $#topics while $script =~ /^\s*CREATE\s+(?:OR\s+REPLACE\s+)?(?:FUNCTION|PROCEDURE|TABLE|VIEW|TYPE|DOMAIN)\s+(?:IF\s+NOT\s+EXISTS\s+)?timevmaps\."?([\w\/]+)/gim;
}
my %by_topic;
push @{ $catalog->{relations} }, @{ $catalog->{domains} };
for my $kind ('functions', 'relations')
{
	push @{ $by_topic{ $topic{ $_->{name} } // die "api-docs: no file makes $_->{name}\n" }{$kind} }, $_ for @{ $catalog->{$kind} };
}

my %volatility = (i => 'immutable', s => 'stable', v => 'volatile');

print <<'HEAD';
# API reference

Made from the comments in the catalog by `make docs`; do not edit it by hand. Everything is in schema `timevmaps`, and
nothing else is: what only we call is in `timevmaps_internal`, where no client looks.
The promises behind it, with the errors, are in [errors.md](errors.md), how the parts hang together in
[architecture.md](architecture.md).

HEAD
contents();
tasks();

print "## Functions\n";
for my $i (0 .. $#topics)
{
	my @functions = @{ $by_topic{$i}{functions} // [] };
	my @types = grep { $_->{kind} =~ /[cd]/ } @{ $by_topic{$i}{relations} // [] };
	next unless @functions || @types;
	print "\n### $topics[$i]{title}\n";
	relation($_) for @types;
	function($_) for @functions;
}
print "\n## Tables\n\nMade by `tv_init()`.\n";
for my $i (0 .. $#topics)
{
	relation($_) for grep { $_->{kind} !~ /[cd]/ } @{ $by_topic{$i}{relations} // [] };
}
print "\n## Settings\n\n| setting | default | unit | |\n|---|---|---|---|\n";
printf "| `%s` | `%s` | %s | %s |\n", $_->{name}, $_->{default} // '', $_->{unit} // '', cell($_->{comment} // '') for @{ $catalog->{settings} // [] };

sub cell { my ($text) = @_; $text =~ s/\s*\n\s*/ /g; $text =~ s/\|/\\|/g; return $text }

# A comment's first line is the summary; each line after it is a point of its own.
sub prose
{
	my ($summary, @points) = split /\n/, $_[0] // '';
	return ($summary // '') . "\n" . (@points ? "\n" . join('', map { "- $_\n" } @points) : '');
}

sub function
{
	my ($f) = @_;
	my @arguments = split /, (?=(?:IN |OUT |INOUT |VARIADIC )?\w+ )/, $f->{arguments};
	my $signature = "$f->{name}(" . join(', ', @arguments) . ')';
	$signature = "$f->{name}(\n    " . join(",\n    ", @arguments) . ')' if length $signature > 100;
	my $result = $f->{kind} eq 'p' ? '' : " -> $f->{result}";
	$result =~ s/TABLE\((.*)\)/"TABLE (\n    " . join(",\n    ", split(m{, (?=\w+ )}, $1)) . ")"/e if length $result > 80;
	my @traits = ($f->{kind} eq 'p' ? 'procedure' : $volatility{ $f->{volatile} });
	push @traits, 'strict' if $f->{strict};
	push @traits, 'parallel safe' if $f->{parallel} eq 's';
	print "\n#### $f->{name}\n\n```\n$signature$result\n```\n\n", prose($f->{comment}), "\n*", join(', ', @traits), "*\n";
	if (my $example = $examples->{ $f->{name} })
	{
		print "\n```sql\n$example->{sql}```\n";
		print "\n```text\n$example->{output}```\n" if $example->{output} =~ /\S/;
	}
}

sub slurp
{
	my ($file) = @_;
	open my $in, '<:encoding(UTF-8)', $file or die "$file: $!";
	local $/;
	return scalar <$in>;
}

# name => {sql, output}: docs/examples.sql, run from top to bottom in one session.
sub examples
{
	my $file = slurp('docs/examples.sql');
	my (undef, %sql) = split /^-- (tv_\w+)\n/m, 'world' . $file;
	my %known = map { $_ => 1 } keys %sql;
	my %function = map { $_->{name} => 1 } @{ $catalog->{functions} };
	die "api-docs: docs/examples.sql has no example of: @$_\n" for grep { @$_ } [ grep { !$known{$_} } sort keys %function ];
	die "api-docs: docs/examples.sql names what is no function: @$_\n" for grep { @$_ } [ grep { !$function{$_} } sort keys %known ];
	my $script = File::Temp->new;
	my $text = $file =~ s/^(-- (tv_\w+)\n)/\\echo @@ $2\n$1/mgr;
	binmode $script, ':encoding(UTF-8)';
	print $script $text;
	close $script or die;
	local $ENV{PGOPTIONS} = '-c client_min_messages=warning';
	open my $psql, '-|', 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-P', 'pager=off', '-d', $database, '-f', $script->filename or die "psql: $!";
	binmode $psql, ':encoding(UTF-8)';
	my $printed = do { local $/; <$psql> };
	close $psql or die "api-docs: docs/examples.sql failed\n";
	my (undef, %output) = split /^@@ (tv_\w+)\n/m, "before\n$printed";
	return { map { my ($sql, $out) = ($sql{$_}, $output{$_} // ''); s/[ \t]+$//mg, s/\n+\z/\n/ for $sql, $out; $_ => { sql => $sql, output => $out } } keys %sql };
}

# docs/tasks.md, with its functions as links: each that has an example is in it.
sub tasks
{
	my $text = slurp('docs/tasks.md') =~ s/\A# /## /r;
	my %named = map { $_ => 1 } $text =~ /`(tv_\w+)`/g;
	die "api-docs: docs/tasks.md leaves out: @$_\n" for grep { @$_ } [ grep { !$named{$_} } sort keys %$examples ];
	print $text =~ s/(`(tv_\w+)`)/[$1](#$2)/gr, "\n";
}

# A line a topic, with its functions.
sub contents
{
	print "## Contents\n\n";
	for my $i (0 .. $#topics)
	{
		my @functions = map { "[$_->{name}](#$_->{name})" } grep { $examples->{ $_->{name} } } @{ $by_topic{$i}{functions} // [] };
		print "- $topics[$i]{title}: ", join(', ', @functions), "\n" if @functions;
	}
	my @tables = map { "[$_->{name}](#$_->{name})" } grep { $_->{kind} !~ /[cd]/ } map { @{ $by_topic{$_}{relations} // [] } } 0 .. $#topics;
	print "- [Tables](#tables): ", join(', ', @tables), "\n- [Settings](#settings)\n\n";
}

sub relation
{
	my ($r) = @_;
	return print "\n#### $r->{name}\n\n", prose($r->{comment}), "\n*a domain over $r->{base}*\n" if $r->{kind} eq 'd';
	my $type = $r->{kind} eq 'c';
	print "\n", $type ? '####' : '###', " $r->{name}\n\n", prose($r->{comment});
	print $type ? "\n| field | type | |\n|---|---|---|\n" : "\n| column | type | default | |\n|---|---|---|---|\n";
	for my $c (@{ $r->{columns} })
	{
		my $null = $type || !$c->{null} ? '' : ', may be null';
		my $default = defined $c->{default} ? "`" . cell($c->{default}) . "`" : '';
		print $type ? "| `$c->{name}` | $c->{type} | " : "| `$c->{name}` | $c->{type}$null | $default | ", cell($c->{comment} // ''), " |\n";
	}
}
