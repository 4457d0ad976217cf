/*
 * limits.c: memory that is refused before it is taken; see limits.h.
 */
#include "postgres.h"

#include "bridge/server/error.h"
#include "bridge/server/guc.h"
#include "bridge/server/limits.h"

void
tv_graph_require_memory(Size need)
{
	Size		limit = (Size) tv_graph_memory_kb * 1024;

	if (need > limit)
		tv_report_graph_memory(need, limit);
}

void
tv_circuit_require_memory(uint64 bytes, const char *what)
{
	uint64		limit = tv_circuit_memory_kb * (uint64) 1024;

	if (bytes > limit)
		ereport(ERROR,
				(errcode(TV_ERRCODE_TOO_LARGE),
				 errmsg("circuit needs more memory than allowed"),
				 bytes == PG_UINT64_MAX
				 ? errdetail("%s needs more bytes than 64 bits can tell; timevmaps.circuit_memory allows " UINT64_FORMAT ".",
							 what, limit)
				 : errdetail("%s needs " UINT64_FORMAT " bytes; timevmaps.circuit_memory allows " UINT64_FORMAT ".",
							 what, bytes, limit),
				 errhint("Ask for less, or raise timevmaps.circuit_memory.")));
}
