/*
 * arguments.c: the arguments of an experiment; see arguments.h.
 */
#include "postgres.h"

#include "bridge/experiment/arguments.h"
#include "bridge/network/metric.h"
#include "bridge/network/what_if.h"
#include "bridge/server/json.h"
#include "bridge/experiment/sweep.h"

/* One experiment may not take longer than this, whatever it asks for. */
#define TIMEOUT_MOST_S 1e6
#define SHOTS_MOST 1000000000
#define EVERY_MOST 4000000
#define ID_MOST ((INT64CONST(1) << 53) - 1)

static const TvPath root = {NULL, "params", -1, 0};

static void
read_timeout(TvExperiment *experiment, const JsonbValue *value)
{
	TvPath		path = TV_PATH_KEY(&root, "timeout_s");

	if (!tv_json_present(value))
		return;
	experiment->timeout_s = tv_json_number(value, &path);
	if (!(experiment->timeout_s > 0 && experiment->timeout_s <= TIMEOUT_MOST_S))
		tv_json_fail(&path, "not a time limit", NULL, "It is above 0 and at most 1000000 seconds.");
}

/* ------------------------------------------------------- sr, gr, relativity */

static double
required_number(const JsonbValue *value, const char *key)
{
	TvPath		path = TV_PATH_KEY(&root, key);

	if (!tv_json_present(value))
		tv_json_fail(&path, "is missing", NULL, NULL);
	return tv_json_number(value, &path);
}

/* Whichever of the two is given; both are one too many. */
static void
read_seconds(TvExperiment *experiment, const JsonbValue *coordinate, const JsonbValue *proper)
{
	if (tv_json_present(coordinate) && tv_json_present(proper))
	{
		TvPath		path = TV_PATH_KEY(&root, "proper_seconds");

		tv_json_fail(&path, "given together with coordinate_seconds",
					 "Give one of them; the other is the answer.", NULL);
	}
	if (tv_json_present(coordinate))
	{
		experiment->given = TV_GIVEN_COORDINATE;
		experiment->seconds = required_number(coordinate, "coordinate_seconds");
	}
	else if (tv_json_present(proper))
	{
		experiment->given = TV_GIVEN_PROPER;
		experiment->seconds = required_number(proper, "proper_seconds");
	}
}

void
tv_arguments_sr(TvExperiment *experiment, JsonbContainer *params)
{
	static const char *const names[] = {"v_mps", "coordinate_seconds", "proper_seconds", "timeout_s"};
	JsonbValue	values[lengthof(names)];

	tv_json_fields(params, names, lengthof(names), values, &root);
	experiment->v_mps = required_number(&values[0], "v_mps");
	read_seconds(experiment, &values[1], &values[2]);
	read_timeout(experiment, &values[3]);
}

void
tv_arguments_gr(TvExperiment *experiment, JsonbContainer *params)
{
	static const char *const names[] = {"gm", "r", "coordinate_seconds", "proper_seconds", "timeout_s"};
	JsonbValue	values[lengthof(names)];

	tv_json_fields(params, names, lengthof(names), values, &root);
	experiment->gm = required_number(&values[0], "gm");
	experiment->r = required_number(&values[1], "r");
	read_seconds(experiment, &values[2], &values[3]);
	read_timeout(experiment, &values[4]);
}

/* What is given chooses: a speed alone is sr, a mass and a radius alone are gr, and all three the two combined. */
void
tv_arguments_relativity(TvExperiment *experiment, JsonbContainer *params)
{
	static const char *const names[] = {
		"gm", "r", "v_mps", "coordinate_seconds", "proper_seconds", "timeout_s"
	};
	JsonbValue	values[lengthof(names)];
	bool		moves;
	bool		falls;

	tv_json_fields(params, names, lengthof(names), values, &root);
	moves = tv_json_present(&values[2]);
	falls = tv_json_present(&values[0]) || tv_json_present(&values[1]);
	if (moves || !falls)
		experiment->v_mps = required_number(&values[2], "v_mps");
	if (falls)
	{
		experiment->gm = required_number(&values[0], "gm");
		experiment->r = required_number(&values[1], "r");
	}
	if (!falls)
		experiment->kind = TV_KIND_SR;
	else if (!moves)
		experiment->kind = TV_KIND_GR;
	read_seconds(experiment, &values[3], &values[4]);
	read_timeout(experiment, &values[5]);
}

/* ------------------------------------------------------------------- route */

static int64
read_id(const JsonbValue *value, const char *key, bool required)
{
	TvPath		path = TV_PATH_KEY(&root, key);

	if (!tv_json_present(value))
	{
		if (required)
			tv_json_fail(&path, "is missing", NULL, NULL);
		return 0;
	}
	return tv_json_integer(value, &path, 1, ID_MOST, "not an identifier");
}

void
tv_arguments_route(TvExperiment *experiment, JsonbContainer *params)
{
	static const char *const names[] = {
		"origin_place_id", "dest_place_id", "dest_timeline_id", "metric", "timeout_s", "profile", "overrides"
	};
	JsonbValue	values[lengthof(names)];

	tv_json_fields(params, names, lengthof(names), values, &root);
	experiment->origin = read_id(&values[0], names[0], true);
	experiment->dest = read_id(&values[1], names[1], true);
	experiment->dest_timeline = read_id(&values[2], names[2], false);
	if (tv_json_present(&values[3]))
	{
		TvPath		path = TV_PATH_KEY(&root, "metric");
		TvMetric	metric;

		experiment->metric = tv_json_string(&values[3], &path);
		if (!tv_metric_find(experiment->metric, &metric))
			tv_json_fail(&path, "not a metric", psprintf("One of: %s.", tv_metric_list(", ")),
						 "%s", tv_json_excerpt(&values[3]));
	}
	read_timeout(experiment, &values[4]);
	if (tv_json_present(&values[5]))
		experiment->profile = tv_json_string(&values[5], &TV_PATH_KEY(&root, "profile"));
	if (tv_json_present(&values[6]))
	{
		(void) tv_json_array(&values[6], &TV_PATH_KEY(&root, "overrides"));
		experiment->overrides = JsonbValueToJsonb(&values[6]);
		(void) tv_what_if_parse(experiment->overrides, &root);
	}
}

/* ----------------------------------------------------------------- quantum */

static void
read_frames(TvFramesSpec *frames, const JsonbValue *value)
{
	static const char *const names[] = {"every", "content", "max_qubits"};
	TvPath		path = TV_PATH_KEY(&root, "frames");
	JsonbValue	values[lengthof(names)];

	frames->max_qubits = -1;
	if (!tv_json_present(value))
		return;
	if (value->type == jbvBool)
	{
		frames->off = !value->val.boolean;
		return;
	}
	tv_json_fields(tv_json_object(value, &path), names, lengthof(names), values, &path);
	if (tv_json_present(&values[0]))
	{
		TvPath		every = TV_PATH_KEY(&path, "every");

		frames->every = tv_json_integer(&values[0], &every, 0, EVERY_MOST, "not a number of gates");
		frames->off = frames->every == 0;
	}
	if (tv_json_present(&values[1]))
	{
		TvPath		content = TV_PATH_KEY(&path, "content");

		if (!tvm_frame_kind_of(tv_json_string(&values[1], &content), &frames->content))
			tv_json_fail(&content, "not a content of frames", "One of: full, top, bloch, probabilities.",
						 "%s", tv_json_excerpt(&values[1]));
	}
	if (tv_json_present(&values[2]))
	{
		TvPath		qubits = TV_PATH_KEY(&path, "max_qubits");

		frames->max_qubits = tv_json_integer(&values[2], &qubits, 0, TVM_MAX_QUBITS, "not a number of qubits");
	}
}

/* What a run and a sweep of runs have in common, the first members of both. */
#define RUN_KEYS "circuit", "shots", "seed", "options", "frames", "timeout_s"
#define RUN_KEY_COUNT 6

static void
read_run(TvExperiment *experiment, JsonbValue values[RUN_KEY_COUNT])
{
	TvPath		circuit = TV_PATH_KEY(&root, "circuit");

	if (!tv_json_present(&values[0]))
		tv_json_fail(&circuit, "is missing", "Give a circuit, or the name of one in table circuits.", NULL);
	if (values[0].type == jbvString)
		experiment->circuit_name = tv_json_string(&values[0], &circuit);
	else
	{
		(void) tv_json_object(&values[0], &circuit);
		experiment->circuit = JsonbValueToJsonb(&values[0]);
	}
	if (tv_json_present(&values[1]))
	{
		TvPath		path = TV_PATH_KEY(&root, "shots");

		experiment->shots = tv_json_integer(&values[1], &path, 0, SHOTS_MOST, "not a number of shots");
	}
	if (tv_json_present(&values[2]))
	{
		TvPath		path = TV_PATH_KEY(&root, "seed");

		experiment->has_seed = true;
		experiment->seed = tv_json_integer(&values[2], &path, PG_INT64_MIN, PG_INT64_MAX, "not a seed");
	}
	if (tv_json_present(&values[3]))
	{
		TvPath		path = TV_PATH_KEY(&root, "options");

		(void) tv_json_object(&values[3], &path);
		experiment->options = JsonbValueToJsonb(&values[3]);
	}
	read_frames(&experiment->frames, &values[4]);
	read_timeout(experiment, &values[5]);
}

void
tv_arguments_quantum(TvExperiment *experiment, JsonbContainer *params)
{
	static const char *const names[] = {RUN_KEYS};
	JsonbValue	values[lengthof(names)];

	tv_json_fields(params, names, lengthof(names), values, &root);
	read_run(experiment, values);
}

void
tv_arguments_sweep(TvExperiment *experiment, JsonbContainer *params)
{
	static const char *const names[] = {RUN_KEYS, "grid", "points", "gradient"};
	JsonbValue	values[lengthof(names)];
	TvPath		gradient = TV_PATH_KEY(&root, "gradient");

	tv_json_fields(params, names, lengthof(names), values, &root);
	read_run(experiment, values);
	experiment->sweep = tv_sweep_read(&values[RUN_KEY_COUNT], &values[RUN_KEY_COUNT + 1], &root);
	if (tv_json_present(&values[RUN_KEY_COUNT + 2]))
		experiment->gradient = tv_json_boolean(&values[RUN_KEY_COUNT + 2], &gradient);
}
