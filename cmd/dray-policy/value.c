#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmd/dray-policy/value.h"
#include "common/amount.h"
#include "common/policyfmt.h"

static int
fail(int e)
{
	errno = e;
	return -1;
}

static int
scan_yesno(const char *s, uint64_t *v_r)
{
	*v_r = !strcmp(s, "yes");
	return *v_r || !strcmp(s, "no") ? 0 : fail(EINVAL);
}

static int
scan_word(const struct policykey *k, const char *s, uint64_t *v_r)
{
	for (*v_r = 0; *v_r <= k->max; ++*v_r)
		if (!strcmp(s, k->words[*v_r]))
			return 0;
	return fail(EINVAL);
}

/* "0.25%", at most two decimals, in parts of 10,000. */
static int
scan_share(const char *s, uint64_t *v_r)
{
	uint64_t part = 0;
	size_t n = amount_digits(s, v_r), m = 0;

	if (n && s[n] == '.') {
		m = amount_digits(s + n + 1, &part);
		n += 1 + m;
		if (m == 0 || m > 2)
			return fail(EINVAL);
	}
	if (n == 0 || strcmp(s + n, "%") != 0)
		return fail(EINVAL);
	if (*v_r > 100)
		*v_r = 101;
	*v_r = *v_r * 100 + (m == 1 ? part * 10 : part);
	return 0;
}

static void
fmt_share(char *d, uint64_t v)
{
	int n = snprintf(
	    d, VALUE_FMTMAX, "%" PRIu64 ".%02u", v / 100, (unsigned)(v % 100));

	while (d[n - 1] == '0')
		n--;
	if (d[n - 1] == '.')
		n--;
	memcpy(d + n, "%", 2);
}

static const struct amount_unit *
units(enum policykey_kind kind)
{
	if (kind == POLICYKEY_SIZE)
		return amount_sizes;
	if (kind == POLICYKEY_PERCENT)
		return amount_percents;
	return kind == POLICYKEY_DURATION ? amount_durations : amount_numbers;
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
		r = amount_rate(amount_numbers, s, v_r);
	else if (k->kind == POLICYKEY_SHARE)
		r = scan_share(s, v_r);
	else if (k->kind == POLICYKEY_BYTERATE)
		r = amount_rate(amount_sizes, s, v_r);
	else
		r = amount_scan(units(k->kind), s, v_r);
	if (r == -1)
		return -1;
	return policykey_ok(k, *v_r) ? 0 : fail(ERANGE);
}

int
value_duration(const char *s, uint32_t *v_r)
{
	uint64_t v;

	if (amount_scan(amount_durations, s, &v) == -1)
		return -1;
	if (v < POLICYFMT_RETRY_MIN || v > POLICYFMT_RETRY_MAX)
		return fail(ERANGE);
	*v_r = (uint32_t)v;
	return 0;
}

char *
value_fmt(char *d, enum policykey_kind kind, uint64_t v)
{
	if (kind == POLICYKEY_YESNO)
		memcpy(d, v ? "yes" : "no", v ? 4 : 3);
	else if (kind == POLICYKEY_SHARE)
		fmt_share(d, v);
	else if (kind == POLICYKEY_RATE || kind == POLICYKEY_BYTERATE)
		amount_fmt_rate(d,
		    kind == POLICYKEY_RATE ? amount_numbers : amount_sizes, v);
	else
		amount_fmt(d, units(kind), v);
	return d;
}

const char *
value_show(char *d, const struct policykey *k, uint64_t v)
{
	if (k->kind == POLICYKEY_WORD)
		return k->words[v <= k->max ? v : 0];
	return value_fmt(d, k->kind, v);
}
