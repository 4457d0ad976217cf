OPENQASM 3;
include "stdgates.inc";
input float θ;
qubit[2] q; bit[0] e; bit c;
gate g(a,) x, y, { { rx(a,) x; } cx x, y,; }
{ g(2_0*θ,) q[0,], q[1],; }
if (c) { { z q[{0, 1,}]; } }
@note it's
