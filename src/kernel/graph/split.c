/*
 * split.c: junctions split into nodes; see split.h.
 *
 * Ports are counted, their turns laid out, and then segments are gone through in their order,
 * each giving its arcs the next free ports of their junctions: so ports stand in the order of arcs.
 */
#include "kernel/graph/split.h"

#include <inttypes.h>
#include <string.h>

#define CHECK_EVERY 65536		/* places, segments or turns between two looks at cancellation */

/* Of a junction, while it is made. */
typedef struct Junction
{
	uint32_t	in;				/* ports in: how many, then where the next one is among all ports */
	uint32_t	out;
} Junction;

typedef struct Splitter
{
	TvmEnv	   *env;
	const TvmTopology *plain;
	TvmSplit   *split;
	uint32_t   *of_place;		/* its junction, or TVM_SPLIT_NONE */
	Junction   *junctions;
	uint32_t   *port_arc;		/* the arc of a port; TVM_TURN_NONE of an END */
} Splitter;

void
tvm_split_free(TvmEnv *env, TvmSplit *split)
{
	tvm_free(env, split->junction);
	tvm_free(env, split->first_port);
	tvm_free(env, split->port_place);
	tvm_free(env, split->first_turn);
	tvm_free(env, split->back_segment);
	tvm_free(env, split->turn);
	memset(split, 0, sizeof(*split));
}

static TvmStatus
check_plain(TvmEnv *env, const TvmTopology *plain, const uint32_t *junctions, size_t count)
{
	for (uint32_t s = 0; s < plain->segment_count; s++)
	{
		bool		a_is_good = plain->a[s] < plain->node_count;

		if (s % CHECK_EVERY == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		if (a_is_good && plain->b[s] < plain->node_count)
			continue;
		tvm_fail(env, TVM_INVALID, "not a node", NULL, "%" PRIu32 " is not among %" PRIu32 " nodes",
				 a_is_good ? plain->b[s] : plain->a[s], plain->node_count);
		tvm_fail_path(env, "segments[%" PRIu32 "].%c", s, a_is_good ? 'b' : 'a');
		return TVM_INVALID;
	}
	for (size_t i = 0; i < count; i++)
	{
		if (i % CHECK_EVERY == 0 && tvm_cancelled(env))
			return TVM_CANCELLED;
		if (junctions[i] < plain->node_count && (i == 0 || junctions[i - 1] < junctions[i]))
			continue;
		if (junctions[i] >= plain->node_count)
			tvm_fail(env, TVM_INVALID, "not a node", NULL, "%" PRIu32 " is not among %" PRIu32 " nodes",
					 junctions[i], plain->node_count);
		else
			tvm_fail(env, TVM_INVALID, "junctions do not ascend", NULL, "%" PRIu32 " after %" PRIu32,
					 junctions[i], junctions[i - 1]);
		tvm_fail_path(env, "junctions[%zu]", i);
		return TVM_INVALID;
	}
	return TVM_OK;
}

static void
fill(uint32_t *values, size_t count, uint32_t value)
{
	for (size_t i = 0; i < count; i++)
		values[i] = value;
}

static bool
is_split(const Splitter *splitter, uint32_t place)
{
	return splitter->of_place[place] != TVM_SPLIT_NONE;
}

static bool
has_back(const Splitter *splitter, uint32_t segment)
{
	const TvmTopology *plain = splitter->plain;

	return !plain->oneway[segment] && (is_split(splitter, plain->a[segment]) || is_split(splitter, plain->b[segment]));
}

/* Ports and ways back. */
static TvmStatus
count_ports(Splitter *splitter)
{
	const TvmTopology *plain = splitter->plain;

	for (uint32_t s = 0; s < plain->segment_count; s++)
	{
		uint32_t	a = splitter->of_place[plain->a[s]];
		uint32_t	b = splitter->of_place[plain->b[s]];
		uint32_t	back = plain->oneway[s] ? 0 : 1;

		if (s % CHECK_EVERY == 0 && tvm_cancelled(splitter->env))
			return TVM_CANCELLED;
		if (a != TVM_SPLIT_NONE)
		{
			splitter->junctions[a].out++;
			splitter->junctions[a].in += back;
		}
		if (b != TVM_SPLIT_NONE)
		{
			splitter->junctions[b].in++;
			splitter->junctions[b].out += back;
		}
		if (has_back(splitter, s))
			splitter->split->back_count++;
	}
	return TVM_OK;
}

/* Where the ports and the turns of each junction begin; counts become places of ports. */
static TvmStatus
lay_out(Splitter *splitter)
{
	TvmSplit   *split = splitter->split;
	size_t		ports = 0;
	size_t		turns = 0;

	for (uint32_t j = 0; j < split->junction_count; j++)
	{
		Junction   *junction = &splitter->junctions[j];
		size_t		of_junction = ((size_t) junction->in + 1) * ((size_t) junction->out + 1);
		size_t		count = (size_t) junction->in + junction->out + 1;

		if (of_junction > TVM_SPLIT_MAX_TURNS)
		{
			tvm_fail(splitter->env, TVM_LIMIT, "too many segments meet where turns have rules", NULL,
					 "%" PRIu32 " ways in and %" PRIu32 " ways out make more than %zu turns",
					 junction->in, junction->out, TVM_SPLIT_MAX_TURNS);
			tvm_fail_path(splitter->env, "junctions[%" PRIu32 "]", j);
			return TVM_LIMIT;
		}
		split->first_port[j] = (uint32_t) ports;
		split->first_turn[j] = (uint32_t) turns;
		junction->out = (uint32_t) ports + junction->in + 1;
		junction->in = (uint32_t) ports + 1;
		ports += count;
		turns += of_junction;
		if (ports + split->place_count > TVM_MAX_NODES || turns + split->segment_count + split->back_count > TVM_MAX_SEGMENTS)
			return tvm_fail(splitter->env, TVM_INVALID, "too many turns", NULL,
							"%zu at %" PRIu32 " junctions", turns, j + 1);
	}
	split->first_port[split->junction_count] = (uint32_t) ports;
	split->first_turn[split->junction_count] = (uint32_t) turns;
	split->turn_count = (uint32_t) turns;
	split->node_count = split->place_count + (uint32_t) ports;
	return TVM_OK;
}

/* The node at which an arc of the caller's leaves its tail, or comes to its head. */
static uint32_t
take_port(Splitter *splitter, uint32_t place, uint32_t arc, bool out)
{
	uint32_t	at = splitter->of_place[place];
	uint32_t	port;

	if (at == TVM_SPLIT_NONE)
		return place;
	port = out ? splitter->junctions[at].out++ : splitter->junctions[at].in++;
	splitter->split->port_place[port] = place;
	splitter->port_arc[port] = arc;
	return splitter->split->place_count + port;
}

static TvmStatus
copy_places(Splitter *splitter, TvmTopology *expanded)
{
	const TvmTopology *plain = splitter->plain;
	const TvmSplit *split = splitter->split;

	for (uint32_t v = 0; v < expanded->node_count; v++)
	{
		uint32_t	place = tvm_split_place(split, v);

		if (v % CHECK_EVERY == 0 && tvm_cancelled(splitter->env))
			return TVM_CANCELLED;
		expanded->lat[v] = plain->lat[place];
		expanded->lon[v] = plain->lon[place];
	}
	return TVM_OK;
}

static TvmStatus
make_segments(Splitter *splitter, TvmTopology *expanded)
{
	const TvmTopology *plain = splitter->plain;
	TvmSplit   *split = splitter->split;
	uint32_t	next_back = 0;

	for (uint32_t j = 0; j < split->junction_count; j++)
	{
		split->port_place[split->first_port[j]] = split->junction[j];
		splitter->port_arc[split->first_port[j]] = TVM_TURN_NONE;
	}
	for (uint32_t s = 0; s < plain->segment_count; s++)
	{
		uint32_t	a = plain->a[s];
		uint32_t	b = plain->b[s];

		if (s % CHECK_EVERY == 0 && tvm_cancelled(splitter->env))
			return TVM_CANCELLED;
		expanded->a[s] = take_port(splitter, a, TVM_ARC(s, false), true);
		expanded->b[s] = take_port(splitter, b, TVM_ARC(s, false), false);
		expanded->oneway[s] = plain->oneway[s];
		if (has_back(splitter, s))
		{
			uint32_t	back = split->segment_count + next_back;

			split->back_segment[next_back++] = s;
			expanded->oneway[s] = 1;
			expanded->oneway[back] = 1;
			expanded->a[back] = take_port(splitter, b, TVM_ARC(s, true), true);
			expanded->b[back] = take_port(splitter, a, TVM_ARC(s, true), false);
		}
	}
	return TVM_OK;
}

/* Ports have been taken: a junction's next port in is its first out, and its next port out the end. */
static TvmStatus
make_turns(Splitter *splitter, TvmTopology *expanded)
{
	TvmSplit   *split = splitter->split;
	uint32_t	turn = 0;

	for (uint32_t j = 0; j < split->junction_count; j++)
	{
		uint32_t	end = split->first_port[j];
		uint32_t	first_out = splitter->junctions[j].in;

		/* Row 0 is the place's node, column 0 its END. */
		for (uint32_t row = 0; row < first_out - end; row++)
			for (uint32_t column = 0; column < split->first_port[j + 1] - first_out + 1; column++, turn++)
			{
				uint32_t	out = column == 0 ? end : first_out + column - 1;
				uint32_t	arc = split->segment_count + split->back_count + turn;

				if (turn % CHECK_EVERY == 0 && tvm_cancelled(splitter->env))
					return TVM_CANCELLED;
				split->turn[turn].from = row == 0 ? TVM_TURN_NONE : splitter->port_arc[end + row];
				split->turn[turn].to = splitter->port_arc[out];
				expanded->a[arc] = row == 0 ? split->junction[j] : split->place_count + end + row;
				expanded->b[arc] = split->place_count + out;
				expanded->oneway[arc] = 1;
			}
	}
	return TVM_OK;
}

static TvmStatus
alloc_junctions(Splitter *splitter, const uint32_t *junctions)
{
	TvmEnv	   *env = splitter->env;
	TvmSplit   *split = splitter->split;

	splitter->of_place = tvm_alloc(env, split->place_count, sizeof(uint32_t));
	splitter->junctions = tvm_alloc_zero(env, split->junction_count, sizeof(Junction));
	split->junction = tvm_alloc(env, split->junction_count, sizeof(uint32_t));
	split->first_port = tvm_alloc(env, (size_t) split->junction_count + 1, sizeof(uint32_t));
	split->first_turn = tvm_alloc(env, (size_t) split->junction_count + 1, sizeof(uint32_t));
	if (splitter->of_place == NULL || splitter->junctions == NULL || split->junction == NULL
		|| split->first_port == NULL || split->first_turn == NULL)
		return TVM_NOMEM;
	fill(splitter->of_place, split->place_count, TVM_SPLIT_NONE);
	for (uint32_t j = 0; j < split->junction_count; j++)
	{
		split->junction[j] = junctions[j];
		splitter->of_place[junctions[j]] = j;
	}
	return TVM_OK;
}

static TvmStatus
alloc_arcs(Splitter *splitter, TvmTopology *expanded)
{
	TvmEnv	   *env = splitter->env;
	TvmSplit   *split = splitter->split;
	size_t		ports = split->node_count - split->place_count;

	split->port_place = tvm_alloc(env, ports, sizeof(uint32_t));
	split->back_segment = tvm_alloc(env, split->back_count, sizeof(uint32_t));
	split->turn = tvm_alloc(env, split->turn_count, sizeof(TvmTurn));
	splitter->port_arc = tvm_alloc(env, ports, sizeof(uint32_t));
	if (split->port_place == NULL || split->back_segment == NULL || split->turn == NULL || splitter->port_arc == NULL)
		return TVM_NOMEM;
	return tvm_topology_alloc(env, expanded, split->node_count, tvm_split_arcs(split));
}

static TvmStatus
copy_plain(TvmEnv *env, const TvmTopology *plain, TvmTopology *copy)
{
	TvmStatus	status = tvm_topology_alloc(env, copy, plain->node_count, plain->segment_count);

	if (status != TVM_OK)
		return status;
	if (plain->node_count > 0)
	{
		memcpy(copy->lat, plain->lat, plain->node_count * sizeof(double));
		memcpy(copy->lon, plain->lon, plain->node_count * sizeof(double));
	}
	if (plain->segment_count > 0)
	{
		memcpy(copy->a, plain->a, plain->segment_count * sizeof(uint32_t));
		memcpy(copy->b, plain->b, plain->segment_count * sizeof(uint32_t));
		memcpy(copy->oneway, plain->oneway, plain->segment_count);
	}
	return TVM_OK;
}

static TvmStatus
expand(Splitter *splitter, const uint32_t *junctions, TvmTopology *expanded)
{
	TvmStatus	status = alloc_junctions(splitter, junctions);

	if (status == TVM_OK)
		status = count_ports(splitter);
	if (status == TVM_OK)
		status = lay_out(splitter);
	if (status == TVM_OK)
		status = alloc_arcs(splitter, expanded);
	if (status == TVM_OK)
		status = make_segments(splitter, expanded);
	if (status == TVM_OK)
		status = make_turns(splitter, expanded);
	if (status == TVM_OK)
		status = copy_places(splitter, expanded);
	return status;
}

TvmStatus
tvm_split_topology(TvmEnv *env, const TvmTopology *plain, const uint32_t *junctions, size_t count,
				   TvmSplit *split, TvmTopology *expanded)
{
	Splitter	splitter = {.env = env, .plain = plain, .split = split};
	TvmStatus	status = check_plain(env, plain, junctions, count);

	memset(split, 0, sizeof(*split));
	memset(expanded, 0, sizeof(*expanded));
	if (status == TVM_OK && count == 0)
		status = copy_plain(env, plain, expanded);
	else if (status == TVM_OK)
	{
		split->place_count = plain->node_count;
		split->segment_count = plain->segment_count;
		split->junction_count = (uint32_t) count;
		status = expand(&splitter, junctions, expanded);
	}
	if (status == TVM_OK)
		status = tvm_topology_build(env, expanded);
	tvm_free(env, splitter.of_place);
	tvm_free(env, splitter.junctions);
	tvm_free(env, splitter.port_arc);
	if (status != TVM_OK)
	{
		tvm_split_free(env, split);
		tvm_topology_free(env, expanded);
	}
	return status;
}
