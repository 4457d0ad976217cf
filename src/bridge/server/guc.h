/*
 * guc.h: the settings, as the contract names them.
 */
#ifndef TV_SERVER_GUC_H
#define TV_SERVER_GUC_H

extern char *tv_databases;		/* timevmaps.databases: comma-separated, empty: all */
extern int	tv_workers;			/* timevmaps.workers: for each database */
extern int	tv_circuit_memory_kb;	/* timevmaps.circuit_memory */
extern int	tv_graph_memory_kb; /* timevmaps.graph_memory */
extern int	tv_running_per_world;	/* timevmaps.running_per_world; 0: no limit */
extern int	tv_job_timeout_ms;	/* timevmaps.job_timeout; 0: none */
extern bool tv_prepared_graph;	/* timevmaps.prepared_graph */
extern int	tv_long_requests;	/* timevmaps.long_requests; 0: no limit */
extern int	tv_retention_s;		/* timevmaps.retention; 0: off */
extern int	tv_event_retention_s;	/* timevmaps.event_retention; 0: for ever */
extern int	tv_position_retention_s;	/* timevmaps.position_retention; 0: for ever */

/* timevmaps.synchronous_commit as synchronous_commit has it; NULL: the server's. */
extern const char *tv_synchronous_commit_name(void);

extern double tv_notify_share;	/* timevmaps.notify_share: for tests of events */
extern char *tv_acts_as;		/* timevmaps.identity: counts in an administrator's session */
extern int	tv_clock_offset_s;	/* timevmaps.clock_offset: for tests of the queue */

extern void tv_guc_define(void);

#endif							/* TV_SERVER_GUC_H */
