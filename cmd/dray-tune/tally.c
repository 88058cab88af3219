#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/dray-tune/tally.h"
#include "common/mem.h"

TAILQ_HEAD(tallies, tally);

static struct tally *byname;
static struct tallies all = TAILQ_HEAD_INITIALIZER(all);
static unsigned int count;

size_t
tally_key(
    char k[TALLY_KEYMAX], char kind, const char *const *names, unsigned int n)
{
	size_t len = 1, m;
	unsigned int i;

	k[0] = kind;
	for (i = 0; i < n; i++) {
		m = strlen(names[i]) + 1;
		if (m > TALLY_KEYMAX - len)
			return 0;
		memcpy(k + len, names[i], m);
		len += m;
	}
	return len;
}

static void
drop(struct tally *t)
{
	HASH_DEL(byname, t);
	TAILQ_REMOVE(&all, t, link);
	free(t);
	count--;
}

static void
make_room(void)
{
	struct tally *t;

	TAILQ_FOREACH_REVERSE(t, &all, tallies, link)
	if (!*t->id)
		break;
	if (!t)
		t = TAILQ_LAST(&all, tallies);
	drop(t);
}

static struct tally *new (const char *k, size_t len)
{
	struct tally *t;

	if (count >= TALLY_MAX)
		make_room();
	t = mem_alloc(sizeof *t + len);
	memcpy(t->key, k, len);
	t->len = (unsigned int)len;
	HASH_ADD(hh, byname, key, t->len, t);
	TAILQ_INSERT_HEAD(&all, t, link);
	count++;
	return t;
}

struct tally *
tally_get(const char *k, size_t len)
{
	struct tally *t;

	HASH_FIND(hh, byname, k, len, t);
	if (!t)
		return new (k, len);
	if (t != TAILQ_FIRST(&all)) {
		TAILQ_REMOVE(&all, t, link);
		TAILQ_INSERT_HEAD(&all, t, link);
	}
	return t;
}

const char *
tally_name(const struct tally *t, unsigned int i)
{
	const char *s = t->key + 1, *end = t->key + t->len;

	while (i-- && s < end)
		s += strlen(s) + 1;
	return s < end ? s : "";
}

static void
turn(struct tally *t, uint64_t window, uint64_t when)
{
	if (when < t->begin + window)
		return;
	if (when < t->begin + 2 * window) {
		memcpy(t->last, t->n, sizeof t->last);
		t->begin += window;
	} else {
		memset(t->last, 0, sizeof t->last);
		t->begin = when;
	}
	memset(t->n, 0, sizeof t->n);
}

void
tally_add(
    struct tally *t, enum tally_count what, uint64_t window, uint64_t when)
{
	turn(t, window, when);
	if (t->n[what] < UINT32_MAX)
		t->n[what]++;
}

uint64_t
tally_sum(
    struct tally *t, enum tally_count what, uint64_t window, uint64_t when)
{
	uint64_t gone;

	turn(t, window, when);
	gone = when > t->begin ? when - t->begin : 0;
	return t->n[what] + t->last[what] * (window - gone) / window;
}

void
tally_reset(struct tally *t)
{
	memset(t->n, 0, sizeof t->n);
	memset(t->last, 0, sizeof t->last);
	t->id[0] = '\0';
}

struct tally *
tally_tripped(const char *id)
{
	struct tally *t;

	TAILQ_FOREACH (t, &all, link)
		if (*t->id && strcmp(t->id, id) == 0)
			return t;
	return NULL;
}

void
tally_each(void (*fn)(struct tally *t))
{
	struct tally *t, *next;

	for (t = TAILQ_FIRST(&all); t; t = next) {
		next = TAILQ_NEXT(t, link);
		fn(t);
	}
}

static void
put_counts(stralloc *sa, const uint32_t n[TALLY_COUNTS])
{
	char b[16];
	int i;

	for (i = 0; i < TALLY_COUNTS; i++) {
		snprintf(b, sizeof b, "%u ", n[i]);
		mem_check(stralloc_cats(sa, b));
	}
}

/* "tally BEGIN ID counts counts key", the names of the key with a tab behind
 * each.  The oldest first, so that the order comes back. */
void
tally_save(stralloc *sa)
{
	const struct tally *t;
	unsigned int i;
	char b[128];

	TAILQ_FOREACH_REVERSE(t, &all, tallies, link)
	{
		snprintf(b, sizeof b, "tally %" PRIu64 " %s ", t->begin,
		    *t->id ? t->id : "-");
		mem_check(stralloc_cats(sa, b));
		put_counts(sa, t->n);
		put_counts(sa, t->last);
		for (i = 0; i < t->len; i++)
			mem_check(
			    stralloc_append(sa, t->key[i] ? t->key[i] : '\t'));
		mem_check(stralloc_append(sa, '\n'));
	}
}

static int
get_counts(const char **s, uint32_t n[TALLY_COUNTS])
{
	char *end;
	int i;

	for (i = 0; i < TALLY_COUNTS; i++) {
		n[i] = (uint32_t)strtoul(*s, &end, 10);
		if (end == *s || *end != ' ')
			return -1;
		*s = end + 1;
	}
	return 0;
}

int
tally_load(const char *line)
{
	char id[OVERRIDE_IDMAX + 1], key[TALLY_KEYMAX];
	struct tally x = { .begin = 0 }, *t;
	const char *s = line;
	size_t i, len;
	int n = 0;

	if (sscanf(s, "tally %" SCNu64 " %64s %n", &x.begin, id, &n) != 2 ||
	    n == 0)
		return -1;
	s += n;
	if (get_counts(&s, x.n) == -1 || get_counts(&s, x.last) == -1)
		return -1;
	len = strlen(s);
	if (len < 2 || len > sizeof key || s[len - 1] != '\t')
		return -1;
	for (i = 0; i < len; i++)
		key[i] = (char)(s[i] == '\t' ? '\0' : s[i]);
	t = tally_get(key, len);
	t->begin = x.begin;
	memcpy(t->n, x.n, sizeof t->n);
	memcpy(t->last, x.last, sizeof t->last);
	if (strcmp(id, "-") != 0)
		memcpy(t->id, id, sizeof t->id);
	return 0;
}
