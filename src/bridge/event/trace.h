/*
 * trace.h: W3C trace contexts, by which what an experiment does is part of its client's trace.
 *
 * A context is a trace, the span that asked, and flags, in binary as an event carries it.  It comes with the
 * experiment, in params."x-traceparent", or over HTTP in the header traceparent.  What is not one is ignored, as the standard
 * wants it.  Ids of our own spans follow from it and from the experiment, so they are the same whoever computes
 * them: the first eight bytes of SHA-256 of "<trace>/<span that asked>/<experiment>", hexadecimal and decimal, with
 * "/wait/<attempt>" or "/run/<attempt>" behind it for those below the experiment's (timevmaps_internal.tv_trace()).
 */
#ifndef TV_EVENT_TRACE_H
#define TV_EVENT_TRACE_H

#include "postgres.h"
#include "utils/jsonb.h"

#define TV_TRACE_BYTES 25		/* trace 16, span 8, flags 1 */
#define TV_TRACE_TEXT 56		/* of version 00, with the null byte */

/* False where it is not one.  Versions to come begin as this one does. */
extern bool tv_trace_read(const char *text, size_t length, uint8 *trace);
extern void tv_trace_write(const uint8 *trace, char *text);

/* The experiment's own span in place of the one that asked. */
extern void tv_trace_enter(uint8 *trace, int64 experiment);

/* That of an experiment's params; false: there is none. */
extern bool tv_trace_of_params(Jsonb *params, uint8 *trace);

/* The params with the request's, where they have none and it has one. */
extern Jsonb *tv_trace_take(Jsonb *params);

#endif							/* TV_EVENT_TRACE_H */
