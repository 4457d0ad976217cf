-- Promises that every table and function of the schema keeps.
BEGIN;
SELECT plan(1);

SELECT is_empty($$ SELECT * FROM timevmaps.tv_init() $$, 'tv_init() is idempotent');

SELECT * FROM finish();
ROLLBACK;
