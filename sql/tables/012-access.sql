-- Who the caller is, and what nobody changes.
--
-- Nothing here depends on an object of the extension: PL/pgSQL looks functions
-- up when it runs.  So DROP EXTENSION takes no table, trigger or policy with it.
-- Roles, policies and grants are made by sql/install/12-access.sql, each time one is missing.

-- Three kinds of sessions.  That of a server which has checked tokens (it logs in as a member of tv_authenticator) speaks for
-- whom the token names; that of an administrator for whom it says; any other for who logged in.  Anybody may set a parameter, so
-- what is set counts only in the first two.  A server may become tv_admin, too, but does not have its rights all the time: who
-- does, or may grant them, is an administrator, whatever else he is a member of.
-- PL/pgSQL costs less than a function in SQL, which each statement that names it would plan anew.
CREATE FUNCTION timevmaps.tv_identity() RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    name text;
    given text;
    issuer text;
    subject text;
BEGIN
    -- Who speaks for himself alone. Each statement here asks, and each transaction prepares what it runs anew: so this is the first, and one.
    IF NOT pg_has_role(session_user, 'tv_authenticator', 'MEMBER') AND NOT pg_has_role(session_user, 'tv_admin', 'MEMBER')
       AND session_user <> 'tv_owner' AND strpos(session_user, '|') = 0 THEN
        RETURN session_user;
    ELSIF pg_has_role(session_user, 'tv_authenticator', 'MEMBER')
       AND (session_user = 'tv_authenticator' OR NOT pg_has_role(session_user, 'tv_admin', 'USAGE, MEMBER WITH ADMIN OPTION')) THEN
        given := current_setting('request.jwt.claims', true);
        -- That one escape is valid in JSON and in no text.
        IF nullif(given, '') IS NULL OR strpos(given, concat(chr(92), 'u0000')) > 0 THEN
            RETURN NULL;
        END IF;
        issuer := coalesce(given::json ->> 'iss', '');
        subject := given::json ->> 'sub';
        -- What begins the identity has no "|", and no quote as a role's name with a "|" has.
        IF json_typeof(given::json -> 'sub') = 'string' AND length(subject) BETWEEN 1 AND 200
           AND coalesce(json_typeof(given::json -> 'iss'), 'string') = 'string' AND issuer !~ '["|]' THEN
            RETURN concat(issuer, '|', subject);
        END IF;
        RETURN NULL;
    END IF;
    name := session_user;
    IF pg_has_role(session_user, 'tv_admin', 'MEMBER') OR name = 'tv_owner' THEN
        given := current_setting('timevmaps.identity', true);
        -- Who may say so the library knows, which an ordinary setting of that name may have been waiting for.
        IF given <> '' AND has_function_privilege(to_regprocedure('timevmaps.tv_experiment_kinds()'), 'EXECUTE') THEN
            PERFORM timevmaps.tv_experiment_kinds();
            given := current_setting('timevmaps.identity', true);
        END IF;
        IF given <> '' THEN
            RETURN given;
        END IF;
        name := coalesce(nullif(current_setting('role'), 'none'), name);
        -- What others have written runs in such a session, too: on a table of theirs that it analyses, in a function that acts as they.
        IF current_user NOT IN (name, 'tv_owner') AND NOT pg_has_role(current_user, 'tv_admin', 'MEMBER') THEN
            name := current_user;
        END IF;
    END IF;
    RETURN CASE WHEN strpos(name, '|') > 0 THEN quote_ident(name) ELSE name END;
END
$$;
COMMENT ON FUNCTION timevmaps.tv_identity() IS
'Who is asking: issuer|subject of the token that PostgREST has checked, or the role that logged in; null where a token names nobody.
Neither SET ROLE nor SECURITY DEFINER changes it. Superusers and members of tv_admin act in the name that the setting timevmaps.identity has, or as the role that they have set;
code of others that runs in their sessions with the rights of who wrote it, as when a table is analysed, is the writer''s.';

-- Where the current user is the function's owner.
CREATE FUNCTION timevmaps_internal.tv_caller_role() RETURNS name
LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce(nullif(pg_catalog.current_setting('role'), 'none'), session_user)::name;
COMMENT ON FUNCTION timevmaps_internal.tv_caller_role() IS
'The role that called a SECURITY DEFINER function: that of SET ROLE, or the one that logged in.';
REVOKE ALL ON FUNCTION timevmaps_internal.tv_caller_role() FROM PUBLIC;

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
