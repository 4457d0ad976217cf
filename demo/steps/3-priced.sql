-- What the finished experiment changed: the gateway's fidelity, its price, the route.

SELECT demo.keep_route(max(r.panel) + 1,
                       format('%s  Into the branch, %s noise: F = %s', max(r.panel) + 1,
                              CASE max(r.panel) WHEN 2 THEN 'little' ELSE 'much' END, round(g.fidelity::numeric, 3)),
                       t.closed_id) AS ignore
FROM demo.routes r, demo.trip t, timevmaps.gateways g WHERE g.note = 'quantum' GROUP BY g.fidelity, t.closed_id \gset

SELECT format(E'  fidelity         %s, so the quantum gateway costs %s s\n', round(g.fidelity::numeric, 4), round(g.penalty_s::numeric, 1))
    || format(E'  the best way     %s m, %s s, through the %s gateway\n', round(r.distance_m::numeric, 1),
              round(r.seconds::numeric, 1), used.note)
    || format('  by               %s', demo.streets(r.panel))
FROM demo.routes r JOIN timevmaps.gateways used ON used.id = r.gateway_id, timevmaps.gateways g
WHERE g.note = 'quantum' AND r.panel = (SELECT max(panel) FROM demo.routes);
