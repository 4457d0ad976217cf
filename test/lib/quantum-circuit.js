// The states of circuits by npm's quantum-circuit, for test/t/circuit-quantum-circuit.pl.
//
//     node quantum-circuit.js FOLDER < circuits > states
//
// FOLDER has its node_modules.  A line of input is {"qubits": n, "gates": [[name, wires, params], ...]} in
// that package's names; a line of output is [[re, im], ...] by basis index, qubit 0 the lowest bit.
'use strict';
const QuantumCircuit = require(process.argv[2] + '/node_modules/quantum-circuit');

const input = require('fs').readFileSync(0, 'utf8');
for (const line of input.split('\n')) {
	if (line === '')
		continue;
	const { qubits, gates } = JSON.parse(line);
	const circuit = new QuantumCircuit(qubits);
	for (const [name, wires, params] of gates)
		circuit.addGate(name, -1, wires, { params });
	circuit.run();
	const state = Array.from({ length: 1 << qubits }, () => [0, 0]);
	circuit.stateAsArray(true).forEach(({ index, indexBinStr, amplitude }) => {
		state[parseInt(index)] = [amplitude.re, amplitude.im];
	});
	console.log(JSON.stringify(state));
}
