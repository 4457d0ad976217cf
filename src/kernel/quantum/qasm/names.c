/*
 * names.c: names in programs that are written; see names.h.
 *
 * Registers and the gates that a program defines are q, c, iswap, unitary_7 and so on, with as many underscores
 * behind all of them as keep them apart from the inputs.
 */
#include "kernel/quantum/qasm/names.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/quantum/qasm/letters.h"
#include "kernel/quantum/qasm/write.h"

static const char prefix[] = "_tv_";
#define PREFIX_BYTES (sizeof(prefix) - 1)
#define PIECE_BYTES 9			/* of a character, encoded */

/* What else a name means in version 3: words, gates, functions and constants of the language and its library. */
static const char *const taken[] = {
	"U", "CX", "gphase", "u1", "u2", "u3", "id", "p", "phase", "x", "y", "z",
	"h", "s", "sdg", "t", "tdg", "sx", "rx", "ry", "rz", "cx", "cy", "cz", "ch", "swap", "ccx", "cswap", "crx", "cry", "crz",
	"cp", "cphase", "cu", "pi", "tau", "euler", "sin", "cos", "tan", "exp", "ln", "log", "sqrt", "arcsin", "arccos", "arctan",
	"floor", "ceiling", "popcount", "pow", "mod", "rotl", "rotr", "real", "imag", "OPENQASM", "include", "defcalgrammar",
	"def", "cal", "defcal", "gate", "extern", "box", "let", "break", "continue", "if", "else", "end", "return", "for",
	"while", "in", "switch", "case", "default", "nop", "pragma", "input", "output", "const", "readonly", "mutable",
	"qreg", "qubit", "creg", "bool", "bit", "int", "uint", "float", "angle", "complex", "array", "void", "duration",
	"stretch", "inv", "ctrl", "negctrl", "dim", "durationof", "delay", "reset", "measure", "barrier", "true", "false",
	"opaque", "im",
	"\xCF\x80", "\xCF\x84", "\xE2\x84\x87"
};

static bool
is_plain(const char *name, size_t length)
{
	uint32_t	bytes;

	if (length == 0 || (name[0] >= '0' && name[0] <= '9') ||
		(length >= PREFIX_BYTES && memcmp(name, prefix, PREFIX_BYTES) == 0))
		return false;
	for (size_t i = 0; i < length; i += bytes)
	{
		bytes = name[i] >= '0' && name[i] <= '9' ? 1 : tvm_qasm_letter(name + i, length - i);
		if (bytes == 0)
			return false;
	}
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (strlen(taken[i]) == length && memcmp(name, taken[i], length) == 0)
			return false;
	return true;
}

static void
put_hex(char *out, uint32_t number, int digits)
{
	for (; digits > 0; digits--, number >>= 4)
		out[digits - 1] = "0123456789abcdef"[number & 15];
}

/* The first character encoded; its bytes, 0 where there is none. */
static uint32_t
encode_one(const char *name, size_t length, char piece[PIECE_BYTES])
{
	uint32_t	character;
	uint32_t	bytes = tvm_qasm_character(name, length, &character);

	memset(piece, 0, PIECE_BYTES);
	if (bytes == 0 || character == 0)
		return 0;
	if (character == '_')
		memcpy(piece, "__", 2);
	else if ((character >= '0' && character <= '9') || tvm_qasm_letter(name, length) > 0)
		memcpy(piece, name, bytes);
	else if (character < 0x80)
	{
		memcpy(piece, "_x", 2);
		put_hex(piece + 2, character, 2);
	}
	else
	{
		memcpy(piece, "_u", 2);
		put_hex(piece + 2, character, 6);
	}
	return bytes;
}

/* `out` has room for 8 * length + 5 bytes; false where the name is empty or not UTF-8. */
static bool
name_encode(const char *name, size_t length, char *out)
{
	uint32_t	bytes;

	if (is_plain(name, length))
	{
		memcpy(out, name, length);
		out[length] = '\0';
		return true;
	}
	memcpy(out, prefix, PREFIX_BYTES + 1);
	out += PREFIX_BYTES;
	for (size_t i = 0; i < length; i += bytes)
	{
		bytes = encode_one(name + i, length - i, out);
		if (bytes == 0)
			return false;
		out += strlen(out);
	}
	return length > 0;
}

/* So many hexadecimal digits; UINT32_MAX: there are others. */
static uint32_t
get_hex(const char *text, size_t length, size_t digits)
{
	uint32_t	number = 0;

	for (size_t i = 0; i < digits; i++)
	{
		char		c = i < length ? text[i] : '\0';

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return UINT32_MAX;
		number = number << 4 | (uint32_t) (c <= '9' ? c - '0' : c - 'a' + 10);
	}
	return number;
}

/* A character in UTF-8, past ASCII: its bytes. */
static size_t
put_character(char *out, uint32_t character)
{
	size_t		bytes = character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;

	for (size_t i = bytes; i-- > 1; character >>= 6)
		out[i] = (char) (0x80 | (character & 0x3F));
	out[0] = (char) ((0xF00u >> bytes & 0xF0) | character);
	return bytes;
}

/* What a parameter's name cannot have in it: see the angles of circuits. */
static bool
can_be_named(uint32_t character)
{
	return character > ' ' && character < 0x80 && strchr("+-*/()$", (int) character) == NULL;
}

bool
tvm_qasm_name_decode(const char *text, size_t length, char *out)
{
	char		piece[PIECE_BYTES];
	size_t		n = 0;
	size_t		at = PREFIX_BYTES;

	if (length <= PREFIX_BYTES || memcmp(text, prefix, PREFIX_BYTES) != 0)
		return false;
	while (at < length)
	{
		char		kind = text[at] == '_' && at + 1 < length ? text[at + 1] : '\0';
		uint32_t	code = kind == 'x' || kind == 'u' ? get_hex(text + at + 2, length - at - 2, kind == 'x' ? 2 : 6) : 0;

		if (text[at] != '_')
			out[n++] = text[at++];
		else if (kind == '_')
			out[n++] = '_', at += 2;
		else if (kind == 'x' && can_be_named(code))
			out[n++] = (char) code, at += 4;
		else if (kind == 'u' && code >= 0x80 && code <= 0x10FFFF)
			n += put_character(out + n, code), at += 8;
		else
			return false;
	}
	out[n] = '\0';
	if (is_plain(out, n))
		return false;

	/* Only what the encoding of a name is stands for it. */
	at = PREFIX_BYTES;
	for (size_t i = 0; i < n;)
	{
		uint32_t	bytes = encode_one(out + i, n - i, piece);

		if (bytes == 0 || strlen(piece) > length - at || memcmp(text + at, piece, strlen(piece)) != 0)
			return false;
		at += strlen(piece);
		i += bytes;
	}
	return at == length;
}

/*------------------------------------------------------------------------- writing */

/* How many underscores behind one of the writer's own names make this one; -1: it is none of them. */
static long
underscores_of(const char *name)
{
	static const char *const own[] = {"q", "c", "iswap", "rxx", "ryy", "rzz"};
	size_t		length = strlen(name);
	size_t		base = length;

	while (base > 0 && name[base - 1] == '_')
		base--;
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (strlen(own[i]) == base && memcmp(own[i], name, base) == 0)
			return (long) (length - base);
	if (base > 8 && memcmp(name, "unitary_", 8) == 0 && strspn(name + 8, "0123456789") == base - 8)
		return (long) (length - base);
	return -1;
}

/* The fewest underscores that no input has there. */
static void
choose_suffix(QasmWriter *w)
{
	uint32_t	count = w->qasm->input_count;
	uint8_t    *used = tvm_alloc_zero(w->env, (size_t) count + 1, 1);
	uint32_t	n = 0;

	w->own_suffix = tvm_alloc_zero(w->env, (size_t) count + 2, 1);
	if (used == NULL || w->own_suffix == NULL)
		w->status = TVM_NOMEM;
	for (uint32_t i = 0; i < count && w->status == TVM_OK; i++)
	{
		long		underscores = underscores_of(w->names[i]);

		if (underscores >= 0 && underscores <= (long) count)
			used[underscores] = 1;
	}
	while (w->status == TVM_OK && n < count && used[n] != 0)
		w->own_suffix[n++] = '_';
	if (w->status == TVM_OK)
		w->suffix = w->own_suffix;
	tvm_free(w->env, used);
}

void
qasm_choose_names(QasmWriter *w)
{
	if (w->qasm->input_count == 0)
		return;
	w->names = tvm_alloc_zero(w->env, w->qasm->input_count, sizeof(char *));
	if (w->names == NULL)
		w->status = TVM_NOMEM;
	for (uint32_t i = 0; i < w->qasm->input_count && w->status == TVM_OK; i++)
	{
		const char *name = w->qasm->inputs[i];
		size_t		length = strlen(name);

		if (tvm_cancelled(w->env))
			w->status = TVM_CANCELLED;
		else if (length > w->memory / 16)
			w->status = tvm_fail(w->env, TVM_LIMIT, "program needs more memory than allowed", NULL, "A parameter's name has %llu bytes.",
								 (unsigned long long) length);
		else
		{
			w->names[i] = tvm_alloc(w->env, PIECE_BYTES * length + PREFIX_BYTES + 1, 1);
			if (w->names[i] == NULL)
				w->status = TVM_NOMEM;
			else if (!name_encode(name, length, w->names[i]))
			{
				w->status = tvm_fail(w->env, TVM_INVALID, "a parameter whose name a program cannot have", NULL, "\"%.60s\"", name);
				tvm_fail_path(w->env, "params");
			}
		}
	}
	if (w->status == TVM_OK)
		choose_suffix(w);
}

void
qasm_free_names(QasmWriter *w)
{
	for (uint32_t i = 0; w->names != NULL && i < w->qasm->input_count; i++)
		tvm_free(w->env, w->names[i]);
	tvm_free(w->env, w->names);
	tvm_free(w->env, w->own_suffix);
}
