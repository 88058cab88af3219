/* term: what reaches standard output. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/term.h"
#include "t/lib/tap.h"

/* Standard output goes into a file while fn runs. */
static const char *
shown(void (*fn)(const void *), const void *arg)
{
	static char b[256];
	FILE *f = tmpfile();
	size_t n;
	int old;

	fflush(stdout);
	old = dup(1);
	if (!f || old == -1 || dup2(fileno(f), 1) == -1)
		exit(111);
	fn(arg);
	fflush(stdout);
	if (dup2(old, 1) == -1)
		exit(111);
	close(old);
	rewind(f);
	n = fread(b, 1, sizeof b - 1, f);
	b[n] = '\0';
	fclose(f);
	return b;
}

static void
text(const void *s)
{
	term_text(s);
}

static void
octets(const void *s)
{
	term_str(s, 3);
}

static void
when(const void *t)
{
	term_time(*(const int64_t *)t);
}

int
main(void)
{
	int64_t t = 1795316645;

	setenv("TZ", "UTC", 1);
	is_str(shown(text, ""), "", "nothing");
	is_str(shown(text, "\"a b\"@x.example"), "\"a b\"@x.example",
	    "quotes are as they are");
	is_str(shown(text, "a\\\\"), "a\\\\\\\\", "a backslash is escaped");
	is_str(shown(text, "\x1b[31m\r\n\x7f\xc2\x9b"),
	    "\\u001b[31m\\r\\n\\u007f\\u009b", "what a terminal obeys");
	is_str(shown(text, "\xe2\x80\xae"), "\\u202e", "what turns text");
	is_str(shown(octets, "a\0b"), "a\\ufffdb", "a zero octet");
	is_str(shown(when, &t), "2026-11-22 03:04:05", "a time");
	t = INT64_MAX;
	is_str(shown(when, &t), "", "past all years");
	return done_testing();
}
