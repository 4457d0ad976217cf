/*
 * error.h: the SQLSTATEs that clients rely on, and kernel errors as server errors.
 *
 * The message is constant ASCII text (after the path to what is wrong, where
 * there is one), what differs is the detail, and the hint says what to do.
 */
#ifndef TV_SERVER_ERROR_H
#define TV_SERVER_ERROR_H

#include "postgres.h"

#include "kernel/tvm.h"

/* PostgREST answers a SQLSTATE PTxyz with the HTTP status xyz. */
#define TV_ERRCODE_NOT_FOUND MAKE_SQLSTATE('P', 'T', '4', '0', '4')
#define TV_ERRCODE_TOO_LARGE MAKE_SQLSTATE('P', 'T', '4', '1', '3')

/* What makes PostgREST answer with the status and headers that the detail has. */
#define TV_ERRCODE_RESPONSE MAKE_SQLSTATE('P', 'G', 'R', 'S', 'T')

/* Told to no client: an experiment is not this worker's any more. */
#define TV_ERRCODE_GONE MAKE_SQLSTATE('T', 'V', '0', '0', '1')

/* The code of a text of five characters. */
#define TV_SQLSTATE(text) MAKE_SQLSTATE((text)[0], (text)[1], (text)[2], (text)[3], (text)[4])

/* Raise a kernel error; never returns, and `status` is not TVM_OK or TVM_CANCELLED. */
extern void tv_report(TvmStatus status, const TvmError *error) pg_attribute_noreturn();

/*
 * Throw an error again that was copied.  ReThrowError() does not copy where in the source it comes
 * from, which CopyErrorData() did, and the memory of the copy may be gone when it is told to the client.
 */
extern void tv_rethrow(const ErrorData *error) pg_attribute_noreturn();

/* A client's text as a message may repeat it: the beginning of a long one. */
extern char *tv_cut(const char *text);

/* 22023 with the path in the message: "rules.clock: unknown clock". */
extern void tv_report_invalid(const char *path, const char *message, const char *detail,
							  const char *hint) pg_attribute_noreturn();

/* PT404: "no such world" with the id in the detail. */
extern void tv_report_not_found(const char *what, int64 id) pg_attribute_noreturn();

/* 54000: `need` bytes for one graph are more than timevmaps.graph_memory allows. */
extern void tv_report_graph_memory(Size need, Size limit) pg_attribute_noreturn();

/* For ereport(): a hint to run tv_init(), which only those are given who may. */
extern int	tv_errhint_init(const char *hint);

/* Raise 55000 with the statement to run as its hint unless tv_init() has run. */
extern void tv_require_tables(void);

#endif							/* TV_SERVER_ERROR_H */
