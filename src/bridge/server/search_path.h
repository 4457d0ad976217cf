/*
 * search_path.h: names in what we ask mean ours, whatever the caller's search path.
 */
#ifndef TV_SERVER_SEARCH_PATH_H
#define TV_SERVER_SEARCH_PATH_H

/* The server's schema, and the temporary one last, until the level of settings that the caller has begun (NewGUCNestLevel) ends. */
extern void tv_pin_search_path(void);

#endif							/* TV_SERVER_SEARCH_PATH_H */
