/*
 * what_if.h: what a caller supposes for one question: overrides of segments, speeds and closures of zones, rules of
 * turns and gateways, as if they stood on the timeline that is asked about.
 *
 * Parsing reads no row.  Of several entries about one thing the later wins, for segments, zones and gateways
 * column by column, so that a list and its merged form are the same what-if.  Nothing of it is ever written.
 */
#ifndef TV_NETWORK_WHAT_IF_H
#define TV_NETWORK_WHAT_IF_H

#include "postgres.h"
#include "utils/jsonb.h"

#include "bridge/network/road.h"
#include "bridge/server/json.h"
#include "kernel/graph/timeline.h"
#include "kernel/graph/turns.h"

#define TV_WHAT_IF_MOST 10000	/* entries */

/* The timeline of no row on which it stands; above all ids that rows can have. */
#define TV_WHAT_IF_TIMELINE (PG_INT64_MAX - 1)

/* The columns about which an entry says something. */
typedef enum TvWhatIfSays
{
	TV_WHAT_IF_CLOSED = 1 << 0,
	TV_WHAT_IF_SPEED = 1 << 1,
	TV_WHAT_IF_LENGTH = 1 << 2,
	TV_WHAT_IF_DRAG = 1 << 3,
	TV_WHAT_IF_CLASS = 1 << 4,
	TV_WHAT_IF_HEIGHT = 1 << 5,	/* TV_WHAT_IF_HEIGHT << i: limit i */
	TV_WHAT_IF_WIDTH = 1 << 6,
	TV_WHAT_IF_VEHICLE_LENGTH = 1 << 7,
	TV_WHAT_IF_WEIGHT = 1 << 8,
	TV_WHAT_IF_GATE = 1 << 9,
	TV_WHAT_IF_PENALTY = 1 << 10
} TvWhatIfSays;

typedef struct TvWhatIfSegment
{
	int64		segment_id;		/* first, for tv_load_find() */
	uint32		says;			/* the rest is 0 where it says nothing */
	bool		closed;
	bool		gate;
	double		speed_kph;
	double		length_m;
	double		drag;
	double		limits[TV_LIMITS];	/* INFINITY: none */
	const char *road_class;
	uint32		part_count;		/* of zones that slow it, in TvWhatIf.parts: once their zones are found */
	uint32		first_part;
} TvWhatIfSegment;

/* How much of a segment is in zones of at most some speed: of one segment, by that speed. */
typedef struct TvWhatIfPart
{
	int64		segment_id;
	double		speed_kph;
	double		part;			/* of its length, in zones of this speed or less: above 0, at most 1 */
} TvWhatIfPart;

typedef struct TvWhatIfZone
{
	int64		zone_id;
	uint32		says;			/* TV_WHAT_IF_CLOSED, TV_WHAT_IF_SPEED */
	bool		closed;
	double		speed_kph;
	uint32		entry;			/* that said whether it is closed: of two zones the later wins */
} TvWhatIfZone;

/* A rule for a turn, by ids, as a row of turns or a caller says it. */
typedef struct TvTurnRow
{
	int64		timeline_id;	/* 0: every one */
	int64		from_segment_id;
	int64		via_place_id;
	int64		to_segment_id;
	double		penalty_s;		/* of TVM_TURN_COST; else 0 */
	uint8		kind;			/* TvmTurnKind */
} TvTurnRow;

typedef struct TvWhatIfTurn
{
	TvTurnRow	row;			/* of TV_WHAT_IF_TIMELINE */
	uint32		entry;			/* for messages */
} TvWhatIfTurn;

typedef struct TvWhatIfGateway
{
	int64		gateway_id;
	uint32		says;			/* TV_WHAT_IF_CLOSED, TV_WHAT_IF_PENALTY */
	bool		closed;
	double		penalty_s;
} TvWhatIfGateway;

/* Each list is by ids, ascending, each once. */
typedef struct TvWhatIf
{
	uint32		segment_count;
	TvWhatIfSegment *segments;
	uint32		zone_count;
	TvWhatIfZone *zones;
	uint32		turn_count;
	TvWhatIfTurn *turns;
	uint32		gateway_count;
	TvWhatIfGateway *gateways;
	uint32		part_count;		/* in the place of zones, once those are found */
	TvWhatIfPart *parts;
} TvWhatIf;

/*
 * Read a client's list, in the current memory context; NULL where it is NULL, null or empty.  22023 with the path to what
 * is wrong, below `parent` ("overrides[3].speed: unknown key").
 */
extern const TvWhatIf *tv_what_if_parse(Jsonb *overrides, const TvPath *parent);

/*
 * What it says of a segment as an override, of no timeline and segment yet.  `above` is what the segment is like on the timeline
 * that is asked about; NULL where no zone slows it.
 */
extern TvmOverride tv_what_if_override(const TvWhatIf *what_if, const TvWhatIfSegment *segment, const TvmSegment *above);

/* The TvmTurnKind that a word says, as rows of turns have it too; -1: none. */
extern int	tv_turn_kind_parse(const char *word);

/* What it says of a segment's class, limits and gate. */
extern TvRoadKind tv_what_if_road(TvRoadKinds *roads, const TvWhatIfSegment *segment, uint32 *says);

/* What it says of a segment, or NULL. */
extern const TvWhatIfSegment *tv_what_if_find(const TvWhatIf *what_if, int64 segment_id);

/* Whether both say the same of segments and turns, and a copy of what it says of them. */
extern bool tv_what_if_is_same(const TvWhatIf *a, const TvWhatIf *b);
extern const TvWhatIf *tv_what_if_copy(const TvWhatIf *what_if, MemoryContext context);

#endif							/* TV_NETWORK_WHAT_IF_H */
