/*
 * files.c: the names of the files of prepared graphs; see files.h.
 */
#include "postgres.h"

#include "bridge/graph/files.h"
#include "bridge/server/store_directory.h"

#define GRAPH "graph"
#define BASE "base"
#define WEIGHTS "weights"

void
tv_file_name_graph(char *name, int64 world_id)
{
	snprintf(name, TV_FILE_NAME_SIZE, "w%lld." GRAPH, (long long) world_id);
}

static void
name_of_timeline(char *name, int64 world_id, int64 timeline_id, TvMetric metric, uint64 profile, const char *kind)
{
	char		of[24] = "";

	if (profile != 0)
		snprintf(of, sizeof(of), "p%016llx.", (unsigned long long) profile);
	snprintf(name, TV_FILE_NAME_SIZE, "w%lld.t%lld.%s.%s%s", (long long) world_id, (long long) timeline_id,
			 tv_metric_name(metric), of, kind);
}

void
tv_file_name_base(char *name, int64 world_id, int64 timeline_id, TvMetric metric, uint64 profile)
{
	name_of_timeline(name, world_id, timeline_id, metric, profile, BASE);
}

void
tv_file_name_weights(char *name, int64 world_id, int64 timeline_id, TvMetric metric, uint64 profile)
{
	name_of_timeline(name, world_id, timeline_id, metric, profile, WEIGHTS);
}

bool
tv_file_name_parse(const char *name, TvFileName *file)
{
	const char *kind = NULL;
	int			fields = sscanf(name, "w%lld.t%lld.", &file->world_id, &file->timeline_id);
	int			end = 0;

	file->kind = NULL;
	file->profile = 0;
	if (fields < 1)
		return false;
	if (fields == 2)
	{
		if (sscanf(name, "w%*d.t%*d.%31[a-z].%n", file->metric, &end) == 1 && end > 0)
			kind = name + end;
		end = 0;
		if (kind != NULL && sscanf(kind, "p%16llx.%n", &file->profile, &end) == 1 && end > 0)
			kind += end;
		if (kind != NULL && (strcmp(kind, WEIGHTS) == 0 || strcmp(kind, BASE) == 0))
			file->kind = kind;
		return true;
	}
	file->timeline_id = 0;
	(void) sscanf(name, "w%*d.%n", &end);
	if (end > 0 && strcmp(name + end, GRAPH) == 0)
		file->kind = name + end;
	return true;
}

void
tv_files_remove(int64 world_id)
{
	char		prefix[TV_FILE_NAME_SIZE];

	snprintf(prefix, sizeof(prefix), "w%lld.", (long long) world_id);
	tv_store_remove_all(prefix);
}

void
tv_files_remove_weights(int64 world_id)
{
	char		prefix[TV_FILE_NAME_SIZE];

	snprintf(prefix, sizeof(prefix), "w%lld.t", (long long) world_id);
	tv_store_remove_all(prefix);
}
