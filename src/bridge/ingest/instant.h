/*
 * instant.h: a moment as devices write it.
 */
#ifndef TV_INGEST_INSTANT_H
#define TV_INGEST_INSTANT_H

#include "postgres.h"
#include "datatype/timestamp.h"

/* ISO 8601 with a zone, such as 2026-01-31T08:10:00.25Z or +01:00; NULL, or what is wrong. Whatever the session's settings. */
extern const char *tv_instant_read(const char *text, int length, TimestampTz *instant);

/* Seconds since 1970; false: beyond what there is. */
extern bool tv_instant_of_epoch(double seconds, TimestampTz *instant);

#endif							/* TV_INGEST_INSTANT_H */
