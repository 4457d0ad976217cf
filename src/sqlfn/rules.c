/*
 * rules.c: the SQL-callable check of a world's rules.
 */
#include "postgres.h"

#include "fmgr.h"

#include "bridge/network/rules.h"

PG_FUNCTION_INFO_V1(tv_validate_rules);

Datum
tv_validate_rules(PG_FUNCTION_ARGS)
{
	Jsonb	   *rules = PG_GETARG_JSONB_P(0);
	TvEnv	   *env = tv_env_create("tv_validate_rules");
	TvmWorldRules parsed;

	tv_rules_parse(env, rules, &parsed);
	tv_env_delete(env);
	PG_RETURN_BOOL(true);
}
