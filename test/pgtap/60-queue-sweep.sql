-- Kind sweep: its points, what each of them gives, frames, bounds.
-- Not in one transaction: tv_work() commits.
SELECT plan(53);

INSERT INTO timevmaps.worlds (name) VALUES ('w');
INSERT INTO timevmaps.timelines (world_id, label) VALUES (1, 'root');
INSERT INTO timevmaps.circuits (name, qubits, gates)
VALUES ('pair', 2, '[{"op": "RY", "target": 0, "theta": "$alpha"}, {"op": "CX", "control": 0, "target": 1}, {"op": "RZ", "target": 1, "theta": "$b"}]');

CREATE FUNCTION sweep(params jsonb) RETURNS bigint LANGUAGE sql AS
    $$ SELECT id FROM timevmaps.tv_submit_experiment(1, 1, 'sweep', params) $$;
CREATE FUNCTION metrics(experiment bigint) RETURNS jsonb LANGUAGE sql AS
    $$ SELECT r.metrics FROM timevmaps.results r WHERE r.experiment_id = experiment $$;
CREATE FUNCTION refused(params text, state text, why text) RETURNS text LANGUAGE sql AS
    $$ SELECT throws_ok(format('SELECT sweep(%L)', params), state, why, params) $$;

-- RX(a) turns <Z> to cos a and <Y> to -sin a.
\set rx '{"qubits": 1, "gates": [{"op": "RX", "target": 0, "theta": "$a"}]}'
SELECT sweep(('{"circuit": ' || :'rx' || ', "grid": {"a": {"from": -1, "to": 2, "count": 7}}, "options": {"observables": ["Z", "Y"]}}')::jsonb) AS range \gset
SELECT sweep(('{"circuit": ' || :'rx' || ', "points": [{"a": 0.25}], "options": {"observable": "Z"}, "frames": false}')::jsonb) AS one \gset
-- The last of the grid's parameters is the fastest; the circuit's own value gives way.
SELECT sweep('{"circuit": "pair", "grid": {"alpha": [0.1, 1, 2], "b": [0, 0.5]}, "shots": 200, "seed": 11,
    "options": {"observables": ["ZZ", "X0 X1"], "attempt": 5, "trajectories": 300, "noise": {"depolarizing": 0.05}}, "frames": {"every": 2, "content": "bloch"}}') AS noisy \gset
SELECT sweep('{"circuit": "pair", "points": [{"alpha": 1}, {"alpha": 2}, {"alpha": 3}], "options": {"params": {"b": 0.3}, "observable": "X0 X1"}}') AS part \gset
SELECT sweep('{"circuit": {"qubits": 20, "gates": [{"op": "RX", "target": 0, "theta": "$a"}], "params": {"a": 1}}, "grid": {"a": [0, 1]}, "frames": {"content": "bloch"}}') AS wide \gset
SELECT sweep('{"circuit": "pair", "grid": {"alpha": [0.1, 1, 2], "b": [0, 0.5]}, "options": {"observables": ["X0 X1", "Z0"]}, "gradient": true}') AS slopes \gset
SELECT sweep('{"circuit": {"qubits": 100, "gates": [{"op": "H", "target": 0}, {"op": "CX", "control": 0, "target": 99}, {"op": "RX", "target": 50, "theta": "2*$a"}]},
    "grid": {"a": {"from": 0, "to": 1.5707963267948966, "count": 3}}, "options": {"observables": ["Z50", "Z0 Z99"], "method": "stabilizer"}}') AS clifford \gset
SELECT sweep('{"circuit": "pair", "grid": {"alpha": [1], "b": [0]}, "frames": {"content": "top"}}') AS top \gset
SELECT sweep(('{"circuit": ' || :'rx' || ', "points": [{"a": 1e17}, {"a": -1e22}], "options": {"observable": "Z"}, "gradient": true, "frames": false}')::jsonb) AS huge \gset
CALL timevmaps.tv_work(100);
SELECT is((SELECT array_agg(concat_ws(' ', status, progress, error ->> 'message')) FROM timevmaps.experiments), array_fill('finished 1'::text, '{9}'), 'sweeps run');

-------------------------------------------------------------------- the points

SELECT is(metrics(:range) -> 'points', '[[-1], [-0.5], [0], [0.5], [1], [1.5], [2]]', 'a range has both its ends');
SELECT ok(max(abs(value::float8 - cos((point ->> 0)::float8))) < 1e-14 AND count(*) = 7, 'an observable has its value at each')
FROM ROWS FROM (jsonb_array_elements(metrics(:range) #> '{observables,0,values}'), jsonb_array_elements(metrics(:range) -> 'points')) x (value, point);
SELECT ok(max(abs(value::float8 + sin((point ->> 0)::float8))) < 1e-14 AND count(*) = 7, 'and so has the other')
FROM ROWS FROM (jsonb_array_elements(metrics(:range) #> '{observables,1,values}'), jsonb_array_elements(metrics(:range) -> 'points')) x (value, point);
SELECT is(metrics(:range) #> '{observables,0,max}', '{"point": 2, "value": 1, "params": {"a": 0}}', 'the greatest is named');
SELECT is((metrics(:range) #> '{observables,0,min}') - 'value', '{"point": 6, "params": {"a": 2}}', 'and the least');
SELECT is(metrics(:range) ->> 'count', '7', 'points are counted');
SELECT is(metrics(:range) ? 'counts', false, 'without shots there are no counts');
SELECT is(metrics(:one) #> '{observables,0,max,params}', '{"a": 0.25}', 'one point is a sweep too');
SELECT is(metrics(:noisy) -> 'points', '[[0, 0.1], [0, 1], [0, 2], [0.5, 0.1], [0.5, 1], [0.5, 2]]', 'a grid has every combination, the last parameter the fastest');
SELECT is(metrics(:noisy) -> 'parameters', '["b", "alpha"]', 'parameters are in the order of the document''s keys');

SELECT ok(bool_and(abs((metrics(:huge) #>> ARRAY['observables', '0', 'gradients', p::text, '0'])::float8 + sin(a)) < 1e-14 AND
    abs((metrics(:huge) #>> ARRAY['observables', '0', 'values', p::text])::float8 - cos(a)) < 1e-14), 'gradients at angles of any size') FROM (VALUES (0, 1e17::float8), (1, -1e22)) t (p, a);

-- Each point alone, by tv_run_circuit().
CREATE FUNCTION alone(experiment bigint, circuit jsonb, point int) RETURNS jsonb LANGUAGE sql AS $$
    SELECT timevmaps.tv_run_circuit(circuit, coalesce((e.params ->> 'shots')::int, 0), (metrics(experiment) ->> 'seed')::bigint,
        coalesce(e.params -> 'options', '{}') || jsonb_build_object('attempt', (metrics(experiment) ->> 'attempt')::int + point,
        'params', coalesce(e.params #> '{options,params}', '{}') || (SELECT jsonb_object_agg(name, value)
            FROM ROWS FROM (jsonb_array_elements_text(metrics(experiment) -> 'parameters'), jsonb_array_elements(metrics(experiment) #> ARRAY['points', point::text])) x (name, value))))
    FROM timevmaps.experiments e WHERE e.id = experiment $$;
SELECT is(metrics(:noisy) #> ARRAY['counts', p::text], a -> 'counts', 'counts of point ' || p || ' are those of tv_run_circuit()')
FROM generate_series(0, 5) p, alone(:noisy, timevmaps.tv_circuit('pair'), p) a;
SELECT is((SELECT jsonb_agg(alone(:noisy, timevmaps.tv_circuit('pair'), p) #> '{expectations,1,value}' ORDER BY p) FROM generate_series(0, 5) p),
    metrics(:noisy) #> '{observables,1,values}', 'and so are means');
SELECT is((SELECT jsonb_agg(alone(:noisy, timevmaps.tv_circuit('pair'), p) #> '{expectations,1,error}' ORDER BY p) FROM generate_series(0, 5) p),
    metrics(:noisy) #> '{observables,1,errors}', 'their errors');
SELECT is((SELECT jsonb_agg(alone(:noisy, timevmaps.tv_circuit('pair'), p) -> 'fidelity' ORDER BY p) FROM generate_series(0, 5) p), metrics(:noisy) -> 'fidelity', 'and fidelities');
SELECT isnt(metrics(:noisy) #> '{observables,0,values,0}', metrics(:noisy) #> '{observables,0,values,3}', 'points draw different numbers: <ZZ> does not depend on b');
SELECT is((SELECT jsonb_agg(alone(:part, timevmaps.tv_circuit('pair'), p) #> '{expectations,0,value}' ORDER BY p) FROM generate_series(0, 2) p),
    metrics(:part) #> '{observables,0,values}', 'what is not swept over comes from the options');
SELECT is((SELECT artifacts - 'engine' - 'circuit' - 'circuit_name' FROM timevmaps.results WHERE experiment_id = :noisy) @>
    (SELECT jsonb_build_object('hash', hash, 'seed', 11, 'attempt', 1) FROM timevmaps.circuits), true, 'the artifacts name circuit and seed');

SELECT is((metrics(:slopes) #> '{observables,1,gradients}') #>> ARRAY[p::text, '1'] = t.gradient::text, true, 'the gradient at point ' || p || ' is tv_gradient()''s')
FROM generate_series(0, 2) p, jsonb_array_elements(metrics(:slopes) -> 'points') WITH ORDINALITY x (point, n),
    timevmaps.tv_gradient(timevmaps.tv_circuit('pair'), 'Z0', jsonb_build_object('b', point -> 0, 'alpha', point -> 1)) t
WHERE n = p + 1 AND t.parameter = 'alpha';
-- <X0 X1> = sin alpha cos b
SELECT ok(max(abs((g ->> 0)::float8 + sin((p ->> 1)::float8) * sin((p ->> 0)::float8)) + abs((g ->> 1)::float8 - cos((p ->> 1)::float8) * cos((p ->> 0)::float8))) < 1e-14 AND count(*) = 6, 'gradients are right')
FROM ROWS FROM (jsonb_array_elements(metrics(:slopes) #> '{observables,0,gradients}'), jsonb_array_elements(metrics(:slopes) -> 'points')) x (g, p);

---------------------------------------------------------------------- frames

SELECT results_eq(format('SELECT step, summary - ''values'' - ''qubits'' - ''content'', round(f.x, 12) FROM (SELECT step, summary, re::numeric AS x FROM timevmaps.frames, timevmaps.tv_frame_amplitudes(payload)
        WHERE experiment_id = %s AND basis = 0) f ORDER BY step', :range),
    $$ SELECT i, jsonb_build_object('point', i, 'params', jsonb_build_object('a', -1 + 0.5 * i)), round(cos((-1 + 0.5 * i) / 2)::numeric, 12) FROM generate_series(0::bigint, 6) i $$,
    'each point has a frame, with its state');
SELECT is((SELECT jsonb_agg(summary #> '{values,0}' ORDER BY step) FROM timevmaps.frames WHERE experiment_id = :range), metrics(:range) #> '{observables,0,values}', 'and its values');
SELECT results_eq('SELECT step FROM timevmaps.frames WHERE experiment_id = ' || :noisy || ' AND summary ->> ''content'' = ''bloch'' ORDER BY step', 'VALUES (0::bigint), (2), (4)', 'or every second one');
SELECT is((SELECT count(*) FROM timevmaps.frames WHERE experiment_id = :one), 0::bigint, 'or none');
SELECT is((SELECT array_agg(length(payload)) FROM timevmaps.frames WHERE experiment_id = :wide), ARRAY[24 + 20 * 24, 24 + 20 * 24], 'of the content asked for');

SELECT is((SELECT array_agg(bits ORDER BY bits) FROM timevmaps.frames, timevmaps.tv_frame_amplitudes(payload) WHERE experiment_id = :top), '{00,11}', 'most probable states too');
-- <Z50> is cos 2a
SELECT is((SELECT array_agg(round(v::numeric, 12) ORDER BY n) FROM jsonb_array_elements_text(metrics(:clifford) #> '{observables,0,values}') WITH ORDINALITY x (v, n)), '{1,0,-1}', 'a hundred qubits on a tableau');
SELECT is((SELECT array_agg(concat_ws(' ', length(payload), summary ->> 'content')) FROM timevmaps.frames WHERE experiment_id = :clifford), array_fill(24 + 2400 || ' bloch', '{3}'), 'whose frames are Bloch vectors');

---------------------------------------------------------------------- bounds

SELECT refused('{"circuit": "pair", "options": {"params": {"alpha": 1, "b": 1}}}', '22023', 'params.grid: is missing');
SELECT refused('{"circuit": "pair", "grid": {"alpha": [1]}, "points": [{"alpha": 1}]}', '22023', 'params.grid: given together with points');
SELECT refused('{"circuit": "pair", "grid": {"alpha": []}}', '22023', 'params.grid.alpha: not a number of points');
SELECT refused('{"circuit": "pair", "grid": {"alpha": [1, "2"]}}', '22023', 'params.grid.alpha[1]: not a number');
SELECT refused('{"circuit": "pair", "grid": {"alpha": {"from": 0, "to": 1}}}', '22023', 'params.grid.alpha.count: is missing');
SELECT refused('{"circuit": "pair", "grid": {"alpha": [1]}}', '22023', 'params.circuit.gates[2].theta: parameter without a value');
SELECT refused('{"circuit": "pair", "grid": {"alpha": [1], "b": [1], "alph": [1]}}', '22023', 'params.grid.alph: not a parameter of the circuit');
SELECT refused('{"circuit": "pair", "points": [{"alpha": 1, "b": 1}, {"alpha": 2}]}', '22023', 'params.points[1].b: is missing');
SELECT refused('{"circuit": "pair", "grid": {"alpha": {"from": 0, "to": 1, "count": 1000}, "b": {"from": 0, "to": 1, "count": 101}}}', '22023', 'params.grid: too many points');
SELECT refused('{"circuit": "pair", "grid": {"alpha": {"from": 0, "to": 1, "count": 1000}, "b": {"from": 0, "to": 1, "count": 50}}, "options": {"observables": [' || string_agg('"ZZ"', ',') || ']}}',
    'PT413', 'params: the sweep''s result would be too large') FROM generate_series(1, 100);
SELECT refused('{"circuit": {"qubits": 40, "gates": [{"op": "RX", "target": 0, "theta": "$a"}]}, "grid": {"a": [1]}}', 'PT413', NULL);
SELECT refused('{"circuit": "pair", "grid": {"alpha": [1], "b": [1]}, "options": {"top": 3}}', '22023', 'params.options.top: not used by a sweep');
SELECT refused('{"circuit": "pair", "grid": {"alpha": [1], "b": [1]}, "gradient": true}', '22023', 'params.gradient: needs an observable');
SELECT refused('{"circuit": "pair", "grid": {"alpha": [1], "b": [1]}, "gradient": true, "options": {"observable": "ZZ", "noise": {"depolarizing": 0.1}}}', '22023', 'params.gradient: not with noise');
-- A noise model of larger circuits has no effect on these, in sweeps as in other experiments.
SELECT lives_ok(format($$ SELECT timevmaps.tv_submit_experiment(1, 1, %L, %L) $$, kind, params), kind || ' with noise of gates that are not there')
FROM (VALUES ('sweep', '{"circuit": {"qubits": 1, "gates": [{"op": "RX", "target": 0, "theta": "$a"}]}, "grid": {"a": [0, 1]}, "gradient": true,
        "options": {"observable": "Z", "noise": [{"channel": "depolarizing", "p": 0.1, "gates": ["CX"]}, {"channel": "readout", "p": 0.1, "qubits": [1, 2]}]}}'),
    ('quantum', '{"circuit": {"qubits": 1, "gates": []}, "options": {"noise": [{"channel": "depolarizing", "p": 0.1, "gate_qubits": 2}]}}')) t (kind, params);
SELECT refused('{"circuit": "pair", "grid": {"alpha": [1], "b": [1]}, "options": {"noise": [{"channel": "depolarizing", "p": 0.1, "gates": ["CX"], "gate_qubits": 1}]}}',
    '22023', 'params.options.noise[0].gates[0]: no such gate acts on so few qubits');
SELECT * FROM finish();
