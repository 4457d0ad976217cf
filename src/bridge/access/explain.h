/*
 * explain.h: whom the planner's estimates are told.
 */
#ifndef TV_ACCESS_EXPLAIN_H
#define TV_ACCESS_EXPLAIN_H

/* Called once, when the module is loaded. */
extern void tv_explain_guard(void);

#endif							/* TV_ACCESS_EXPLAIN_H */
