/*
 * whereabouts.c: where one vehicle is at a moment; see whereabouts.h.
 */
#include "postgres.h"

#include <math.h>

#include "bridge/journey/courses.h"
#include "bridge/journey/whereabouts.h"
#include "bridge/motion/moment.h"
#include "bridge/server/compat.h"

static void
put_on_network(TvCourses *courses, double max_speed_mps, const TvmFix *fixes, const TvmMoment *moment,
			   TvWhereabouts *where)
{
	const TvmFix *fix = &fixes[moment->fix];
	TvCoursePoint at;

	if (tv_courses_at(courses, fixes, moment, max_speed_mps, &at))
	{
		where->position = at.position;
		where->segment_id = at.segment_id;
		where->fraction = at.fraction;
	}
	else if (moment->lon == fix->lon && moment->lat == fix->lat && fix->fraction >= 0 && fix->fraction <= 1)
	{
		/* At the fix, or held there: where it says. */
		where->segment_id = fix->segment_id;
		where->fraction = fix->fraction;
	}
}

TvWhereabouts
tv_whereabouts(TvEnv *env, const TvWhereAsked *asked)
{
	TvFixesAsked fixes_asked = {
		.world_id = asked->world_id, .timeline_id = asked->timeline_id, .known_at = asked->known_at, .until = asked->taken_by
	};
	TvFixes    *fixes = tv_fixes_open(env, &fixes_asked);
	TvTrail		trail = {0};
	TvWhereabouts where = {0};
	TvVehicle  *vehicle;
	TvmMotionRules rules;
	TvmMoment	moment;

	tv_fixes_vehicles(fixes, &asked->vehicle_id, 1, &vehicle);
	rules = tv_fixes_rules(fixes, vehicle);
	rules.max_gap_s = asked->max_gap_s;
	tv_moment_find(fixes, &trail, vehicle, &rules, asked->t, &moment);
	where.state = moment.state;
	where.known = !isnan(moment.lon);
	where.position = (TvPosition) {.lon = moment.lon, .lat = moment.lat};
	where.has_fix = moment.fix >= 0;
	if (where.has_fix)
		where.fix_at = trail.stream.fixes[moment.fix].t;
	if (where.known && where.has_fix)
		put_on_network(tv_courses_create(env, asked->world_id, rules.radius_m), rules.max_speed_mps, trail.stream.fixes,
					   &moment, &where);
	tv_fixes_close(fixes);
	return where;
}
