/*
 * search_path.c: names in what we ask mean ours; see search_path.h.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "utils/guc.h"

#include "bridge/server/search_path.h"

#define OUR_SEARCH_PATH "pg_catalog, pg_temp"

void
tv_pin_search_path(void)
{
	/* Setting even what is set already costs, and forgets plans. */
	if (strcmp(namespace_search_path, OUR_SEARCH_PATH) != 0)
		(void) set_config_option("search_path", OUR_SEARCH_PATH, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}
