-- The short forms of params: what is stored and run is the long form.
SELECT plan(29);

INSERT INTO timevmaps.worlds (name) VALUES ('w');
INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'root');

-- One form, whatever was written.
SELECT is(timevmaps.tv_validate_experiment(kind, short), long, kind || ' ' || short)
FROM (VALUES
    ('sr', '{"t": 3, "v": 239833966.4}'::jsonb, '{"proper_seconds": 3, "v_mps": 239833966.4}'::jsonb),
    ('gr', '{"t": 86400, "M": 0, "r": 6371008.8}', '{"proper_seconds": 86400, "gm": 0, "r": 6371008.8}'),
    ('relativity', '{"t": 3, "v": 239833966.4}', '{"proper_seconds": 3, "v_mps": 239833966.4}'),
    ('relativity', '{"M": 0.5, "r": 7e8, "v": 5, "x-note": null}', '{"gm": 3.33715e-11, "r": 7e8, "v_mps": 5, "x-note": null}'),
    ('quantum', '{"qubits": 1, "gates": [{"op": "H", "target": 0}], "shots": 9}', '{"circuit": {"qubits": 1, "gates": [{"op": "H", "target": 0}]}, "shots": 9}'),
    ('quantum', '{"qubits": 1, "gates": [], "bits": 1, "params": {"a": 1}, "name": "n", "circuit": null}',
        '{"circuit": {"qubits": 1, "gates": [], "bits": 1, "params": {"a": 1}, "name": "n"}}'),
    ('sweep', '{"qubits": 1, "gates": [{"op": "RX", "target": 0, "theta": "$a"}], "grid": {"a": [0, 1]}}',
        '{"circuit": {"qubits": 1, "gates": [{"op": "RX", "target": 0, "theta": "$a"}]}, "grid": {"a": [0, 1]}}'),
    ('sr', '{"proper_seconds": 3, "v": 5, "t": null}', '{"proper_seconds": 3, "v_mps": 5}'),
    ('sr', '{"v_mps": null, "v": 5}', '{"v_mps": 5}'),
    ('sr', '{"proper_seconds": 3, "v_mps": 5}', '{"proper_seconds": 3, "v_mps": 5}')) x (kind, short, long);

-- What is wrong is named as it was written.
SELECT throws_ok(format('SELECT timevmaps.tv_validate_experiment(%L, %L)', kind, params), sqlstate, message, kind || ' ' || params)
FROM (VALUES
    ('sr', '{"t": 3, "proper_seconds": 3, "v": 1}', '22023', 'params.t: given in two forms'),
    ('sr', '{"v": 3, "v_mps": 3}', '22023', 'params.v: given in two forms'),
    ('gr', '{"M": 1, "gm": 1, "r": 1}', '22023', 'params.M: given in two forms'),
    ('sr', '{"v": "fast"}', '22023', 'params.v: not a number'),
    ('sr', '{"v": 1e999}', '22023', 'params.v: not a finite number'),
    ('sr', '{"v": 1, "M": 1}', '22023', 'params.M: unknown key'),
    ('gr', '{"M": 1, "r": 1, "v": 1}', '22023', 'params.v: unknown key'),
    ('relativity', '{"t": 1}', '22023', 'params.v_mps: is missing'),
    ('relativity', '{"M": 1, "v": 1}', '22023', 'params.r: is missing'),
    ('sr', '{"v": 299792458}', '22003', NULL),
    ('quantum', '{"qubits": 1, "gates": [], "circuit": "bell"}', '22023', 'params.gates: given in two forms'),
    ('quantum', '{"qubits": 1}', '22023', NULL),
    ('route', '{"t": 1}', '22023', 'params.t: unknown key')) x (kind, params, sqlstate, message);

-- The row says it, and the numbers are those of the formulas.
SELECT is((timevmaps.tv_submit_experiment(1, 1, kind, params)).params ?| '{t,v,M,qubits}', false, 'stored long: ' || kind)
FROM (VALUES ('relativity', '{"t": 3, "v": 239833966.4}'::jsonb), ('relativity', '{"t": 86400, "M": 5.9722e24, "r": 6371008.8}'),
    ('quantum', '{"qubits": 2, "gates": [{"op": "H", "target": 0}, {"op": "CX", "control": 0, "target": 1}], "shots": 100, "seed": 1}')) x (kind, params);
CALL timevmaps.tv_work(10);
SELECT ok(abs((metrics ->> 'coordinate_seconds')::float8 - 5) < 1e-14, 'relativity of a speed alone: 3 s of the traveller at 0.8 c are 5')
    FROM timevmaps.results WHERE experiment_id = 1;
SELECT is(metrics, (SELECT jsonb_build_object('factor', timevmaps.tv_gr_factor(gm, r), 'factor_minus_one', timevmaps.tv_gr_factor_minus_one(gm, r),
        'proper_seconds', 86400, 'coordinate_seconds', timevmaps.tv_gr_coordinate_seconds(86400, gm, r),
        'proper_minus_coordinate_seconds', -timevmaps.tv_gr_coordinate_offset_seconds(86400, gm, r))
    FROM (VALUES (6.67430e-11::float8 * 5.9722e24::float8, 6371008.8::float8)) x (gm, r)), 'relativity of a mass alone: gr')
    FROM timevmaps.results WHERE experiment_id = 2;
SELECT is((SELECT sum(c.value::int) FROM jsonb_each_text(metrics -> 'counts') c), 100::bigint, 'a circuit by its members')
    FROM timevmaps.results WHERE experiment_id = 3;
SELECT * FROM finish();
