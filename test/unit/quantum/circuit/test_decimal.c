/*
 * test_decimal.c: numbers of many bits in decimal, against doubling digit by digit.
 */
#include <stdlib.h>
#include <string.h>

#include "quantum/dense.h"
#include "unit.h"

#include "kernel/quantum/circuit/decimal.h"

/* digits = 2 digits + bit, as one does it on paper. */
static void
double_and_add(char *digits, int bit)
{
	int			carry = bit;

	for (size_t i = strlen(digits); i-- > 0;)
	{
		int			sum = 2 * (digits[i] - '0') + carry;

		digits[i] = (char) ('0' + sum % 10);
		carry = sum / 10;
	}
	if (carry > 0)
	{
		memmove(digits + 1, digits, strlen(digits) + 1);
		digits[0] = (char) ('0' + carry);
	}
}

static void
check_bits(const uint8_t *bits, uint32_t count)
{
	char		wanted[TVM_DECIMAL_DIGITS + 2] = "0";
	char		found[TVM_DECIMAL_DIGITS + 1];
	char		padded[TVM_DECIMAL_DIGITS + 1 + 200];
	uint32_t	limbs[TVM_LIMBS];
	uint32_t	used;

	for (uint32_t i = count; i-- > 0;)
		double_and_add(wanted, bits[i]);
	tvm_decimal_write(bits, count, found);
	CHECK(strcmp(found, wanted) == 0);
	memset(padded, '0', 200);
	memcpy(padded + 200, wanted, strlen(wanted));
	for (int zeros = 0; zeros <= 200; zeros += 100)
	{
		CHECK(tvm_decimal_read(padded + 200 - zeros, strlen(wanted) + (size_t) zeros, limbs, &used));
		CHECK(used == 0 || limbs[used - 1] != 0);
		for (uint32_t i = 0; i < TVM_MAX_BITS; i++)
			if ((i / 32 < used && (limbs[i / 32] >> i % 32 & 1) != 0) != (i < count && bits[i] != 0))
			{
				unit_fail(__FILE__, __LINE__, "bit %u of %s", i, wanted);
				return;
			}
	}
}

TEST(numbers_of_any_width_go_there_and_back)
{
	static const uint32_t widths[] = {0, 1, 2, 29, 30, 31, 32, 33, 63, 64, 65, 1000, 4095, 4096};
	uint8_t		bits[TVM_MAX_BITS];
	TvmRng		rng;

	tvm_rng_init(&rng, 11, 0);
	for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++)
		for (int kind = 0; kind < 4; kind++)
		{
			/* None, all, the highest alone, some. */
			for (uint32_t j = 0; j < widths[i]; j++)
				bits[j] = kind == 0 ? 0 : kind == 1 ? 1 : kind == 2 ? j + 1 == widths[i] : (uint8_t) dense_below(&rng, 2);
			check_bits(bits, widths[i]);
		}
}

TEST(numbers_that_are_too_large_are_told)
{
	uint8_t		bits[TVM_MAX_BITS];
	char		digits[TVM_DECIMAL_DIGITS + 2];
	uint32_t	limbs[TVM_LIMBS];
	uint32_t	used;

	memset(bits, 1, sizeof(bits));
	tvm_decimal_write(bits, TVM_MAX_BITS, digits);
	CHECK_EQ(strlen(digits), TVM_DECIMAL_DIGITS);
	CHECK(tvm_decimal_read(digits, strlen(digits), limbs, &used));
	digits[TVM_DECIMAL_DIGITS - 1]++;	/* ...5 becomes ...6: 2^4096 */
	CHECK(!tvm_decimal_read(digits, strlen(digits), limbs, &used));
	memset(digits, '9', sizeof(digits));
	CHECK(!tvm_decimal_read(digits, sizeof(digits), limbs, &used));
	CHECK(!tvm_decimal_read(digits, TVM_DECIMAL_DIGITS, limbs, &used));
}
