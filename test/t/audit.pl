# The audit under whoever may do anything: each way in which a superuser changes it behind the triggers' back is found, and
# named; what he seals again is told by the anchor alone.  An oracle of our own computes the seals from a copy of the tables.
use strict;
use warnings;
use Test::More;
use Digest::SHA qw(sha256);
use TvCluster;
use TvSession;

my $cluster = TvCluster->new(conf => [ 'max_prepared_transactions = 5', 'wal_level = logical' ]);
$cluster->setup('app');
sub ask { return $cluster->query('app', $_[0]) }
sub seal { return ask('SELECT count(*) FROM timevmaps.tv_seal_audit()') }
sub verdict { my ($since) = @_; return ask('SELECT * FROM timevmaps.tv_verify_audit(' . ($since // '') . ')') }

# Three batches, of several transactions each.
ask(q{INSERT INTO timevmaps.worlds (name) VALUES ('w'); INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'main')});
for my $batch (1 .. 3)
{
	ask("INSERT INTO timevmaps.places (world_id, lat, lon) SELECT 1, $_, $batch FROM generate_series(1, $_)") for 1 .. 5;
	ask(q{SET timevmaps.identity = 'ad|ä, 1:x'; UPDATE timevmaps.places SET name = 'ü' WHERE id < 4});
	is(seal(), '1', "batch $batch is sealed");
}
is(seal(), '0', 'where there is nothing new, nothing is sealed');
is(verdict(), '', 'all holds');
is(ask('SELECT string_agg(batch::text, \',\' ORDER BY batch), min(from_xid::text::bigint) FROM timevmaps.audit_seals'), '1,2,3|0', 'batches are numbered');

# The oracle ------------------------------------------------------------------

# A table as COPY gives it: a list of rows of columns, nulls undefined.
sub copy
{
	my ($query) = @_;
	my %escaped = (n => "\n", t => "\t", r => "\r", b => "\b", f => "\f", v => "\013");
	return map { [ map { $_ eq '\\N' ? undef : s/\\(.)/$escaped{$1} \/\/ $1/ger } split /\t/, $_, -1 ] }
		split /\n/, ask("SET TimeZone = 'UTC'; SET bytea_output = hex; COPY ($query) TO STDOUT");
}

# The tree of RFC 6962, by its definition.
sub tree
{
	my (@leaves) = @_;
	return $leaves[0] if @leaves == 1;
	my $left = 1;
	$left *= 2 while $left * 2 < @leaves;
	return sha256("\1" . tree(@leaves[ 0 .. $left - 1 ]) . tree(@leaves[ $left .. $#leaves ]));
}

sub oracle
{
	my @events = copy('SELECT id, xid, era, at, identity, session_role, role, action, relation, world_ids, count, ids, more FROM timevmaps.audit_events');
	my ($previous, @wrong) = ("\0" x 32);
	for my $seal (sort { $a->[0] <=> $b->[0] } copy(q{SELECT batch, era, from_xid, to_xid, count, first_id, last_id,
		trunc(extract(epoch FROM at) * 1000000), encode(leaves, 'hex'), encode(merkle, 'hex'), encode(previous, 'hex'), encode(root, 'hex') FROM timevmaps.audit_seals}))
	{
		my ($batch, $era, $from, $to, $count, $first, $last, $at, @hex) = @$seal;
		my ($leaves, $merkle, $before, $root) = map { pack 'H*', $_ } @hex;
		my @rows = sort { $a->[1] <=> $b->[1] || $a->[0] <=> $b->[0] } grep { $_->[2] == $era && $_->[1] >= $from && $_->[1] < $to } @events;
		my @hashes = map {
			my @fields = @$_;
			# 2026-11-29 20:00:00.12+00 to microseconds.
			$fields[3] =~ s/\+00$//;
			$fields[3] .= '.' unless $fields[3] =~ /\./;
			$fields[3] .= '0' while $fields[3] !~ /\.\d{6}$/;
			sha256("\0" . join '', map { defined $_ ? length($_) . ":$_," : '-' } @fields);
		} @rows;
		push @wrong, "$batch: count" if $count != @rows;
		push @wrong, "$batch: leaves" if $leaves ne join '', map { pack('Q>', $rows[$_][0]) . substr $hashes[$_], 0, 8 } 0 .. $#rows;
		push @wrong, "$batch: tree" if $merkle ne tree(@hashes);
		push @wrong, "$batch: previous" if $before ne $previous;
		push @wrong, "$batch: root" if $root ne sha256("\2" . $previous . $merkle . join('|', @$seal[ 0 .. 7 ]) . '|' . $leaves);
		$previous = $root;
	}
	return join ', ', @wrong;
}
is(oracle(), '', 'seals are what docs/security.md says');

# Ways to tamper --------------------------------------------------------------

# Of the rows of the second batch the third, and what becomes of it.
my ($id, $next) = split /\|/, ask(q{SELECT (array_agg(id ORDER BY xid, id))[3], (array_agg(id ORDER BY xid, id))[4] FROM timevmaps.audit_events e, timevmaps.audit_seals s
	WHERE s.batch = 2 AND e.xid >= s.from_xid AND e.xid < s.to_xid});
my $last = ask('SELECT max(last_id) FROM timevmaps.audit_seals');
my $one = "SELECT e.* FROM timevmaps.audit_events e WHERE e.id = $id";
my @events = (
	[ "UPDATE timevmaps.audit_events SET at = at + interval '1 microsecond' WHERE id = $id", "2|$id|changed" ],
	[ "UPDATE timevmaps.audit_events SET identity = 'eve' WHERE id = $id", "2|$id|changed" ],
	[ "UPDATE timevmaps.audit_events SET identity = NULL WHERE id = $id", "2|$id|changed" ],
	[ "UPDATE timevmaps.audit_events SET identity = '-' WHERE id = $id", "2|$id|changed" ],
	[ "UPDATE timevmaps.audit_events SET session_role = 'eve' WHERE id = $id", "2|$id|changed" ],
	[ "UPDATE timevmaps.audit_events SET role = 'eve' WHERE id = $id", "2|$id|changed" ],
	[ "UPDATE timevmaps.audit_events SET action = 'DELETE' WHERE id = $id", "2|$id|changed" ],
	[ "UPDATE timevmaps.audit_events SET relation = 'segments' WHERE id = $id", "2|$id|changed" ],
	[ "UPDATE timevmaps.audit_events SET relation = NULL WHERE id = $id", "2|$id|changed" ],
	[ "UPDATE timevmaps.audit_events SET world_ids = '{2}' WHERE id = $id", "2|$id|changed" ],
	[ "UPDATE timevmaps.audit_events SET world_ids = NULL WHERE id = $id", "2|$id|changed" ],
	[ "UPDATE timevmaps.audit_events SET world_ids = '{}' WHERE id = $id", "2|$id|changed" ],
	[ "UPDATE timevmaps.audit_events SET count = count + 1 WHERE id = $id", "2|$id|changed" ],
	[ "UPDATE timevmaps.audit_events SET ids = ids || 0::bigint WHERE id = $id", "2|$id|changed" ],
	[ "UPDATE timevmaps.audit_events SET more = '{}' WHERE id = $id", "2|$id|changed" ],
	[ "UPDATE timevmaps.audit_events SET xid = '1' WHERE id = $id", qr/^1\|$id\|put in$/ ],
	[ "UPDATE timevmaps.audit_events SET xid = (xid::text::bigint + 1000000)::text::xid8 WHERE id = $id", "2|$id|removed" ],
	[ "UPDATE timevmaps.audit_events SET era = 2 WHERE id = $id", "2|$id|removed" ],
	[ "UPDATE timevmaps.audit_events SET era = 0 WHERE id = $id", "1|$id|put in" ],
	[ "ALTER TABLE timevmaps.audit_events ALTER id DROP IDENTITY; UPDATE timevmaps.audit_events SET id = 777 WHERE id = $id", "2|$id|removed" ],
	[ "ALTER TABLE timevmaps.audit_events ALTER id DROP IDENTITY; UPDATE timevmaps.audit_events SET id = CASE id WHEN $id THEN $next ELSE $id END WHERE id IN ($id, $next)", "2|$next|changed" ],
	[ "DELETE FROM timevmaps.audit_events WHERE id = $id", "2|$id|removed" ],
	[ "DELETE FROM timevmaps.audit_events WHERE id IN ($id, $next)", "2|$id|removed" ],
	[ "DELETE FROM timevmaps.audit_events WHERE id = $last", "3|$last|removed" ],
	[ 'TRUNCATE timevmaps.audit_events', qr/^1\|\d+\|removed$/ ],
	[ "INSERT INTO timevmaps.audit_events OVERRIDING SYSTEM VALUE SELECT (e).* FROM (SELECT jsonb_populate_record(e, '{\"id\": 888}') e FROM timevmaps.audit_events e WHERE e.id = $id) e", '2|888|put in' ],
	[ "INSERT INTO timevmaps.audit_events (xid, action) VALUES ('1', 'x')", qr/^1\|\d+\|put in$/ ],
	[ "INSERT INTO timevmaps.audit_events (era, action) VALUES (7, 'x')", qr/^4\|\d+\|put in$/ ],
);
my @seals = (
	(map { [ "UPDATE timevmaps.audit_seals SET $_ WHERE batch = 2", '2||seal changed' ] }
		"era = 2", "from_xid = '4'", "to_xid = (to_xid::text::bigint + 1)::text::xid8", 'count = count + 1', 'first_id = 1', 'last_id = last_id + 1', "at = at - interval '1 s'",
		"leaves = set_byte(leaves, 3, 9)", "leaves = leaves || '\\x00'", "merkle = set_byte(merkle, 31, get_byte(merkle, 31) # 1)", "previous = sha256('x')", "previous = '\\x00'",
		"root = set_byte(root, 0, get_byte(root, 0) # 1)", "root = root || '\\x00'"),
	[ 'DELETE FROM timevmaps.audit_seals WHERE batch = 2', '2||seal removed' ],
	[ 'DELETE FROM timevmaps.audit_seals WHERE batch = 1', '1||seal removed' ],
	[ 'UPDATE timevmaps.audit_seals SET batch = 9 WHERE batch = 3', '3||seal removed' ],
	[ 'UPDATE timevmaps.audit_seals SET batch = 5 - batch WHERE batch IN (2, 3)', '2||seal changed' ],
);
for my $case (@events, @seals)
{
	my ($change, $wanted) = @$case;
	# Constraints do not stand in a superuser's way.
	$change = "ALTER TABLE timevmaps.audit_seals DROP CONSTRAINT audit_seals_pkey; $change; ALTER TABLE timevmaps.audit_seals ADD PRIMARY KEY (batch)" if $change =~ /5 - batch/;
	my $said = ask(qq{BEGIN; SET LOCAL session_replication_role = replica; ALTER TABLE timevmaps.audit_events DISABLE TRIGGER ALL; ALTER TABLE timevmaps.audit_seals DISABLE TRIGGER ALL;
		$change; SELECT 'said ' || concat_ws('|', v.batch, coalesce(v.event_id::text, ''), v.what) FROM timevmaps.tv_verify_audit() v; ROLLBACK});
	$said =~ s/^.*said //s;
	ref $wanted ? like($said, $wanted, $change) : is($said, $wanted, $change);
}
is(verdict(), '', 'nothing of that has stayed');
is(verdict(4), '', 'a batch that is to come');
is(ask(q{BEGIN; ALTER TABLE timevmaps.audit_events DISABLE TRIGGER ALL; DELETE FROM timevmaps.audit_events WHERE id = 1; SELECT count(*) FROM timevmaps.tv_verify_audit(2); ROLLBACK}) , '0',
	'what is before the batch that is asked for is not looked at');

# Who seals all of it again is told by the log and the metrics alone --------------

sub metrics { return join ' ', ask('SELECT timevmaps.tv_metrics()') =~ /^timevmaps_audit_(?:sealed_batches|root\S*) (\d+)/mg }
sub roots { my ($batch) = @_; return $cluster->log_text =~ /LOG:  timevmaps audit: batch $batch of \d+ rows has root ([0-9a-f]{64})/g }
my @sealed = roots(2);
is_deeply(\@sealed, [ ask(q{SELECT encode(root, 'hex') FROM timevmaps.audit_seals WHERE batch = 2}) ], 'the log has the root of a batch');
my $metrics = metrics();
is($metrics, join(' ', 3, map { hex } ask(q{SELECT encode(root, 'hex') FROM timevmaps.audit_seals WHERE batch = 3}) =~ /.{8}/g), 'and the metrics the last one');
ask(qq{ALTER TABLE timevmaps.audit_events DISABLE TRIGGER ALL; ALTER TABLE timevmaps.audit_seals DISABLE TRIGGER ALL;
	UPDATE timevmaps.audit_events SET identity = 'eve' WHERE id = $id; DELETE FROM timevmaps.audit_seals WHERE batch > 1;
	ALTER TABLE timevmaps.audit_events ENABLE TRIGGER ALL; ALTER TABLE timevmaps.audit_seals ENABLE TRIGGER ALL; SELECT count(*) FROM timevmaps.tv_init()});
is(seal(), '1', 'a superuser changes a row, and seals it again');
is(verdict(), '', 'which holds');
is(oracle(), '', 'by the oracle, too');
isnt((roots(2))[-1], $sealed[0], 'but the log has another root of that batch');
isnt(metrics(), $metrics, 'and so have the metrics');

# What is final -------------------------------------------------------------------

my ($early, $late) = map { TvSession->new($cluster, 'app', $_) } qw(early late);
sub unsealed { return ask('SELECT timevmaps.tv_metrics()') =~ /^timevmaps_audit_unsealed_events (\d+)/m ? $1 : 'none' }
my $insert = 'INSERT INTO timevmaps.places (world_id, lat, lon) VALUES (1, 2, 3)';
$early->query("BEGIN; $insert");
$late->query("$insert; BEGIN; $insert; SAVEPOINT s; $insert; ROLLBACK TO s; $insert; COMMIT; BEGIN; $insert; ROLLBACK");
is(seal(), '0', 'what is younger than a transaction that still runs is not sealed');
is(unsealed(), '3', 'and is counted: what was rolled back is not there');
$early->query("$insert; COMMIT");
is(seal(), '1', 'when that has ended it is');
is(unsealed() . verdict(), '0', 'with what that did');
$early->query("BEGIN; $insert; PREPARE TRANSACTION 'later'");
$late->query($insert);
is(seal(), '0', 'a prepared transaction runs');
$cluster->stop('immediate');
$cluster->start;
is(seal(), '0', 'over a crash, too');
ask("COMMIT PREPARED 'later'");
is(seal() . verdict() . oracle(), '1', 'and is sealed when it has committed');

# Sealers at once, and those that come to no end.
($early, $late) = map { TvSession->new($cluster, 'app', $_) } qw(early late);
ask($insert);
$early->query('BEGIN; SELECT timevmaps.tv_seal_audit()');
$late->begin('SELECT count(*) FROM timevmaps.tv_seal_audit()');
ok($late->is_waiting(0.3), 'a second sealer waits');
ask($insert);
is(ask("SELECT count(*) FROM timevmaps.audit_seals"), '4', 'readers and writers do not');
$early->query('COMMIT');
is($late->finish->{rows}, '1', 'and seals what has come');
is(verdict(), '', 'it holds');
my $lines = () = roots('\d+');
ask($insert);
$early->query('BEGIN; SAVEPOINT s; SELECT timevmaps.tv_seal_audit(); ROLLBACK TO s; COMMIT; BEGIN; SELECT timevmaps.tv_seal_audit(); ROLLBACK');
is(scalar(() = roots('\d+')), $lines, 'a seal that was rolled back is not in the log');
$early->query('BEGIN; SAVEPOINT s; SELECT timevmaps.tv_seal_audit(); RELEASE s; COMMIT');
is(scalar(() = roots('\d+')), $lines + 1, 'and one of a subtransaction is');
ask($insert);
ask('CALL timevmaps.tv_work(0)');
is(unsealed(), '0', 'tv_work() seals when it has done');

# A backlog, in pieces of whole transactions.
ask(q{DO $$ BEGIN FOR i IN 1..12000 LOOP INSERT INTO timevmaps.places (world_id, lat, lon) VALUES (1, 1, 1); IF i % 7 = 0 THEN COMMIT; END IF; END LOOP; END $$});
my $pid = $early->query('SELECT pg_backend_pid()');
$early->query('BEGIN; SELECT timevmaps.tv_seal_audit()');
kill 'KILL', $pid or die;
ok($cluster->poll('app', 'SELECT true'), 'a sealer is killed');
is(unsealed(), '12000', 'and has sealed nothing');
is(ask('SELECT count FROM timevmaps.tv_seal_audit(1)'), '10003', 'a batch ends with a transaction');
is(ask('SELECT count FROM timevmaps.tv_seal_audit(1)'), '1997', 'the next has the rest');
is(verdict() . oracle(), '', 'both hold');

# While others write.
my @writers = map { my $number = $_; my $child = fork() // die; if (!$child) { for (1 .. 4) { $cluster->psql('app', "DO \$\$ BEGIN FOR i IN 1..150 LOOP $insert; COMMIT; END LOOP; END \$\$") } POSIX::_exit(0) } $child } 1 .. 3;
my @verdicts = map { seal(); verdict() } 1 .. 8;
waitpid $_, 0 for @writers;
is(join('', @verdicts), '', 'all that is sealed holds while others write');
seal();
is(unsealed() . verdict() . oracle(), '0', 'and when they have done');

# What docs/security.md says of retention.
is(ask(q{BEGIN; ALTER TABLE timevmaps.audit_events DISABLE TRIGGER audit_events_log_refuse;
	DELETE FROM timevmaps.audit_events e USING timevmaps.audit_seals s WHERE s.batch < 4 AND e.era = s.era AND e.xid >= s.from_xid AND e.xid < s.to_xid;
	ALTER TABLE timevmaps.audit_events ENABLE ALWAYS TRIGGER audit_events_log_refuse; SELECT (SELECT count(*) FROM timevmaps.tv_verify_audit(4)), (SELECT what FROM timevmaps.tv_verify_audit()); ROLLBACK}),
	'0|removed', 'batches that were given up are verified no more');

# Another cluster, whose transactions are behind -------------------------------

ask($insert);
my $dump = $cluster->dir . '/app.dump';
my ($status, undef, $err) = $cluster->client('pg_dump', '-Fc', '-f', $dump, 'app');
is($status, 0, 'pg_dump') or diag($err);
my $seals = ask('SELECT max(batch) FROM timevmaps.audit_seals');
my $old = $cluster;
$cluster = TvCluster->new;
$cluster->query('postgres', "CREATE DATABASE $_") for qw(app roles);
$cluster->query('roles', 'SET client_min_messages = warning; CREATE EXTENSION timevmaps CASCADE');
($status, undef, $err) = $cluster->client('pg_restore', '--exit-on-error', '-d', 'app', $dump);
is($status, 0, 'pg_restore into another cluster') or diag($err);
is(verdict(), '', 'what was sealed there holds here');
ask($insert);    # before anybody has asked
ask('SELECT timevmaps.tv_init()');
ask($insert);
is(seal(), '2', 'what the dump had unsealed is sealed, and then what has come since');
is(ask(qq{SELECT string_agg(concat(era, ' ', from_xid = '0', ' ', count), ',' ORDER BY batch) FROM timevmaps.audit_seals WHERE batch > $seals}), '1 f 1,2 t 2', 'in an era of its own');
is(verdict() . oracle() . unsealed(), '0', 'all holds');
is(ask('BEGIN; ALTER TABLE timevmaps.audit_events DISABLE TRIGGER ALL; INSERT INTO timevmaps.audit_events (era, xid, action) VALUES (1, \'99999999\', \'x\');
	SELECT v.what FROM timevmaps.tv_verify_audit() v; ROLLBACK'), 'put in', 'to an era that is over nothing can be added');

# The worker seals by itself.
ask($insert);
ask('SELECT timevmaps.tv_start_worker()');
ok($cluster->poll('app', qq{SELECT (timevmaps.tv_metrics()::text ~ 'unsealed_events 0\n') AND max(batch) = $seals + 3 FROM timevmaps.audit_seals}, 20), 'a worker seals what is new');
done_testing();
