OPENQASM 2.0; include "qelib1.inc"; gate a q { h q; } gate b q { a q; a q; } gate c q { b q; b q; } qreg q[1]; c q; rx((((1)))) q[0];
