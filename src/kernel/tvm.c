/*
 * tvm.c: memory and errors of the kernel, on the environment that a caller lends.
 */
#include "kernel/tvm.h"

#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is copied between two questions whether it is cancelled: 5 ms where the pages are new. */
#define COPY_BYTES ((size_t) 8 << 20)

void *
tvm_alloc(TvmEnv *env, size_t count, size_t size)
{
	if (size != 0 && count > SIZE_MAX / size)
		return NULL;
	/* A block of no bytes is still a block, so that NULL always means failure. */
	return env->alloc(env->ctx, count * size > 0 ? count * size : 1);
}

void *
tvm_alloc_zero(TvmEnv *env, size_t count, size_t size)
{
	void	   *block;

	if (env->alloc_zero != NULL)
	{
		if (size != 0 && count > SIZE_MAX / size)
			return NULL;
		return env->alloc_zero(env->ctx, count * size > 0 ? count * size : 1);
	}
	block = tvm_alloc(env, count, size);
	if (block != NULL)
		memset(block, 0, count * size);
	return block;
}

void
tvm_free(TvmEnv *env, void *block)
{
	if (block != NULL)
		env->free(env->ctx, block);
}

TvmStatus
tvm_grow(TvmEnv *env, void *array, size_t count, size_t *capacity, size_t size)
{
	size_t		wanted = tvm_larger(*capacity);
	size_t		bytes = count * size;
	void	   *old;
	void	   *larger;

	if (count < *capacity)
		return TVM_OK;
	larger = tvm_alloc(env, wanted, size);
	if (larger == NULL)
		return TVM_NOMEM;
	memcpy(&old, array, sizeof(old));
	for (size_t at = 0, piece; at < bytes; at += piece)
	{
		if (at > 0 && tvm_cancelled(env))
		{
			tvm_free(env, larger);
			return TVM_CANCELLED;
		}
		piece = bytes - at < COPY_BYTES ? bytes - at : COPY_BYTES;
		memcpy((char *) larger + at, (char *) old + at, piece);
	}
	tvm_free(env, old);
	memcpy(array, &larger, sizeof(larger));
	*capacity = wanted;
	return TVM_OK;
}

bool
tvm_cancelled(TvmEnv *env)
{
	return env->cancelled != NULL && env->cancelled(env->ctx);
}

bool
tvm_same_name(const char *known, const char *given)
{
	while (*known != '\0' &&
		   (*given == *known || (*given >= 'A' && *given <= 'Z' && *given + 32 == *known)))
		known++, given++;
	return *known == '\0' && *given == '\0';
}

TvmStatus
tvm_fail(TvmEnv *env, TvmStatus status, const char *message, const char *hint,
		 const char *detail_format,...)
{
	env->error.message = message;
	env->error.hint = hint;
	env->error.path[0] = '\0';
	env->error.detail[0] = '\0';
	if (detail_format != NULL)
	{
		va_list		args;

		va_start(args, detail_format);
		vsnprintf(env->error.detail, sizeof(env->error.detail), detail_format, args);
		va_end(args);
	}
	return status;
}

void
tvm_fail_path(TvmEnv *env, const char *format,...)
{
	char		inner[TVM_PATH_MAX];
	char	   *path = env->error.path;
	va_list		args;
	size_t		length;

	memcpy(inner, path, sizeof(inner));
	va_start(args, format);
	vsnprintf(path, TVM_PATH_MAX, format, args);
	va_end(args);
	length = strlen(path);
	if (inner[0] != '\0' && length + 1 < TVM_PATH_MAX)
		snprintf(path + length, TVM_PATH_MAX - length, "%s%s",
				 inner[0] == '[' ? "" : ".", inner);
}

TvmNumberText
tvm_number_text(double x)
{
	TvmNumberText number;

	/* As SQL spells them. */
	if (isnan(x) || isinf(x))
	{
		snprintf(number.text, sizeof(number.text), "%s", isnan(x) ? "NaN" : x < 0 ? "-Infinity" : "Infinity");
		return number;
	}
	for (int digits = DBL_DIG; digits <= DBL_DECIMAL_DIG; digits++)
	{
		snprintf(number.text, sizeof(number.text), "%.*g", digits, x);
		if (strtod(number.text, NULL) == x)
			break;
	}
	return number;
}
