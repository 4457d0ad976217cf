/*
 * changes.h: which changes to a world's network one snapshot sees and another
 * does not, from the rows that triggers write into network_changes.
 *
 * A horizon is a snapshot kept for later, also on disk, with 64-bit transaction
 * ids, so that it never wraps.
 */
#ifndef TV_NETWORK_CHANGES_H
#define TV_NETWORK_CHANGES_H

#include "postgres.h"

#include "access/transam.h"

/* What a query's snapshot saw: ids below xmin, and below xmax but not in `running`. */
typedef struct TvHorizon
{
	uint64		xmin;
	uint64		xmax;
	uint32		running_count;
	uint32		unknown;		/* 1: taken where subtransactions hide which ids below xmax were running */
	uint64		running[FLEXIBLE_ARRAY_MEMBER];	/* top-level ids, ascending */
} TvHorizon;

#define TvHorizonSize(count) (offsetof(TvHorizon, running) + (count) * sizeof(uint64))

typedef enum TvChangeKind
{
	TV_CHANGE_PLACES = 'p',
	TV_CHANGE_SEGMENTS = 's',
	TV_CHANGE_OVERRIDES = 'o',	/* timeline_id says whose; ids are segments */
	TV_CHANGE_TURNS = 't',		/* timeline_id says whose, 0: of every timeline; ids are the places where one turns */
	TV_CHANGE_GATEWAYS = 'g',
	TV_CHANGE_PRUNED = 'x'		/* the xid is that of the latest row removed, the one id the remover's */
} TvChangeKind;

typedef struct TvChange
{
	int64		id;				/* of the row: tells states apart; first, for tv_ids_compare() */
	uint64		xid;
	int64		timeline_id;	/* 0: none */
	TvChangeKind kind;
	bool		many;			/* too many to name */
	uint32		count;
	int64	   *ids;
} TvChange;

/*
 * The delta of the active snapshot against a horizon.
 *   usable: the snapshot sees all that the horizon saw, and the log reaches back
 *     that far; otherwise nothing else is set.
 *   own: a row of it is this transaction's own, so what is derived from it must
 *     not be published.
 *   digest: equal digests against one horizon mean equal deltas.
 */
typedef struct TvChanges
{
	bool		usable;
	bool		pruned;			/* it is not, because rows that it would need are gone */
	bool		own;
	uint64		digest;
	uint32		count;
	TvChange   *changes;		/* by id */
} TvChanges;

/* The active snapshot as a horizon, in `context`. */
extern TvHorizon *tv_horizon_take(MemoryContext context);

/* Whether the active snapshot sees all that a horizon saw, and whether that saw a transaction's end. */
extern bool tv_horizon_is_seen(const TvHorizon *horizon);
extern bool tv_horizon_had_ended(const TvHorizon *horizon, uint64 xid);

/*
 * Reads without regard to grants and policies: the rows say nothing to clients.
 * Everything returned is in `context`.
 */
extern TvChanges *tv_changes_since(int64 world_id, const TvHorizon *horizon, MemoryContext context);

/*
 * Forget the changes that a published graph of this horizon has in it: nobody needs
 * them who opens it, and who still has an older one is told by the row of kind x.
 * Between SPI_connect() and SPI_finish(), in a transaction that may write.
 */
extern void tv_changes_prune(int64 world_id, const TvHorizon *horizon);

#endif							/* TV_NETWORK_CHANGES_H */
