-- The map: an SVG document with a panel for each route, made by PostGIS.
-- SWEREF 99 12 00 (EPSG:3007) is Gothenburg's own grid: metres, north up.
--
-- psql prints one line of the document a row.  The roads are drawn once and used by every panel.

\pset format unaligned
\pset tuples_only on

CREATE TEMPORARY TABLE frame AS
WITH box AS (
    SELECT ST_Extent(ST_Transform(geom, 3007)) AS b FROM demo.legs
), size AS (
    SELECT (ST_XMin(b) + ST_XMax(b)) / 2 AS x, (ST_YMin(b) + ST_YMax(b)) / 2 AS y,
           -- The routes with a margin, in panels of 3 : 2.
           greatest(ST_XMax(b) - ST_XMin(b), (ST_YMax(b) - ST_YMin(b)) * 1.5) * 1.16 AS w FROM box
)
SELECT 600 AS width, 400 AS height, 600 / w AS scale, x - w / 2 AS x0, y + w / 3 AS y0,
       ST_MakeEnvelope(x - w / 2, y - w / 3, x + w / 2, y + w / 3, 3007) AS box
FROM size;

-- A geometry in the panel's own units, y down.
CREATE FUNCTION pg_temp.px(g geometry) RETURNS geometry LANGUAGE sql STABLE AS $$
    SELECT ST_Scale(ST_Translate(ST_Transform(g, 3007), -f.x0, -f.y0), f.scale, f.scale) FROM frame f
$$;
CREATE FUNCTION pg_temp.path(g geometry) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT '<path d="' || ST_AsSVG(pg_temp.px(g), 1, 1) || '"/>'
$$;
CREATE FUNCTION pg_temp.xml(t text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT replace(replace(replace(t, '&', '&amp;'), '<', '&lt;'), '"', '&quot;')
$$;
-- A point with a label beside it.
CREATE FUNCTION pg_temp.label(g geometry, t text, class text, anchor text, dx integer, dy integer) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT format('<text class="%s" text-anchor="%s" x="%s" y="%s">%s</text>', class, anchor,
                  round(ST_X(p)::numeric + dx, 1), round(-ST_Y(p)::numeric + dy, 1), pg_temp.xml(t))
    FROM pg_temp.px(g) AS p
$$;

CREATE TEMPORARY TABLE roads AS
SELECT CASE WHEN s.props ->> 'highway' ~ '^(motorway|trunk)$' THEN 'r4'
            WHEN s.props ->> 'highway' ~ '^(motorway_link|trunk_link|primary|primary_link|secondary)$' THEN 'r3'
            WHEN s.props ->> 'highway' ~ '^(secondary_link|tertiary|tertiary_link)$' THEN 'r2'
            WHEN s.props ->> 'highway' = 'service' THEN 'r0' ELSE 'r1' END AS class,
       ST_Intersection(ST_Transform(coalesce(s.geom, ST_MakeLine(a.geom, b.geom)), 3007), f.box) AS geom
FROM timevmaps.segments s
JOIN timevmaps.places a ON a.id = s.a_place_id
JOIN timevmaps.places b ON b.id = s.b_place_id
CROSS JOIN frame f
WHERE s.world_id = (SELECT world_id FROM demo.trip)
  AND ST_Intersects(ST_Transform(coalesce(s.geom, ST_MakeLine(a.geom, b.geom)), 3007), f.box);

SELECT '<?xml version="1.0" encoding="UTF-8"?>';
SELECT '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 1280 1064" width="1280" height="1064">';
SELECT '<title>Routes through Gothenburg in two timelines</title>';
SELECT $$<style>
text { font-family: "DejaVu Sans", "Helvetica Neue", Arial, sans-serif; fill: #24292f }
.h1 { font-size: 24px; font-weight: bold } .h2 { font-size: 15px; font-weight: bold } .note { font-size: 13px; fill: #57606a }
.place { font-size: 13px; font-weight: bold; paint-order: stroke; stroke: #fffdf8; stroke-width: 4px; stroke-linejoin: round }
.gate { font-size: 12px; font-weight: bold; fill: #6d28d9; paint-order: stroke; stroke: #fffdf8; stroke-width: 4px; stroke-linejoin: round }
.shut { font-size: 12px; font-weight: bold; fill: #b91c1c; paint-order: stroke; stroke: #fffdf8; stroke-width: 4px; stroke-linejoin: round }
.water { font-size: 15px; font-style: italic; fill: #7ba7c9; letter-spacing: 3px }
path { fill: none; stroke-linecap: round; stroke-linejoin: round }
.r0 { stroke: #e6e1d8; stroke-width: .6 } .r1 { stroke: #d8d2c6; stroke-width: .9 } .r2 { stroke: #c6bfb1; stroke-width: 1.5 }
.r3 { stroke: #b5ad9e; stroke-width: 2 } .r4 { stroke: #a0978a; stroke-width: 2.8 }
.halo { stroke: #fffdf8; stroke-width: 8.5 } .main { stroke: #1f6feb; stroke-width: 4.5 } .closed { stroke: #e8730c; stroke-width: 4.5 }
.barred { stroke: #b91c1c; stroke-width: 4; stroke-dasharray: 2 7 }
.a1 { fill: #1f6feb; fill-opacity: .09; fill-rule: evenodd } .a2 { fill: #e8730c; fill-opacity: .09; fill-rule: evenodd }
</style>$$;
SELECT format('<defs><clipPath id="clip"><rect width="%s" height="%s" rx="6"/></clipPath><g id="roads">', width, height) FROM frame;
SELECT '<path class="' || class || '" d="' || ST_AsSVG(ST_Scale(ST_Translate(ST_LineMerge(ST_CollectionExtract(ST_Collect(r.geom), 2)), -f.x0, -f.y0), f.scale, f.scale), 1, 1) || '"/>'
FROM (SELECT class, geom FROM roads) r CROSS JOIN frame f
GROUP BY class, f.x0, f.y0, f.scale ORDER BY class;
SELECT '</g></defs>';

SELECT '<rect width="1280" height="1064" fill="#ffffff"/>';
SELECT '<text class="h1" x="30" y="44">Through Gothenburg in two timelines</text>';
SELECT format('<text class="note" x="30" y="68">%s to %s: one trip, four situations. The line''s colour is the timeline that the traveller is in. Shaded above: what he reaches in 2, 4 and 6 minutes.</text>',
              o.name, d.name)
FROM demo.landmarks o, demo.landmarks d WHERE o.key = 'origin' AND d.key = 'destination';

-- The panels, two by two.
SELECT format('<g transform="translate(%s %s)">', 30 + (r.panel - 1) % 2 * 620, 112 + (r.panel - 1) / 2 * 460)
    || format('<text class="h2" x="0" y="-10">%s</text>', pg_temp.xml(r.title))
    || format('<text class="h2" x="600" y="-10" text-anchor="end">%s km · %s s</text>',
              round(r.distance_m::numeric / 1000, 2), round(r.seconds::numeric))
    || '<g clip-path="url(#clip)"><rect width="600" height="400" fill="#fffdf8"/>'
    || (SELECT format('<text class="water" text-anchor="middle" transform="translate(%s %s) rotate(-37)">Göta älv</text>',
                      round(ST_X(p)::numeric, 1), round(-ST_Y(p)::numeric, 1))
        FROM pg_temp.px(ST_SetSRID(ST_Point(11.9757, 57.7171), 4326)) AS p)
    -- How far one gets, in both timelines.
    || coalesce((SELECT string_agg(format('<path class="a%s" d="%s"/>', a.panel, ST_AsSVG(pg_temp.px(a.geom), 1, 1)), '' ORDER BY a.seconds DESC)
                 FROM demo.areas a WHERE a.panel = r.panel), '')
    || '<use xlink:href="#roads"/>'
    -- Where the branch has its closed bridge.
    || CASE WHEN r.panel > 1 THEN
           (SELECT '<path class="barred" d="' || ST_AsSVG(pg_temp.px(ST_LineMerge(ST_Collect(s.geom))), 1, 1) || '"/>'
            FROM timevmaps.segment_overrides v JOIN timevmaps.segments s ON s.id = v.segment_id
            WHERE v.timeline_id = (SELECT closed_id FROM demo.trip))
           ELSE '' END
    || (SELECT string_agg(format('<path class="halo" d="%1$s"/>', d), '' ORDER BY leg)
            || string_agg(format('<path class="%2$s" d="%1$s"/>', d, class), '' ORDER BY leg)
        FROM (SELECT timeline_id AS leg, CASE WHEN timeline_id = t.main_id THEN 'main' ELSE 'closed' END AS class,
                     ST_AsSVG(pg_temp.px(ST_LineMerge(ST_Collect(l.geom ORDER BY l.seq))), 1, 1) AS d
              FROM demo.legs l CROSS JOIN demo.trip t WHERE l.panel = r.panel AND l.geom IS NOT NULL GROUP BY timeline_id, t.main_id) legs)
    || CASE WHEN r.panel = 2 THEN
           (SELECT pg_temp.label(ST_Centroid(ST_Collect(s.geom)), 'Götaälvbron closed', 'shut', 'end', -10, 4)
            FROM timevmaps.segment_overrides v JOIN timevmaps.segments s ON s.id = v.segment_id
            WHERE v.timeline_id = (SELECT closed_id FROM demo.trip))
           ELSE '' END
    || CASE WHEN r.panel > 2 THEN
           (SELECT string_agg(
                format('<path d="M %1$s %2$s l 8 8 l -8 8 l -8 -8 z" style="fill:%3$s;stroke:#6d28d9;stroke-width:2.5"/>',
                       round(ST_X(pg_temp.px(p.geom))::numeric, 1), round(-ST_Y(pg_temp.px(p.geom))::numeric - 8, 1),
                       CASE WHEN g.id = r.gateway_id THEN '#6d28d9' ELSE '#ffffff' END)
                || CASE WHEN g.decoherence_s > 0 THEN pg_temp.label(p.geom, 'quantum gateway', 'gate', 'end', -14, 4)
                        ELSE pg_temp.label(p.geom, 'plain gateway', 'gate', 'middle', -20, -15) END, '' ORDER BY g.id)
            FROM timevmaps.gateways g JOIN timevmaps.places p ON p.id = g.from_place_id)
           ELSE '' END
    || (SELECT string_agg(format('<circle cx="%s" cy="%s" r="7" style="fill:%s;stroke:#24292f;stroke-width:2.5"/>',
                                 round(ST_X(pg_temp.px(p.geom))::numeric, 1), round(-ST_Y(pg_temp.px(p.geom))::numeric, 1),
                                 CASE l.key WHEN 'origin' THEN '#ffffff' ELSE '#24292f' END)
               || CASE l.key WHEN 'origin' THEN pg_temp.label(p.geom, l.name, 'place', 'start', -8, 25)
                             ELSE pg_temp.label(p.geom, l.name, 'place', 'middle', 0, 26) END, '' ORDER BY l.key)
        FROM demo.landmarks l JOIN timevmaps.places p ON p.id = l.place_id)
    || '</g><rect width="600" height="400" rx="6" fill="none" stroke="#d0c9bb"/></g>'
FROM demo.routes r ORDER BY r.panel;

-- The legend, the scale and the credit.
SELECT $$<g transform="translate(30 1008)">
<path class="main" d="M 0 0 h 44"/><text class="note" x="54" y="5">in timeline “main”</text>
<path class="closed" d="M 210 0 h 44"/><text class="note" x="264" y="5">in timeline “bridge closed”</text>
<path class="barred" d="M 478 0 h 40"/><text class="note" x="528" y="5">closed in that timeline</text>
<path d="M 716 -8 l 8 8 l -8 8 l -8 -8 z" style="fill:#6d28d9;stroke:#6d28d9;stroke-width:2.5"/>
<path d="M 736 -8 l 8 8 l -8 8 l -8 -8 z" style="fill:#ffffff;stroke:#6d28d9;stroke-width:2.5"/>
<text class="note" x="754" y="5">gateway, used and not used</text></g>$$;
SELECT format('<g transform="translate(%s 1008)"><path d="M 0 -4 v 5 h %s v -5" style="stroke:#57606a;stroke-width:1.5"/><text class="note" x="%s" y="5" text-anchor="end">1 km</text></g>',
              round((1250 - 1000 * scale)::numeric, 1), round((1000 * scale)::numeric, 1), -8) FROM frame;
SELECT '<text class="note" x="30" y="1044">Roads © OpenStreetMap contributors, ODbL 1.0, December 2016. Grid SWEREF 99 12 00. Made by timevmaps.</text>';
SELECT '</svg>';
