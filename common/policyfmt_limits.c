#include <errno.h>
#include <string.h>

#include "common/policyfmt.h"

static void
put_schedule(struct policyfmt_buf *d, const struct policy_retry *s)
{
	unsigned int i;

	policyfmt_put_number(d, s->n, 1);
	for (i = 0; i < s->n; i++)
		policyfmt_put_number(d, s->after[i], 4);
}

static void
get_schedule(struct policyfmt_cursor *c, struct policy_retry *s)
{
	unsigned int i;

	s->n = policyfmt_get_range(c, 1, 1, POLICY_RETRYMAX);
	for (i = 0; i < s->n; i++)
		s->after[i] = policyfmt_get_range(
		    c, 4, POLICYFMT_RETRY_MIN, POLICYFMT_RETRY_MAX);
}

void
policyfmt_pack_limits(
    struct policyfmt_buf *d, uint64_t mask, const struct policy_limits *s)
{
	policyfmt_put_some(d, &policykey_limits, mask, s);
	if (mask & POLICYFMT_SCHEDULE)
		put_schedule(d, &s->retry);
}

int
policyfmt_unpack_limits(const void *p, size_t n, struct policy_limits *s)
{
	struct policyfmt_cursor c = { p, n, 0 };
	struct policy_limits whole = *s;
	uint64_t mask;

	mask = policyfmt_get_some(&c, &policykey_limits, 1, &whole);
	if (mask & POLICYFMT_SCHEDULE)
		get_schedule(&c, &whole.retry);
	if (policyfmt_get_end(&c) == -1)
		return -1;
	*s = whole;
	return 0;
}

void
policyfmt_pack_total(
    struct policyfmt_buf *d, uint64_t mask, const struct policy_total *s)
{
	policyfmt_put_some(d, &policykey_total, mask, s);
}

int
policyfmt_unpack_total(const void *p, size_t n, struct policy_total *s)
{
	struct policyfmt_cursor c = { p, n, 0 };
	struct policy_total whole = *s;

	policyfmt_get_some(&c, &policykey_total, 0, &whole);
	if (policyfmt_get_end(&c) == -1)
		return -1;
	*s = whole;
	return 0;
}

void
policyfmt_pack_share(
    struct policyfmt_buf *d, uint64_t mask, const struct policy_share *s)
{
	policyfmt_put_some(d, &policykey_share, mask, s);
}

int
policyfmt_unpack_share(const void *p, size_t n, struct policy_share *s)
{
	struct policyfmt_cursor c = { p, n, 0 };
	struct policy_share whole = *s;

	policyfmt_get_some(&c, &policykey_share, 0, &whole);
	if (policyfmt_get_end(&c) == -1)
		return -1;
	*s = whole;
	return 0;
}
