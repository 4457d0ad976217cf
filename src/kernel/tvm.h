/*
 * tvm.h: what every kernel module shares: status codes, the environment that a
 * caller lends (memory, cancellation), and the error it reads afterwards.
 *
 * The kernel is pure computation: C11, libc and CBLAS.  It never unwinds:
 * a function that can fail returns a TvmStatus, and its caller frees what it
 * owns on the way out.  Memory comes from env->alloc alone, which returns NULL
 * when there is none, and every block goes back through env->free.
 * A loop that can run longer than a few milliseconds asks tvm_cancelled().
 */
#ifndef TVM_H
#define TVM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum TvmStatus
{
	TVM_OK = 0,
	TVM_NOMEM,					/* env->alloc returned NULL */
	TVM_CANCELLED,				/* env->cancelled returned true */
	TVM_INVALID,				/* bad input; the error names the path to it */
	TVM_DOMAIN,					/* outside a formula's domain; the hint says what it is */
	TVM_LIMIT					/* needs more than a limit allows; the detail gives both */
} TvmStatus;

#define TVM_PATH_MAX 160
#define TVM_DETAIL_MAX 512

/*
 * What went wrong, filled by tvm_fail().  `message` and `hint` are constant
 * ASCII text (or NULL); what differs from case to case is in `path`, such as
 * "gates[3].target", and in `detail`, such as "5 is outside 0..1".
 */
typedef struct TvmError
{
	const char *message;
	const char *hint;
	char		path[TVM_PATH_MAX];
	char		detail[TVM_DETAIL_MAX];
} TvmError;

typedef struct TvmEnv
{
	void	   *(*alloc) (void *ctx, size_t size);	/* NULL when memory is out */
	void	   *(*alloc_zero) (void *ctx, size_t size); /* zeroed, best by pages when they are touched; NULL: alloc serves */
	void		(*free) (void *ctx, void *block);	/* NULL is allowed */
	bool		(*cancelled) (void *ctx);
	void	   *ctx;
	double		done;			/* of a plan in hand, for who looks on in cancelled(): gates, since he has set it to 0 */
	TvmError	error;			/* valid after any status but TVM_OK */
} TvmEnv;

/* NULL when memory is out or when count * size overflows; not zeroed. */
extern void *tvm_alloc(TvmEnv *env, size_t count, size_t size);
extern void *tvm_alloc_zero(TvmEnv *env, size_t count, size_t size);
extern void tvm_free(TvmEnv *env, void *block);

/*
 * Room for one more element of `size` bytes where `count` are in use: `array` is the
 * address of a pointer, NULL at first.  Without memory all is left as it was.
 */
extern TvmStatus tvm_grow(TvmEnv *env, void *array, size_t count, size_t *capacity, size_t size);

/* The capacity that it takes next. */
static inline size_t
tvm_larger(size_t capacity)
{
	return 2 * capacity + 16;
}

extern bool tvm_cancelled(TvmEnv *env);

/* Whether `given` is the lower-case name `known`, in whatever case. */
extern bool tvm_same_name(const char *known, const char *given);

#if defined(__GNUC__)
#define TVM_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define TVM_PRINTF(fmt, args)
#endif

/*
 * Record an error in env and return `status`, so that a check reads
 *     return tvm_fail(env, TVM_INVALID, "not a qubit", NULL, "5 is outside 0..1");
 * The path is set apart with tvm_fail_path(), by whoever knows it; a deeper
 * caller's path is kept and prefixed.  `detail_format` may be NULL.
 */
extern TvmStatus tvm_fail(TvmEnv *env, TvmStatus status, const char *message,
						  const char *hint, const char *detail_format,...) TVM_PRINTF(5, 6);

/* Put a path in front of the recorded one: "gates[3]" + "target" -> "gates[3].target". */
extern void tvm_fail_path(TvmEnv *env, const char *format,...) TVM_PRINTF(2, 3);

/* A number for an error's detail: the shortest text that reads back as the same double. */
typedef struct TvmNumberText
{
	char		text[32];
} TvmNumberText;

extern TvmNumberText tvm_number_text(double x);

#endif							/* TVM_H */
