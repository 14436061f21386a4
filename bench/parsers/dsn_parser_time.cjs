// Times a version of @fibre44/dsn-parser on one DSN file: `dsn_parser_time.cjs PACKAGE FILE ROUNDS` prints its lines and the seconds of the best round.
//
// Up to 0.9.5 the package reads the file itself. From 1.0 on it is given rows already split, and its getters gather them: what splits them here is as
// short as can be, and each getter is asked once.
'use strict';
const fs = require('node:fs');

const [name, path, rounds] = process.argv.slice(2);
const { DsnParser } = require(name);
const getters = Object.entries(Object.getOwnPropertyDescriptors(DsnParser.prototype)).filter(([, property]) => property.get).map(([getter]) => getter);

async function parse() {
    if (DsnParser.prototype.asyncInit) {
        const parser = new DsnParser();
        await parser.asyncInit(path, { controleDsnVersion: false, deleteFile: false });
        return parser.employeeList.length;
    }
    const rows = [];
    for (const line of fs.readFileSync(path, 'latin1').split('\n')) {
        const comma = line.indexOf(",'");
        if (comma > 0) rows.push({ id: line.slice(0, comma), value: line.slice(comma + 2, line.lastIndexOf("'")) });
    }
    const parser = new DsnParser(rows);
    const found = Object.fromEntries(getters.map((getter) => [getter, parser[getter]]));
    return found.employees.length;
}

async function main() {
    const lines = fs.readFileSync(path, 'latin1').split('\n').filter(Boolean).length;
    let best = Infinity;
    for (let round = 0; round < Number(rounds); round += 1) {
        const began = performance.now();
        if (!(await parse())) throw new Error(`${name} found nobody`);
        best = Math.min(best, (performance.now() - began) / 1000);
    }
    console.log(`lines=${lines} seconds=${best.toFixed(6)}`);
}

main().catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
});
