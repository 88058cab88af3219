#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <skalibs/strerr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "options.h"

/* clang-format off */
static const struct {
	const char *name;	/* as EHLO says it */
	unsigned bit;
} switches[] = {
	{ "PIPELINING", EXT_PIPELINING },
	{ "CHUNKING", EXT_CHUNKING },
	{ "BINARYMIME", EXT_BINARYMIME },
	{ "8BITMIME", EXT_8BITMIME },
	{ "DSN", EXT_DSN },
	{ "SMTPUTF8", EXT_SMTPUTF8 },
	{ "ENHANCEDSTATUSCODES", EXT_STATUSCODES },
	{ "STARTTLS", EXT_STARTTLS },
	{ "SIZE", EXT_SIZE },
	{ "HELP", EXT_HELP },
};
/* clang-format on */

enum { SWITCHES = sizeof switches / sizeof switches[0] };

void
options_defaults(struct conf *f)
{
	memset(f, 0, sizeof *f);
	f->ext = EXT_PIPELINING | EXT_CHUNKING | EXT_8BITMIME | EXT_DSN |
	    EXT_SMTPUTF8 | EXT_STATUSCODES | EXT_SIZE;
	f->size = 100 * 1024 * 1024;
	f->rcptmax = 1000;
	f->idle = 1800;
	f->name = "sink.example";
	f->seed = 1;
}

uint64_t
options_number(const char *s, uint64_t max, const char *what)
{
	unsigned long long n;
	char *end;

	errno = 0;
	n = strtoull(s, &end, 10);
	if (*s < '0' || *s > '9' || *end || errno || n > max)
		strerr_dief(100, what, ": not a number in range: ", s);
	return n;
}

double
options_seconds(const char *s, const char *what)
{
	char *end;
	double v = strtod(s, &end);

	if (end == s || *end || !isfinite(v) || v < 0)
		strerr_dief(100, what, ": not a number: ", s);
	return v;
}

/* A word with a number: size=, rcptmax=, mailmax=, domainmax=.  1 when it is
   one. */
static int
valued(struct conf *f, const char *word, size_t k, const char *value)
{
	uint64_t n;

	if (k == 4 && !strncasecmp(word, "size", k)) {
		f->size = options_number(value, (uint64_t)1 << 50, "-x size");
		f->ext |= EXT_SIZE;
		return 1;
	}
	n = options_number(value, 1000000, "-x");
	if (k == 7 && !strncasecmp(word, "rcptmax", k))
		f->rcptmax = (unsigned)n;
	else if (k == 7 && !strncasecmp(word, "mailmax", k))
		f->mailmax = (unsigned)n;
	else if (k == 9 && !strncasecmp(word, "domainmax", k))
		f->domainmax = (unsigned)n;
	else
		return 0;
	return 1;
}

static int
switched(struct conf *f, const char *word)
{
	int off = !strncasecmp(word, "no", 2);
	size_t i;

	if (!strcasecmp(word, "none")) {
		f->ext = 0;
		f->limits = 0;
		return 1;
	}
	if (off)
		word += 2;
	if (!strcasecmp(word, "limits")) {
		f->limits = !off;
		return 1;
	}
	for (i = 0; i < SWITCHES; i++) {
		if (strcasecmp(word, switches[i].name) != 0)
			continue;
		if (off)
			f->ext &= ~switches[i].bit;
		else
			f->ext |= switches[i].bit;
		return 1;
	}
	return 0;
}

void
options_ext(struct conf *f, const char *list)
{
	char word[64];
	const char *eq;
	size_t k;

	while (*list) {
		k = strcspn(list, ",");
		if (!k || k >= sizeof word)
			strerr_dief(100, "-x: not a list: ", list);
		memcpy(word, list, k);
		word[k] = '\0';
		eq = strchr(word, '=');
		if (eq ? !valued(f, word, (size_t)(eq - word), eq + 1)
		       : !switched(f, word))
			strerr_dief(100, "-x: not known: ", word);
		list += k;
		if (*list == ',')
			list++;
	}
}

static size_t
put(char *d, size_t at, size_t n, const char *line)
{
	int r = snprintf(d + at, n - at, "250-%s\r\n", line);

	if (r < 0 || (size_t)r >= n - at)
		strerr_dief(100, "the host name is too long");
	return at + (size_t)r;
}

static size_t
put_limits(const struct conf *f, char *d, size_t at, size_t n)
{
	char line[120];
	int k;

	k = snprintf(line, sizeof line, "LIMITS RCPTMAX=%u", f->rcptmax);
	if (f->mailmax)
		k += snprintf(line + k, sizeof line - (size_t)k, " MAILMAX=%u",
		    f->mailmax);
	if (f->domainmax)
		snprintf(line + k, sizeof line - (size_t)k, " RCPTDOMAINMAX=%u",
		    f->domainmax);
	return put(d, at, n, line);
}

void
options_ehlo(const struct conf *f, unsigned hidden, char *d, size_t n)
{
	size_t at, i, last = 0;
	char line[64];

	at = put(d, 0, n, f->name);
	for (i = 0; i < SWITCHES; i++) {
		if (!(f->ext & ~hidden & switches[i].bit))
			continue;
		last = at;
		snprintf(line, sizeof line, "%s", switches[i].name);
		if (switches[i].bit == EXT_SIZE)
			snprintf(line, sizeof line, "SIZE %" PRIu64, f->size);
		at = put(d, at, n, line);
	}
	if (f->limits) {
		last = at;
		put_limits(f, d, at, n);
	}
	d[last + 3] = ' ';
}
