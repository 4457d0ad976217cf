/*
 * circuit_memory.c: memory of circuits that is refused before it is taken; see circuit_memory.h.
 */
#include "postgres.h"

#include "bridge/access/circuit_memory.h"
#include "bridge/access/quota.h"
#include "bridge/server/error.h"
#include "bridge/server/guc.h"

static int64 held = 0;

/* The least quota that there is (quotas_amount_check): below it nobody needs to be asked about. */
#define LEAST_QUOTA ((uint64) 1024 * 1024)

static uint64
setting(void)
{
	return tv_circuit_memory_kb * (uint64) 1024;
}

uint64
tv_circuit_memory_limit(void)
{
	return Min(setting(), (uint64) (held != 0 ? held : tv_quota_get(TV_QUOTA_CIRCUIT_MEMORY)));
}

void
tv_circuit_memory_hold(int64 quota)
{
	held = quota;
}

void
tv_circuit_require_memory(uint64 bytes, const char *what)
{
	uint64		limit;

	if (bytes <= Min(setting(), LEAST_QUOTA))
		return;
	limit = tv_circuit_memory_limit();
	if (bytes > limit)
		ereport(ERROR,
				(errcode(TV_ERRCODE_TOO_LARGE),
				 errmsg("circuit needs more memory than allowed"),
				 bytes == PG_UINT64_MAX
				 ? errdetail("%s needs more bytes than 64 bits can tell; " UINT64_FORMAT " are allowed.", what, limit)
				 : errdetail("%s needs " UINT64_FORMAT " bytes; " UINT64_FORMAT " are allowed.", what, bytes, limit),
				 errhint("Ask for less. The limit is the least of timevmaps.circuit_memory and of your quota.")));
}
