-- Parameters keep their names on the way through OpenQASM, whatever they are called.
BEGIN;
SELECT no_plan();

CREATE FUNCTION pg_temp.named(name text) RETURNS jsonb LANGUAGE sql RETURN
    jsonb_build_object('qubits', 2, 'bits', 2, 'gates', jsonb_build_array(
        jsonb_build_object('op', 'RX', 'target', 0, 'theta', '$' || name), jsonb_build_object('op', 'RYY', 'targets', '[0, 1]'::jsonb, 'theta', '2*$' || name || ' + $other - 1'),
        jsonb_build_object('op', 'ISWAP', 'targets', '[0, 1]'::jsonb), jsonb_build_object('op', 'BARRIER'), jsonb_build_object('op', 'RESET', 'target', 1),
        jsonb_build_object('op', 'MEASURE', 'target', 0, 'bit', 1, 'if', '{"bit": 0}'::jsonb)));
-- The same of gates that version 3 has, so that the way back gives the same list.
CREATE FUNCTION pg_temp.simple(name text) RETURNS jsonb LANGUAGE sql RETURN
    pg_temp.named(name) || jsonb_build_object('gates', pg_temp.named(name) #> '{gates}' #- '{1}' #- '{1}' #- '{1}'
        || jsonb_build_object('op', 'CRY', 'control', 1, 'target', 0, 'theta', '2*$' || name || ' + $other - 1') || jsonb_build_object('op', 'BARRIER', 'targets', '[1]'::jsonb));
CREATE TEMP TABLE names (name text);
INSERT INTO names
    -- the writer's own, with and without underscores, and several that stand in each other's way
    SELECT unnest('{q,q_,q__,c,c_,iswap,rxx,ryy,rzz,rzz_,unitary_0,unitary_0_,unitary_,a,b,a0,theta,_,__,x1}'::text[]) UNION ALL
    -- letters, and what tools write
    SELECT unnest('{θ,_θ_0_,φ₀,λ,位相,𐐀,ℏ,é}'::text[]) UNION ALL
    -- constants, functions, gates, words
    SELECT unnest('{pi,π,tau,τ,euler,ℇ,sin,arccos,popcount,mod,real,h,cx,U,CX,gphase,u3,cphase,phase,sxdg}'::text[]) UNION ALL
    SELECT unnest('{OPENQASM,include,defcalgrammar,def,cal,defcal,gate,extern,box,let,break,continue,if,else,end,return,for,while,in,switch,case,default,nop,pragma,input,output,const,readonly,mutable,qreg,qubit,creg,bool,bit,int,uint,float,angle,complex,array,void,duration,stretch,inv,pow,ctrl,negctrl,durationof,delay,reset,measure,barrier,true,false,im,opaque}'::text[]) UNION ALL
    -- no identifiers at all, and what looks like a name that stands for another
    SELECT unnest(ARRAY['0', '1a', 'a.b', 'θ[0]', 'x#1', '"', '''', '\', 'a;b', '🙂', 'e' || chr(769), 'a' || chr(160) || 'b', '_tv_', '_tv_pi', '_tv__tv_pi', '_tv__x2e', '_tv_foo', '_tv__u01f642', 'pi_', '_x2e', repeat('long', 200), repeat('é.', 200)]);

SELECT is(timevmaps.tv_circuit_hash(timevmaps.tv_circuit_from_qasm(timevmaps.tv_circuit_to_qasm(pg_temp.simple(name)))), timevmaps.tv_circuit_hash(pg_temp.simple(name)), 'there and back: ' || left(name, 40)) FROM names;

-- All of them in one circuit, also with a matrix that becomes a gate.
CREATE FUNCTION pg_temp.thetas(c jsonb) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_agg(g ->> 'theta' ORDER BY n) FROM jsonb_array_elements(c -> 'gates') WITH ORDINALITY e (g, n) WHERE g ->> 'op' = 'RX'
$$;
SELECT is(pg_temp.thetas(timevmaps.tv_circuit_from_qasm(timevmaps.tv_circuit_to_qasm(c))), pg_temp.thetas(c), 'all in one')
    FROM (SELECT jsonb_build_object('qubits', 1, 'gates', '[{"op": "UNITARY", "targets": [0], "matrix": [[0, 1], [1, 0]]}]'::jsonb || jsonb_agg(jsonb_build_object('op', 'RX', 'target', 0, 'theta', '$' || name) ORDER BY name)) AS c FROM names) t;

-- What a program says: plain names as they are, and nothing of the writer's named like an input.
SELECT ok(position(line IN timevmaps.tv_circuit_to_qasm(pg_temp.named(name))) > 0, line) FROM (VALUES
    ('θ', E'input float θ;\n'), ('_θ_0_', E'input float _θ_0_;\n'), ('q', E'input float q;\n'), ('q', E'\nqubit[2] q_;\n'), ('c', E'\nbit[2] c_;\n'), ('q_', E'\nqubit[2] q;\n'),
    ('ryy', E'\ngate ryy_(theta) '), ('ryy', E'\nryy_(other + 2*ryy - 1) q_[0], q_[1];\n'), ('θ[0]', E'input float _tv_θ_x5b0_x5d;\n'), ('pi', E'input float _tv_pi;\n'), ('π', E'input float _tv_π;\n')) t (name, line);
SELECT unalike(timevmaps.tv_circuit_to_qasm(pg_temp.named('q')), '% q[%', 'registers give way');

-- Names that stand for nothing else stand for themselves; two for one are refused.
SELECT is(timevmaps.tv_circuit_from_qasm(format('qubit q; input float %s; U(%1$s, 0, 0) q;', name)) #>> '{gates,0,theta}', '$' || wanted, name)
    FROM (VALUES ('_tv_foo', '_tv_foo'), ('_tv_', '_tv_'), ('_tv_pi', 'pi'), ('_tv__x20', '_tv__x20'), ('_tv__x2E', '_tv__x2E'), ('_tv_a_x2eb', 'a.b'), ('_tv_a_x2bb', '_tv_a_x2bb'), ('_tv__u00d800', '_tv__u00d800'), ('_tv__x00', '_tv__x00')) t (name, wanted);
SELECT throws_ok('SELECT timevmaps.tv_circuit_from_qasm(''qubit q; input float pi; input float _tv_pi;'')', '22023', 'line 1, column 38: a name is declared twice', 'one parameter has one name');

SELECT * FROM finish();
ROLLBACK;
