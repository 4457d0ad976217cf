// Territories of country-coder, and how fast it says whose each of many points is.
//
//   node zones.mjs FOLDER borders            a line for each area: its country, a tab, GeoJSON
//   node zones.mjs FOLDER points N ROUNDS    a line for each point: lon, lat, its country or nothing; last "seconds S", the median of ROUNDS
import { createRequire } from 'node:module';

const [folder, what, n, rounds] = process.argv.slice(2);
const coder = createRequire(`${folder}/`)('@rapideditor/country-coder');
const areas = coder.borders.features.filter(f => f.geometry);
if (what === 'borders') {
	areas.forEach(f => console.log(`${f.properties.country || f.properties.iso1A2 || f.properties.id}\t${JSON.stringify(f.geometry)}`));
} else {
	// The same everywhere: a small generator with a seed.
	let state = 1;
	const random = () => { state = (Math.imul(state, 1664525) + 1013904223) >>> 0; return state / 4294967296; };
	const points = Array.from({ length: Number(n) }, () => [random() * 360 - 180, Math.asin(random() * 2 - 1) * 180 / Math.PI]);
	const times = [];
	let found;
	for (let round = 0; round < Number(rounds); round++) {
		const began = process.hrtime.bigint();
		found = points.map(p => coder.feature(p));
		times.push(Number(process.hrtime.bigint() - began) / 1e9);
	}
	console.log(points.map((p, i) => `${p[0]}\t${p[1]}\t${found[i]?.properties.id ?? ''}`).join('\n'));
	console.log(`seconds ${times.sort((a, b) => a - b)[Math.floor(times.length / 2)]}`);
}
