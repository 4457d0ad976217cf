/*
 * decimal.c: numbers of many bits in decimal; see decimal.h.
 */
#include "kernel/quantum/circuit/decimal.h"

#include <stdio.h>
#include <string.h>

#define GROUP_DIGITS 9
#define GROUP 1000000000u		/* 10^9, the largest power of ten in 32 bits */

bool
tvm_decimal_read(const char *digits, size_t length, uint32_t limbs[TVM_LIMBS], uint32_t *count)
{
	uint32_t	n = 0;
	size_t		at = 0;

	while (at < length && digits[at] == '0')
		at++;
	*count = 0;
	if (length - at > TVM_DECIMAL_DIGITS)
		return false;
	while (at < length)
	{
		uint64_t	carry = 0;
		uint64_t	power = 1;

		/* A short group first, so that all others are whole. */
		do
		{
			carry = 10 * carry + (uint64_t) (digits[at++] - '0');
			power *= 10;
		} while ((length - at) % GROUP_DIGITS != 0);
		for (uint32_t i = 0; i < n; i++)
		{
			carry += power * limbs[i];
			limbs[i] = (uint32_t) carry;
			carry >>= 32;
		}
		if (carry != 0 && n == TVM_LIMBS)
			return false;
		if (carry != 0)
			limbs[n++] = (uint32_t) carry;
	}
	*count = n;
	return true;
}

void
tvm_decimal_write(const uint8_t *bits, uint32_t count, char digits[TVM_DECIMAL_DIGITS + 1])
{
	uint32_t	limbs[TVM_LIMBS] = {0};
	uint32_t	groups[TVM_DECIMAL_DIGITS / GROUP_DIGITS + 1];
	uint32_t	n = (count + 31) / 32;
	uint32_t	found = 0;
	int			length;

	for (uint32_t i = 0; i < count; i++)
		limbs[i / 32] |= (uint32_t) (bits[i] != 0) << i % 32;
	for (;;)
	{
		uint64_t	rest = 0;

		while (n > 0 && limbs[n - 1] == 0)
			n--;
		if (n == 0)
			break;
		for (uint32_t i = n; i-- > 0;)
		{
			rest = rest << 32 | limbs[i];
			limbs[i] = (uint32_t) (rest / GROUP);
			rest %= GROUP;
		}
		groups[found++] = (uint32_t) rest;
	}
	length = snprintf(digits, TVM_DECIMAL_DIGITS + 1, "%u", found > 0 ? groups[found - 1] : 0);
	for (uint32_t i = found; i-- > 1;)
		length += snprintf(digits + length, TVM_DECIMAL_DIGITS + 1 - (size_t) length, "%09u", groups[i - 1]);
}
