#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/json.h"
#include "common/mem.h"
#include "common/term.h"

void
term_cat(stralloc *sa, const char *s, size_t len)
{
	static stralloc json = STRALLOC_ZERO;
	size_t i, n = sa->len;

	json.len = 0;
	json_str(&json, NULL, s, len);
	mem_check(stralloc_readyplus(sa, json.len));
	/* Quotes are harmless here, and part of some addresses. */
	for (i = 1; i + 1 < json.len; i++) {
		if (json.s[i] == '\\' && json.s[i + 1] == '"')
			i++;
		else if (json.s[i] == '\\')
			sa->s[n++] = json.s[i++];
		sa->s[n++] = json.s[i];
	}
	sa->len = n;
}

void
term_str(const char *s, size_t len)
{
	static stralloc sa = STRALLOC_ZERO;

	sa.len = 0;
	term_cat(&sa, s, len);
	(void)fwrite(sa.s, 1, sa.len, stdout);
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
