/*
 * merkle.c: the root of a tree of hashes; see merkle.h.
 */
#include "postgres.h"

#include "bridge/audit/merkle.h"

#define LEAF 0
#define NODE 1

void
tv_merkle_begin(TvMerkle *tree)
{
	memset(tree, 0, sizeof(TvMerkle));
	tree->hash = pg_cryptohash_create(PG_SHA256);
	if (tree->hash == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("could not compute a hash")));
}

void
tv_merkle_end(TvMerkle *tree)
{
	pg_cryptohash_free(tree->hash);
	tree->hash = NULL;
}

void
tv_merkle_hash(TvMerkle *tree, uint8 first, const TvBytes *parts, int count, uint8 *digest)
{
	bool		well = pg_cryptohash_init(tree->hash) >= 0 && pg_cryptohash_update(tree->hash, &first, 1) >= 0;

	for (int i = 0; i < count; i++)
		well = well && pg_cryptohash_update(tree->hash, parts[i].bytes, parts[i].length) >= 0;
	if (!well || pg_cryptohash_final(tree->hash, digest, TV_HASH_BYTES) < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not compute a hash")));
}

static void
join(TvMerkle *tree, const uint8 *left, const uint8 *right, uint8 *root)
{
	TvBytes		children[] = {{left, TV_HASH_BYTES}, {right, TV_HASH_BYTES}};

	tv_merkle_hash(tree, NODE, children, lengthof(children), root);
}

void
tv_merkle_add(TvMerkle *tree, const void *bytes, Size length, uint8 *leaf)
{
	uint8		root[TV_HASH_BYTES];
	int			level = 0;

	tv_merkle_hash(tree, LEAF, &(TvBytes) {bytes, length}, 1, leaf);
	memcpy(root, leaf, TV_HASH_BYTES);
	/* As one is added to a number in binary. */
	for (; (tree->count >> level) & 1; level++)
		join(tree, tree->whole[level], root, root);
	memcpy(tree->whole[level], root, TV_HASH_BYTES);
	tree->count++;
}

void
tv_merkle_root(TvMerkle *tree, uint8 *root)
{
	bool		begun = false;

	for (int level = 0; level < 64 && (tree->count >> level) > 0; level++)
	{
		if (!((tree->count >> level) & 1))
			continue;
		if (begun)
			join(tree, tree->whole[level], root, root);
		else
			memcpy(root, tree->whole[level], TV_HASH_BYTES);
		begun = true;
	}
}
