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
