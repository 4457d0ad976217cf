/*
 * test_fuzz.c: the harnesses of test/fuzz on their corpora and on mutations of them,
 * always the same ones.  `make fuzz` looks further.
 */
#define _POSIX_C_SOURCE 200809L	/* scandir */

#include "unit.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "kernel/rng.h"

#define MAX_SEEDS 64
#define MAX_BYTES 4096

typedef struct Seed
{
	size_t		size;
	uint8_t		bytes[MAX_BYTES];
} Seed;

static Seed seeds[MAX_SEEDS];

static int
by_name(const struct dirent **left, const struct dirent **right)
{
	return strcmp((*left)->d_name, (*right)->d_name);
}

static int
read_corpus(const char *folder)
{
	struct dirent **entries;
	int			found = scandir(folder, &entries, NULL, by_name);
	int			count = 0;

	for (int i = 0; i < found; i++)
	{
		char		path[512];
		FILE	   *file;

		snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		file = entries[i]->d_name[0] != '.' && count < MAX_SEEDS ? fopen(path, "rb") : NULL;
		if (file != NULL)
		{
			seeds[count].size = fread(seeds[count].bytes, 1, MAX_BYTES, file);
			fclose(file);
			count++;
		}
		free(entries[i]);
	}
	if (found >= 0)
		free(entries);
	return count;
}

static size_t
below(TvmRng *rng, size_t bound)
{
	return (size_t) (tvm_rng_double(rng) * (double) bound);
}

/* A few changes: bytes, cuts, repeats, pieces of another seed. */
static size_t
mutate(TvmRng *rng, int seed_count, uint8_t *out)
{
	const Seed *seed = &seeds[below(rng, (size_t) seed_count)];
	size_t		size = seed->size;

	memcpy(out, seed->bytes, size);
	for (size_t changes = 1 + below(rng, 4); changes > 0 && size > 0; changes--)
	{
		size_t		at = below(rng, size);
		size_t		length = 1 + below(rng, 12);
		const Seed *other = &seeds[below(rng, (size_t) seed_count)];
		size_t		from = below(rng, other->size + 1);

		length = length < size - at ? length : size - at;
		switch (below(rng, 5))
		{
			case 0:
				out[at] = (uint8_t) below(rng, 256);
				break;
			case 1:
				out[at] = (uint8_t) "0123456789;,(){}[]@-+*/^=<>\"pq \n"[below(rng, 32)];
				break;
			case 2:
				memmove(out + at, out + at + length, size - at - length);
				size -= length;
				break;
			case 3:
				if (size + length <= MAX_BYTES)
				{
					memmove(out + at + length, out + at, size - at);
					size += length;
				}
				break;
			default:
				length = length < other->size - from ? length : other->size - from;
				if (at + length <= size)
					memcpy(out + at, other->bytes + from, length);
		}
	}
	return size;
}

static void
run(const char *folder, int (*harness) (const uint8_t *, size_t), int rounds)
{
	static uint8_t bytes[MAX_BYTES];
	TvmRng		rng;
	int			count = read_corpus(folder);

	CHECK(count >= 5);
	tvm_rng_init(&rng, 31, 0);
	for (int i = 0; i < count; i++)
		CHECK_EQ(harness(seeds[i].bytes, seeds[i].size), 0);
	for (int i = 0; i < rounds && count > 0; i++)
	{
		size_t		size = mutate(&rng, count, bytes);

		CHECK_EQ(harness(bytes, size), 0);
	}
}

TEST(mutated_programs_keep_the_reader_s_promises)
{
	run("test/fuzz/corpus/qasm", fuzz_qasm, 40000);
}

TEST(mutated_payloads_keep_the_decoder_s_promises)
{
	run("test/fuzz/corpus/frame", fuzz_frame, 20000);
}

TEST(mutated_tracks_keep_the_promises_of_motion)
{
	run("test/fuzz/corpus/motion", fuzz_motion, 20000);
}
