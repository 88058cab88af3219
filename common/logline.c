#include <string.h>

#include "common/logline.h"
#include "common/logproto.h"

#define ONES UINT64_C(0x0101010101010101)
#define HIGH (ONES * 0x80)

/* Not zero if one of the eight octets is a control character. */
static uint64_t
control(uint64_t x)
{
	uint64_t del = x ^ (ONES * 127);

	return (((x - ONES * ' ') & ~x) | ((del - ONES) & ~del)) & HIGH;
}

static int
is_plain(const char *s, size_t len)
{
	uint64_t x;

	for (; len >= 8; s += 8, len -= 8) {
		memcpy(&x, s, 8);
		if (control(x))
			return 0;
	}
	x = ONES * ' ';
	memcpy(&x, s, len);
	return !control(x);
}

int
logline_ok(const char *s, size_t len)
{
	return len >= 3 && len <= LOG_LINEMAX && s[0] == '{' &&
	    s[len - 2] == '}' && s[len - 1] == '\n' && is_plain(s, len - 1);
}

int
logline_allok(const char *s, size_t len, uint64_t *n_r)
{
	const char *e;
	size_t n;

	for (*n_r = 0; len; len -= n, s += n) {
		e = memchr(s, '\n', len);
		if (!e)
			return 0;
		n = (size_t)(e - s) + 1;
		if (!logline_ok(s, n))
			return 0;
		(*n_r)++;
	}
	return *n_r > 0;
}
