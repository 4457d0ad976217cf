/*
 * turns.c: rules for turns on a road network, and what routes cost by them: an oracle
 * for the timings, which shares no code with what is timed.
 *
 *   turns DIRECTORY OUT PAIRS ROUNDS
 *
 * DIRECTORY holds places.tsv and segments.tsv (roads.pl); a junction is a place with
 * three segments or more.  Written into OUT, tab-separated, rules as "from via to rule
 * penalty" with \N for none:
 *
 *   rules.tsv      two rules at each of 1 % of the junctions, numbered from 1 by their lines
 *   plain, turned  PAIRS pairs "origin dest seconds", without the rules and with them
 *   changed.tsv    for each round "round number rule penalty": one of the rules is another from then on
 *   changed        the round's pair, by that
 *   added.tsv      for each round "round" and one more rule at a junction that had none, on top of the changes
 *   added          the round's pair, by that
 *   supposed.tsv   for each round "round" and 100 rules: some along the pair's best way, the rest anywhere
 *   supposed       the round's pair by these alone, on the network without rules
 *
 * A search goes over directed segments, so that it knows by which one it came.  Prints
 * "junctions", "rules" and "mattered": to how many of the pairs the rules matter.
 */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX
#define DESTS 10				/* for each origin */
#define SUPPOSED 100
#define ALONG 20				/* of them along the way */

typedef enum Kind
{
	NO, ONLY, COST
} Kind;

typedef struct Rule
{
	uint32_t	from,			/* segments */
		via,
		to;
	uint32_t	next;			/* of its place */
	Kind		kind;
	double		penalty;
} Rule;

typedef struct Entry
{
	double		cost;
	uint32_t	arc;
} Entry;

/* Arc 2 s is segment s from a to b, 2 s + 1 its way back. */
static uint32_t place_count,
			segment_count;
static uint32_t *end[2];
static double *weight;
static bool *oneway;
static uint32_t *first_arc,
		   *arcs;				/* that leave a place */
static uint32_t *degree;
static uint32_t *junctions;
static uint32_t junction_count;

static Rule *rules;
static uint32_t rule_count;
static uint32_t *first_rule;

static double *arc_cost;
static uint32_t *arc_from;		/* the arc before */
static bool *settled;			/* places */
static Entry *heap;
static size_t heap_count;

static uint64_t state = 14;

static void
fail(const char *what)
{
	fprintf(stderr, "turns: %s\n", what);
	exit(1);
}

static void *
get(size_t count, size_t size)
{
	void	   *memory = calloc(count + 1, size);

	if (memory == NULL)
		fail("out of memory");
	return memory;
}

static uint32_t
draw(uint32_t below)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t) ((state >> 33) % below);
}

static uint32_t
tail(uint32_t arc)
{
	return end[arc & 1][arc >> 1];
}

static uint32_t
head(uint32_t arc)
{
	return end[~arc & 1][arc >> 1];
}

static FILE *
open_in(const char *directory, const char *name, const char *how)
{
	char		path[4096];
	FILE	   *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, how);
	if (file == NULL)
		fail(path);
	return file;
}

static uint32_t
count_lines(FILE *file)
{
	uint32_t	lines = 0;
	int			c;

	while ((c = getc(file)) != EOF)
		lines += c == '\n';
	rewind(file);
	return lines;
}

/* Ids are 1, 2, ...: place and segment i are here i - 1. */
static void
read_network(const char *directory)
{
	FILE	   *places = open_in(directory, "places.tsv", "r");
	FILE	   *segments = open_in(directory, "segments.tsv", "r");
	uint32_t	id,
				a,
				b;
	double		length,
				kph;
	char		one;

	place_count = count_lines(places);
	segment_count = count_lines(segments);
	fclose(places);
	end[0] = get(segment_count, sizeof(uint32_t));
	end[1] = get(segment_count, sizeof(uint32_t));
	weight = get(segment_count, sizeof(double));
	oneway = get(segment_count, sizeof(bool));
	first_arc = get((size_t) place_count + 1, sizeof(uint32_t));
	arcs = get((size_t) 2 * segment_count, sizeof(uint32_t));
	degree = get(place_count, sizeof(uint32_t));
	for (uint32_t s = 0; s < segment_count; s++)
	{
		if (fscanf(segments, "%u %u %u %lf %lf %c", &id, &a, &b, &length, &kph, &one) != 6 || id != s + 1 || a - 1 >= place_count || b - 1 >= place_count)
			fail("segments.tsv is not of numbered segments");
		end[0][s] = a - 1;
		end[1][s] = b - 1;
		weight[s] = length / (kph / 3.6);
		oneway[s] = one == 't';
		degree[a - 1]++;
		degree[b - 1] += a != b;
	}
	fclose(segments);
}

static void
index_network(void)
{
	uint32_t   *fill = get((size_t) place_count + 1, sizeof(uint32_t));

	for (uint32_t arc = 0; arc < 2 * segment_count; arc++)
		if (!(arc & 1) || !oneway[arc >> 1])
			first_arc[tail(arc) + 1]++;
	for (uint32_t v = 0; v < place_count; v++)
		first_arc[v + 1] += first_arc[v];
	memcpy(fill, first_arc, place_count * sizeof(uint32_t));
	for (uint32_t arc = 0; arc < 2 * segment_count; arc++)
		if (!(arc & 1) || !oneway[arc >> 1])
			arcs[fill[tail(arc)]++] = arc;
	free(fill);
	junctions = get(place_count, sizeof(uint32_t));
	for (uint32_t v = 0; v < place_count; v++)
		if (degree[v] >= 3)
			junctions[junction_count++] = v;
	first_rule = get(place_count, sizeof(uint32_t));
	rules = get(2 * (size_t) place_count, sizeof(Rule));
	arc_cost = get((size_t) 2 * segment_count, sizeof(double));
	arc_from = get((size_t) 2 * segment_count, sizeof(uint32_t));
	settled = get(place_count, sizeof(bool));
	heap = get((size_t) segment_count * 8, sizeof(Entry));
}

static void
forget_rules(void)
{
	rule_count = 0;
	for (uint32_t v = 0; v < place_count; v++)
		first_rule[v] = NONE;
}

/* What turning from one arc into the next adds. */
static double
turn(uint32_t from, uint32_t to)
{
	bool		only = false,
				named = false,
				forbidden = false;
	double		penalty = 0;

	for (uint32_t r = first_rule[head(from)]; r != NONE; r = rules[r].next)
	{
		bool		same = rules[r].to == to >> 1;

		if (rules[r].from != from >> 1)
			continue;
		only |= rules[r].kind == ONLY;
		named |= rules[r].kind == ONLY && same;
		forbidden |= rules[r].kind == NO && same;
		if (rules[r].kind == COST && same)
			penalty = rules[r].penalty;
	}
	return forbidden || (only && !named) ? INFINITY : penalty;
}

static void
push(double cost, uint32_t arc, uint32_t from)
{
	size_t		at;

	if (cost >= arc_cost[arc])
		return;
	if (heap_count == 8 * (size_t) segment_count)
		fail("too many ways");
	at = heap_count++;
	arc_cost[arc] = cost;
	arc_from[arc] = from;
	for (; at > 0 && heap[(at - 1) / 2].cost > cost; at = (at - 1) / 2)
		heap[at] = heap[(at - 1) / 2];
	heap[at] = (Entry) {cost, arc};
}

static Entry
pop(void)
{
	Entry		least = heap[0];
	Entry		last = heap[--heap_count];
	size_t		at = 0;

	for (size_t child; (child = 2 * at + 1) < heap_count; at = child)
	{
		child += child + 1 < heap_count && heap[child + 1].cost < heap[child].cost;
		if (heap[child].cost >= last.cost)
			break;
		heap[at] = heap[child];
	}
	heap[at] = last;
	return least;
}

/*
 * Least costs from a place to some others, INFINITY where there is no way; *last is
 * the arc by which one comes to the last that was found.
 */
static void
search(uint32_t origin, const uint32_t *dests, int count, double *costs, uint32_t *last)
{
	int			left = count;

	heap_count = 0;
	for (uint32_t arc = 0; arc < 2 * segment_count; arc++)
		arc_cost[arc] = INFINITY;
	memset(settled, 0, place_count * sizeof(bool));
	for (int i = 0; i < count; i++)
		costs[i] = dests[i] == origin ? (left--, 0) : INFINITY;
	for (uint32_t i = first_arc[origin]; i < first_arc[origin + 1]; i++)
		push(weight[arcs[i] >> 1], arcs[i], NONE);
	while (left > 0 && heap_count > 0)
	{
		Entry		entry = pop();
		uint32_t	v = head(entry.arc);

		if (entry.cost > arc_cost[entry.arc])
			continue;
		/* By which one comes second does not matter where there are no rules. */
		if (settled[v] && first_rule[v] == NONE)
			continue;
		for (int i = 0; i < count && !settled[v]; i++)
			if (dests[i] == v && costs[i] == INFINITY)
			{
				costs[i] = entry.cost;
				*last = entry.arc;
				left--;
			}
		settled[v] = true;
		for (uint32_t i = first_arc[v]; i < first_arc[v + 1]; i++)
			push(entry.cost + turn(entry.arc, arcs[i]) + weight[arcs[i] >> 1], arcs[i], entry.arc);
	}
}

static const char *
tail_of_rule(const Rule *rule)
{
	static char text[64];

	if (rule->kind == COST)
		snprintf(text, sizeof(text), "cost\t%.17g", rule->penalty);
	else
		snprintf(text, sizeof(text), "%s\t\\N", rule->kind == NO ? "no" : "only");
	return text;
}

static void
write_rule(FILE *file, const Rule *rule)
{
	fprintf(file, "%u\t%u\t%u\t%s\n", rule->from + 1, rule->via + 1, rule->to + 1, tail_of_rule(rule));
}

/* A rule for a turn that there is not yet one for; false where it would be none. */
static bool
add_rule(uint32_t from, uint32_t via, uint32_t to)
{
	static const Kind kinds[] = {NO, NO, ONLY, COST};
	Kind		kind = kinds[draw(4)];

	if (from == to || end[0][from] == end[1][from])
		return false;
	for (uint32_t r = first_rule[via]; r != NONE; r = rules[r].next)
		if (rules[r].from == from && rules[r].to == to)
			return false;
	rules[rule_count] = (Rule) {from, via, to, first_rule[via], kind, kind == COST ? 5 + draw(60) : 0};
	first_rule[via] = rule_count++;
	return true;
}

/* A segment that ends at a place, if only in one direction. */
static uint32_t
some_segment(uint32_t place)
{
	if (first_arc[place] == first_arc[place + 1])
		return NONE;
	return arcs[first_arc[place] + draw(first_arc[place + 1] - first_arc[place])] >> 1;
}

static bool
add_random_rule(uint32_t place)
{
	for (int i = 0; i < 20; i++)
	{
		uint32_t	from = some_segment(place);
		uint32_t	to = some_segment(place);

		if (from != NONE && to != NONE && add_rule(from, place, to))
			return true;
	}
	return false;
}

/* Some rules at each of 1 % of the junctions. */
static void
make_rules(const char *out)
{
	FILE	   *file = open_in(out, "rules.tsv", "w");

	forget_rules();
	for (uint32_t i = 0; i < (junction_count + 99) / 100; i++)
	{
		uint32_t	other = i + draw(junction_count - i);
		uint32_t	place = junctions[other];

		junctions[other] = junctions[i];
		junctions[i] = place;
		add_random_rule(place);
		add_random_rule(place);
	}
	for (uint32_t r = 0; r < rule_count; r++)
		write_rule(file, &rules[r]);
	fclose(file);
}

/* Pairs in an order in which no two neighbours have the same origin. */
static void
make_pairs(const char *out, uint32_t pairs)
{
	FILE	   *plain = open_in(out, "plain", "w");
	FILE	   *turned = open_in(out, "turned", "w");
	uint32_t	origins = (pairs + DESTS - 1) / DESTS;
	uint32_t   *ends = get(origins, (DESTS + 1) * sizeof(uint32_t));
	double	   *costs = get(origins, 2 * DESTS * sizeof(double));
	uint32_t	saved = rule_count,
				last,
				mattered = 0;

	for (uint32_t i = 0; i < origins * (DESTS + 1); i++)
		ends[i] = draw(place_count);
	for (uint32_t i = 0; i < origins; i++)
		search(ends[i * (DESTS + 1)], ends + i * (DESTS + 1) + 1, DESTS, costs + 2 * DESTS * i, &last);
	forget_rules();
	for (uint32_t i = 0; i < origins; i++)
		search(ends[i * (DESTS + 1)], ends + i * (DESTS + 1) + 1, DESTS, costs + 2 * DESTS * i + DESTS, &last);
	for (; rule_count < saved; rule_count++)
	{
		rules[rule_count].next = first_rule[rules[rule_count].via];
		first_rule[rules[rule_count].via] = rule_count;
	}
	for (uint32_t j = 0; j < DESTS; j++)
		for (uint32_t i = 0; i < origins; i++)
		{
			double		with = costs[2 * DESTS * i + j],
						without = costs[2 * DESTS * i + DESTS + j];
			uint32_t	from = ends[i * (DESTS + 1)],
						to = ends[i * (DESTS + 1) + 1 + j];

			if (from == to || with == INFINITY)
				continue;
			mattered += with > without * (1 + 1e-9);
			fprintf(turned, "%u %u %.17g\n", from + 1, to + 1, with);
			fprintf(plain, "%u %u %.17g\n", from + 1, to + 1, without);
		}
	printf("mattered\t%u\n", mattered);
	fclose(plain);
	fclose(turned);
	free(ends);
	free(costs);
}

/* A pair with its cost: in even rounds from the beginning of a segment to the end of another, else at random. */
static void
write_pair(FILE *file, uint32_t round, const Rule *rule)
{
	uint32_t	origin,
				dest,
				last;
	double		cost;

	for (int i = 0; i < 100; i++)
	{
		bool		near = i == 0 && round % 2 == 0;

		origin = near ? end[end[0][rule->from] == rule->via][rule->from] : draw(place_count);
		dest = near ? end[end[0][rule->to] == rule->via][rule->to] : draw(place_count);
		search(origin, &dest, 1, &cost, &last);
		if (origin != dest && cost < INFINITY)
		{
			fprintf(file, "%u %u %.17g\n", origin + 1, dest + 1, cost);
			return;
		}
	}
	fail("no way anywhere");
}

static void
make_changes(const char *out, uint32_t rounds)
{
	FILE	   *file = open_in(out, "changed.tsv", "w");
	FILE	   *pairs = open_in(out, "changed", "w");
	uint32_t	before = rule_count;

	for (uint32_t round = 0; round < rounds; round++)
	{
		Rule	   *rule = &rules[draw(rule_count)];

		*rule = (Rule) {rule->from, rule->via, rule->to, rule->next, rule->kind == COST ? NO : COST, rule->kind == COST ? 0 : 30 + round};
		fprintf(file, "%u\t%u\t%s\n", round, (uint32_t) (rule - rules) + 1, tail_of_rule(rule));
		write_pair(pairs, round, rule);
	}
	fclose(file);
	fclose(pairs);
	file = open_in(out, "added.tsv", "w");
	pairs = open_in(out, "added", "w");
	while (rule_count < before + rounds)
	{
		uint32_t	place = junctions[draw(junction_count)];

		if (first_rule[place] != NONE || !add_random_rule(place))
			continue;
		fprintf(file, "%u\t", rule_count - 1 - before);
		write_rule(file, &rules[rule_count - 1]);
		write_pair(pairs, rule_count - 1 - before, &rules[rule_count - 1]);
	}
	fclose(file);
	fclose(pairs);
}

static void
make_supposed(const char *out, uint32_t rounds)
{
	FILE	   *file = open_in(out, "supposed.tsv", "w");
	FILE	   *pairs = open_in(out, "supposed", "w");

	for (uint32_t round = 0; round < rounds; round++)
	{
		uint32_t	origin = draw(place_count),
					dest = draw(place_count),
					last = NONE;
		double		cost;

		forget_rules();
		search(origin, &dest, 1, &cost, &last);
		for (uint32_t arc = last; arc != NONE && arc_from[arc] != NONE && rule_count < ALONG; arc = arc_from[arc])
			if (degree[tail(arc)] >= 3)
				add_rule(arc_from[arc] >> 1, tail(arc), arc >> 1);
		while (rule_count < SUPPOSED)
			add_random_rule(junctions[draw(junction_count)]);
		search(origin, &dest, 1, &cost, &last);
		if (origin == dest || cost == INFINITY)
		{
			round--;
			continue;
		}
		for (uint32_t r = 0; r < rule_count; r++)
		{
			fprintf(file, "%u\t", round);
			write_rule(file, &rules[r]);
		}
		fprintf(pairs, "%u %u %.17g\n", origin + 1, dest + 1, cost);
	}
	fclose(file);
	fclose(pairs);
}

int
main(int argc, char **argv)
{
	if (argc != 5)
		fail("usage: turns DIRECTORY OUT PAIRS ROUNDS");
	read_network(argv[1]);
	index_network();
	make_rules(argv[2]);
	printf("junctions\t%u\nsplit\t%u\nrules\t%u\n", junction_count, (junction_count + 99) / 100, rule_count);
	make_pairs(argv[2], (uint32_t) atoi(argv[3]));
	make_changes(argv[2], (uint32_t) atoi(argv[4]));
	make_supposed(argv[2], (uint32_t) atoi(argv[4]));
	return 0;
}
