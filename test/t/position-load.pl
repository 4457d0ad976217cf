# tv_load_positions() reads what somebody else has made: code that changes the relation under it, settings of the session's that are beyond measure, and days without end.
use strict;
use warnings;
use Test::More;
use TvCluster;

my $cluster = TvCluster->new(conf => ["shared_preload_libraries = 'timevmaps'", 'timevmaps.workers = 0', 'max_locks_per_transaction = 256', 'autovacuum = off']);
$cluster->setup('app');
sub q1 { return $cluster->query('app', $_[0]) }
q1(q{
    CREATE ROLE ada LOGIN IN ROLE tv_analyst;
    CREATE SCHEMA hers AUTHORIZATION ada;
    SET SESSION AUTHORIZATION ada;
    INSERT INTO timevmaps.worlds (name) VALUES ('w');
    INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'root');
    INSERT INTO timevmaps.vehicles (world_id, name) VALUES (1, 'bus');
    SELECT timevmaps.tv_branch(1, 'branch', fork_at => '2020-01-01 00:00+00');
    CREATE TABLE hers.fixes AS SELECT '2026-01-01 00:00+00'::timestamptz + g * interval '1 ms' AS t, 1 AS lon, 2 AS lat, 'bus' AS vehicle FROM generate_series(1, 3000) g;
    CREATE FUNCTION hers.days(since date, count integer) RETURNS TABLE (t timestamptz, lon integer, lat integer, vehicle text) LANGUAGE sql AS
        $$ SELECT since::timestamp AT TIME ZONE 'UTC' + d * interval '1 day' + s * interval '1 s', NULL::integer, 1, 'bus' FROM generate_series(0, count - 1) d, generate_series(0, 999) s $$});
# As ada; her statements are transactions of their own.
sub load { my ($relation, $more) = @_; return $cluster->sqlstate('app', "CALL timevmaps.tv_load_positions('hers.$relation', " . ($more // '1, 1') . ')', '-U', 'ada', @_[2 .. $#_]) }
sub days { return q1(q{SELECT count(*) FROM pg_inherits WHERE inhparent = 'timevmaps.positions'::regclass}) }

# ---------------------------------------------------------------- memory
# A chunk's rows, counted in 32 bits, were once none by this.
for my $kilobytes (406847488, 2147483647)
{
	is(q1("SET SESSION AUTHORIZATION ada; SET maintenance_work_mem = '${kilobytes}kB'; DELETE FROM hers.fixes WHERE false; CALL timevmaps.tv_load_positions('hers.fixes', 1, 1)"),
		$kilobytes == 406847488 ? '3000|0|0|0|0' : '0|3000|0|0|0', "with maintenance_work_mem of $kilobytes kB");
}

# ---------------------------------------------------------------- a relation that goes
for my $column (qw(t vehicle))
{
	my %columns = (t => 'now()', vehicle => q{'bus'::text});
	my $type = $column eq 't' ? 'timestamptz' : 'text';
	for my $does ('DROP VIEW IF EXISTS hers.v', 'ALTER VIEW IF EXISTS hers.v RENAME COLUMN lat TO latitude')
	{
		q1(qq{SET SESSION AUTHORIZATION ada; CREATE FUNCTION hers.code() RETURNS $type LANGUAGE plpgsql AS \$\$ BEGIN BEGIN $does; EXCEPTION WHEN OTHERS THEN NULL; END; RETURN $columns{$column}; END \$\$;
		    CREATE VIEW hers.v AS SELECT } . ($column eq 't' ? "hers.code() AS t, 'bus'::text AS vehicle" : 'now() AS t, hers.code() AS vehicle') . ', 1 AS lon, 1 AS lat');
		is(load('v', '1, 1, create_vehicles => true'), '22023', "code of $column: $does");
		q1('SET client_min_messages = warning; DROP FUNCTION hers.code() CASCADE');
	}
}
is(q1('SELECT count(*) FROM timevmaps.positions'), 3000, '... stores nothing');

# ---------------------------------------------------------------- days
is(days(), 10, 'nine days and the default one');
q1(q{SET SESSION AUTHORIZATION ada; CREATE VIEW hers.past AS SELECT * FROM hers.days('2019-12-30', 3); CREATE VIEW hers.future AS SELECT * FROM hers.days('2190-01-01', 2)});
is(load('past', '1, 2'), '22023', 'what is before the fork of a branch');
is(load('future'), '22023', 'and far ahead');
is(days(), 10, '... makes no partitions');
# Tables that are called so are enough.
q1(q{DO $$ BEGIN FOR day IN 0 .. 3987 LOOP EXECUTE format('CREATE TABLE timevmaps.positions_%s ()', to_char(date '2001-01-01' + day, 'YYYYMMDD')); END LOOP; END $$});
q1(q{SET SESSION AUTHORIZATION ada; CREATE VIEW hers.many AS SELECT * FROM hers.days('2001-01-01', 3) UNION ALL SELECT * FROM hers.days('2018-01-01', 5)});
is(load('many'), '22023', 'who loads more');
is(load('many'), '22023', '... again and again');
is(days(), 13, '... makes 4000 of them and no more');
is(load('many', '1, 1, max_refused => 10000'), '', 'the rest finds a place');
done_testing();
