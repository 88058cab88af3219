#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmd/dray-policy/value.h"
#include "common/policyfmt.h"

struct unit {
	char c;
	uint64_t factor;
};

/* From small to large; the first is what a bare number means. */
static const struct unit sizes[] = {
	{ '\0', 1 },
	{ 'K', 1 << 10 },
	{ 'M', 1 << 20 },
	{ 'G', 1 << 30 },
	{ 0, 0 },
};
static const struct unit durations[] = {
	{ 's', 1 },
	{ 'm', 60 },
	{ 'h', 3600 },
	{ 'd', 86400 },
	{ 'w', 604800 },
	{ 0, 0 },
};
static const struct unit percents[] = {
	{ '%', 1 },
	{ 0, 0 },
};
static const struct unit numbers[] = {
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
value_digits(const char *s, uint64_t *v_r)
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

/* A number and at most one unit, in upper or lower case. */
static int
scan(const struct unit *u, const char *s, uint64_t *v_r)
{
	size_t n = value_digits(s, v_r);

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

static int
scan_yesno(const char *s, uint64_t *v_r)
{
	*v_r = !strcmp(s, "yes");
	return *v_r || !strcmp(s, "no") ? 0 : fail(EINVAL);
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
	return strpbrk(unit, "smhdSMHD") ? scan(durations, unit, v_r)
					 : fail(EINVAL);
}

static int
scan_rate(const struct unit *u, const char *s, uint64_t *v_r)
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
	if (scan(u, count, v_r) == -1 || scan_period(s + n + 1, &seconds) == -1)
		return -1;
	if (*v_r > UINT32_MAX || seconds > UINT32_MAX || !*v_r)
		return fail(ERANGE);
	*v_r = POLICY_RATE(*v_r, seconds);
	return 0;
}

static int
scan_word(const struct policykey *k, const char *s, uint64_t *v_r)
{
	for (*v_r = 0; *v_r <= k->max; ++*v_r)
		if (!strcmp(s, k->words[*v_r]))
			return 0;
	return fail(EINVAL);
}

static const struct unit *
units(enum policykey_kind kind)
{
	if (kind == POLICYKEY_SIZE)
		return sizes;
	if (kind == POLICYKEY_PERCENT)
		return percents;
	return kind == POLICYKEY_DURATION ? durations : numbers;
}

int
value_parse(const struct policykey *k, const char *s, uint64_t *v_r)
{
	int r;

	if (k->kind == POLICYKEY_YESNO)
		r = scan_yesno(s, v_r);
	else if (k->kind == POLICYKEY_WORD)
		r = scan_word(k, s, v_r);
	else if (k->kind == POLICYKEY_RATE)
		r = scan_rate(numbers, s, v_r);
	else if (k->kind == POLICYKEY_BYTERATE)
		r = scan_rate(sizes, s, v_r);
	else
		r = scan(units(k->kind), s, v_r);
	if (r == -1)
		return -1;
	return policykey_ok(k, *v_r) ? 0 : fail(ERANGE);
}

int
value_duration(const char *s, uint32_t *v_r)
{
	uint64_t v;

	if (scan(durations, s, &v) == -1)
		return -1;
	if (v < POLICYFMT_RETRY_MIN || v > POLICYFMT_RETRY_MAX)
		return fail(ERANGE);
	*v_r = (uint32_t)v;
	return 0;
}

/* The shortest exact way: with the largest unit that leaves no rest. */
static void
fmt_unit(char *d, const struct unit *u, uint64_t v)
{
	const struct unit *best = u;

	while (v && (++u)->factor)
		if (v % u->factor == 0)
			best = u;
	snprintf(d, VALUE_FMTMAX, "%" PRIu64 "%.1s", v / best->factor,
	    best->c ? &best->c : "");
}

static void
fmt_rate(char *d, const struct unit *u, uint64_t v)
{
	char count[VALUE_FMTMAX], period[VALUE_FMTMAX];

	if (!v) {
		memcpy(d, "none", 5);
		return;
	}
	fmt_unit(count, u, POLICY_RATE_COUNT(v));
	fmt_unit(period, durations, POLICY_RATE_SECONDS(v));
	if (!strcmp(period, "1m"))
		memcpy(period, "min", 4);
	snprintf(d, VALUE_FMTMAX, "%.11s/%.11s", count,
	    period + (period[0] == '1' && period[1] > '9'));
}

char *
value_fmt(char *d, enum policykey_kind kind, uint64_t v)
{
	if (kind == POLICYKEY_YESNO)
		memcpy(d, v ? "yes" : "no", v ? 4 : 3);
	else if (kind == POLICYKEY_RATE || kind == POLICYKEY_BYTERATE)
		fmt_rate(d, kind == POLICYKEY_RATE ? numbers : sizes, v);
	else
		fmt_unit(d, units(kind), v);
	return d;
}

const char *
value_show(char *d, const struct policykey *k, uint64_t v)
{
	if (k->kind == POLICYKEY_WORD)
		return k->words[v <= k->max ? v : 0];
	return value_fmt(d, k->kind, v);
}
