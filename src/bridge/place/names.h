/*
 * names.h: what something is called, by its name and its props.
 *
 * Its own name is first, then that of props.name, those in languages (name:xx) and what else OpenStreetMap has keys for
 * (alt_name, old_name, official_name, short_name, int_name, loc_name, nat_name, reg_name, ref), where ; stands between several.
 * No two are compared by the same, and there are at most TV_NAMES.
 */
#ifndef TV_PLACE_NAMES_H
#define TV_PLACE_NAMES_H

#include "postgres.h"

#include "utils/jsonb.h"

#define TV_NAMES 64				/* of one thing */
#define TV_NAME_BYTES 4000		/* of a name as it is kept */
#define TV_FOLDED_BYTES 250		/* of what it is compared by */

typedef struct TvName
{
	const char *lang;			/* not terminated; NULL: none */
	int			lang_length;
	const char *name;			/* not terminated */
	int			name_length;
	char	   *folded;
} TvName;

/* Whether there may be any: cheaply, for it is asked of each row of a network. */
extern bool tv_is_named_by(const text *called, Jsonb *props);

/* Into `names`, in the current memory context; how many. `called` and `props` may be NULL. */
extern int	tv_names_of(const text *called, Jsonb *props, TvName names[TV_NAMES]);

/* props.importance, else a tenth of the decimal logarithm of props.population, else 0; finite. */
extern float4 tv_name_importance(Jsonb *props);

#endif							/* TV_PLACE_NAMES_H */
