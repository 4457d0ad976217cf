input float theta; input angle[32] phi; qubit[2] q; gate g(a, b) x { U(a, -b/2, a + b) x; }
g(2*theta, phi - 1) q; ctrl @ g(theta, 0) q[0], q[1]; inv @ U(theta, 0, phi) q[1]; pow(0.5) @ inv @ gphase(theta);
