/*
 * topics.h: the one list of the topics of events, and how an event is sent.
 *
 * An event goes to who listens to its topic, and to who listens to the timeline that it
 * is of.  Anybody may listen, and send the same: so an event carries ids and nothing that only
 * some may see, and says no more than where to look.  Its payload is an object: what it is of,
 * then the topic's own keys.  A new topic has a value here, a row in topics.c and one in docs/queue.md; test/lint/events.pl
 * compares them, and finds a topic that nobody sends.
 */
#ifndef TV_EVENT_TOPICS_H
#define TV_EVENT_TOPICS_H

#include "postgres.h"

typedef enum TvTopic
{
	TV_TOPIC_NONE,
	TV_TOPIC_EXPERIMENT_SUBMITTED,
	TV_TOPIC_SIM_FRAME,
	TV_TOPIC_ROUTE_REQUESTED,
	TV_TOPIC_ROUTE_COMPUTED,
	TV_TOPIC_ERROR,
	TV_TOPIC_SIM_FINISHED,
	TV_TOPIC_COUNT
} TvTopic;

#define TV_TOPIC_MOST_KEYS 3

typedef struct TvTopicEntry
{
	const char *name;			/* the channel's, too */
	const char *keys[TV_TOPIC_MOST_KEYS + 1];	/* the payload's besides what it is of, in this order */
} TvTopicEntry;

/* By TvTopic. */
extern const TvTopicEntry tv_topics[TV_TOPIC_COUNT];

/* 22023 where there is none. */
extern TvTopic tv_topic_parse(const char *name);

/* What an event is of. */
typedef struct TvEventSubject
{
	int64		experiment_id;
	int64		world_id;
	int64		timeline_id;
	const char *kind;
	int64		attempt;		/* the number of the claim; 0: it was never claimed */
} TvEventSubject;

/*
 * Send it when the transaction commits; the value of each of the topic's keys as JSON, NULL where it has none.
 * False: it was not sent, for the queue of notifications is half full, and a transaction that found it full
 * at its commit would fail.
 */
extern bool tv_event_send(TvTopic topic, const TvEventSubject *subject, const char *const *values);

#endif							/* TV_EVENT_TOPICS_H */
