#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/json.h"
#include "common/term.h"

void
term_str(const char *s, size_t len)
{
	static stralloc sa = STRALLOC_ZERO;
	size_t i;

	sa.len = 0;
	json_str(&sa, NULL, s, len);
	/* Quotes are harmless here, and part of some addresses. */
	for (i = 1; i + 1 < sa.len; i++) {
		if (sa.s[i] == '\\' && sa.s[i + 1] == '"')
			i++;
		else if (sa.s[i] == '\\')
			putchar(sa.s[i++]);
		putchar(sa.s[i]);
	}
}

void
term_text(const char *s)
{
	term_str(s, strlen(s));
}

void
term_time(int64_t t)
{
	time_t s = (time_t)t;
	char b[64] = "";
	struct tm tm;

	if (localtime_r(&s, &tm))
		strftime(b, sizeof b, "%Y-%m-%d %H:%M:%S", &tm);
	fputs(b, stdout);
}
