/*
 * main.c: run the registered tests; see unit.h.
 */
#include "unit.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TESTS 2000
#define MAX_REPORTED 20			/* failed checks shown for one test */

static struct
{
	const char *file;
	const char *name;
	UnitFunction function;
}			tests[MAX_TESTS];
static int	test_count;
static int	failures;			/* of the running test */

static struct
{
	TvmEnv		env;
	long		allocations;
	long		live;
	long		fail_at;
	long		cancel_after;
}			lent;

void
unit_register(const char *file, const char *name, UnitFunction function)
{
	if (test_count == MAX_TESTS)
		abort();
	tests[test_count].file = file;
	tests[test_count].name = name;
	tests[test_count++].function = function;
}

void
unit_fail(const char *file, int line, const char *format,...)
{
	va_list		args;

	if (failures++ >= MAX_REPORTED)
		return;
	printf("# %s:%d: ", file, line);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

static void *
lent_alloc(void *ctx, size_t size)
{
	void	   *block;

	(void) ctx;
	lent.allocations++;
	if (lent.fail_at > 0 && lent.allocations >= lent.fail_at)
		return NULL;
	block = malloc(size);
	if (block != NULL)
		lent.live++;
	return block;
}

static void
lent_free(void *ctx, void *block)
{
	(void) ctx;
	if (block != NULL)
		lent.live--;
	free(block);
}

static bool
lent_cancelled(void *ctx)
{
	(void) ctx;
	if (lent.cancel_after < 0)
		return false;
	if (lent.cancel_after == 0)
		return true;
	lent.cancel_after--;
	return false;
}

TvmEnv *
unit_env(void)
{
	memset(&lent, 0, sizeof(lent));
	lent.cancel_after = -1;
	lent.env.alloc = lent_alloc;
	lent.env.free = lent_free;
	lent.env.cancelled = lent_cancelled;
	return &lent.env;
}

void
unit_env_fail_at(long fail_at)
{
	lent.allocations = 0;
	lent.fail_at = fail_at;
}

long
unit_env_allocations(void)
{
	return lent.allocations;
}

long
unit_env_live(void)
{
	return lent.live;
}

void
unit_env_cancel_after(long calls)
{
	lent.cancel_after = calls;
}

/*
 * GCC's fake frames, which find uses of a frame after its return, are aligned for vectors
 * of 32 bytes at most (GCC bug 110027); ours have 64.
 */
const char *__asan_default_options(void);

const char *
__asan_default_options(void)
{
	return "detect_stack_use_after_return=0";
}

static int
by_place(const void *left, const void *right)
{
	const char *const *l = left;
	const char *const *r = right;
	int			order = strcmp(l[0], r[0]);

	return order;
}

int
main(int argc, char **argv)
{
	int			failed = 0;
	int			ran = 0;
	int			part = 0;
	int			parts = 1;
	const char *wanted = argc > 1 ? argv[1] : "";

	/* Every so manieth test, for those who run the parts side by side. */
	if (argc > 2 && strcmp(wanted, "--part") == 0)
	{
		if (sscanf(argv[2], "%d/%d", &part, &parts) != 2 || part < 1 || part > parts)
		{
			fprintf(stderr, "unit: --part wants K/N, K from 1 to N\n");
			return 2;
		}
		part--;
		wanted = "";
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	qsort(tests, test_count, sizeof(tests[0]), by_place);
	for (int i = 0; i < test_count; i++)
	{
		const char *file = strrchr(tests[i].file, '/');

		file = file == NULL ? tests[i].file : file + 1;
		if (i % parts != part || (strstr(file, wanted) == NULL && strstr(tests[i].name, wanted) == NULL))
			continue;
		failures = 0;
		unit_env();
		tests[i].function();
		if (lent.live != 0)
			unit_fail(tests[i].file, 0, "%ld blocks were not freed", lent.live);
		printf("%s %d - %s: %s\n", failures == 0 ? "ok" : "not ok", ++ran, file, tests[i].name);
		failed += failures != 0;
	}
	printf("1..%d\n", ran);
	return failed != 0;
}
