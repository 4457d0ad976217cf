-- What was told of each vehicle on each timeline: up to when its crossings of zones were looked for, and what was told of them.
--
-- A look writes events and what it has told in one transaction: who dies in it has told nothing, and what has come is looked at again.

CREATE TABLE timevmaps.zone_told (
    timeline_id bigint NOT NULL REFERENCES timevmaps.timelines ON DELETE CASCADE,
    vehicle_id bigint NOT NULL REFERENCES timevmaps.vehicles ON DELETE CASCADE,
    world_id bigint NOT NULL,
    told_until timestamptz NOT NULL,
    inside bigint[] NOT NULL DEFAULT '{}',
    zones bigint[] NOT NULL DEFAULT '{}',
    entered boolean[] NOT NULL DEFAULT '{}',
    times timestamptz[] NOT NULL DEFAULT '{}',
    looked_at timestamptz NOT NULL DEFAULT '-infinity',
    late boolean NOT NULL DEFAULT false,
    PRIMARY KEY (timeline_id, vehicle_id)
);
-- What changes is in no index.
ALTER TABLE timevmaps.zone_told SET (fillfactor = 70);
CREATE INDEX zone_told_vehicle_idx ON timevmaps.zone_told (vehicle_id);
COMMENT ON TABLE timevmaps.zone_told IS 'Up to when it was told of a vehicle on a timeline that it entered and left zones; docs/live.md.';
COMMENT ON COLUMN timevmaps.zone_told.timeline_id IS 'The timeline.';
COMMENT ON COLUMN timevmaps.zone_told.vehicle_id IS 'The vehicle.';
COMMENT ON COLUMN timevmaps.zone_told.world_id IS 'Their world.';
COMMENT ON COLUMN timevmaps.zone_told.told_until IS 'The newest fix that has been looked at.';
COMMENT ON COLUMN timevmaps.zone_told.inside IS 'The zones that it was told to be in.';
COMMENT ON COLUMN timevmaps.zone_told.zones IS 'What was told of the last ten minutes before that, so that a late fix tells nothing again: the zones.';
COMMENT ON COLUMN timevmaps.zone_told.entered IS 'The same: whether it entered, or left.';
COMMENT ON COLUMN timevmaps.zone_told.times IS 'The same: when.';
COMMENT ON COLUMN timevmaps.zone_told.looked_at IS 'When these ten minutes were last looked at again.';
COMMENT ON COLUMN timevmaps.zone_told.late IS 'Fixes have come since then.';
