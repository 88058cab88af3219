#include "cmd/dray-send/fold.h"

/* Seven bits an octet, the lowest ones first; all but the last have the
 * eighth. */
static unsigned char *
put(unsigned char *d, uint32_t v)
{
	for (; v > 127; v >>= 7)
		*d++ = (unsigned char)(v | 128);
	*d++ = (unsigned char)v;
	return d;
}

static const unsigned char *
get(const unsigned char *s, uint32_t *v_r)
{
	unsigned int shift = 0;

	for (*v_r = 0; *s & 128; shift += 7)
		*v_r |= (uint32_t)(*s++ & 127) << shift;
	*v_r |= (uint32_t)*s++ << shift;
	return s;
}

/* 0, -1, 1, -2, 2 ... as 0, 1, 2, 3, 4 ... */
static uint32_t
crease(uint32_t d)
{
	return d & 0x80000000u ? ~(d << 1) : d << 1;
}

static uint32_t
uncrease(uint32_t d)
{
	return d & 1 ? ~(d >> 1) : d >> 1;
}

/* The 0 of a number that is the same is followed by how many more are. */
size_t
fold_put(
    unsigned char *d, const uint32_t *w, unsigned int rows, unsigned int cols)
{
	const unsigned char *start = d;
	unsigned int c, r, from;
	uint32_t above;

	for (c = 0; c < cols; c++) {
		above = 0;
		for (r = 0; r < rows; r++) {
			d = put(d, crease(w[r * cols + c] - above));
			from = r;
			if (w[r * cols + c] == above) {
				while (r + 1 < rows &&
				    w[(r + 1) * cols + c] == above)
					r++;
				d = put(d, r - from);
			}
			above = w[r * cols + c];
		}
	}
	return (size_t)(d - start);
}

void
fold_get(
    uint32_t *w, unsigned int rows, unsigned int cols, const unsigned char *s)
{
	uint32_t above, v, same;
	unsigned int c, r;

	for (c = 0; c < cols; c++) {
		above = 0;
		for (r = 0; r < rows; r++) {
			s = get(s, &v);
			above += uncrease(v);
			w[r * cols + c] = above;
			same = 0;
			if (v == 0)
				s = get(s, &same);
			while (same--)
				w[++r * cols + c] = above;
		}
	}
}
