/*
 * rules.c: the physics rules of a world, from JSON to the kernel's struct; see rules.h.
 *
 * A rule that is absent or null has its default.  What JSON can get wrong (a type, a
 * key, a name) is found here; ranges and the Schwarzschild radius are the kernel's.
 */
#include "postgres.h"

#include <math.h>

#include "mb/pg_wchar.h"

#include "bridge/server/error.h"
#include "bridge/server/json.h"
#include "bridge/server/scan.h"
#include "bridge/network/metric.h"
#include "bridge/network/rules.h"

/* In the order of rule_names. */
enum
{
	RULE_MAX_SPEED, RULE_BASE_DRAG, RULE_SR, RULE_GR, RULE_GRAVITY_MULTIPLIER,
	RULE_CLOCK, RULE_RADIUS, RULE_FIX_AHEAD, RULE_FIX_NULL_ISLAND,
	RULE_U_TURN, RULE_PROFILE, RULE_COUNT
};

static const char *const rule_names[RULE_COUNT] = {
	"max_speed_mps", "base_drag", "sr", "gr", "gravity_multiplier", "clock", "radius_m",
	"fix_ahead_s", "fix_null_island", "u_turn_s", "profile"
};

enum
{
	GR_GM, GR_MASS, GR_RADIUS, GR_COUNT
};

static const char *const gr_names[GR_COUNT] = {"gm", "M", "r"};

/* A number of at least 0; the kernel checks those that must be more than that. */
static double
read_amount(const JsonbValue *value, const TvPath *path)
{
	double		number = tv_json_number(value, path);

	if (number < 0)
		tv_json_fail(path, "not a number of at least 0", NULL, "The value is %s.", tvm_number_text(number).text);
	return number;
}

#define AHEAD 86400.0			/* seconds */
#define AHEAD_MOST 1e10

static double
read_ahead(const JsonbValue *value, const TvPath *path)
{
	double		seconds = read_amount(value, path);

	if (seconds > AHEAD_MOST)
		tv_json_fail(path, "too large", NULL, "It is at most %g s.", AHEAD_MOST);
	return seconds;
}

/* Seconds, or the word "no". */
static double
read_u_turn(const JsonbValue *value, const TvPath *path)
{
	if (value->type == jbvString && value->val.string.len == 2 && memcmp(value->val.string.val, "no", 2) == 0)
		return INFINITY;
	if (value->type == jbvString)
		tv_json_fail(path, "neither a number nor \"no\"", NULL, "It is %s.", tv_json_excerpt(value));
	return read_amount(value, path);
}

#define PROFILE_MOST 200		/* characters, as of vehicle_profiles.name */

static void
check_profile(const JsonbValue *value, const TvPath *path)
{
	char	   *name = tv_json_string(value, path);
	int			length = pg_mbstrlen(name);

	if (length < 1 || length > PROFILE_MOST)
		tv_json_fail(path, "not a name of a profile", NULL, "It has 1 to %d characters.", PROFILE_MOST);
	pfree(name);
}

static void
read_gravity(const JsonbValue *value, double multiplier, const TvPath *path, TvmWorldRules *out)
{
	JsonbValue	values[GR_COUNT];
	double		gm;

	tv_json_fields(tv_json_object(value, path), gr_names, GR_COUNT, values, path);
	if (tv_json_present(&values[GR_GM]) == tv_json_present(&values[GR_MASS]))
		tv_json_fail(path, "needs one of gm and M",
					 "Give gm in m^3/s^2, or M in kg, whose G is known to five digits only.",
					 tv_json_present(&values[GR_GM]) ? "It has both." : "It has neither.");
	if (!tv_json_present(&values[GR_RADIUS]))
		tv_json_fail(&TV_PATH_KEY(path, "r"), "missing",
					 "Give the distance from the centre of the mass, in metres.", NULL);
	if (tv_json_present(&values[GR_GM]))
		gm = read_amount(&values[GR_GM], &TV_PATH_KEY(path, "gm"));
	else
		gm = TVM_G * read_amount(&values[GR_MASS], &TV_PATH_KEY(path, "M"));
	out->gr = true;
	out->gm = gm * multiplier;
	out->r = tv_json_number(&values[GR_RADIUS], &TV_PATH_KEY(path, "r"));
}

static TvmClock
read_clock(const JsonbValue *value, const TvPath *path)
{
	TvMetric	metric;

	if (tv_metric_find(tv_json_string(value, path), &metric) && tv_metric_is_clock(metric))
		return (TvmClock) metric;
	tv_json_fail(path, "unknown clock", "Clocks are traveler, local and coordinate.",
				 "It is %s.", tv_json_excerpt(value));
}

void
tv_rules_of_fixes(Jsonb *rules, TvFixRules *out)
{
	const TvPath root = TV_PATH_KEY(NULL, "rules");
	JsonbValue	document;
	JsonbValue	values[RULE_COUNT];

	*out = (TvFixRules) {.ahead_s = AHEAD, .null_island = false};
	if (JB_ROOT_COUNT(rules) == 0)
		return;
	tv_json_root(rules, &document);
	tv_json_fields(tv_json_object(&document, &root), rule_names, RULE_COUNT, values, &root);
	if (tv_json_present(&values[RULE_FIX_AHEAD]))
		out->ahead_s = read_ahead(&values[RULE_FIX_AHEAD], &TV_PATH_KEY(&root, rule_names[RULE_FIX_AHEAD]));
	if (tv_json_present(&values[RULE_FIX_NULL_ISLAND]))
		out->null_island = tv_json_boolean(&values[RULE_FIX_NULL_ISLAND], &TV_PATH_KEY(&root, rule_names[RULE_FIX_NULL_ISLAND]));
}

void
tv_rules_parse(TvEnv *env, Jsonb *rules, TvmWorldRules *out)
{
	const TvPath root = TV_PATH_KEY(NULL, "rules");
	JsonbValue	document;
	JsonbValue	values[RULE_COUNT];
	double		multiplier = 1;
	TvFixRules	fixes;
	TvmStatus	status;

#define PRESENT(rule) tv_json_present(&values[rule])
#define READ(reader, rule) reader(&values[rule], &TV_PATH_KEY(&root, rule_names[rule]))

	tvm_world_rules_default(out);
	tv_json_root(rules, &document);
	tv_json_fields(tv_json_object(&document, &root), rule_names, RULE_COUNT, values, &root);
	if (PRESENT(RULE_MAX_SPEED))
		out->max_speed_mps = READ(tv_json_number, RULE_MAX_SPEED);
	if (PRESENT(RULE_BASE_DRAG))
		out->base_drag = READ(tv_json_number, RULE_BASE_DRAG);
	if (PRESENT(RULE_SR))
		out->sr = READ(tv_json_boolean, RULE_SR);
	if (PRESENT(RULE_GRAVITY_MULTIPLIER))
		multiplier = READ(read_amount, RULE_GRAVITY_MULTIPLIER);
	if (PRESENT(RULE_GR))
		read_gravity(&values[RULE_GR], multiplier, &TV_PATH_KEY(&root, "gr"), out);
	if (PRESENT(RULE_CLOCK))
		out->clock = READ(read_clock, RULE_CLOCK);
	if (PRESENT(RULE_RADIUS))
		out->radius_m = READ(tv_json_number, RULE_RADIUS);
	if (PRESENT(RULE_U_TURN))
		out->u_turn_s = READ(read_u_turn, RULE_U_TURN);
	if (PRESENT(RULE_PROFILE))
		READ(check_profile, RULE_PROFILE);

#undef PRESENT
#undef READ
	/* They say nothing of ways. */
	tv_rules_of_fixes(rules, &fixes);

	status = tvm_world_rules_check(&env->tvm, out);
	if (status != TVM_OK)
		tvm_fail_path(&env->tvm, "rules");
	tv_check(env, status);
}

typedef struct Reading
{
	TvEnv	   *env;
	TvmWorldRules *rules;
	bool		found;
} Reading;

static void
receive_rules(void *target, TupleDesc columns, const Datum *values, const bool *nulls)
{
	Reading    *reading = target;

	reading->found = true;
	tv_rules_parse(reading->env, DatumGetJsonbP(values[0]), reading->rules);
}

void
tv_rules_read(TvEnv *env, int64 world_id, TvmWorldRules *out)
{
	TvArg		arg = tv_arg_bigint(world_id);
	Reading		reading = {.env = env, .rules = out};

	tv_scan("SELECT w.rules FROM timevmaps.worlds w WHERE w.id OPERATOR(pg_catalog.=) $1", 1, &arg, receive_rules, &reading);
	if (!reading.found)
		tv_report_not_found("world", world_id);
}

bool
tv_rules_weigh_alike(const TvmWorldRules *a, const TvmWorldRules *b)
{
	return a->max_speed_mps == b->max_speed_mps && a->base_drag == b->base_drag && a->sr == b->sr &&
		a->u_turn_s == b->u_turn_s &&
		a->gr == b->gr && (!a->gr || (a->gm == b->gm && a->r == b->r));
}

char *
tv_rules_profile(Jsonb *rules, MemoryContext context)
{
	JsonbValue	key = {.type = jbvString, .val.string = {.len = strlen("profile"), .val = "profile"}};
	JsonbValue *value = JB_ROOT_IS_OBJECT(rules) ? findJsonbValueFromContainer(&rules->root, JB_FOBJECT, &key) : NULL;
	char	   *name;

	if (value == NULL || value->type != jbvString)
		return NULL;
	name = MemoryContextAllocZero(context, value->val.string.len + 1);
	memcpy(name, value->val.string.val, value->val.string.len);
	return name;
}
