OPENQASM 2.0;
include "qelib1.inc";
gate g(a,b) x,y { rx(a*2/pi) x; barrier x,y; cx x,y; u3(sin(b),-a^2,ln(2)) y; }
opaque o(t) a,b;
qreg q[5]; creg c[3]; creg d[1];
g(0.1,0.2) q[0],q[1]; c4x q[0],q[1],q[2],q[3],q[4]; rccx q[0],q[1],q[2]; cu(1,2,3,4) q[3],q; // comment
if(d==1) measure q[2] -> c[1]; reset q[0]; u2(0,pi) q; rzz(0.3) q[0],q[4]; sxdg q[1]; cswap q[0],q[1],q[2];
