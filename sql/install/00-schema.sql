-- 00-schema: who may look inside.  The schema is not the extension's: it stays,
-- with the tables in it, when the extension is dropped.

GRANT USAGE ON SCHEMA timevmaps TO PUBLIC;
