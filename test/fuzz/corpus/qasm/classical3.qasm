OPENQASM 3; include "stdgates.inc"; const int n = 2**2 - 1; const float f = sqrt(2) * tau / 0x10; qubit[n] q; bit[n] c; bit d;
let r = q[0:1] ++ q[{2}]; for uint i in {0, 2} { ry(f * i) q[i]; } for int i in [n-1:-1:0] h r[i];
c = measure q; d = measure q[-1];
if (c == 5 || !d && c[0] ^ c[1]) { x q[0]; } else if (c[0:1] > 1) { reset q[1]; } else z q;
