/*
 * snapping.c: what has been found while one looks for the nearest segments; see snapping.h.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "bridge/route/snap/snap_direct.h"
#include "bridge/route/snap/snapping.h"
#include "bridge/server/compat.h"
#include "bridge/server/ids.h"
#include "bridge/server/limits.h"
#include "bridge/server/scan.h"
#include "kernel/graph/sphere.h"

/* Found ones that are near enough, by id, each once. */
void
tv_snap_tidy(TvSnapping *snapping)
{
	TvSnaps    *found = snapping->found;
	uint32		near = 0;
	uint32		kept = 0;

	for (uint32 i = 0; i < found->count; i++)
		if (found->snaps[i].away <= snapping->least + TV_SNAP_TOLERANCE)
			found->snaps[near++] = found->snaps[i];
	if (near > 1)
		qsort(found->snaps, near, sizeof(TvSnap), tv_ids_compare);
	for (uint32 i = 0; i < near; i++)
		if (kept == 0 || found->snaps[i].segment_id != found->snaps[kept - 1].segment_id)
			found->snaps[kept++] = found->snaps[i];
	found->count = kept;
}

static void
keep(TvSnapping *snapping, const TvSnap *snap)
{
	TvSnaps    *found = snapping->found;

	if (found->count == found->capacity)
	{
		tv_snap_tidy(snapping);
		if (found->count >= found->capacity / 2)
		{
			tv_graph_require_memory(2 * sizeof(TvSnap) * (Size) Max(found->capacity, 1));
			found->snaps = tv_grow(snapping->env->context, found->snaps, sizeof(TvSnap), &found->capacity);
		}
	}
	found->snaps[found->count++] = *snap;
}

bool
tv_snap_measure(TvSnapping *snapping, TvSnap *snap, Oid type, Datum course, const TvLine *straight)
{
	TvLine		line = {0};
	const TvWhatIfSegment *supposed = snapping->what_if == NULL ? NULL : tv_what_if_find(snapping->what_if, snap->segment_id);
	bool		equal;

	if (supposed != NULL && (supposed->says & TV_WHAT_IF_CLOSED) != 0 && supposed->closed)
		return false;
	if (snapping->component != NULL &&
		!tv_component_has(snapping->component, snap->segment_id, snap->a_place_id, snap->b_place_id, snap->oneway))
		return false;

	if (OidIsValid(type))
	{
		bool		is_varlena;
		bytea	   *binary;

		if (!OidIsValid(snapping->send))
			getTypeBinaryOutputInfo(type, &snapping->send, &is_varlena);
		binary = OidSendFunctionCall(snapping->send, course);
		line = tv_line_read(CurrentMemoryContext, binary, snap->segment_id);
		pfree(binary);
	}
	if (line.count == 0 && straight == NULL)
		return false;			/* a course of no points: asked for apart */
	if (snapping->fraction == NULL)
		snap->away = tv_line_nearest(line.count > 0 ? &line : straight, snapping->at, &snap->position, &snap->fraction);
	else
	{
		snap->fraction = *snapping->fraction;
		snap->position = tv_line_at(line.count > 0 ? &line : straight, snap->fraction);
		snap->away = tvm_sphere_angle(snapping->at.lat, snapping->at.lon, snap->position.lat, snap->position.lon);
	}
	if (line.vertices != NULL)
		pfree(line.vertices);

	if (!isfinite(snap->away) || snap->away > snapping->least + TV_SNAP_TOLERANCE)
		return false;			/* far, or a course of points that are no numbers */
	if (snapping->looks_directly && !tv_snap_direct_stands(snapping->direct, snap))
		return true;			/* a statement would not have found it */
	if (snapping->profile != NULL && !tv_profile_may_use(snapping->profile, &snapping->chain, snap->segment_id, supposed))
		return true;
	equal = snap->away >= snapping->least - TV_SNAP_TOLERANCE;
	snapping->least = Min(snapping->least, snap->away);
	keep(snapping, snap);
	return equal;
}
