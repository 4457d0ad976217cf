/*
 * topics.h: the one list of the topics of events, and what an event says.
 *
 * An event goes to who listens to its topic, and to who listens to the timeline that it
 * is of.  Anybody may listen, and send the same: so an event carries ids and nothing that only
 * some may see, and says no more than where to look.  Its payload is an object: what it is of,
 * then the topic's own keys.  A new topic has a value here, a row in topics.c and one in docs/live.md; test/lint/events.pl
 * compares them, and finds a topic that nobody sends.
 */
#ifndef TV_EVENT_TOPICS_H
#define TV_EVENT_TOPICS_H

#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/timestamp.h"

#include "bridge/event/trace.h"

typedef enum TvTopic
{
	TV_TOPIC_NONE,
	TV_TOPIC_EXPERIMENT_SUBMITTED,
	TV_TOPIC_EXPERIMENT_RETRIED,
	TV_TOPIC_EXPERIMENT_REMOVED,
	TV_TOPIC_SIM_FRAME,
	TV_TOPIC_ROUTE_REQUESTED,
	TV_TOPIC_ROUTE_COMPUTED,
	TV_TOPIC_ERROR,
	TV_TOPIC_SIM_FINISHED,
	TV_TOPIC_ZONE_ENTERED,
	TV_TOPIC_ZONE_LEFT,
	TV_TOPIC_POSITION_UPDATE,	/* none of the log's: board.h */
	TV_TOPIC_COUNT
} TvTopic;

#define TV_TOPIC_MOST_KEYS 3

typedef struct TvTopicEntry
{
	const char *name;			/* the channel's, too */
	const char *keys[TV_TOPIC_MOST_KEYS + 1];	/* the payload's besides what it is of, in this order */
	bool		vehicle;		/* the subject is one, and no experiment */
} TvTopicEntry;

/* By TvTopic. */
extern const TvTopicEntry tv_topics[TV_TOPIC_COUNT];

/* 22023 where there is none. */
extern TvTopic tv_topic_parse(const char *name);

/* How an experiment ended: the value of the key "status". */
typedef enum TvEnded
{
	TV_ENDED_FINISHED,
	TV_ENDED_FAILED,
	TV_ENDED_CANCELLED
} TvEnded;

#define TV_KIND_BYTES 14

/*
 * One event, of a size that shared memory can hold.  `values` are the topic's own keys': of "sqlstate" what
 * TV_SQLSTATE() makes, of "status" a TvEnded, of others the number.
 */
typedef struct TvEvent
{
	int64		subject;		/* the experiment, or the vehicle */
	int64		world_id;
	int64		timeline_id;
	int64		attempt;		/* the number of the claim; 0: it was never claimed */
	int64		values[TV_TOPIC_MOST_KEYS];
	TimestampTz t;				/* of a vehicle: when it was, for the log alone */
	int64		more;			/* not 0: no event, but so many of its topic and timeline that are in the log alone */
	Oid			database;		/* the outbox sets it */
	uint8		topic;
	bool		traced;			/* `trace` is set */
	uint8		trace[TV_TRACE_BYTES];
	char		kind[TV_KIND_BYTES];
} TvEvent;

/* Fill one in; `values` has as many as the topic has keys, NULL where that is none. */
extern void tv_event_fill(TvEvent *event, TvTopic topic, int64 subject, int64 world_id, int64 timeline_id,
						  const char *kind, int64 attempt, const int64 *values);

/* Of a vehicle, which did so at t. */
extern void tv_event_fill_vehicle(TvEvent *event, TvTopic topic, int64 vehicle_id, int64 world_id, int64 timeline_id,
								  const int64 *values, TimestampTz t);

/* The value of a key from its text; false: it is none. */
extern bool tv_event_read_value(const char *key, const char *text, int64 *value);

/* The trace that an experiment was submitted in, if it was in one, from its text or from params: a listener's spans are below the experiment's. */
extern void tv_event_set_trace(TvEvent *event, const char *traceparent);
extern void tv_event_take_trace(TvEvent *event, Jsonb *params);

/* What it says as JSON: to who listens (`live`: to the timeline, with the topic), and to who reads the log. */
extern void tv_event_write_payload(StringInfo to, const TvEvent *event, bool live);
extern void tv_event_write_data(StringInfo to, const TvEvent *event);

#endif							/* TV_EVENT_TOPICS_H */
