/*
 * rules.h: the physics rules of a world, from JSON to the kernel's struct.
 */
#ifndef TV_NETWORK_RULES_H
#define TV_NETWORK_RULES_H

#include "postgres.h"
#include "utils/jsonb.h"

#include "bridge/server/env.h"
#include "kernel/relativity/clocks.h"

/*
 * Read the rules of a world.  Raises 22023 with the path to what is wrong
 * ("rules.gr.r: not a number") and 22003 where r is inside the Schwarzschild radius.
 */
extern void tv_rules_parse(TvEnv *env, Jsonb *rules, TvmWorldRules *out);

/* The same of a world's row, between SPI_connect() and SPI_finish(); PT404 where the caller sees no such world. */
extern void tv_rules_read(TvEnv *env, int64 world_id, TvmWorldRules *out);

/* What is asked of fixes of positions before they are stored. */
typedef struct TvFixRules
{
	double		ahead_s;		/* so far ahead they may be dated */
	bool		null_island;	/* whether a device may be at 0, 0 */
} TvFixRules;

extern void tv_rules_of_fixes(Jsonb *rules, TvFixRules *out);

/* The name of the world's default profile, in this memory; NULL: none. */
extern char *tv_rules_profile(Jsonb *rules, MemoryContext context);

/* Whether every segment and every turn weigh the same by both, in any metric. */
extern bool tv_rules_weigh_alike(const TvmWorldRules *a, const TvmWorldRules *b);

#endif							/* TV_NETWORK_RULES_H */
