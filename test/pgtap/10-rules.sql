-- The physics rules of a world: what is read, what is refused, and with which SQLSTATE.
BEGIN;
SELECT plan(65);

-- What it ends with: the SQLSTATE with the path at the head of the message, and the hint.
CREATE FUNCTION pg_temp.check_rules(rules jsonb, OUT outcome text, OUT hint text) LANGUAGE sql AS $$
    SELECT concat_ws(' ', state, split_part(message, ': ', 1)), hint
    FROM tests.attempt(format('SELECT timevmaps.tv_validate_rules(%L)', rules))
$$;

-- What a rule set must be.
SELECT ok(timevmaps.tv_validate_rules('{}'), 'no rules are rules');
SELECT is(timevmaps.tv_validate_rules(NULL), NULL, 'NULL in, NULL out');
SELECT ok(timevmaps.tv_validate_rules('{"max_speed_mps": 50, "base_drag": 0.1, "sr": false,
    "gr": {"gm": 3.986004418e14, "r": 6371008.8}, "gravity_multiplier": 2, "clock": "local",
    "radius_m": 6371008.8, "fix_ahead_s": 0, "fix_null_island": true, "u_turn_s": 12.5, "profile": "lorry", "x-note": {"anything": [1, 2]}, "x-": null}'), 'every known key, and free ones');
SELECT ok(timevmaps.tv_validate_rules('{"gr": {"M": 5.9722e24, "r": 6371008.8, "x-source": "CODATA"}}'), 'a mass in kg');
SELECT ok(timevmaps.tv_validate_rules('{"max_speed_mps": null, "gr": null, "clock": null}'), 'null is absent');
SELECT ok(timevmaps.tv_validate_rules('{"gr": {"gm": 0, "r": 1e-300}}'), 'no mass, no horizon');
SELECT ok(timevmaps.tv_validate_rules('{"clock": "traveler"}')
          AND timevmaps.tv_validate_rules('{"clock": "coordinate"}'), 'the other clocks');
SELECT ok(timevmaps.tv_validate_rules('{"u_turn_s": "no", "profile": "none"}') AND timevmaps.tv_validate_rules('{"u_turn_s": 0, "profile": null}'), 'nobody turns back, and no profile');
SELECT ok(timevmaps.tv_validate_rules('{"max_speed_mps": 1e12}'), 'a limit above c limits nothing');

-- 22023 with the path.
SELECT is((pg_temp.check_rules(b.rules)).outcome, '22023 ' || bad.path, b.rules::text)
FROM (VALUES
    ('[]', 'rules'),
    ('1', 'rules'),
    ('"gr"', 'rules'),
    ('null', 'rules'),
    ('{"max_speed": 1}', 'rules.max_speed'),
    ('{"Clock": "local"}', 'rules.Clock'),
    ('{"": 1}', 'rules.'),
    ('{"x": 1}', 'rules.x'),
    ('{"max_speed_mps": "50"}', 'rules.max_speed_mps'),
    ('{"max_speed_mps": true}', 'rules.max_speed_mps'),
    ('{"max_speed_mps": 0}', 'rules.max_speed_mps'),
    ('{"max_speed_mps": -1}', 'rules.max_speed_mps'),
    ('{"max_speed_mps": 1e-400}', 'rules.max_speed_mps'),
    ('{"max_speed_mps": 1e400}', 'rules.max_speed_mps'),
    ('{"base_drag": -0.1}', 'rules.base_drag'),
    ('{"base_drag": [0]}', 'rules.base_drag'),
    ('{"sr": 1}', 'rules.sr'),
    ('{"sr": "false"}', 'rules.sr'),
    ('{"gr": true}', 'rules.gr'),
    ('{"gr": [3.986e14, 6371000]}', 'rules.gr'),
    ('{"gr": {}}', 'rules.gr'),
    ('{"gr": {"r": 1}}', 'rules.gr'),
    ('{"gr": {"gm": 1, "M": 1, "r": 1}}', 'rules.gr'),
    ('{"gr": {"gm": 1}}', 'rules.gr.r'),
    ('{"gr": {"gm": 1, "r": "1"}}', 'rules.gr.r'),
    ('{"gr": {"gm": 1, "r": 0}}', 'rules.gr.r'),
    ('{"gr": {"gm": 1, "r": -1}}', 'rules.gr.r'),
    ('{"gr": {"gm": -1, "r": 1}}', 'rules.gr.gm'),
    ('{"gr": {"M": -1, "r": 1}}', 'rules.gr.M'),
    ('{"gr": {"gm": 1, "r": 1, "radius": 1}}', 'rules.gr.radius'),
    ('{"gravity_multiplier": -1}', 'rules.gravity_multiplier'),
    ('{"gravity_multiplier": "2"}', 'rules.gravity_multiplier'),
    ('{"gr": {"gm": 1e308, "r": 1}, "gravity_multiplier": 1e308}', 'rules.gr.gm'),
    ('{"clock": "proper"}', 'rules.clock'),
    ('{"clock": 1}', 'rules.clock'),
    ('{"radius_m": 0}', 'rules.radius_m'),
    ('{"fix_ahead_s": -1}', 'rules.fix_ahead_s'), ('{"fix_ahead_s": 1e11}', 'rules.fix_ahead_s'), ('{"fix_ahead_s": "1"}', 'rules.fix_ahead_s'),
    ('{"fix_null_island": 1}', 'rules.fix_null_island'),
    ('{"u_turn_s": -1}', 'rules.u_turn_s'), ('{"u_turn_s": "yes"}', 'rules.u_turn_s'), ('{"u_turn_s": true}', 'rules.u_turn_s'), ('{"u_turn_s": 1e400}', 'rules.u_turn_s'), ('{"u_turn_s": "No"}', 'rules.u_turn_s'),
    ('{"profile": 1}', 'rules.profile'), ('{"profile": ""}', 'rules.profile'), (format('{"profile": "%s"}', repeat('x', 201)), 'rules.profile')
) bad(text, path), LATERAL (SELECT bad.text::jsonb) b(rules);

-- The known keys are listed; hostile keys neither crash nor flood the message.
SELECT alike((pg_temp.check_rules('{"speed": 1}')).hint,
             '%max_speed_mps, base_drag, sr, gr, gravity_multiplier, clock, radius_m, fix_ahead_s, fix_null_island, u_turn_s, profile%', 'the hint lists the known keys');
SELECT alike((pg_temp.check_rules(jsonb_build_object(repeat('é', 100000), 1))).outcome, '22023 rules.%', 'a very long key');

-- r inside the horizon is a matter of the formula's domain: 22003.
SELECT is((pg_temp.check_rules('{"gr": {"gm": 3.986004418e14, "r": 0.0088}}')).outcome, '22003 rules.gr.r', 'r inside the horizon');
SELECT is((pg_temp.check_rules('{"gr": {"gm": 3.986004418e14, "r": 1}, "gravity_multiplier": 1e3}')).outcome,
          '22003 rules.gr.r', 'the multiplier counts');
SELECT alike((pg_temp.check_rules('{"gr": {"gm": 3.986004418e14, "r": 0.0088}}')).hint, '%greater than 2 gm/c^2%', 'the hint is the domain');

-- The table checks.
SELECT lives_ok($$INSERT INTO timevmaps.worlds (name, rules) VALUES ('good', '{"clock": "local", "x-a": 1}')$$, 'a world with rules');
SELECT throws_ok($$INSERT INTO timevmaps.worlds (name, rules) VALUES ('bad', '{"clok": "local"}')$$,
                 '22023', NULL, 'a world with an unknown rule');
SELECT throws_ok($$UPDATE timevmaps.worlds SET rules = '{"gr": {"gm": 1e30, "r": 1}}'$$,
                 '22003', NULL, 'rules are checked when they change');

SELECT * FROM finish();
ROLLBACK;
