-- 61-worker: who runs experiments, and who does at the moment.

CREATE PROCEDURE timevmaps.tv_work(n integer DEFAULT 1)
LANGUAGE c AS 'MODULE_PATHNAME';
COMMENT ON PROCEDURE timevmaps.tv_work(integer) IS
'Run at most n queued experiments in this session, until none is due; for tv_admin.
It commits after each, so it cannot be called inside a transaction block (25001).
Cancelled or ended, it leaves the one in hand queued again; 42501 for others than tv_admin; 55000 where the tables are not tv_owner''s.';

CREATE FUNCTION timevmaps.tv_start_worker() RETURNS integer
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_start_worker() IS
'Start a background worker in this database, without preloading; returns its process number. For tv_admin.
It runs until tv_stop_worker(), and is started again after a crash but not after a restart of the server.
It ends for good with the database or the extension.
Errors: 42501 not tv_admin; 53000 no worker process is free; 55000 tv_init() has not run, the tables are not tv_owner''s, or pg_upgrade is at work.';

CREATE FUNCTION timevmaps.tv_stop_worker() RETURNS integer
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_stop_worker() IS
'Stop this database''s workers; returns how many. What they run is queued again, as if it had not been begun. For tv_admin.
Where the library is preloaded its launcher starts no others here until tv_start_worker() or a restart of the server.';

CREATE FUNCTION timevmaps.tv_worker_status(
    OUT pid integer, OUT kind text, OUT state text, OUT experiment_id bigint, OUT experiment_started_at timestamptz,
    OUT started_at timestamptz, OUT done bigint)
RETURNS SETOF record
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_worker_status() IS
'This database''s workers, and sessions in tv_work(): a row each. For tv_admin (42501).
kind: worker or session; state: idle, running, stopping, read-only (nothing can be written), or waiting for tables that tv_init() has made and that belong to tv_owner;
of the last two the log tells more, once a minute. On a standby there is a row of kind server and state recovery: nobody works there. done: experiments ended there, however they ended.';

CREATE FUNCTION timevmaps.tv_worker_counters(
    OUT finished bigint, OUT failed bigint, OUT retried bigint, OUT cancelled bigint, OUT lost bigint,
    OUT frames bigint, OUT run_seconds double precision, OUT events_held bigint)
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_worker_counters() IS
'Attempts in this database since the server started, by how they ended, the frames they stored and the time they took;
events_held: events that were not sent, for the queue of notifications was half full. For tv_admin (42501).';

CREATE FUNCTION timevmaps_internal.tv_batch_ends() RETURNS boolean
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps_internal.tv_batch_ends() IS
'Whether this session is a worker that is just finishing a batch: each row was queued and is locked, has its result, and is removed from queue_ready by the worker. To triggers.';

-- A launcher that has found no extension here hears of it when this commits.
SELECT timevmaps_internal.tv_wake();
