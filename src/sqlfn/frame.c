/*
 * frame.c: what is in a frame's payload, for SQL.  A payload is any bytes that a
 * client hands in: the kernel checks them before anything is read.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "bridge/access/circuit_memory.h"
#include "bridge/circuit/run.h"
#include "bridge/server/compat.h"
#include "bridge/server/env.h"
#include "kernel/quantum/state/frame.h"
#include "sqlfn/circuit.h"

PG_FUNCTION_INFO_V1(tv_frame_info);
PG_FUNCTION_INFO_V1(tv_frame_amplitudes);
PG_FUNCTION_INFO_V1(tv_frame_bloch);

static void
decode_frame(TvEnv *env, bytea *payload, TvmFrame *frame)
{
	tv_check(env, tvm_frame_decode(&env->tvm, VARDATA_ANY(payload), VARSIZE_ANY_EXHDR(payload), frame));
}

Datum
tv_frame_info(PG_FUNCTION_ARGS)
{
	TvEnv	   *env = tv_env_create("tv_frame_info");
	TupleDesc	descriptor;
	TvmFrame	frame;
	Datum		values[4];
	bool		nulls[4] = {false};

	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	decode_frame(env, PG_GETARG_BYTEA_PP(0), &frame);
	values[0] = CStringGetTextDatum(tvm_frame_kind_name(frame.kind));
	values[1] = Int32GetDatum(frame.qubits);
	values[2] = Int64GetDatum(frame.step);
	values[3] = Int64GetDatum(frame.count);
	tv_env_delete(env);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), values, nulls)));
}

Datum
tv_frame_amplitudes(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	TvEnv	   *env = tv_env_create("tv_frame_amplitudes");
	TvPath		path = TV_PATH_KEY(NULL, "payload");
	TvmFrame	frame;
	TvmFrameEntry entry;
	text	   *bits;

	decode_frame(env, PG_GETARG_BYTEA_PP(0), &frame);
	if (frame.kind == TVM_FRAME_BLOCH)
		tv_json_fail(&path, "a frame without amplitudes", "Use tv_frame_bloch().", NULL);
	tv_circuit_require_memory(frame.count * TV_ROW_BYTES, "The list of amplitudes");
	bits = tv_make_bits(frame.qubits);
	InitMaterializedSRF(fcinfo, 0);
	for (uint64 i = 0; i < frame.count; i++)
	{
		tvm_frame_entry(&frame, i, &entry);
		tv_put_amplitude(rsinfo, bits, entry.basis, frame.kind != TVM_FRAME_PROBABILITIES,
						 entry.re, entry.im, entry.probability);
	}
	tv_env_delete(env);
	return (Datum) 0;
}

/* The state that a full frame holds, in env's memory. */
static void
load_state(TvEnv *env, const TvmFrame *frame, TvmState *state)
{
	TvmFrameEntry entry;

	tv_circuit_require_memory(tvm_state_bytes(frame->qubits, TVM_DOUBLE), "The state");
	tv_check(env, tvm_state_init(&env->tvm, state, frame->qubits, 0));
	for (uint64 i = 0; i < frame->count; i++)
	{
		tvm_frame_entry(frame, i, &entry);
		state->amp[i] = tvm_complex(entry.re, entry.im);
		if (i % TVM_STATE_CHUNK == 0)
			CHECK_FOR_INTERRUPTS();
	}
}

Datum
tv_frame_bloch(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	TvEnv	   *env = tv_env_create("tv_frame_bloch");
	TvPath		path = TV_PATH_KEY(NULL, "payload");
	TvmFrame	frame;
	TvmFrameEntry entry;
	TvmState	state;

	decode_frame(env, PG_GETARG_BYTEA_PP(0), &frame);
	InitMaterializedSRF(fcinfo, 0);
	switch (frame.kind)
	{
		case TVM_FRAME_BLOCH:
			for (uint64 i = 0; i < frame.count; i++)
			{
				tvm_frame_entry(&frame, i, &entry);
				tv_put_bloch(rsinfo, entry.basis, entry.xyz);
			}
			break;
		case TVM_FRAME_FULL:
			load_state(env, &frame, &state);
			tv_put_bloch_of_state(rsinfo, env, &state);
			break;
		case TVM_FRAME_TOP:
		case TVM_FRAME_PROBABILITIES:
			tv_json_fail(&path, "a frame without Bloch vectors",
						 "Frames of kind bloch or full have them.", "It is of kind %s.",
						 tvm_frame_kind_name(frame.kind));
	}
	tv_env_delete(env);
	return (Datum) 0;
}
