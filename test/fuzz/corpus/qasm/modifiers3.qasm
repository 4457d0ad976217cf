OPENQASM 3.0; include "stdgates.inc";
gate g(t) a, b { for int i in [0:2] { rx(t*i) a; } ctrl @ p(t) a, b; gphase(0.1); }
qubit[4] q;
ctrl(2) @ negctrl @ x q[0], q[1], q[2], q[3]; inv @ pow(3) @ g(0.2) q[0], q[1]; pow(0.5) @ h q[2]; ctrl @ gphase(pi/4) q[0];
pow(1/3) @ ctrl @ swap q[0], q[1], q[2]; negctrl @ U(0.1, 0.2, 0.3) q[3], q[0];
