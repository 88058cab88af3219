#include <errno.h>
#include <string.h>

#include <ini.h>

#include "cmd/dray-policy/inifile.h"

struct reader {
	FILE *f;
	const struct inifile_handler *h;
	unsigned int line;
	int pending; /* inih has a line that should become a pair */
	int error;
	char s[INIFILE_LINEMAX + 1];
};

static void
mistake(struct reader *r, const char *text)
{
	r->h->mistake(r->h->user, r->line, text);
}

/* inih has been given a line and did not make a pair of it. */
static void
settle(struct reader *r)
{
	if (r->pending)
		mistake(r, "neither a [section] nor a key = value");
	r->pending = 0;
}

/* Tab and 8-bit octets are fine (comments in any language). */
static int
isfine(int c)
{
	return c == '\t' || (c >= ' ' && c != 127);
}

/* One line, without its end, into r->s: 1, 0 at the end of the file, -1 when
 * it is of no use, which has then been said. */
static int
get_line(struct reader *r)
{
	const char *why = NULL;
	size_t n = 0;
	int c, next = getc_unlocked(r->f);

	if (next == EOF)
		return 0;
	r->line++;
	while ((c = next) != EOF && c != '\n') {
		next = getc_unlocked(r->f);
		if (c == '\r' && (next == '\n' || next == EOF))
			continue;
		if (!isfine(c) && !why)
			why = "a control character";
		if (n < INIFILE_LINEMAX)
			r->s[n++] = (char)c;
		else
			why = "the line is too long";
	}
	r->s[n] = '\0';
	if (!why)
		return 1;
	mistake(r, why);
	return -1;
}

static char *
skip_blanks(char *s)
{
	return s + strspn(s, " \t");
}

/* s begins with '[': a section alone on its line, or a mistake. */
static void
section(struct reader *r, char *s)
{
	char *name = skip_blanks(s + 1);
	char *end = strchr(name, ']');
	char *rest = end ? skip_blanks(end + 1) : NULL;

	if (!end || (*rest && *rest != ';' && *rest != '#')) {
		mistake(r, "not a [section]");
		r->h->section(r->h->user, r->line, NULL);
		return;
	}
	while (end > name && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	*end = '\0';
	r->h->section(r->h->user, r->line, name);
}

/* Reads on to the next line that inih shall see. */
static char *
next_pair(struct reader *r)
{
	char *s;
	int got;

	while ((got = get_line(r)) != 0) {
		s = skip_blanks(r->s);
		if (r->line == 1 && !strncmp(s, "\xef\xbb\xbf", 3))
			s = skip_blanks(s + 3);
		if (*s == '[' && got == 1)
			section(r, s);
		else if (*s == '[') /* though bad, it ends the one before it */
			r->h->section(r->h->user, r->line, NULL);
		else if (got == 1 && *s && *s != '#' && *s != ';')
			return s;
	}
	return NULL;
}

/* What inih calls instead of fgets. */
static char *
give_line(char *d, int size, void *stream)
{
	struct reader *r = stream;
	size_t n;
	char *s;

	settle(r);
	while ((s = next_pair(r)) != NULL) {
		n = strlen(s);
		if (n < (size_t)size) {
			memcpy(d, s, n + 1);
			r->pending = 1;
			return d;
		}
		mistake(r, "the line is too long");
	}
	r->error = ferror(r->f) ? errno : 0;
	return NULL;
}

static int
pair(void *user, const char *name, const char *key, const char *value)
{
	struct reader *r = user;

	(void)name;
	r->pending = 0;
	r->h->pair(r->h->user, r->line, key, value);
	return 1;
}

int
inifile_read(FILE *f, const struct inifile_handler *h)
{
	struct reader r = { .f = f, .h = h };

	/* Debian's inih keeps its settings in variables. */
	ini_max_line = INIFILE_LINEMAX + 3;
	ini_allow_multiline = false;
	ini_allow_inline_comments = true;
	ini_allow_no_value = false;
	ini_stop_on_first_error = false;
	if (ini_parse_stream(give_line, &r, pair, &r) >= 0)
		settle(&r);
	else if (!r.error)
		r.error = ENOMEM;
	errno = r.error;
	return r.error ? -1 : 0;
}
