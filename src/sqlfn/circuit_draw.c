/*
 * circuit_draw.c: a picture of a circuit for SQL.
 *
 * Angles that have no value yet are drawn by their parameter's name.
 */
#include "postgres.h"

#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "bridge/access/circuit_memory.h"
#include "bridge/circuit/circuit.h"
#include "bridge/server/env.h"
#include "kernel/quantum/draw/draw.h"

PG_FUNCTION_INFO_V1(tv_circuit_draw);

static TvmDrawFormat
read_format(text *argument)
{
	TvPath		path = TV_PATH_KEY(NULL, "format");
	TvmDrawFormat format;

	if (!tvm_draw_format_of(text_to_cstring(argument), &format))
		tv_json_fail(&path, "unknown format", "Known formats: text, ascii, svg.", NULL);
	return format;
}

/* Angles that depend on parameters, in UTF-8 as the kernel wants them. */
static TvmDrawName *
names_of(const TvCircuit *circuit)
{
	TvmDrawName *names = palloc_array(TvmDrawName, Max(circuit->free_count, 1));

	for (size_t i = 0; i < circuit->free_count; i++)
	{
		char	   *name = circuit->free_angles[i].text;

		names[i].gate = circuit->free_angles[i].gate;
		names[i].angle = circuit->free_angles[i].angle;
		names[i].name = pg_server_to_any(name, strlen(name), PG_UTF8);
	}
	return names;
}

Datum
tv_circuit_draw(PG_FUNCTION_ARGS)
{
	TvEnv	   *env = tv_env_create("tv_circuit_draw");
	TvPath		path = TV_PATH_KEY(NULL, "width");
	int32		width = PG_GETARG_INT32(2);
	TvmDrawOptions options = {
		.format = read_format(PG_GETARG_TEXT_PP(1)),
		.memory_limit = tv_circuit_memory_limit()
	};
	MemoryContext caller = MemoryContextSwitchTo(env->context);
	JsonbValue	root;
	TvCircuit  *circuit;
	char	   *bytes;
	size_t		length;
	text	   *picture;

	if (width < 0)
		tv_json_fail(&path, "not a width", "0 is for a picture in one piece.", "%d is below 0", width);
	options.width = width;
	tv_json_root(PG_GETARG_JSONB_P(0), &root);
	circuit = tv_circuit_read(env, &root, NULL, NULL);
	options.names = names_of(circuit);
	options.name_count = circuit->free_count;
	tv_check(env, tvm_circuit_draw(&env->tvm, &circuit->kernel, &options, &bytes, &length));
	MemoryContextSwitchTo(caller);

	/* In a database of another encoding its characters may be missing: an error says which. */
	bytes = pg_any_to_server(bytes, length, PG_UTF8);
	picture = cstring_to_text(bytes);
	tv_env_delete(env);
	PG_RETURN_TEXT_P(picture);
}
