#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/amount.h"
#include "common/policy.h"

const struct amount_unit amount_sizes[] = {
	{ '\0', 1 },
	{ 'K', 1 << 10 },
	{ 'M', 1 << 20 },
	{ 'G', 1 << 30 },
	{ 0, 0 },
};
const struct amount_unit amount_durations[] = {
	{ 's', 1 },
	{ 'm', 60 },
	{ 'h', 3600 },
	{ 'd', 86400 },
	{ 'w', 604800 },
	{ 0, 0 },
};
const struct amount_unit amount_percents[] = {
	{ '%', 1 },
	{ 0, 0 },
};
const struct amount_unit amount_numbers[] = {
	{ '\0', 1 },
	{ 0, 0 },
};

static int
fail(int e)
{
	errno = e;
	return -1;
}

size_t
amount_digits(const char *s, uint64_t *v_r)
{
	size_t n = strspn(s, "0123456789"), i;
	uint64_t v = 0;

	for (i = 0; i < n; i++)
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, s[i] - '0', &v))
			v = UINT64_MAX;
	*v_r = v;
	return n;
}

int
amount_scan(const struct amount_unit *u, const char *s, uint64_t *v_r)
{
	size_t n = amount_digits(s, v_r);

	if (!n)
		return fail(EINVAL);
	if (!s[n])
		return 0;
	if (s[n + 1])
		return fail(EINVAL);
	for (; u->factor; u++)
		if (u->c && (s[n] | 32) == (u->c | 32))
			break;
	if (!u->factor)
		return fail(EINVAL);
	if (__builtin_mul_overflow(*v_r, u->factor, v_r))
		*v_r = UINT64_MAX;
	return 0;
}

/* "min", "30s" or "h": how many seconds. */
static int
scan_period(const char *s, uint64_t *v_r)
{
	char unit[32];

	if (!strcmp(s, "min"))
		s = "m";
	if (!*s || strlen(s) > sizeof unit - 2)
		return fail(EINVAL);
	snprintf(
	    unit, sizeof unit, "%s%s", strchr("0123456789", *s) ? "" : "1", s);
	return strpbrk(unit, "smhdSMHD")
	    ? amount_scan(amount_durations, unit, v_r)
	    : fail(EINVAL);
}

int
amount_rate(const struct amount_unit *u, const char *s, uint64_t *v_r)
{
	size_t n = strcspn(s, "/");
	uint64_t seconds;
	char count[32];

	if (!strcmp(s, "none") || !strcmp(s, "0")) {
		*v_r = 0;
		return 0;
	}
	if (!s[n] || n >= sizeof count)
		return fail(EINVAL);
	memcpy(count, s, n);
	count[n] = '\0';
	if (amount_scan(u, count, v_r) == -1 ||
	    scan_period(s + n + 1, &seconds) == -1)
		return -1;
	if (*v_r > UINT32_MAX || seconds > UINT32_MAX || !*v_r)
		return fail(ERANGE);
	*v_r = POLICY_RATE(*v_r, seconds);
	return 0;
}

/* With the largest unit that leaves no rest. */
void
amount_fmt(char *d, const struct amount_unit *u, uint64_t v)
{
	const struct amount_unit *best = u;

	while (v && (++u)->factor)
		if (v % u->factor == 0)
			best = u;
	snprintf(d, AMOUNT_FMTMAX, "%" PRIu64 "%.1s", v / best->factor,
	    best->c ? &best->c : "");
}

void
amount_fmt_rate(char *d, const struct amount_unit *u, uint64_t v)
{
	char count[AMOUNT_FMTMAX], period[AMOUNT_FMTMAX];

	if (!v) {
		memcpy(d, "none", 5);
		return;
	}
	amount_fmt(count, u, POLICY_RATE_COUNT(v));
	amount_fmt(period, amount_durations, POLICY_RATE_SECONDS(v));
	if (!strcmp(period, "1m"))
		memcpy(period, "min", 4);
	snprintf(d, AMOUNT_FMTMAX, "%.11s/%.11s", count,
	    period + (period[0] == '1' && period[1] > '9'));
}
