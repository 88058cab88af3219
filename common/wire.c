#include <errno.h>
#include <string.h>

#if defined __SSE2__ && !defined WIRE_PORTABLE
#include <emmintrin.h>
#endif

#include "common/wire.h"

/*
 * scan - index of the first CR, LF or NUL in s, or n.  Sets bits in *high_r
 * when an octet before it is over 127.  Every octet of every message passes
 * through here, so it looks at 16 (or 8) at a time.
 */
static size_t
scan_slow(const char *s, size_t n, unsigned int *high_r)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (s[i] == '\r' || s[i] == '\n' || s[i] == '\0')
			break;
		*high_r |= (unsigned char)s[i] & 0x80;
	}
	return i;
}

#if defined __SSE2__ && !defined WIRE_PORTABLE
static size_t
scan(const char *s, size_t n, unsigned int *high_r)
{
	const __m128i cr = _mm_set1_epi8('\r');
	const __m128i lf = _mm_set1_epi8('\n');
	const __m128i nul = _mm_setzero_si128();
	__m128i x, any;
	unsigned int found, high;
	size_t i;

	for (i = 0; n - i >= 16; i += 16) {
		x = _mm_loadu_si128((const __m128i *)(const void *)(s + i));
		any =
		    _mm_or_si128(_mm_cmpeq_epi8(x, cr), _mm_cmpeq_epi8(x, lf));
		any = _mm_or_si128(any, _mm_cmpeq_epi8(x, nul));
		found = (unsigned int)_mm_movemask_epi8(any);
		high = (unsigned int)_mm_movemask_epi8(x);
		if (found) {
			/* The bits below the lowest one found. */
			*high_r |= high & (found ^ (found - 1)) >> 1;
			return i + (size_t)__builtin_ctz(found);
		}
		*high_r |= high;
	}
	return i + scan_slow(s + i, n - i, high_r);
}
#else
#define ONES 0x0101010101010101ULL
#define HIGHS (ONES * 0x80)

/* Not 0 when one of the eight octets is 0. */
static uint64_t
haszero(uint64_t x)
{
	return (x - ONES) & ~x & HIGHS;
}

static size_t
scan(const char *s, size_t n, unsigned int *high_r)
{
	uint64_t x;
	size_t i;

	for (i = 0; n - i >= 8; i += 8) {
		memcpy(&x, s + i, 8);
		if (haszero(x) || haszero(x ^ ONES * '\r') ||
		    haszero(x ^ ONES * '\n'))
			break;
		*high_r |= (x & HIGHS) != 0;
	}
	return i + scan_slow(s + i, n - i, high_r);
}
#endif

static const char *
dot_slow(const char *s, size_t n)
{
	const char *end = s + n, *nl = s;

	for (; (nl = memchr(nl, '\n', (size_t)(end - nl))) != NULL; nl++)
		if (nl + 1 < end && nl[1] == '.')
			return nl + 1;
	return NULL;
}

#if defined __SSE2__ && !defined WIRE_PORTABLE
const char *
wire_dot(const char *s, size_t n)
{
	const __m128i lf = _mm_set1_epi8('\n');
	const __m128i dot = _mm_set1_epi8('.');
	__m128i x, y;
	int found;

	for (; n > 16; s += 16, n -= 16) {
		x = _mm_loadu_si128((const __m128i *)(const void *)s);
		y = _mm_loadu_si128((const __m128i *)(const void *)(s + 1));
		found = _mm_movemask_epi8(_mm_and_si128(
		    _mm_cmpeq_epi8(x, lf), _mm_cmpeq_epi8(y, dot)));
		if (found)
			return s + 1 + __builtin_ctz((unsigned int)found);
	}
	return dot_slow(s, n);
}
#else
const char *
wire_dot(const char *s, size_t n)
{
	return dot_slow(s, n);
}
#endif

static int
fail(struct wire *w, enum wire_error error)
{
	w->error = error;
	errno = EILSEQ;
	return -1;
}

static void
endline(struct wire *w)
{
	if (!w->line && !w->inbody) {
		w->header8 = w->high != 0;
		w->high = 0;
		w->inbody = 1;
	}
	w->line = 0;
	w->lines++;
}

void
wire_init(struct wire *w)
{
	memset(w, 0, sizeof *w);
}

/* Keeps w up to date and appends all but in[*kept_r..n) to out. */
static int
lines(struct wire *w, const char *in, size_t n, size_t *kept_r, stralloc *out)
{
	size_t i = 0;
	size_t k;

	if (w->cr) {
		if (in[0] != '\n')
			return fail(w, WIRE_BARECR);
		w->cr = 0;
		endline(w);
		i = 1;
	}
	for (; i < n; endline(w)) {
		if (!w->line && in[i] == '.') {
			/* The next span begins with the same dot. */
			if (!stralloc_catb(out, in + *kept_r, i + 1 - *kept_r))
				return -1;
			*kept_r = i;
			w->stuffed++;
		}
		k = scan(in + i, n - i, &w->high);
		if (k > WIRE_LINEMAX - w->line)
			return fail(w, WIRE_LONG);
		w->line += (unsigned int)k;
		i += k;
		if (i == n)
			break;
		if (in[i] != '\r')
			return fail(w, in[i] ? WIRE_BARELF : WIRE_NUL);
		if (++i == n) {
			w->cr = 1;
			break;
		}
		if (in[i++] != '\n')
			return fail(w, WIRE_BARECR);
	}
	return 0;
}

int
wire_feed(struct wire *w, const char *in, size_t n, stralloc *out)
{
	uint64_t stuffed;
	size_t kept;

	if (w->error)
		return fail(w, w->error);
	if (!n)
		return 0;
	if (!stralloc_readyplus(out, n + n / 64 + 2))
		return -1;
	kept = 0;
	stuffed = w->stuffed;
	if (lines(w, in, n, &kept, out) == -1)
		return -1;
	if (!stralloc_catb(out, in + kept, n - kept))
		return -1;
	w->octets += n + (w->stuffed - stuffed);
	return 0;
}

int
wire_end(struct wire *w, stralloc *out)
{
	if (w->error)
		return fail(w, w->error);
	if (w->cr)
		return fail(w, WIRE_BARECR);
	if (w->line) {
		if (!stralloc_catb(out, "\r\n", 2))
			return -1;
		w->octets += 2;
		endline(w);
	}
	if (w->inbody)
		w->body8 = w->high != 0;
	else
		w->header8 = w->high != 0;
	return 0;
}

const char *
wire_strerror(enum wire_error error)
{
	switch (error) {
	case WIRE_GOOD:
		return "no error";
	case WIRE_BARECR:
		return "bare CR";
	case WIRE_BARELF:
		return "bare LF";
	case WIRE_NUL:
		return "NUL octet";
	case WIRE_LONG:
		return "line over 998 octets";
	}
	return "unknown error";
}

void
wire_unstuff_init(struct wire_unstuff *u)
{
	u->midline = 0;
}

size_t
wire_unstuff(struct wire_unstuff *u, const char *in, size_t n, char *out)
{
	const char *end = in + n;
	const char *nl;
	char *o = out;
	size_t k;

	while (in < end) {
		if (!u->midline && *in == '.')
			in++;
		nl = memchr(in, '\n', (size_t)(end - in));
		k = (size_t)((nl ? nl + 1 : end) - in);
		memmove(o, in, k);
		o += k;
		in += k;
		u->midline = !nl;
	}
	return (size_t)(o - out);
}
