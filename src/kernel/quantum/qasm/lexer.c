/*
 * lexer.c: the tokens of an OpenQASM program; see lexer.h.
 */
#include "kernel/quantum/qasm/lexer.h"

#include <string.h>

#include "kernel/quantum/qasm/letters.h"

#define TOKENS_BETWEEN_CANCELS 65536
#define BYTES_BETWEEN_CANCELS ((uint32_t) 1 << 20)	/* of one token, or between two */

typedef struct Lexer
{
	TvmEnv	   *env;
	const char *text;
	uint32_t	length;
	uint32_t	at;
	uint64_t	bytes;			/* that tokens may take */
	QasmToken  *tokens;
	uint32_t	count;
	size_t		capacity;
	const char *message;		/* what is wrong with the last token, if anything */
	bool		cancelled;		/* all that looks for an end finds it at once */
} Lexer;

static const char mark[] = "\xEF\xBB\xBF";	/* U+FEFF: some editors begin a file with it */
#define MARK_BYTES 3

void
tvm_qasm_place(TvmEnv *env, const char *text, uint32_t at)
{
	unsigned	line = 1;
	unsigned	column = 1;

	for (uint32_t i = at >= MARK_BYTES && memcmp(text, mark, MARK_BYTES) == 0 ? MARK_BYTES : 0; i < at; i++)
	{
		if (text[i] == '\n')
			line++, column = 1;
		else if (((unsigned char) text[i] & 0xC0) != 0x80)
			column++;
	}
	tvm_fail_path(env, "line %u, column %u", line, column);
}

/* Asked at each byte of what may be long. */
static bool
cancelled(Lexer *lexer, uint32_t byte)
{
	if (byte % BYTES_BETWEEN_CANCELS == BYTES_BETWEEN_CANCELS - 1 && tvm_cancelled(lexer->env))
		lexer->cancelled = true;
	return lexer->cancelled;
}

/* The character `ahead` of the one in hand; NUL past the end. */
static char
peek(const Lexer *lexer, uint32_t ahead)
{
	return ahead < lexer->length - lexer->at ? lexer->text[lexer->at + ahead] : '\0';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The bytes of the letter or underscore that is `ahead` of the character in hand; 0: it is none. */
static uint32_t
letter(const Lexer *lexer, uint32_t ahead)
{
	return tvm_qasm_letter(lexer->text + lexer->at + ahead, lexer->length - lexer->at - ahead);
}

/* Letters and digits from there on: how far they go. */
static uint32_t
word(Lexer *lexer, uint32_t ahead)
{
	for (uint32_t bytes;; ahead += bytes)
	{
		bytes = is_digit(peek(lexer, ahead)) ? 1 : letter(lexer, ahead);
		if (bytes == 0 || cancelled(lexer, ahead))
			return ahead;
	}
}

static TvmStatus
append(Lexer *lexer, uint8_t kind, uint32_t length)
{
	if (lexer->count == lexer->capacity)
	{
		uint64_t	bytes = tvm_larger(lexer->capacity) * sizeof(QasmToken);
		TvmStatus	status;

		if (bytes > lexer->bytes)
			return tvm_fail(lexer->env, TVM_LIMIT, "program needs more memory than allowed",
							NULL, "Its tokens alone need %llu bytes; %llu are allowed.",
							(unsigned long long) bytes, (unsigned long long) lexer->bytes);
		status = tvm_grow(lexer->env, &lexer->tokens, lexer->count, &lexer->capacity, sizeof(QasmToken));
		if (status != TVM_OK)
			return status;
	}
	lexer->tokens[lexer->count++] = (QasmToken) {lexer->at, length, kind};
	lexer->at += length;
	return lexer->cancelled || (lexer->count % TOKENS_BETWEEN_CANCELS == 0 && tvm_cancelled(lexer->env))
		? TVM_CANCELLED : TVM_OK;
}

/* The text ends here for the reader, with a token that is none. */
static TvmStatus
fail(Lexer *lexer, uint32_t length, const char *message)
{
	TvmStatus	status = append(lexer, QASM_BAD, length);

	lexer->message = message;
	lexer->at = lexer->length;
	return status;
}

/* White space and comments. */
static TvmStatus
skip(Lexer *lexer)
{
	for (;;)
	{
		char		c = peek(lexer, 0);

		if (lexer->cancelled)
			return TVM_CANCELLED;
		if (lexer->at == lexer->length)
			return TVM_OK;
		if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
			(void) cancelled(lexer, lexer->at++);
		else if (c == '/' && peek(lexer, 1) == '/')
			while (lexer->at < lexer->length && lexer->text[lexer->at] != '\n' && lexer->text[lexer->at] != '\r' &&
				   !cancelled(lexer, lexer->at))
				lexer->at++;
		else if (c == '/' && peek(lexer, 1) == '*')
		{
			uint32_t	start = lexer->at;

			lexer->at += 2;
			while (lexer->at < lexer->length && !(peek(lexer, 0) == '*' && peek(lexer, 1) == '/'))
				if (cancelled(lexer, lexer->at++))
					return TVM_CANCELLED;
			if (lexer->at == lexer->length)
			{
				lexer->at = start;
				return fail(lexer, 2, "a comment without an end");
			}
			lexer->at += 2;
		}
		else
			return TVM_OK;
	}
}

/* Digits with single underscores between them; false: with others. */
static bool
digits(Lexer *lexer, uint32_t *n, bool letters)
{
	bool		after_digit = false;

	for (;; ++*n)
	{
		char		c = peek(lexer, *n);
		bool		digit = is_digit(c) || (letters && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')));

		if ((!digit && c != '_') || cancelled(lexer, *n))
			return after_digit;
		if (c == '_' && !after_digit)
			return false;
		after_digit = digit;
	}
}

/*
 * 12, 1_000, 0x1F, 0b101, 1.5, .5, 5., 1e-3.  What has letters behind it is one token,
 * refused where it is read, so that what it stands in (delay[100ns]) is refused by name.
 */
static TvmStatus
number(Lexer *lexer)
{
	uint32_t	n = 0;
	uint8_t		kind = QASM_INTEGER;
	bool		right = true;

	if (peek(lexer, 0) == '0' && peek(lexer, 1) != '\0' && strchr("xXbBo", peek(lexer, 1)) != NULL)
	{
		n = 2;
		right = digits(lexer, &n, true);
		return right && letter(lexer, n) == 0 ? append(lexer, kind, n) : fail(lexer, word(lexer, n), "not a number");
	}
	if (is_digit(peek(lexer, 0)))
		right = digits(lexer, &n, false);
	if (right && peek(lexer, n) == '.')
	{
		kind = QASM_REAL;
		n++;
		right = (n > 1 && !is_digit(peek(lexer, n)) && peek(lexer, n) != '_') || digits(lexer, &n, false);
	}
	if (right && (peek(lexer, n) == 'e' || peek(lexer, n) == 'E'))
	{
		kind = QASM_REAL;
		n++;
		if (peek(lexer, n) == '+' || peek(lexer, n) == '-')
			n++;
		right = digits(lexer, &n, false);
	}
	if (!right)
		return fail(lexer, word(lexer, n), "not a number");
	return letter(lexer, n) > 0 ? append(lexer, QASM_SUFFIXED, word(lexer, n)) : append(lexer, kind, n);
}

static TvmStatus
string(Lexer *lexer)
{
	char		quote = peek(lexer, 0);
	uint32_t	n = 1;

	while (n < lexer->length - lexer->at && peek(lexer, n) != quote && peek(lexer, n) != '\n' && peek(lexer, n) != '\r' &&
		   !cancelled(lexer, n))
		n++;
	if (peek(lexer, n) != quote || n >= lexer->length - lexer->at)
		return fail(lexer, 1, "a string without an end");
	return append(lexer, QASM_STRING, n + 1);
}

static TvmStatus
symbol(Lexer *lexer)
{
	static const struct
	{
		char		text[3];
		uint8_t		kind;
	}			pairs[] = {
		{"->", QASM_ARROW}, {"==", QASM_EQUAL}, {"!=", QASM_UNEQUAL}, {"<=", QASM_LESS_EQUAL},
		{">=", QASM_GREATER_EQUAL}, {"**", QASM_POWER}, {"++", QASM_CONCAT}, {"&&", QASM_AND},
		{"||", QASM_OR}, {"<<", QASM_SHIFT_LEFT}, {">>", QASM_SHIFT_RIGHT}
	};
	char		c = peek(lexer, 0);

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (c == pairs[i].text[0] && peek(lexer, 1) == pairs[i].text[1])
			return append(lexer, pairs[i].kind, 2);
	if (c == '\0' || strchr("()[]{},;:=+-*/%^<>!~&|@$#", c) == NULL)
		return fail(lexer, 1, "not a character of OpenQASM");
	return append(lexer, (uint8_t) c, 1);
}

static TvmStatus
next(Lexer *lexer)
{
	char		c = peek(lexer, 0);

	if (letter(lexer, 0) > 0)
		return append(lexer, QASM_NAME, word(lexer, 0));
	if (is_digit(c) || (c == '.' && is_digit(peek(lexer, 1))))
		return number(lexer);
	if (c == '"' || c == '\'')
		return string(lexer);
	return symbol(lexer);
}

TvmStatus
tvm_qasm_lex(TvmEnv *env, const char *text, size_t length, uint64_t bytes, QasmToken **tokens,
			 uint32_t *count, const char **message)
{
	Lexer		lexer = {.env = env, .text = text, .length = (uint32_t) length, .bytes = bytes};
	TvmStatus	status = TVM_OK;

	*tokens = NULL;
	*count = 0;
	*message = NULL;
	if (length >= INT32_MAX)
		return tvm_fail(env, TVM_LIMIT, "program needs more memory than allowed", NULL,
						"It has %llu bytes; 2^31 are too many.", (unsigned long long) length);
	if (length >= MARK_BYTES && memcmp(text, mark, MARK_BYTES) == 0)
		lexer.at = MARK_BYTES;
	while (status == TVM_OK)
	{
		status = skip(&lexer);
		if (status != TVM_OK || lexer.at == lexer.length)
			break;
		status = next(&lexer);
	}
	if (status == TVM_OK)
		status = append(&lexer, QASM_END, 0);
	if (status != TVM_OK)
		tvm_free(env, lexer.tokens);
	else
	{
		*tokens = lexer.tokens;
		*count = lexer.count;
		*message = lexer.message;
	}
	return status;
}
