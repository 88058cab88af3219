#include <string.h>
#include <strings.h>

#include "cmd/dray-bounce/reading.h"

#define MENTIONS 1000 /* that are looked at */
#define ABOUT 2000 /* octets about one */
#define LITTLE 20 /* octets that say nothing */

/* Where the words speak of one that was found. */
struct mention {
	size_t who; /* of d->found */
	const char *begin, *end; /* of its address */
};

static size_t
who_is(const struct reading *d, struct span a)
{
	size_t i;

	for (i = 0; i < d->nfound; i++)
		if (strlen(d->found[i].address) == a.n &&
		    !strncasecmp(d->found[i].address, a.s, a.n))
			break;
	return i;
}

static size_t
find_mentions(const struct reading *d, struct mention *m)
{
	const char *s = d->text.s, *e = s + d->text.n, *at = s, *from = s;
	struct span a;
	size_t n = 0, tries = 0;

	for (; n < MENTIONS && tries < 4 * MENTIONS &&
	     (at = memchr(at, '@', (size_t)(e - at))) != NULL;
	     at++, tries++) {
		if (!address_at(from, e, at, &a))
			continue;
		from = at;
		m[n].who = who_is(d, a);
		m[n].begin = a.s;
		m[n].end = a.s + a.n;
		n += m[n].who < d->nfound;
	}
	return n;
}

/* Up to where the words speak of another. */
static struct span
section(const struct reading *d, const struct mention *m, size_t n, size_t i)
{
	struct span s = { m[i].end, 0 };
	const char *end = d->text.s + d->text.n;
	size_t j;

	for (j = i + 1; j < n; j++)
		if (m[j].who != m[i].who) {
			end = m[j].begin;
			break;
		}
	/* In "a@b@c" the one begins before the other has ended. */
	s.n = end > s.s ? (size_t)(end - s.s) : 0;
	if (s.n > ABOUT)
		s.n = ABOUT;
	return s;
}

/* Of the mentions of one the first that is more than an item of a list. */
static void
take_section(struct reading *d, const struct mention *m, size_t n, size_t who)
{
	struct span s, *around = &d->found[who].around;
	size_t i;

	for (i = 0; i < n; i++) {
		if (m[i].who != who)
			continue;
		s = section(d, m, n, i);
		if (!around->n || (around->n < LITTLE && s.n >= LITTLE))
			*around = s;
		if (around->n >= LITTLE)
			return;
	}
}

/* In a session the reply stands before what is said of a recipient: from the
 * last line about the one before to the last about this one. */
static void
take_session(struct reading *d, const struct mention *m, size_t n, size_t who)
{
	const char *text_end = d->text.s + d->text.n, *begin = d->text.s,
		   *end = NULL;
	struct span *around = &d->found[who].around;
	size_t i, last = n;

	for (i = 0; i < n; i++)
		if (m[i].who == who)
			last = i;
	if (last == n)
		return;
	end = header_nextline(m[last].end, text_end);
	for (i = last; i-- > 0;)
		if (m[i].who != who) {
			begin = header_nextline(m[i].end, text_end);
			break;
		}
	if (begin > end)
		return;
	around->s = begin;
	around->n = (size_t)(end - begin);
}

void
textabout_read(struct reading *d)
{
	static struct mention m[MENTIONS + 1];
	size_t i, n = find_mentions(d, m);
	int session =
	    d->nfound > 1 && span_has(d->text, "transcript of session");

	for (i = 0; i < d->nfound; i++) {
		d->found[i].around.s = "";
		d->found[i].around.n = 0;
		if (session)
			take_session(d, m, n, i);
		else
			take_section(d, m, n, i);
	}
}
