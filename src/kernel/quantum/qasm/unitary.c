/*
 * unitary.c: small unitary matrices taken apart; see unitary.h.
 */
#include "kernel/quantum/qasm/unitary.h"

#include <math.h>
#include <string.h>

#define PI 3.14159265358979323846
#define MAX_SWEEPS 60
#define RESIDUE 1e-11			/* what may be left beside the diagonal */
#define NEAR_MINUS_ONE 1e-9		/* a phase this close to -pi is pi */

void
tvm_unitary_angles(const TvmComplex *m, double *theta, double *phi, double *lambda, double *gamma)
{
	double		cosine = hypot(m[0].re, m[0].im);
	double		sine = hypot(m[2].re, m[2].im);
	double		first;

	*theta = 2 * atan2(sine, cosine);
	if (cosine >= sine)
	{
		/* The phase of the corner is the whole one; the others are relative to it. */
		first = atan2(m[0].im, m[0].re);
		*phi = sine > 0 ? atan2(m[2].im, m[2].re) - first : 0;
		*lambda = atan2(m[3].im, m[3].re) - first - *phi;
	}
	else
	{
		/* The off-diagonal ones are e^(i (a + phi)) and -e^(i (a + lambda)). */
		first = cosine > 0 ? atan2(m[0].im, m[0].re) : 0;
		*phi = atan2(m[2].im, m[2].re) - first;
		*lambda = atan2(-m[1].im, -m[1].re) - first;
	}
	*gamma = first - *theta / 2;
}

/* out = a b, or a* b, or a b* (n x n). */
static void
multiply(const TvmComplex *a, bool a_star, const TvmComplex *b, bool b_star, uint32_t n, TvmComplex *out)
{
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t j = 0; j < n; j++)
		{
			TvmComplex	sum = {0, 0};

			for (uint32_t k = 0; k < n; k++)
			{
				TvmComplex	x = a_star ? a[k * n + i] : a[i * n + k];
				TvmComplex	y = b_star ? b[j * n + k] : b[k * n + j];

				if (a_star)
					x.im = -x.im;
				if (b_star)
					y.im = -y.im;
				sum = tvm_complex_add(sum, tvm_complex_mul(x, y));
			}
			out[i * n + j] = sum;
		}
}

/* Columns p and q become c p + s e^(ia) q and c q - s e^(-ia) p. */
static void
rotate_columns(TvmComplex *m, uint32_t n, uint32_t p, uint32_t q, double c, TvmComplex s)
{
	TvmComplex	s_star = {s.re, -s.im};

	for (uint32_t i = 0; i < n; i++)
	{
		TvmComplex	x = m[i * n + p];
		TvmComplex	y = m[i * n + q];

		m[i * n + p] = tvm_complex_add(tvm_complex_scale(x, c), tvm_complex_mul(y, s));
		m[i * n + q] = tvm_complex_add(tvm_complex_scale(y, c), tvm_complex_scale(tvm_complex_mul(x, s_star), -1));
	}
}

static void
conjugate_transpose(TvmComplex *m, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t j = i; j < n; j++)
		{
			TvmComplex	x = m[i * n + j];
			TvmComplex	y = m[j * n + i];

			m[i * n + j] = tvm_complex(y.re, -y.im);
			m[j * n + i] = tvm_complex(x.re, -x.im);
		}
}

/* Eigenvectors of a Hermitian matrix by Jacobi's method: v's columns; h is used up. */
static void
hermitian_vectors(TvmComplex *h, uint32_t n, TvmComplex *v)
{
	memset(v, 0, (size_t) n * n * sizeof(TvmComplex));
	for (uint32_t i = 0; i < n; i++)
		v[i * n + i].re = 1;
	for (int sweep = 0; sweep < MAX_SWEEPS; sweep++)
	{
		double		off = 0;

		for (uint32_t p = 0; p < n; p++)
			for (uint32_t q = p + 1; q < n; q++)
			{
				TvmComplex	z = h[p * n + q];
				double		size = hypot(z.re, z.im);
				double		angle = 0.5 * atan2(2 * size, h[p * n + p].re - h[q * n + q].re);
				TvmComplex	s;

				if (size < 1e-300)
					continue;
				off += size;
				s = tvm_complex(sin(angle) * z.re / size, -sin(angle) * z.im / size);
				rotate_columns(v, n, p, q, cos(angle), s);
				rotate_columns(h, n, p, q, cos(angle), s);
				conjugate_transpose(h, n);
				rotate_columns(h, n, p, q, cos(angle), s);
			}
		if (off < 1e-15 * n)
			return;
	}
}

/*
 * A unitary matrix is H + iK with H and K Hermitian and commuting.  A generic mixture
 * of both has no eigenvalue twice that the matrix has not, so its eigenvectors are the
 * matrix's; where chance would have it otherwise, another mixture is tried.
 */
bool
tvm_unitary_power(TvmComplex *m, uint32_t n, double exponent, TvmComplex *scratch)
{
	static const double mixtures[] = {0.7, 1.9, 2.6, 0.2, 1.3};
	size_t		entries = (size_t) n * n;
	TvmComplex *h = scratch;
	TvmComplex *v = scratch + entries;
	TvmComplex *d = scratch + 2 * entries;

	for (size_t mixture = 0; mixture < sizeof(mixtures) / sizeof(mixtures[0]); mixture++)
	{
		double		c = cos(mixtures[mixture]) / 2;
		double		s = sin(mixtures[mixture]) / 2;
		double		residue = 0;

		for (uint32_t i = 0; i < n; i++)
			for (uint32_t j = 0; j < n; j++)
			{
				TvmComplex	a = m[i * n + j];
				TvmComplex	b = m[j * n + i];

				/* c (A + A*) + s (A - A*) / i */
				h[i * n + j] = tvm_complex(c * (a.re + b.re) + s * (a.im + b.im),
										   c * (a.im - b.im) - s * (a.re - b.re));
			}
		hermitian_vectors(h, n, v);
		multiply(m, false, v, false, n, h);
		multiply(v, true, h, false, n, d);
		for (uint32_t i = 0; i < n; i++)
			for (uint32_t j = 0; j < n; j++)
				if (i != j)
					residue = fmax(residue, hypot(d[i * n + j].re, d[i * n + j].im));
		if (residue > RESIDUE)
			continue;
		for (uint32_t j = 0; j < n; j++)
		{
			double		phase = atan2(d[j * n + j].im, d[j * n + j].re);

			if (phase < -PI + NEAR_MINUS_ONE)
				phase += 2 * PI;
			for (uint32_t i = 0; i < n; i++)
				h[i * n + j] = tvm_complex_mul(v[i * n + j], tvm_complex(cos(exponent * phase), sin(exponent * phase)));
		}
		multiply(h, false, v, true, n, m);
		return true;
	}
	return false;
}
