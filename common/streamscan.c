#include <string.h>

#include "common/chars.h"
#include "common/glob.h"
#include "common/streamscan.h"

void
streamscan_end(struct streamscan *k)
{
	streamrule_unref(k->set);
	k->set = NULL;
}

void
streamscan_start(struct streamscan *k, struct streamrule_set *set)
{
	streamrule_ref(set);
	streamscan_end(k);
	memset(k, 0, sizeof *k);
	k->set = set;
}

static int
is_name(const struct streamscan *k, const struct streamrule_test *t)
{
	return t->name.len == k->name_len &&
	    !memcmp(t->name.s, k->name, k->name_len);
}

/* The next test of this name from the i-th on in its bucket, or -1. */
static int
find(const struct streamscan *k, int i)
{
	while (i != -1 && !is_name(k, &k->set->test[i]))
		i = k->set->test[i].next;
	return i;
}

static int
first(const struct streamscan *k)
{
	return find(k, k->set->bucket[streamrule_bucket(k->name, k->name_len)]);
}

/* The field that was being read is whole. */
static void
settle(struct streamscan *k)
{
	const struct streamrule_test *t;
	int i;

	if (!k->wanted)
		return;
	while (k->value_len && k->value[k->value_len - 1] == ' ')
		k->value_len--;
	for (i = first(k); i != -1; i = find(k, t->next)) {
		t = &k->set->test[i];
		if (!t->pattern ||
		    glob_list(t->pattern->s, t->pattern->len, '|', k->value,
			k->value_len))
			k->hit[t->bit / 8] |= (unsigned char)(1u << t->bit % 8);
	}
	k->wanted = 0;
}

static void
body(struct streamscan *k)
{
	settle(k);
	k->state = STREAMSCAN_BODY;
}

/* A colon after a name. */
static void
begin_value(struct streamscan *k)
{
	k->state = STREAMSCAN_SKIP;
	if (k->fields == STREAMSCAN_FIELDS || k->name_len > sizeof k->name ||
	    first(k) == -1)
		return;
	k->fields++;
	k->wanted = 1;
	k->value_len = 0;
	k->state = STREAMSCAN_VALUE;
}

static int
isprint_(char c)
{
	return c > ' ' && (unsigned char)c < 127;
}

static void
take_name(struct streamscan *k, char c)
{
	if (c == ':' && k->name_len) {
		begin_value(k);
	} else if ((c == ' ' || c == '\t') && k->name_len) {
		k->state = STREAMSCAN_BLANK;
	} else if (c == ':' || !isprint_(c)) {
		body(k);
	} else if (k->name_len >= sizeof k->name) {
		k->name_len = sizeof k->name + 1; /* no rule has one so long */
	} else {
		k->name[k->name_len++] = (char)chars_lower(c);
	}
}

static void
take_line(struct streamscan *k, char c)
{
	if (k->name_len && (c == ' ' || c == '\t')) { /* the field goes on */
		k->state = k->wanted ? STREAMSCAN_VALUE : STREAMSCAN_SKIP;
		return;
	}
	settle(k);
	k->name_len = 0;
	k->state = STREAMSCAN_NAME;
	take_name(k, c);
}

static void
take_value(struct streamscan *k, char c)
{
	if (c == '\n')
		k->state = STREAMSCAN_LINE;
	if (c == '\n' || c == '\r' || c == '\t')
		c = ' ';
	if (c == ' ' && (!k->value_len || k->value[k->value_len - 1] == ' '))
		return;
	if (k->value_len < sizeof k->value)
		k->value[k->value_len++] = c;
}

static void
take(struct streamscan *k, char c)
{
	if (k->state == STREAMSCAN_LINE)
		take_line(k, c);
	else if (k->state == STREAMSCAN_NAME)
		take_name(k, c);
	else if (k->state == STREAMSCAN_VALUE)
		take_value(k, c);
	else if (c == ':')
		begin_value(k);
	else if (c != ' ' && c != '\t')
		body(k);
}

void
streamscan_feed(struct streamscan *k, const char *s, size_t n)
{
	const char *end = s + n;

	while (s < end && k->state != STREAMSCAN_BODY) {
		if (k->state == STREAMSCAN_SKIP) {
			s = memchr(s, '\n', (size_t)(end - s));
			if (!s)
				return;
			k->state = STREAMSCAN_LINE;
			s++;
		} else {
			take(k, *s++);
		}
	}
}

const struct streamrule *
streamscan_decide(struct streamscan *k, const struct streamrule_facts *f)
{
	body(k); /* there may have been none */
	return streamrule_decide(k->set, k->hit, f);
}
