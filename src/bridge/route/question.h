/*
 * question.h: how the network is asked, whatever is asked of it.
 *
 * Every question goes one way.  A metric that is none is refused before any row is read.  Then, between
 * SPI_connect() and SPI_finish(), the scope is read and the prepared graphs are asked; where they say
 * false, the rows of the network are read.  Only after SPI_finish() are the rows built into a graph and
 * searched, so that nothing of SPI's is held meanwhile.  A route that is found is added up.
 */
#ifndef TV_ROUTE_QUESTION_H
#define TV_ROUTE_QUESTION_H

#include "postgres.h"

#include "bridge/route/prepared/prepared.h"
#include "bridge/route/prepared/steps.h"
#include "kernel/graph/search/ties.h"

typedef struct TvRouteRequest
{
	int64		world_id;
	int64		timeline_id;
	int64		origin_place_id;
	int64		dest_place_id;
	int64		dest_timeline_id;
	const char *metric;			/* NULL: the clock of the origin's world */
	const char *profile;		/* of the vehicle; NULL: the default of the origin's world, "none": none */
	const TvWhatIf *what_if;	/* of the timeline where it begins; NULL: nothing is supposed */
	const TvProfile *otherwise; /* where the origin's timeline has none of that name; NULL: PT404 */
	bool		total_only;		/* the route need not have steps, nor counts of them */
} TvRouteRequest;

typedef struct TvQuestion TvQuestion;

/* Between which points a question searches. */
typedef enum TvQuestionEnds
{
	TV_ENDS_PLACES,				/* the places of the request */
	TV_ENDS_ORIGIN,				/* from the origin to wherever one can get, on any timeline */
	TV_ENDS_OWN					/* those that it finds itself */
} TvQuestionEnds;

/*
 * What of the way a kind of question has of its own.  All of it is called before SPI_finish(), but for a search
 * of the rows; none of it is called by the kernel.  begin, ask_hierarchies and load may be NULL.
 */
typedef struct TvQuestionKind
{
	TvQuestionEnds ends;

	/* What it needs besides the scope, whoever answers; false: there can be nothing to find. */
	bool		(*begin) (TvQuestion *question);

	/* The answer from hierarchies; false: the rows must be asked.  NULL: their view is searched. */
	bool		(*ask_hierarchies) (TvQuestion *question);

	/* The same where rules for turns bind on the only layer at places that its graph has not split.  NULL: the rows are asked. */
	bool		(*ask_fresh) (TvQuestion *question);

	/* Whether a search of their view answers as well, in place of ask_hierarchies. */
	bool		searches_views;

	/* What it needs besides for a search; false of prepared graphs: the rows must be asked. */
	bool		(*load) (TvQuestion *question);

	/* Search the graph and describe what is found; whether anything is. */
	bool		(*search) (TvQuestion *question);
} TvQuestionKind;

/* The first member of what a kind of question knows of one. */
struct TvQuestion
{
	const TvQuestionKind *kind;
	TvEnv	   *env;
	TvRouteRequest request;

	/* For the kind's functions. */
	TvRows	   *rows;			/* the scope; for load() and search() without prepared graphs the network too */
	TvMetric	metric;
	TvmPoint	from;
	TvmPoint	to;
	TvPrepared *prepared;		/* where prepared graphs are asked, else NULL */
	TvNetwork  *network;		/* where the rows are searched, else NULL */
	const TvmGraph *graph;		/* that is searched: of the network, or a view of what is prepared */

	TvRoute    *route;			/* found, if it is a route that is asked for; NULL: none */
};

/* Errors: PT404, 22023 (metric), 22003, 54000. */
extern void tv_question_ask(TvQuestion *question);

/* How the topology of a layer is split for turns: nothing is, where there are no rules. */
extern const TvmSplit *tv_question_split(const TvQuestion *question, uint32 layer);

/* The steps of a path over the graph that is searched, without their totals. */
extern TvRoute *tv_question_describe(const TvQuestion *question, const TvmPath *path);

/* Which of the ways of equal cost over it is taken. */
extern TvmTies tv_question_ties(const TvQuestion *question);

#endif							/* TV_ROUTE_QUESTION_H */
