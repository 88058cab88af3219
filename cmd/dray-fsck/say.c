#include <stdarg.h>
#include <stdio.h>

#include <skalibs/strerr.h>

#include "cmd/dray-fsck/fsck.h"

/* Names of files may hold anything. */
static void
put_name(const char *s)
{
	for (; *s; s++)
		putchar(*s > 32 && *s < 127 ? *s : '?');
}

void
say(struct fsck *k, const char *format, ...)
{
	va_list ap;

	k->findings++;
	if (k->quiet)
		return;
	put_name(k->dir);
	if (k->name) {
		putchar('/');
		put_name(k->name);
	}
	fputs(": ", stdout);
	if (k->msg >= 0)
		printf("message %lld: ", (long long)k->msg);
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	putchar('\n');
}

void
say_unread(struct fsck *k)
{
	k->unread++;
	strerr_warnwusys(
	    "read ", k->dir, k->name ? "/" : "", k->name ? k->name : "");
}
