/*
 * what_if.c: a client's list of overrides, read and merged; see what_if.h.
 */
#include "postgres.h"

#include <math.h>

#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "bridge/network/what_if.h"
#include "bridge/server/ids.h"

#define ID_MOST ((INT64CONST(1) << 53) - 1)
#define CLASS_MOST 64			/* characters, as the table has it */

/* In the order of kind_names. */
typedef enum Kind
{
	KIND_SEGMENT, KIND_ZONE, KIND_TURN, KIND_GATEWAY, KIND_COUNT
} Kind;

static const char *const kind_names[KIND_COUNT] = {"segment_id", "zone_id", "turn", "gateway_id"};

typedef struct Reading
{
	TvWhatIf   *what_if;
	uint32		entry;
	const TvPath *path;			/* of the entry */
} Reading;

/* Values -------------------------------------------------------------------- */

static int64
read_id(const JsonbValue *value, const TvPath *path)
{
	if (!tv_json_present(value))
		tv_json_fail(path, "is missing", NULL, NULL);
	return tv_json_integer(value, path, 1, ID_MOST, "not an identifier");
}

static double
read_positive(const JsonbValue *value, const TvPath *path)
{
	double		number = tv_json_number(value, path);

	if (!(number > 0))
		tv_json_fail(path, "not a number above 0", NULL, "It is %s.", tv_json_excerpt(value));
	return number;
}

/* Elsewhere a speed of 0 closes a road. */
static double
read_speed(const JsonbValue *value, const TvPath *path)
{
	double		number = tv_json_number(value, path);

	if (!(number > 0))
		tv_json_fail(path, "not a number above 0", "What nobody may drive on is \"closed\": true.",
					 "It is %s.", tv_json_excerpt(value));
	return number;
}

static double
read_amount(const JsonbValue *value, const TvPath *path)
{
	double		number = tv_json_number(value, path);

	if (!(number >= 0))
		tv_json_fail(path, "not a number of at least 0", NULL, "It is %s.", tv_json_excerpt(value));
	return number;
}

/* A limit; JSON has no number for none. */
static double
read_limit(const JsonbValue *value, const TvPath *path)
{
	if (value->type == jbvString)
	{
		if (value->val.string.len == 8 && strncmp(value->val.string.val, "infinity", 8) == 0)
			return INFINITY;
		tv_json_fail(path, "not a limit", "A number above 0, or \"infinity\" for none.", "It is %s.", tv_json_excerpt(value));
	}
	return read_positive(value, path);
}

static const char *
read_class(const JsonbValue *value, const TvPath *path)
{
	char	   *text = tv_json_string(value, path);

	if (text[0] == '\0')
		tv_json_fail(path, "is empty", NULL, NULL);
	if (pg_mbstrlen(text) > CLASS_MOST)
		tv_json_fail(path, "too long", NULL, "It has at most %d characters.", CLASS_MOST);
	return text;
}

/* Entries ------------------------------------------------------------------- */

enum
{
	SEGMENT_ID, SEGMENT_CLOSED, SEGMENT_SPEED, SEGMENT_LENGTH, SEGMENT_DRAG, SEGMENT_CLASS,
	SEGMENT_LIMIT, SEGMENT_GATE = SEGMENT_LIMIT + TV_LIMITS, SEGMENT_COUNT
};

static const char *const segment_names[SEGMENT_COUNT] = {
	"segment_id", "closed", "speed_kph", "length_m", "base_drag", "class",
	"max_height_m", "max_width_m", "max_length_m", "max_weight_kg", "gate"
};

/* Read a value, if there is one, into a field of `entry`, which then says it. */
#define READ(field, bit, reader, names, index) \
	do { \
		if (tv_json_present(&values[index])) \
		{ \
			entry->field = reader(&values[index], &TV_PATH_KEY(reading->path, names[index])); \
			entry->says |= (bit); \
		} \
	} while (0)

static void
read_segment(Reading *reading, JsonbContainer *object)
{
	JsonbValue	values[SEGMENT_COUNT];
	TvWhatIfSegment *entry = &reading->what_if->segments[reading->what_if->segment_count++];

	tv_json_fields(object, segment_names, SEGMENT_COUNT, values, reading->path);
	*entry = (TvWhatIfSegment) {
		.segment_id = read_id(&values[SEGMENT_ID], &TV_PATH_KEY(reading->path, segment_names[SEGMENT_ID]))
	};
	READ(closed, TV_WHAT_IF_CLOSED, tv_json_boolean, segment_names, SEGMENT_CLOSED);
	READ(speed_kph, TV_WHAT_IF_SPEED, read_speed, segment_names, SEGMENT_SPEED);
	READ(length_m, TV_WHAT_IF_LENGTH, read_positive, segment_names, SEGMENT_LENGTH);
	READ(drag, TV_WHAT_IF_DRAG, read_amount, segment_names, SEGMENT_DRAG);
	READ(road_class, TV_WHAT_IF_CLASS, read_class, segment_names, SEGMENT_CLASS);
	for (int i = 0; i < TV_LIMITS; i++)
		READ(limits[i], TV_WHAT_IF_HEIGHT << i, read_limit, segment_names, SEGMENT_LIMIT + i);
	READ(gate, TV_WHAT_IF_GATE, tv_json_boolean, segment_names, SEGMENT_GATE);
}

static void
read_zone(Reading *reading, JsonbContainer *object)
{
	static const char *const names[] = {"zone_id", "closed", "speed_kph"};
	JsonbValue	values[lengthof(names)];
	TvWhatIfZone *entry = &reading->what_if->zones[reading->what_if->zone_count++];

	tv_json_fields(object, names, lengthof(names), values, reading->path);
	*entry = (TvWhatIfZone) {
		.zone_id = read_id(&values[0], &TV_PATH_KEY(reading->path, names[0])),
		.entry = reading->entry
	};
	READ(closed, TV_WHAT_IF_CLOSED, tv_json_boolean, names, 1);
	READ(speed_kph, TV_WHAT_IF_SPEED, read_speed, names, 2);
}

static void
read_gateway(Reading *reading, JsonbContainer *object)
{
	static const char *const names[] = {"gateway_id", "closed", "penalty_s"};
	JsonbValue	values[lengthof(names)];
	TvWhatIfGateway *entry = &reading->what_if->gateways[reading->what_if->gateway_count++];

	tv_json_fields(object, names, lengthof(names), values, reading->path);
	*entry = (TvWhatIfGateway) {
		.gateway_id = read_id(&values[0], &TV_PATH_KEY(reading->path, names[0]))
	};
	READ(closed, TV_WHAT_IF_CLOSED, tv_json_boolean, names, 1);
	READ(penalty_s, TV_WHAT_IF_PENALTY, read_amount, names, 2);
}

#undef READ

int
tv_turn_kind_parse(const char *word)
{
	static const char *const words[] = {[TVM_TURN_NO] = "no", [TVM_TURN_ONLY] = "only", [TVM_TURN_COST] = "cost"};

	for (int i = 0; i < lengthof(words); i++)
		if (strcmp(word, words[i]) == 0)
			return i;
	return -1;
}

static uint8
read_rule(const JsonbValue *value, const TvPath *path)
{
	int			kind;

	if (!tv_json_present(value))
		tv_json_fail(path, "is missing", NULL, NULL);
	kind = tv_turn_kind_parse(tv_json_string(value, path));
	if (kind < 0)
		tv_json_fail(path, "unknown rule", "Rules are no, only and cost.", "It is %s.", tv_json_excerpt(value));
	return (uint8) kind;
}

static void
read_turn(Reading *reading, JsonbContainer *object)
{
	static const char *const outer[] = {"turn"};
	static const char *const names[] = {"from_segment_id", "via_place_id", "to_segment_id", "rule", "penalty_s"};
	JsonbValue	turn;
	JsonbValue	values[lengthof(names)];
	TvPath		path = TV_PATH_KEY(reading->path, "turn");
	TvPath		penalty = TV_PATH_KEY(&path, "penalty_s");
	TvWhatIfTurn *entry = &reading->what_if->turns[reading->what_if->turn_count++];
	TvTurnRow  *row = &entry->row;

	tv_json_fields(object, outer, 1, &turn, reading->path);
	tv_json_fields(tv_json_object(&turn, &path), names, lengthof(names), values, &path);
	entry->entry = reading->entry;
	*row = (TvTurnRow) {
		.timeline_id = TV_WHAT_IF_TIMELINE,
		.from_segment_id = read_id(&values[0], &TV_PATH_KEY(&path, names[0])),
		.via_place_id = read_id(&values[1], &TV_PATH_KEY(&path, names[1])),
		.to_segment_id = read_id(&values[2], &TV_PATH_KEY(&path, names[2])),
		.kind = read_rule(&values[3], &TV_PATH_KEY(&path, names[3]))
	};
	if (row->kind == TVM_TURN_COST)
	{
		if (!tv_json_present(&values[4]))
			tv_json_fail(&penalty, "is missing", "A turn of rule cost has seconds.", NULL);
		row->penalty_s = read_amount(&values[4], &penalty);
	}
	else if (tv_json_present(&values[4]))
		tv_json_fail(&penalty, "belongs to the rule cost", NULL, NULL);
}

/* By the one key that says what it is about; what of it is supposed is said by another, unless that is a turn. */
static Kind
kind_of(JsonbContainer *object, const TvPath *path)
{
	TvJsonScan	scan;
	JsonbValue	value;
	int			found = KIND_COUNT;
	int			count = 0;
	int			others = -1;

	tv_json_scan(&scan, object);
	while (tv_json_next(&scan, &value))
	{
		if (scan.key.val.string.len < 2 || strncmp(scan.key.val.string.val, "x-", 2) != 0)
			others++;
		for (int i = 0; i < KIND_COUNT; i++)
			if (tv_json_present(&value) && scan.key.val.string.len == (int) strlen(kind_names[i]) &&
				strncmp(scan.key.val.string.val, kind_names[i], scan.key.val.string.len) == 0)
			{
				found = i;
				count++;
			}
	}
	if (count != 1)
		tv_json_fail(path, "needs one of segment_id, zone_id, turn and gateway_id", NULL,
					 "It has %s.", count == 0 ? "none" : "several");
	if (others == 0 && found != KIND_TURN)
		tv_json_fail(path, "supposes nothing", "Say what is so of it, such as \"closed\": true.",
					 "It has %s alone.", kind_names[found]);
	return (Kind) found;
}

/* Merging ------------------------------------------------------------------- */

static int
compare_turns(const void *a, const void *b)
{
	const TvTurnRow *x = &((const TvWhatIfTurn *) a)->row;
	const TvTurnRow *y = &((const TvWhatIfTurn *) b)->row;

	if (x->from_segment_id != y->from_segment_id)
		return x->from_segment_id < y->from_segment_id ? -1 : 1;
	if (x->via_place_id != y->via_place_id)
		return x->via_place_id < y->via_place_id ? -1 : 1;
	return (x->to_segment_id > y->to_segment_id) - (x->to_segment_id < y->to_segment_id);
}

static void
merge_segment(void *into, const void *later)
{
	TvWhatIfSegment *to = into;
	const TvWhatIfSegment *from = later;

	if (from->says & TV_WHAT_IF_CLOSED)
		to->closed = from->closed;
	if (from->says & TV_WHAT_IF_SPEED)
		to->speed_kph = from->speed_kph;
	if (from->says & TV_WHAT_IF_LENGTH)
		to->length_m = from->length_m;
	if (from->says & TV_WHAT_IF_DRAG)
		to->drag = from->drag;
	if (from->says & TV_WHAT_IF_CLASS)
		to->road_class = from->road_class;
	for (int i = 0; i < TV_LIMITS; i++)
		if (from->says & (TV_WHAT_IF_HEIGHT << i))
			to->limits[i] = from->limits[i];
	if (from->says & TV_WHAT_IF_GATE)
		to->gate = from->gate;
	to->says |= from->says;
}

static void
merge_zone(void *into, const void *later)
{
	TvWhatIfZone *to = into;
	const TvWhatIfZone *from = later;

	if (from->says & TV_WHAT_IF_CLOSED)
	{
		to->closed = from->closed;
		to->entry = from->entry;
	}
	if (from->says & TV_WHAT_IF_SPEED)
		to->speed_kph = from->speed_kph;
	to->says |= from->says;
}

static void
merge_gateway(void *into, const void *later)
{
	TvWhatIfGateway *to = into;
	const TvWhatIfGateway *from = later;

	if (from->says & TV_WHAT_IF_CLOSED)
		to->closed = from->closed;
	if (from->says & TV_WHAT_IF_PENALTY)
		to->penalty_s = from->penalty_s;
	to->says |= from->says;
}

static void
merge_turn(void *into, const void *later)
{
	*(TvWhatIfTurn *) into = *(const TvWhatIfTurn *) later;
}

typedef struct Keyed
{
	const char *entry;
	int			(*compare) (const void *a, const void *b);
} Keyed;

/* By what they are about, then as they were given: they stand in that order in memory. */
static int
compare_keyed(const void *a, const void *b)
{
	const Keyed *x = a;
	const Keyed *y = b;
	int			order = x->compare(x->entry, y->entry);

	return order != 0 ? order : (x->entry > y->entry) - (x->entry < y->entry);
}

/* Entries by what they are about, each once; returns how many are left. */
static uint32
merge(void **entries, Size size, uint32 count, int (*compare) (const void *, const void *), void (*merge_one) (void *, const void *))
{
	Keyed	   *keyed;
	char	   *merged;
	uint32		kept = 0;

	if (count < 2)
		return count;
	keyed = palloc(sizeof(Keyed) * count);
	merged = palloc(size * count);
	for (uint32 i = 0; i < count; i++)
		keyed[i] = (Keyed) {(const char *) *entries + i * size, compare};
	qsort(keyed, count, sizeof(Keyed), compare_keyed);
	for (uint32 i = 0; i < count; i++)
		if (kept > 0 && compare(merged + (kept - 1) * size, keyed[i].entry) == 0)
			merge_one(merged + (kept - 1) * size, keyed[i].entry);
		else
			memcpy(merged + kept++ * size, keyed[i].entry, size);
	pfree(keyed);
	*entries = merged;
	return kept;
}

static void
merge_all(TvWhatIf *what_if)
{
#define MERGE(list, count, compare, merge_one) \
	(what_if->count = merge((void **) &what_if->list, sizeof(what_if->list[0]), what_if->count, compare, merge_one))
	MERGE(segments, segment_count, tv_ids_compare, merge_segment);
	MERGE(zones, zone_count, tv_ids_compare, merge_zone);
	MERGE(turns, turn_count, compare_turns, merge_turn);
	MERGE(gateways, gateway_count, tv_ids_compare, merge_gateway);
#undef MERGE
}

/* The whole ----------------------------------------------------------------- */

const TvWhatIf *
tv_what_if_parse(Jsonb *overrides, const TvPath *parent)
{
	static void (*const readers[KIND_COUNT]) (Reading *, JsonbContainer *) = {
		[KIND_SEGMENT] = read_segment,[KIND_ZONE] = read_zone,[KIND_TURN] = read_turn,[KIND_GATEWAY] = read_gateway
	};
	const TvPath root = TV_PATH_KEY(parent, "overrides");
	Reading		reading;
	JsonbValue	document;
	JsonbContainer *list;
	JsonbValue	value;
	TvJsonScan	scan;
	uint32		count;

	if (overrides == NULL)
		return NULL;
	tv_json_root(overrides, &document);
	if (!tv_json_present(&document))
		return NULL;
	list = tv_json_array(&document, &root);
	count = JsonContainerSize(list);
	if (count == 0)
		return NULL;
	if (count > TV_WHAT_IF_MOST)
		tv_json_fail(&root, "too many entries", "Make a branch of the timeline, and overrides on it.",
					 "There are %u, and at most %d may be.", count, TV_WHAT_IF_MOST);
	reading.what_if = palloc0(sizeof(TvWhatIf));
	reading.what_if->segments = palloc(sizeof(TvWhatIfSegment) * count);
	reading.what_if->zones = palloc(sizeof(TvWhatIfZone) * count);
	reading.what_if->turns = palloc(sizeof(TvWhatIfTurn) * count);
	reading.what_if->gateways = palloc(sizeof(TvWhatIfGateway) * count);
	tv_json_scan(&scan, list);
	while (tv_json_next(&scan, &value))
	{
		TvPath		path = TV_PATH_INDEX(&root, scan.index);
		JsonbContainer *object = tv_json_object(&value, &path);

		reading.path = &path;
		reading.entry = (uint32) scan.index;
		readers[kind_of(object, &path)](&reading, object);
	}
	merge_all(reading.what_if);
	return reading.what_if;
}

/* What it makes of segments --------------------------------------------------- */

const TvWhatIfSegment *
tv_what_if_find(const TvWhatIf *what_if, int64 segment_id)
{
	return bsearch(&segment_id, what_if->segments, what_if->segment_count, sizeof(TvWhatIfSegment), tv_ids_compare);
}

/* The speed that takes as long over all of a segment as its parts do; the one it has where that is no slower. */
static double
slow_down(const TvWhatIfPart *parts, uint32 count, double speed_kph)
{
	double		hours = 0;
	double		before = 0;
	double		slowed;

	for (uint32 i = 0; i < count; i++)
	{
		hours += (parts[i].part - before) / Min(parts[i].speed_kph, speed_kph);
		before = Max(before, parts[i].part);
	}
	slowed = 1 / (hours + Max(1 - before, 0) / speed_kph);
	if (!(slowed < speed_kph * (1 - 1e-9)))
		return speed_kph;
	return before > 1 - 1e-9 && count == 1 ? parts[0].speed_kph : slowed;
}

TvmOverride
tv_what_if_override(const TvWhatIf *what_if, const TvWhatIfSegment *segment, const TvmSegment *above)
{
	uint32		says = segment->says;
	TvmOverride override = {
		.says = (says & TV_WHAT_IF_CLOSED ? TVM_SAYS_CLOSED : 0) | (says & TV_WHAT_IF_LENGTH ? TVM_SAYS_LENGTH : 0) |
			(says & TV_WHAT_IF_SPEED ? TVM_SAYS_SPEED : 0) | (says & TV_WHAT_IF_DRAG ? TVM_SAYS_DRAG : 0),
		.closed = segment->closed,
		.length_m = segment->length_m,
		.speed_kph = segment->speed_kph,
		.drag = segment->drag
	};

	if ((says & TV_WHAT_IF_SPEED) == 0 && segment->part_count > 0)
	{
		override.says |= TVM_SAYS_SPEED;
		override.speed_kph = slow_down(what_if->parts + segment->first_part, segment->part_count, above->speed_kph);
	}
	return override;
}

TvRoadKind
tv_what_if_road(TvRoadKinds *roads, const TvWhatIfSegment *segment, uint32 *says)
{
	Datum		values[TV_LIMITS + 2] = {0};
	bool		nulls[TV_LIMITS + 2];

	nulls[0] = (segment->says & TV_WHAT_IF_CLASS) == 0;
	if (!nulls[0])
		values[0] = CStringGetTextDatum(segment->road_class);
	for (int i = 0; i < TV_LIMITS; i++)
	{
		nulls[i + 1] = (segment->says & (TV_WHAT_IF_HEIGHT << i)) == 0;
		values[i + 1] = Float8GetDatum(segment->limits[i]);
	}
	nulls[TV_LIMITS + 1] = (segment->says & TV_WHAT_IF_GATE) == 0;
	values[TV_LIMITS + 1] = BoolGetDatum(segment->gate);
	return tv_road_kind_read(roads, values, nulls, says);
}

/* Content ------------------------------------------------------------------- */

static bool
is_same_segment(const TvWhatIfSegment *a, const TvWhatIfSegment *b)
{
	if (a->segment_id != b->segment_id || a->says != b->says || a->closed != b->closed || a->gate != b->gate ||
		a->speed_kph != b->speed_kph || a->length_m != b->length_m || a->drag != b->drag || a->part_count != b->part_count)
		return false;
	for (int i = 0; i < TV_LIMITS; i++)
		if (a->limits[i] != b->limits[i])
			return false;
	return (a->road_class == NULL) == (b->road_class == NULL) &&
		(a->road_class == NULL || strcmp(a->road_class, b->road_class) == 0);
}

bool
tv_what_if_is_same(const TvWhatIf *a, const TvWhatIf *b)
{
	if (a == b)
		return true;
	if (a == NULL || b == NULL || a->segment_count != b->segment_count || a->part_count != b->part_count || a->turn_count != b->turn_count)
		return false;
	for (uint32 i = 0; i < a->segment_count; i++)
		if (!is_same_segment(&a->segments[i], &b->segments[i]))
			return false;
	for (uint32 i = 0; i < a->part_count; i++)
		if (a->parts[i].segment_id != b->parts[i].segment_id || a->parts[i].speed_kph != b->parts[i].speed_kph ||
			a->parts[i].part != b->parts[i].part)
			return false;
	for (uint32 i = 0; i < a->turn_count; i++)
		if (compare_turns(&a->turns[i], &b->turns[i]) != 0 || a->turns[i].row.kind != b->turns[i].row.kind ||
			a->turns[i].row.penalty_s != b->turns[i].row.penalty_s)
			return false;
	return true;
}

const TvWhatIf *
tv_what_if_copy(const TvWhatIf *what_if, MemoryContext context)
{
	TvWhatIf   *copy = MemoryContextAllocZero(context, sizeof(TvWhatIf));

#define COPY(list, counted) \
	do { \
		copy->counted = what_if->counted; \
		copy->list = MemoryContextAllocHuge(context, sizeof(copy->list[0]) * Max(copy->counted, 1)); \
		if (copy->counted > 0) \
			memcpy(copy->list, what_if->list, sizeof(copy->list[0]) * copy->counted); \
	} while (0)
	COPY(segments, segment_count);
	COPY(parts, part_count);
	COPY(turns, turn_count);
#undef COPY
	for (uint32 i = 0; i < copy->segment_count; i++)
		if (copy->segments[i].road_class != NULL)
			copy->segments[i].road_class = MemoryContextStrdup(context, copy->segments[i].road_class);
	return copy;
}
