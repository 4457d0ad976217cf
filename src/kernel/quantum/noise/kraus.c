/*
 * kraus.c: channels of noise as maps, from their Kraus operators; see kraus.h.
 */
#include "kernel/quantum/noise/kraus.h"

#include <math.h>
#include <string.h>

void
tvm_kraus_add(TvmComplex *map, const TvmComplex *kraus, uint32_t k, double weight)
{
	uint32_t	dim = (uint32_t) 1 << k;

	for (uint32_t row = 0; row < dim * dim; row++)
		for (uint32_t column = 0; column < dim * dim; column++)
		{
			TvmComplex	ket = kraus[(row % dim) * dim + column % dim];
			TvmComplex	bra = kraus[(row / dim) * dim + column / dim];
			TvmComplex	product = tvm_complex_mul(ket, tvm_complex(bra.re, -bra.im));
			TvmComplex *entry = &map[row * dim * dim + column];

			*entry = tvm_complex_add(*entry, tvm_complex_scale(product, weight));
		}
}

static const TvmComplex pauli[4][4] = {
	{{1, 0}, {0, 0}, {0, 0}, {1, 0}},
	{{0, 0}, {1, 0}, {1, 0}, {0, 0}},
	{{1, 0}, {0, 0}, {0, 0}, {-1, 0}},
	{{0, 0}, {0, -1}, {0, 1}, {0, 0}},
};

/* The uniform Paulis of depolarizing, the identity among them. */
static void
depolarizing_map(TvmComplex *map, double p, uint32_t k)
{
	uint32_t	paulis = (uint32_t) 1 << 2 * k;

	for (uint32_t which = 0; which < paulis; which++)
	{
		double		weight = which == 0 ? 1 - p * (paulis - 1) / paulis : p / paulis;
		TvmComplex	kraus[16];

		for (int row = 0; row < 1 << k; row++)
			for (int column = 0; column < 1 << k; column++)
			{
				TvmComplex	low = pauli[which & 3][2 * (row & 1) + (column & 1)];
				TvmComplex	high = pauli[which >> 2][2 * (row >> 1) + (column >> 1)];

				kraus[(row << k) + column] = k == 1 ? low : tvm_complex_mul(low, high);
			}
		tvm_kraus_add(map, kraus, k, weight);
	}
}

uint32_t
tvm_channel_map(TvmChannel channel, double p, TvmComplex *map)
{
	const TvmComplex stays[4] = {{1, 0}, {0, 0}, {0, 0}, {sqrt(1 - p), 0}};
	const TvmComplex decays[4] = {{0, 0}, {sqrt(p), 0}, {0, 0}, {0, 0}};
	const TvmComplex dephases[4] = {{0, 0}, {0, 0}, {0, 0}, {sqrt(p), 0}};

	memset(map, 0, TVM_MAP_MAX * sizeof(TvmComplex));
	switch (channel)
	{
		case TVM_CHANNEL_BIT_FLIP:
		case TVM_CHANNEL_PHASE_FLIP:
			tvm_kraus_add(map, pauli[0], 1, 1 - p);
			tvm_kraus_add(map, pauli[channel == TVM_CHANNEL_BIT_FLIP ? 1 : 2], 1, p);
			return 1;
		case TVM_CHANNEL_AMPLITUDE_DAMPING:
		case TVM_CHANNEL_PHASE_DAMPING:
			tvm_kraus_add(map, stays, 1, 1);
			tvm_kraus_add(map, channel == TVM_CHANNEL_AMPLITUDE_DAMPING ? decays : dephases, 1, 1);
			return 1;
		case TVM_CHANNEL_DEPOLARIZING:
			depolarizing_map(map, p, 1);
			return 1;
		default:
			depolarizing_map(map, p, 2);
			return 2;
	}
}
