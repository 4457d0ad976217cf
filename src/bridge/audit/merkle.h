/*
 * merkle.h: the root of a tree of hashes, as in RFC 6962: a leaf is SHA-256 of 0 and its
 * bytes, a node SHA-256 of 1 and both children, and of n leaves the left child has the largest
 * power of two below n.
 */
#ifndef TV_AUDIT_MERKLE_H
#define TV_AUDIT_MERKLE_H

#include "postgres.h"

#include "common/cryptohash.h"
#include "common/sha2.h"

#define TV_HASH_BYTES PG_SHA256_DIGEST_LENGTH

typedef struct TvMerkle
{
	pg_cryptohash_ctx *hash;
	uint64		count;
	uint8		whole[64][TV_HASH_BYTES];	/* roots of whole trees, one for each bit of count */
} TvMerkle;

extern void tv_merkle_begin(TvMerkle *tree);
extern void tv_merkle_end(TvMerkle *tree);

/* SHA-256 of a byte and of parts after it. */
typedef struct TvBytes
{
	const void *bytes;
	Size		length;
} TvBytes;

extern void tv_merkle_hash(TvMerkle *tree, uint8 first, const TvBytes *parts, int count, uint8 *digest);

/* A leaf's hash is handed back, too. */
extern void tv_merkle_add(TvMerkle *tree, const void *bytes, Size length, uint8 *leaf);

/* Of at least one leaf. */
extern void tv_merkle_root(TvMerkle *tree, uint8 *root);

#endif							/* TV_AUDIT_MERKLE_H */
