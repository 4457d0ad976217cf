/*
 * topology.h: which places of one world are joined by which segments, whatever
 * their timeline: the part of a road network that all timelines share.
 *
 * Nodes are 0..node_count-1, segments 0..segment_count-1; nothing is dropped,
 * neither loops nor parallel segments, so a caller's numbering stays valid.
 * A segment yields an arc a -> b and, unless it is oneway, an arc b -> a.
 * After tvm_topology_build() a topology is immutable and may be shared by any
 * number of layers, graphs and queries.  It owns all its arrays.
 *
 * Use: tvm_topology_alloc(), fill lat, lon, a, b and oneway, tvm_topology_build().
 */
#ifndef TVM_TOPOLOGY_H
#define TVM_TOPOLOGY_H

#include "kernel/tvm.h"

#define TVM_MAX_NODES ((size_t) 1 << 31)
#define TVM_MAX_SEGMENTS ((size_t) 1 << 30) /* so that an arc's number has 31 bits */

/* An arc's number: its segment, and whether it runs from b to a. */
#define TVM_ARC(segment, reverse) (((uint32_t) (segment) << 1) | ((reverse) ? 1 : 0))
#define TVM_ARC_SEGMENT(arc) ((uint32_t) (arc) >> 1)
#define TVM_ARC_REVERSE(arc) (((uint32_t) (arc) & 1) != 0)

typedef struct TvmArcEnd
{
	uint32_t	node;			/* the arc's other end */
	uint32_t	arc;			/* TVM_ARC() */
} TvmArcEnd;

typedef struct TvmTopology
{
	uint32_t	node_count;
	uint32_t	segment_count;

	/* Filled in by the caller. */
	double	   *lat;			/* degrees, -90..90 */
	double	   *lon;			/* degrees, -180..180 */
	uint32_t   *a;				/* each segment's first node */
	uint32_t   *b;				/* and its second */
	uint8_t    *oneway;			/* 1: only from a to b; zeroed by alloc */

	/* Made by tvm_topology_build(). */
	double	   *angle;			/* of each segment: tvm_sphere_angle() of its ends */
	uint32_t   *out_first;		/* arcs out of v: out[out_first[v] .. out_first[v + 1]) */
	uint32_t   *in_first;
	TvmArcEnd  *out;			/* at each node in the order of arc numbers */
	TvmArcEnd  *in;
} TvmTopology;

/* The most that a topology of this size takes, all arrays together. */
extern size_t tvm_topology_bytes(size_t node_count, size_t segment_count);

/*
 * Allocate for this many.  TVM_INVALID above the bounds, TVM_NOMEM.  On failure
 * nothing is owned; tvm_topology_free() is allowed after it, and twice.
 */
extern TvmStatus tvm_topology_alloc(TvmEnv *env, TvmTopology *topology,
									size_t node_count, size_t segment_count);

/*
 * Check what the caller filled in and make the adjacencies.  TVM_INVALID with
 * the path "nodes[3].lat" or "segments[7].a", TVM_NOMEM, TVM_CANCELLED; after a
 * failure only tvm_topology_free() may be called.
 */
extern TvmStatus tvm_topology_build(TvmEnv *env, TvmTopology *topology);

extern void tvm_topology_free(TvmEnv *env, TvmTopology *topology);

#endif							/* TVM_TOPOLOGY_H */
