/*
 * angle.c: linear expressions in parameters, between text and terms.
 *
 *     angle  = [sign] term { sign term }
 *     term   = factor { "*" factor | "/" number }      with one parameter at most
 *     factor = number | "pi" | "$" name
 *
 * A name is anything but white space and + - * / ( ) $.  Nothing here recurses.
 */
#include "postgres.h"

#include <math.h>

#include "mb/pg_wchar.h"
#include "miscadmin.h"

#include "bridge/circuit/angle.h"
#include "bridge/server/env.h"
#include "kernel/quantum/circuit/angle.h"
#include "kernel/quantum/circuit/circuit.h"

#define NUMBER_BYTES 64

/* A text that is being read. */
typedef struct Scan
{
	const char *at;
	const char *end;
	const TvPath *path;
} Scan;

static void
fail(const Scan *scan)
{
	int			rest = Min(scan->end - scan->at, 32);

	tv_json_fail(scan->path, "not an angle",
				 "An angle is a number, a parameter's name after a $, or a sum such as \"2*$a - $b/2 + pi\".",
				 rest > 0 ? "It cannot be read from \"%s\" on." : "It is a text without a parameter, or ends too early.",
				 rest > 0 ? pnstrdup(scan->at, pg_mbcliplen(scan->at, scan->end - scan->at, rest)) : "");
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void
skip_spaces(Scan *scan)
{
	while (scan->at < scan->end && is_space(*scan->at))
	{
		scan->at++;
		tv_interrupts_at(scan->end - scan->at);
	}
}

static bool
accept(Scan *scan, char c)
{
	skip_spaces(scan);
	if (scan->at == scan->end || *scan->at != c)
		return false;
	scan->at++;
	return true;
}

static double
read_number(Scan *scan)
{
	char		digits[NUMBER_BYTES * 6];
	int			n = 0;
	char	   *end;
	double		number;

	skip_spaces(scan);
	if (scan->end - scan->at >= 2 && memcmp(scan->at, "pi", 2) == 0)
	{
		scan->at += 2;
		return M_PI;
	}
	while (scan->at + n < scan->end && n < sizeof(digits) - 1)
	{
		char		c = scan->at[n];

		/* The sign of an exponent belongs to the number. */
		if (!((c >= '0' && c <= '9') || c == '.' || c == 'e' || c == 'E' ||
			  ((c == '+' || c == '-') && n > 0 && (digits[n - 1] == 'e' || digits[n - 1] == 'E'))))
			break;
		digits[n++] = c;
	}
	digits[n] = '\0';
	number = strtod(digits, &end);
	if (n == 0 || end != digits + n)
		fail(scan);
	scan->at += n;
	return number;
}

/* After the $. */
static void
read_name(Scan *scan, const char **name, int *length)
{
	*name = scan->at;
	while (scan->at < scan->end && !is_space(*scan->at) && strchr("+-*/()$", *scan->at) == NULL)
	{
		scan->at++;
		tv_interrupts_at(scan->end - scan->at);
	}
	*length = scan->at - *name;
	if (*length == 0)
		fail(scan);
}

static void
read_term(Scan *scan, double factor, TvAngle *angle)
{
	const char *name = NULL;
	int			length = 0;

	do
	{
		CHECK_FOR_INTERRUPTS();
		if (!accept(scan, '$'))
			factor *= read_number(scan);
		else if (name != NULL)
			fail(scan);
		else
			read_name(scan, &name, &length);
		while (accept(scan, '/'))
		{
			CHECK_FOR_INTERRUPTS();
			factor /= read_number(scan);
		}
	} while (accept(scan, '*'));
	if (name == NULL)
		angle->constant = tvm_angle_add(angle->constant, 1, factor);
	else
		tv_angle_add(angle, factor, name, length, scan->path);
}

void
tv_angle_parse(const char *text, int length, const TvPath *path, TvAngle *angle)
{
	Scan		scan = {text, text + length, path};

	angle->constant = 0;
	angle->count = 0;

	/* A number is written as one; a text is for parameters. */
	if (memchr(text, '$', length) == NULL)
	{
		scan.at = scan.end;
		fail(&scan);
	}
	read_term(&scan, accept(&scan, '-') ? -1 : 1, angle);
	for (;;)
	{
		if (accept(&scan, '+'))
			read_term(&scan, 1, angle);
		else if (accept(&scan, '-'))
			read_term(&scan, -1, angle);
		else
			break;
	}
	skip_spaces(&scan);
	if (scan.at < scan.end)
		fail(&scan);
	tv_angle_check(angle, path);
}

static int
compare_names(const TvTerm *term, const char *parameter, int length)
{
	int			order = memcmp(term->parameter, parameter, Min(term->length, length));

	return order != 0 ? order : term->length - length;
}

void
tv_angle_add(TvAngle *angle, double factor, const char *parameter, int length, const TvPath *path)
{
	int			at = 0;

	while (at < angle->count && compare_names(&angle->terms[at], parameter, length) < 0)
		at++;
	if (at < angle->count && compare_names(&angle->terms[at], parameter, length) == 0)
	{
		angle->terms[at].factor += factor;
		return;
	}
	if (angle->count == TV_MAX_ANGLE_TERMS)
		tv_json_fail(path, "too many parameters in one angle", NULL, "The limit is %d.", TV_MAX_ANGLE_TERMS);
	memmove(&angle->terms[at + 1], &angle->terms[at], (angle->count - at) * sizeof(TvTerm));
	angle->terms[at] = (TvTerm) {factor, parameter, length};
	angle->count++;
}

void
tv_angle_check(TvAngle *angle, const TvPath *path)
{
	bool		fits = fabs(angle->constant) <= TVM_MAX_ANGLE;
	int			kept = 0;

	for (int i = 0; i < angle->count; i++)
	{
		fits = fits && fabs(angle->terms[i].factor) <= TVM_MAX_ANGLE;
		if (angle->terms[i].factor != 0)
			angle->terms[kept++] = angle->terms[i];
	}
	angle->count = kept;
	if (!fits)
		tv_json_fail(path, "too large a number", NULL, "The limit is %g.", TVM_MAX_ANGLE);
}

/* A part with its sign: "-2" first, " - 2" later. */
static void
write_sign(StringInfo text, double *number)
{
	bool		negative = *number < 0;

	appendStringInfoString(text, text->len == 0 ? (negative ? "-" : "") : negative ? " - " : " + ");
	*number = fabs(*number);
}

char *
tv_angle_text(const TvAngle *angle)
{
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i < angle->count; i++)
	{
		double		factor = angle->terms[i].factor;

		write_sign(&text, &factor);
		if (factor != 1)
		{
			tv_json_write_number(&text, factor);
			appendStringInfoChar(&text, '*');
		}
		appendStringInfoChar(&text, '$');
		appendBinaryStringInfo(&text, angle->terms[i].parameter, angle->terms[i].length);
	}
	if (angle->constant != 0)
	{
		double		constant = angle->constant;

		write_sign(&text, &constant);
		tv_json_write_number(&text, constant);
	}
	return text.data;
}
