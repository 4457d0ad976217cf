/*
 * unit.h: the smallest harness that will do: tests register themselves, checks
 * count, output is TAP.
 *
 *     TEST(gamma_is_one_at_rest) { CHECK_EQ(tvm_gamma(0), 1.0); }
 *
 * `build/unit` runs all tests, `build/unit gamma` those whose file or name contains "gamma",
 * `build/unit --part 2/3` every third from the second on.
 */
#ifndef UNIT_H
#define UNIT_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel/tvm.h"

typedef void (*UnitFunction) (void);

extern void unit_register(const char *file, const char *name, UnitFunction function);

/* Record a failed check of the running test, with where and why; the test goes on. */
extern void unit_fail(const char *file, int line, const char *format,...) TVM_PRINTF(3, 4);

/* An environment on malloc.  Allocation number `fail_at` and all after it fail (0: none). */
extern TvmEnv *unit_env(void);
extern void unit_env_fail_at(long fail_at);
extern long unit_env_allocations(void); /* made since unit_env() */
extern long unit_env_live(void);	/* not yet freed */
extern void unit_env_cancel_after(long calls);	/* cancelled() is true from that call on; -1: never */

#define TEST(name) \
	static void name(void); \
	__attribute__((constructor)) static void register_##name(void) \
	{ unit_register(__FILE__, #name, name); } \
	static void name(void)

#define CHECK(condition) \
	do { if (!(condition)) unit_fail(__FILE__, __LINE__, "%s", #condition); } while (0)

#define CHECK_EQ(got, wanted) \
	do { double got_ = (double) (got), wanted_ = (double) (wanted); \
		if (!(got_ == wanted_)) \
			unit_fail(__FILE__, __LINE__, "%s is %.17g, not %.17g", #got, got_, wanted_); } while (0)

#define CHECK_NEAR(got, wanted, tolerance) \
	do { double got_ = (double) (got), wanted_ = (double) (wanted), off_ = got_ - wanted_; \
		if (!((off_ < 0 ? -off_ : off_) <= (tolerance))) \
			unit_fail(__FILE__, __LINE__, "%s is %.17g, not %.17g within %g", #got, got_, wanted_, \
					  (double) (tolerance)); } while (0)

#endif							/* UNIT_H */
