-- 40-branch: timelines that leave others.

CREATE TYPE timevmaps.tv_timeline AS (
    id bigint,
    world_id bigint,
    label text,
    parent_id bigint,
    branch_op text,
    created_at timestamptz,
    fork_at timestamptz);
COMMENT ON TYPE timevmaps.tv_timeline IS 'A row of timelines.';

CREATE FUNCTION timevmaps.tv_branch(timeline_id bigint, label text, branch_op text DEFAULT NULL, fork_at timestamptz DEFAULT NULL)
RETURNS timevmaps.tv_timeline
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    argument text;
    branch timevmaps.tv_timeline;
BEGIN
    PERFORM timevmaps.tv_check_tables();
    argument := CASE WHEN tv_branch.timeline_id IS NULL THEN 'timeline_id'
                     WHEN tv_branch.label IS NULL THEN 'label' END;
    IF argument IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = argument || ': must not be null';
    END IF;
    INSERT INTO timevmaps.timelines (world_id, label, parent_id, branch_op, fork_at)
    SELECT t.world_id, tv_branch.label, t.id, tv_branch.branch_op, tv_branch.fork_at
    FROM timevmaps.timelines t WHERE t.id = tv_branch.timeline_id
    RETURNING id, world_id, label, parent_id, branch_op, created_at, fork_at INTO branch;
    IF branch.id IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'PT404', MESSAGE = 'no such timeline',
            DETAIL = format('There is no timeline %s, or it is not visible to this role.', tv_branch.timeline_id);
    END IF;
    RETURN branch;
END
$$;
COMMENT ON FUNCTION timevmaps.tv_branch(bigint, text, text, timestamptz) IS
'Make a child of a timeline: the same network until something is overridden in it; the new row of timelines.
label: its name, unique in the world. branch_op: what made it branch, in the words of its author.
fork_at: when it leaves its parent, now unless given: where vehicles were until then, that moment included, is seen in the branch as in its parent.
Errors: PT404 no such timeline; 22023 a null timeline_id or label; 23505 the label is taken; 23514 it is empty or has more than 200 characters, or fork_at is infinite; 42501 not an editor of the world.';
