/*
 * kinds.h: the one list of the kinds of experiments.
 *
 * A new kind has a value of TvKind and a reader in arguments.[ch], a row in kinds.c, a runner in worker/runners.c, and what
 * test/lint/kinds.pl and test/pgtap/60-queue-kinds.sql then ask for.  SQL asks
 * this list by tv_experiment_kinds().
 */
#ifndef TV_EXPERIMENT_KINDS_H
#define TV_EXPERIMENT_KINDS_H

#include "bridge/experiment/arguments.h"

/* Which of the short forms of params.h a kind takes. */
typedef enum TvShortForms
{
	TV_SHORT_TIME = 1,
	TV_SHORT_SPEED = 2,
	TV_SHORT_MASS = 4,
	TV_SHORT_CIRCUIT = 8		/* a circuit's members in place of `circuit` */
} TvShortForms;

typedef struct TvKindEntry
{
	const char *name;
	int			short_forms;
	void		(*read) (TvExperiment *experiment, JsonbContainer *params);

	/* Raise what can be known without running it; NULL: nothing can. */
	void		(*check) (TvExperiment *experiment);

	/* The metrics, computed in the caller's session; NULL: SQL does it. */
	Jsonb	   *(*rerun) (TvExperiment *experiment, int64 seed, uint32 attempt);
} TvKindEntry;

/* By TvKind. */
extern const TvKindEntry tv_kinds[TV_KIND_COUNT];

/* Returns whether there is such a kind. */
extern bool tv_kind_find(const char *name, TvKind *kind);

/* Read params in their long form; palloc'd, pointing into `params`.  22023 for another kind. */
extern TvExperiment *tv_experiment_read(const char *kind, Jsonb *params);

extern void tv_experiment_check(TvExperiment *experiment);
extern Jsonb *tv_experiment_rerun(TvExperiment *experiment, int64 seed, uint32 attempt);

#endif							/* TV_EXPERIMENT_KINDS_H */
