-- Who the caller is, and what nobody changes.
--
-- Nothing here depends on an object of the extension: PL/pgSQL looks functions
-- up when it runs.  So DROP EXTENSION takes no table, trigger or policy with it.
-- Roles, policies and grants are made by sql/install/12-access.sql, each time one is missing.

-- Whoever can set a parameter can claim to be anyone, so claims count only in the session of a
-- server that has checked them (it logs in as a member of tv_authenticator) or of an administrator.
CREATE FUNCTION timevmaps.tv_identity() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce(
    CASE WHEN pg_catalog.pg_has_role(session_user, 'tv_authenticator', 'MEMBER')
           OR pg_catalog.pg_has_role(session_user, 'tv_admin', 'MEMBER')
         THEN nullif(pg_catalog.current_setting('request.jwt.claims', true), '')::json ->> 'sub' END,
    current_user::text);
COMMENT ON FUNCTION timevmaps.tv_identity() IS
'Who is asking: the claim "sub" of request.jwt.claims where PostgREST sets it, the role name otherwise.
Claims count only where the session belongs to a member of tv_authenticator or tv_admin.';

-- One trigger function keeps a column from changing: its arguments are the columns.
CREATE FUNCTION timevmaps_internal.tv_immutable_columns() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY TG_ARGV LOOP
        IF to_jsonb(OLD) -> wanted IS DISTINCT FROM to_jsonb(NEW) -> wanted THEN
            RAISE EXCEPTION USING
                ERRCODE = 'check_violation',
                MESSAGE = 'column cannot be changed',
                DETAIL = format('Column "%s" of "%s" is fixed when the row is made.', wanted, TG_TABLE_NAME),
                SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME, COLUMN = wanted;
        END IF;
    END LOOP;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_immutable_columns() IS 'Trigger: the columns named by its arguments cannot change.';

-- What acts as the owner of the tables acts for tables of ours alone.  Who puts such a trigger on a table of his
-- own chooses what it is told, and the types of what it is told.
CREATE FUNCTION timevmaps_internal.tv_check_trigger(relation_schema name, relation_name name) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF relation_schema <> 'timevmaps' THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = 'a trigger of timevmaps is on a table that is not of timevmaps',
            DETAIL = format('The table is "%s"."%s".', relation_schema, relation_name);
    END IF;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_check_trigger(name, name) IS
'55000 unless a table is in schema timevmaps: each trigger function that acts as the owner of the tables begins with it.';
REVOKE ALL ON FUNCTION timevmaps_internal.tv_check_trigger(name, name) FROM PUBLIC;
