OPENQASM 3.1; include "stdgates.inc"; qubit[2] $q; def f(qubit q) -> bit { return measure q; } while (true) { delay[10ns] q; }
