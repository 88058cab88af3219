/*
 * Rules for streams: two octets of length and a record, as in policy.cdb, an
 * octet that says how large the pieces are, and a message.  A record that is
 * taken must come out as it went in.  What the header says, in pieces, must be
 * what a slow reader finds in the whole.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/field.h"
#include "common/glob.h"
#include "common/header.h"
#include "common/streamscan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const struct streamrule_text empty = { "", 0 };

/* For a message without rules of its own. */
static struct streamrule_set *
usual(void)
{
	static struct streamrule_set *set;
	stralloc sa = STRALLOC_ZERO;
	struct streamrule r;
	int i;

	if (set)
		return streamrule_ref(set);
	memset(&r, 0, sizeof r);
	for (i = 0; i < STREAMRULE_TEXTS; i++)
		r.text[i] = empty;
	r.text[STREAMRULE_STREAM] = streamrule_text("bulk");
	r.text[STREAMRULE_PRESENT] = streamrule_text("list-id to");
	r.nheader = 2;
	r.header[0] = r.header[1] = streamrule_text("precedence");
	r.pattern[0] = streamrule_text("b*k|list | a b");
	r.pattern[1] = streamrule_text("*a*b?*");
	field_putu32(&sa, 1);
	streamrule_put(&sa, &r);
	set = streamrule_new(sa.s, sa.len);
	stralloc_free(&sa);
	if (!set)
		abort();
	return streamrule_ref(set);
}

static void
check_record(const struct streamrule_set *set, const uint8_t *data, size_t n)
{
	stralloc sa = STRALLOC_ZERO;
	unsigned int i;

	field_putu32(&sa, set->n);
	for (i = 0; i < set->n; i++)
		streamrule_put(&sa, &set->rule[i]);
	if (sa.len != n || memcmp(sa.s, data, n))
		abort();
	stralloc_free(&sa);
}

static size_t
unfold(const struct header_field *f, char *value)
{
	size_t i, n = 0;
	char c;

	for (i = 0; i < f->value_len; i++) {
		c = f->value[i];
		if (c == '\r' || c == '\n' || c == '\t')
			c = ' ';
		if (c == ' ' && (n == 0 || value[n - 1] == ' '))
			continue;
		if (n < STREAMSCAN_VALUEMAX)
			value[n++] = c;
	}
	while (n && value[n - 1] == ' ')
		n--;
	return n;
}

/* Only names in lower case can be met. */
static int
has_upper(const char *name)
{
	return strpbrk(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != NULL;
}

/* Whether any rule asks for the field; what agrees is noted. */
static int
note(const struct streamrule_set *set, const struct header_field *f,
    unsigned char *hit)
{
	const struct streamrule_test *t;
	char value[STREAMSCAN_VALUEMAX], name[STREAMRULE_NAMEMAX + 1];
	size_t n = unfold(f, value);
	unsigned int i;
	int asked = 0;

	for (i = 0; i < set->ntest; i++) {
		t = &set->test[i];
		memcpy(name, t->name.s, t->name.len);
		name[t->name.len] = '\0';
		if (!header_is(f, name) || has_upper(name))
			continue;
		asked = 1;
		if (!t->pattern ||
		    glob_list(t->pattern->s, t->pattern->len, '|', value, n))
			hit[t->bit / 8] |= (unsigned char)(1u << t->bit % 8);
	}
	return asked;
}

static void
slowly(const struct streamrule_set *set, const char *s, size_t n,
    unsigned char *hit)
{
	struct header_field f;
	const char *p = s;
	int fields = 0;

	while (fields < STREAMSCAN_FIELDS && header_next(&p, s + n, &f))
		fields += note(set, &f, hit);
}

static void
scan(struct streamrule_set *set, size_t piece, const char *s, size_t n)
{
	static struct streamscan k;
	struct streamrule_facts f = { .sender = streamrule_text("a@b.example"),
		.tenant = empty,
		.campaign = streamrule_text("c"),
		.chosen = empty,
		.recipients = (uint32_t)piece,
		.uid = 1000 };
	unsigned char hit[sizeof k.hit] = { 0 };
	const struct streamrule *r;
	size_t i;

	streamscan_start(&k, set);
	for (i = 0; i < n; i += piece)
		streamscan_feed(&k, s + i, n - i < piece ? n - i : piece);
	r = streamscan_decide(&k, &f);
	slowly(set, s, n, hit);
	if (memcmp(hit, k.hit, sizeof hit) ||
	    r != streamrule_decide(set, hit, &f))
		abort();
	streamscan_end(&k);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct streamrule_set *set;
	size_t len;

	if (n < 3)
		return 0;
	len = (size_t)data[0] << 8 | data[1];
	if (len > n - 3)
		len = n - 3;
	set = streamrule_new(data + 2, len);
	if (set)
		check_record(set, data + 2, len);
	else
		set = usual();
	scan(set, data[2 + len] ? data[2 + len] : 1,
	    (const char *)data + 3 + len, n - 3 - len);
	streamrule_unref(set);
	return 0;
}
