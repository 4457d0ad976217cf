OPENQASM 3; include "stdgates.inc"; qubit[3] q; for int i in [0:1000000000] { for int j in [0:3] {} pow(9) @ x q[i % 3]; }
