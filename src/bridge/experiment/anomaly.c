/*
 * anomaly.c: how unusual a run's numbers are beside those of earlier runs of the same setup.
 *
 * Iglewicz and Hoaglin (1993), How to Detect and Handle Outliers: the modified z-score.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"
#include "utils/varlena.h"

#include "bridge/server/json_write.h"

#define FEWEST 5				/* runs, to compare with */
#define UNUSUAL 3.5
#define MOST 1e6				/* a score */

typedef struct Metric
{
	char	   *name;
	int			length;
	double		value;
	double		median;
	double		mad;
	double		score;
} Metric;

static int
compare_numbers(const void *a, const void *b)
{
	return float8_cmp_internal(*(const double *) a, *(const double *) b);
}

/* Of numbers, which are sorted; of an even count the middle between two. */
static double
median_of(double *numbers, int count)
{
	double		low;

	qsort(numbers, count, sizeof(double), compare_numbers);
	low = numbers[(count - 1) / 2];
	return count % 2 == 1 ? low : low + 0.5 * (numbers[count / 2] - low);
}

static double
read_number(Numeric number)
{
	return DatumGetFloat8(DirectFunctionCall1(numeric_float8, NumericGetDatum(number)));
}

/* What earlier runs have under this name; returns how many. */
static int
read_earlier(const Metric *metric, Datum *earlier, int count, double *numbers)
{
	int			found = 0;
	Numeric		last = NULL;

	for (int i = 0; i < count; i++)
	{
		Jsonb	   *summary = DatumGetJsonbP(earlier[i]);
		JsonbValue	value;

		if (getKeyJsonValueFromContainer(&summary->root, metric->name, metric->length, &value) == NULL || value.type != jbvNumeric)
			continue;
		/* Many are equal, and to read one takes longer than to find it. */
		if (last != NULL && VARSIZE_ANY(last) == VARSIZE_ANY(value.val.numeric) &&
			memcmp(last, value.val.numeric, VARSIZE_ANY(last)) == 0)
			numbers[found] = numbers[found - 1];
		else
			numbers[found] = read_number(value.val.numeric);
		last = value.val.numeric;
		found++;
	}
	return found;
}

/* False: there are too few to say. */
static bool
score(Metric *metric, Datum *earlier, int count, double *numbers)
{
	double		rounding;
	double		off;
	double		mean = 0;

	count = read_earlier(metric, earlier, count, numbers);
	if (count < FEWEST)
		return false;
	metric->median = median_of(numbers, count);
	for (int i = 0; i < count; i++)
	{
		numbers[i] = fabs(float8_mi(numbers[i], metric->median));
		mean = float8_pl(mean, numbers[i]);
	}
	mean /= count;
	metric->mad = median_of(numbers, count);
	rounding = 1e-12 * Max(1, fabs(metric->median));
	off = float8_mi(metric->value, metric->median);
	if (fabs(off) <= rounding)
		metric->score = 0;
	else if (metric->mad > rounding)
		metric->score = float8_div(0.6745 * off, metric->mad);
	/* Where more than half of the runs agree, by the mean deviation. */
	else if (mean > rounding)
		metric->score = float8_div(off, 1.253314 * mean);
	else
		metric->score = off > 0 ? MOST : -MOST;
	metric->score = Max(-MOST, Min(MOST, metric->score));
	return true;
}

/* The most unusual first. */
static int
compare_metrics(const void *a, const void *b)
{
	const Metric *x = a;
	const Metric *y = b;
	int			order = float8_cmp_internal(fabs(y->score), fabs(x->score));

	return order != 0 ? order : varstr_cmp(x->name, x->length, y->name, y->length, DEFAULT_COLLATION_OID);
}

static int
score_all(Jsonb *summary, Datum *earlier, int count, Metric *metrics)
{
	double	   *numbers = palloc(sizeof(double) * Max(count, 1));
	JsonbIterator *iterator = JsonbIteratorInit(&summary->root);
	JsonbIteratorToken token;
	JsonbValue	name;
	JsonbValue	value;
	int			scored = 0;

	while ((token = JsonbIteratorNext(&iterator, &name, true)) != WJB_DONE)
	{
		if (token != WJB_KEY)
			continue;
		if (JsonbIteratorNext(&iterator, &value, true) != WJB_VALUE || value.type != jbvNumeric)
			continue;
		metrics[scored] = (Metric) {pnstrdup(name.val.string.val, name.val.string.len), name.val.string.len, read_number(value.val.numeric)};
		if (score(&metrics[scored], earlier, count, numbers))
			scored++;
	}
	qsort(metrics, scored, sizeof(Metric), compare_metrics);
	return scored;
}

static Jsonb *
write_scores(const Metric *metrics, int scored, int runs)
{
	static const char *const names[] = {"runs", "score", "unusual"};
	static const char *const each[] = {"mad", "score", "value", "median", "metric"};
	int			unusual = 0;
	TvJsonWriter writer;

	while (unusual < scored && fabs(metrics[unusual].score) > UNUSUAL)
		unusual++;
	tv_json_begin(&writer, 128);
	tv_json_put_object(&writer, NULL, names, lengthof(names));
	tv_json_put_integer(&writer, "runs", runs);
	if (scored > 0)
		tv_json_put_number(&writer, "score", fabs(metrics[0].score));
	else
		tv_json_put_null(&writer, "score");
	tv_json_put_list(&writer, "unusual", unusual);
	for (int i = 0; i < unusual; i++)
	{
		tv_json_put_object(&writer, NULL, each, lengthof(each));
		tv_json_put_number(&writer, "mad", metrics[i].mad);
		tv_json_put_number(&writer, "score", metrics[i].score);
		tv_json_put_number(&writer, "value", metrics[i].value);
		tv_json_put_number(&writer, "median", metrics[i].median);
		tv_json_put_string(&writer, "metric", metrics[i].name);
	}
	return tv_json_end(&writer);
}

PG_FUNCTION_INFO_V1(tv_anomaly);
Datum
tv_anomaly(PG_FUNCTION_ARGS)
{
	Jsonb	   *summary = PG_GETARG_JSONB_P(0);
	ArrayType  *array = PG_GETARG_ARRAYTYPE_P(1);
	Metric	   *metrics = palloc(sizeof(Metric) * (JB_ROOT_COUNT(summary) + 1));
	Datum	   *earlier;
	bool	   *nulls;
	int			count;
	int			kept = 0;

	if (!JB_ROOT_IS_OBJECT(summary))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("summary: not an object")));
	deconstruct_array(array, JSONBOID, -1, false, TYPALIGN_INT, &earlier, &nulls, &count);
	for (int i = 0; i < count; i++)
		if (!nulls[i])
			earlier[kept++] = earlier[i];
	PG_RETURN_JSONB_P(write_scores(metrics, score_all(summary, earlier, kept, metrics), kept));
}
