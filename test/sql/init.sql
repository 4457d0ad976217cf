-- tv_init() has made the tables of this database, and asking again makes nothing.
SELECT count(*) > 0 AS migrated FROM timevmaps.schema_migrations;
SELECT * FROM timevmaps.tv_init();
