/*
 * reader.c: what all parts of the OpenQASM reader use: errors with their place,
 * the arena, bounds, tokens, symbols; see reader_parts.h.
 */
#include "kernel/quantum/qasm/reader_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define QUOTED_BYTES 40
#define STEPS_BETWEEN_CANCELS 1024
#define BYTES_A_PART 8			/* of a name that is looked up, for each part of a step */
#define BLOCK_BYTES 8192

/* A block of the arena; its bytes follow. */
struct QasmBlock
{
	QasmBlock  *older;
	size_t		used;
	size_t		size;
	double		aligned;		/* what follows may be anything */
};

/*------------------------------------------------------------------------- errors */

int
qasm_quote(const QasmReader *r, uint32_t token)
{
	const char *text = r->text + r->tokens[token].at;
	uint32_t	length = r->tokens[token].length;

	if (length <= QUOTED_BYTES)
		return (int) length;
	length = QUOTED_BYTES;
	while (length > 0 && ((unsigned char) text[length] & 0xC0) == 0x80)
		length--;
	return (int) length;
}

TvmStatus
qasm_fail(QasmReader *r, uint32_t token, const char *message, const char *hint,
		  const char *detail,...)
{
	char		text[TVM_DETAIL_MAX];
	va_list		args;

	/* Whatever was expected there, the text has no token. */
	if (r->tokens[token].kind == QASM_BAD)
		message = r->bad, hint = NULL, detail = NULL;
	if (detail != NULL)
	{
		va_start(args, detail);
		vsnprintf(text, sizeof(text), detail, args);
		va_end(args);
	}
	if (detail != NULL)
		tvm_fail(r->env, TVM_INVALID, message, hint, "%s", text);
	else
		tvm_fail(r->env, TVM_INVALID, message, hint, NULL);
	tvm_qasm_place(r->env, r->text, r->tokens[token].at);
	return TVM_INVALID;
}

TvmStatus
qasm_unexpected(QasmReader *r, const char *message)
{
	if (r->tokens[r->at].kind == QASM_END)
		return qasm_fail(r, r->at, message, NULL, "The program ends here.");
	return qasm_fail(r, r->at, message, NULL, "There is \"%.*s\".", QASM_QUOTE(r, r->at));
}

/*------------------------------------------------------------------------- bounds */

TvmStatus
qasm_spend(QasmReader *r, uint64_t steps)
{
	uint64_t	before = r->steps;

	r->steps += steps + r->owed / QASM_STEP;
	r->owed %= QASM_STEP;
	if (r->steps > TVM_QASM_MAX_STEPS)
		return qasm_fail(r, r->at, "the program takes too long",
						 "Loops and definitions that add no gates count too.",
						 "It takes more than %d steps.", TVM_QASM_MAX_STEPS);
	if (before / STEPS_BETWEEN_CANCELS != r->steps / STEPS_BETWEEN_CANCELS && tvm_cancelled(r->env))
		return TVM_CANCELLED;
	return TVM_OK;
}

TvmStatus
qasm_enter(QasmReader *r)
{
	if (r->depth >= TVM_QASM_MAX_DEPTH)
		return qasm_fail(r, r->at, "nested too deeply", NULL, "More than %d levels.",
						 TVM_QASM_MAX_DEPTH);
	r->depth++;
	return TVM_OK;
}

TvmStatus
qasm_charge(QasmReader *r, uint64_t bytes)
{
	if (bytes > r->memory - r->taken)
		return tvm_fail(r->env, TVM_LIMIT, "circuit needs more memory than allowed", NULL,
						"Reading it needs more than %llu bytes, which are allowed.",
						(unsigned long long) r->memory);
	r->taken += bytes;
	return TVM_OK;
}

/*------------------------------------------------------------------------- memory */

TvmStatus
qasm_take(QasmReader *r, size_t count, size_t size, void *out)
{
	size_t		bytes;
	QasmBlock  *block = r->block;

	if (count > (SIZE_MAX / 2) / size)
		return qasm_charge(r, UINT64_MAX);
	bytes = (count * size + 7) / 8 * 8;
	if (block == NULL || bytes > block->size - block->used)
	{
		size_t		room = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
		TvmStatus	status = qasm_charge(r, room + sizeof(QasmBlock));

		if (status != TVM_OK)
			return status;
		block = tvm_alloc(r->env, 1, sizeof(QasmBlock) + room);
		if (block == NULL)
		{
			r->taken -= room + sizeof(QasmBlock);
			return TVM_NOMEM;
		}
		*block = (QasmBlock) {r->block, 0, room, 0};
		r->block = block;
	}
	*(void **) out = (char *) (block + 1) + block->used;
	block->used += bytes;
	return TVM_OK;
}

QasmMark
qasm_mark(const QasmReader *r)
{
	return (QasmMark) {r->block, r->block != NULL ? r->block->used : 0};
}

void
qasm_release(QasmReader *r, QasmMark mark)
{
	while (r->block != mark.block)
	{
		QasmBlock  *block = r->block;

		r->block = block->older;
		r->taken -= block->size + sizeof(QasmBlock);
		tvm_free(r->env, block);
	}
	if (r->block != NULL)
		r->block->used = mark.used;
}

TvmStatus
qasm_grow(QasmReader *r, void *array, size_t count, size_t *capacity, size_t size)
{
	TvmStatus	status;

	if (count < *capacity)
		return TVM_OK;
	status = qasm_charge(r, (uint64_t) (tvm_larger(*capacity) - *capacity) * size);
	return status == TVM_OK ? tvm_grow(r->env, array, count, capacity, size) : status;
}

TvmStatus
qasm_grow32(QasmReader *r, void *array, uint32_t count, uint32_t *capacity, size_t size)
{
	size_t		wide = *capacity;
	TvmStatus	status;

	if (count >= UINT32_MAX / 4)
		return qasm_charge(r, UINT64_MAX);
	status = qasm_grow(r, array, count, &wide, size);
	*capacity = (uint32_t) wide;
	return status;
}

/*------------------------------------------------------------------------- tokens */

bool
qasm_is(const QasmReader *r, uint8_t kind)
{
	return r->tokens[r->at].kind == kind;
}

bool
qasm_token_is(const QasmReader *r, uint32_t token, const char *name)
{
	const QasmToken *t = &r->tokens[token];

	return t->kind == QASM_NAME && strlen(name) == t->length &&
		memcmp(r->text + t->at, name, t->length) == 0;
}

bool
qasm_is_name(const QasmReader *r, const char *name)
{
	return qasm_token_is(r, r->at, name);
}

bool
qasm_accept(QasmReader *r, uint8_t kind)
{
	if (!qasm_is(r, kind))
		return false;
	r->at++;
	return true;
}

TvmStatus
qasm_expect(QasmReader *r, uint8_t kind, const char *message)
{
	return qasm_accept(r, kind) ? TVM_OK : qasm_unexpected(r, message);
}

bool
qasm_more(QasmReader *r, uint8_t end)
{
	return qasm_accept(r, ',') && !(r->version == 3 && qasm_is(r, end));
}

/*------------------------------------------------------------------------ symbols */

static uint32_t
hash_of(const char *name, uint32_t length)
{
	uint32_t	hash = 2166136261u; /* FNV-1a */

	for (uint32_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char) name[i]) * 16777619u;
	return hash;
}

/* The symbol that a name means here; NULL if none. */
QasmSymbol *
qasm_find(QasmReader *r, uint32_t token)
{
	const char *name = r->text + r->tokens[token].at;
	uint32_t	length = r->tokens[token].length;
	uint32_t	hash = hash_of(name, length);

	r->owed += length / BYTES_A_PART;
	if (r->bucket_count == 0)
		return NULL;
	for (uint32_t i = r->buckets[hash % r->bucket_count]; i > 0; i = r->symbols[i - 1].next)
	{
		QasmSymbol *symbol = &r->symbols[i - 1];

		/* Names can be chosen so that many are in one bucket. */
		r->owed++;
		if (i - 1 >= r->hidden_from && i - 1 < r->hidden_to)
			continue;
		if (symbol->hash == hash && symbol->length == length && memcmp(symbol->name, name, length) == 0)
			return symbol;
	}
	return NULL;
}

static TvmStatus
grow_buckets(QasmReader *r)
{
	uint32_t	count = r->bucket_count == 0 ? 256 : 4 * r->bucket_count;
	TvmStatus	status = qasm_charge(r, (uint64_t) count * sizeof(uint32_t));
	uint32_t   *buckets;

	if (status != TVM_OK)
		return status;
	buckets = tvm_alloc_zero(r->env, count, sizeof(uint32_t));
	if (buckets == NULL)
		return TVM_NOMEM;
	tvm_free(r->env, r->buckets);
	r->buckets = buckets;
	r->bucket_count = count;
	for (uint32_t i = 0; i < r->symbol_count; i++)
	{
		r->symbols[i].next = buckets[r->symbols[i].hash % count];
		buckets[r->symbols[i].hash % count] = i + 1;
	}
	return TVM_OK;
}

TvmStatus
qasm_declare(QasmReader *r, uint32_t token, QasmKind kind, QasmSymbol **out)
{
	QasmSymbol *symbol = qasm_find(r, token);
	TvmStatus	status;

	if (symbol != NULL && (uint32_t) (symbol - r->symbols) >= r->scope)
		return qasm_fail(r, token, "a name is declared twice", NULL, "\"%.*s\"", QASM_QUOTE(r, token));
	status = qasm_grow32(r, &r->symbols, r->symbol_count, &r->symbol_capacity, sizeof(QasmSymbol));

	if (status == TVM_OK && r->symbol_count >= r->bucket_count)
		status = grow_buckets(r);
	if (status != TVM_OK)
		return status;
	symbol = &r->symbols[r->symbol_count];
	memset(symbol, 0, sizeof(*symbol));
	symbol->name = r->text + r->tokens[token].at;
	symbol->length = r->tokens[token].length;
	symbol->hash = hash_of(symbol->name, symbol->length);
	symbol->kind = kind;
	symbol->next = r->buckets[symbol->hash % r->bucket_count];
	r->buckets[symbol->hash % r->bucket_count] = ++r->symbol_count;
	*out = symbol;
	return TVM_OK;
}

/* Leave a scope: the newest symbols go first, so each is the head of its bucket. */
void
qasm_forget(QasmReader *r, uint32_t symbol_count)
{
	while (r->symbol_count > symbol_count)
	{
		QasmSymbol *symbol = &r->symbols[--r->symbol_count];

		r->buckets[symbol->hash % r->bucket_count] = symbol->next;
	}
}
