/*
 * timevmaps.c: the module's entry: settings first, then the worker, then who may EXPLAIN.
 */
#include "postgres.h"

#include "fmgr.h"

#include "bridge/access/explain.h"
#include "bridge/server/compat.h"
#include "bridge/server/guc.h"
#include "worker/loop.h"
#include "worker/notifier.h"

PG_MODULE_MAGIC;

void		_PG_init(void);

void
_PG_init(void)
{
	tv_guc_define();
	tv_launcher_register();
	tv_notifier_begin();
	tv_explain_guard();
}
