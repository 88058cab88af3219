#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/glob.h"
#include "script.h"
#include "scriptparse.h"
#include "seen.h"

/* splitmix64: good enough to draw lots, and the same everywhere. */
uint64_t
script_random(struct script *s)
{
	uint64_t z = s->random += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static int
matches(const char *glob, const char *s)
{
	return glob_match(glob, strlen(glob), s, strlen(s));
}

static int
glob_holds(const char *glob, const char *s)
{
	return !glob || (s && matches(glob, s));
}

/* The recipient asked about, or any of the transaction's. */
static int
to_holds(const char *glob, const struct question *q)
{
	size_t i = 0;

	if (!glob)
		return 1;
	if (q->phase == PHASE_RCPT)
		return glob_holds(glob, q->addr);
	while (i < q->toslen) {
		if (matches(glob, q->tos + i))
			return 1;
		i += strlen(q->tos + i) + 1;
		i += strlen(q->tos + i) + 1;
	}
	return 0;
}

static int
in_range(const struct range *r, uint64_t n)
{
	return n >= r->from && n <= r->to;
}

/* The conditions that leave nothing behind when they are looked at. */
static int
plain_holds(const struct rule *r, const struct question *q)
{
	return (r->phases & 1u << q->phase) && in_range(&r->conn, q->conn) &&
	    in_range(&r->msg, q->msg) && in_range(&r->total, q->total) &&
	    in_range(&r->cmd, q->cmd) && !(r->secure && !q->secure) &&
	    !(r->clear && q->secure) && q->elapsed >= r->after &&
	    q->elapsed < r->before && glob_holds(r->from, q->from) &&
	    glob_holds(r->helo, q->helo) && glob_holds(r->local, q->local) &&
	    glob_holds(r->peer, q->peer) && to_holds(r->to, q);
}

/* Whom `first` and `young` remember: the address that is most at issue. */
static const char *
remembered(const struct question *q, char *d, size_t n)
{
	char *colon;

	if (q->addr)
		return q->addr;
	if (q->tos && q->toslen)
		return q->tos;
	if (q->from)
		return q->from;
	snprintf(d, n, "%s", q->peer);
	colon = strrchr(d, ':');
	if (colon)
		*colon = '\0';
	return d;
}

static int
memory_holds(struct rule *r, const struct question *q)
{
	char d[80];
	double first;
	uint64_t n;

	if (!r->first && r->young <= 0)
		return 1;
	if (!r->seen)
		r->seen = seen_new();
	n = seen_add(r->seen, remembered(q, d, sizeof d), q->now, &first);
	return (!r->first || n <= r->first) &&
	    (r->young <= 0 || q->now - first < r->young);
}

static int
chance_holds(struct script *s, const struct rule *r)
{
	return r->chance >= 1 ||
	    (double)(script_random(s) >> 11) < r->chance * 9007199254740992.0;
}

/* More than so many in that time.  Those that the rule acts upon do not count:
 * they have not passed. */
static int
over_holds(struct rule *r, double now)
{
	double *oldest;

	if (!r->over)
		return 1;
	if (now < r->until)
		return 1;
	if (!r->passed)
		r->passed = calloc(r->over, sizeof *r->passed);
	if (!r->passed)
		return 0;
	oldest = &r->passed[r->at_passed];
	if (*oldest > 0 && now - *oldest < r->window) {
		r->until = now + r->lasting;
		return 1;
	}
	*oldest = now;
	r->at_passed = (r->at_passed + 1) % r->over;
	return 0;
}

/* Whether a rule would act; this counts, whether it is its turn or not. */
static int
rule_holds(struct script *s, struct rule *r, const struct question *q)
{
	if (!plain_holds(r, q) || !memory_holds(r, q) || !chance_holds(s, r) ||
	    !over_holds(r, q->now))
		return 0;
	r->matched++;
	return in_range(&r->times, r->matched) &&
	    (!r->every || r->matched % r->every == 0);
}

/*
 * The first rule acts, but all of them count: so a rule's numbers do not
 * depend on the rules before it.
 */
struct rule *
script_find(struct script *s, const struct question *q)
{
	struct rule *r, *found = NULL;

	for (r = s->first; r; r = r->next)
		if (rule_holds(s, r, q) && !found)
			found = r;
	if (found)
		found->acted++;
	return found;
}

int
script_has(const struct script *s, enum phase phase)
{
	return (s->phases & 1u << phase) != 0;
}

size_t
script_json(const struct script *s, char *d, size_t n)
{
	const struct rule *r;
	size_t at = 1;
	int k;

	snprintf(d, n, "{");
	for (r = s->first; r && at + 50 < n; r = r->next) {
		k = snprintf(d + at, n - at, "%s\"%u\":%" PRIu64,
		    at > 1 ? "," : "", r->line, r->acted);
		at += (size_t)k;
	}
	return at + (size_t)snprintf(d + at, n - at, "}");
}

void
script_free(struct script *s)
{
	struct rule *r;

	while ((r = s->first)) {
		s->first = r->next;
		seen_free(r->seen);
		free(r->passed);
		free(r->to);
		free(r->from);
		free(r->helo);
		free(r->local);
		free(r->peer);
		free(r->bytes);
		free(r->with);
		free(r);
	}
	if (s->older)
		script_free(s->older);
	free(s);
}

void
script_replace(struct script *new, struct script *old)
{
	new->older = old;
}

/* All of a file, with a NUL behind it; NULL with errno. */
static char *
read_file(const char *file)
{
	char *d = malloc(SCRIPT_FILE + 1);
	size_t n = 0;
	ssize_t r = 1;
	int fd;

	fd = d ? open(file, O_RDONLY | O_CLOEXEC) : -1;
	if (fd == -1) {
		free(d);
		return NULL;
	}
	while (n < SCRIPT_FILE && r > 0) {
		r = read(fd, d + n, SCRIPT_FILE - n);
		if (r > 0)
			n += (size_t)r;
	}
	close(fd);
	if (r == 0 && !memchr(d, '\0', n)) {
		d[n] = '\0';
		return d;
	}
	free(d);
	if (r != -1)
		errno = r ? EFBIG : EILSEQ;
	return NULL;
}

struct script *
script_load(const char *file, uint64_t seed, char *err, size_t n)
{
	struct script *s;
	char what[300];
	char *text = read_file(file);

	if (!text) {
		snprintf(err, n, "%s: %s", file, strerror(errno));
		return NULL;
	}
	s = calloc(1, sizeof *s);
	if (!s) {
		snprintf(err, n, "%s: %s", file, strerror(errno));
		free(text);
		return NULL;
	}
	s->random = seed;
	if (scriptparse(text, s, what, sizeof what) == -1) {
		snprintf(err, n, "%s:%s", file, what);
		script_free(s);
		s = NULL;
	}
	free(text);
	return s;
}
