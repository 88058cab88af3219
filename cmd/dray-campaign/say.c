#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "campaign.h"

static void put(const char *where, const char *format, va_list ap)
    __attribute__((format(printf, 2, 0)));

static void
put(const char *where, const char *format, va_list ap)
{
	progress_end();
	fprintf(stderr, "dray-campaign: %s", where);
	vfprintf(stderr, format, ap);
	fputc('\n', stderr);
}

void
say_die(int code, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	put("fatal: ", format, ap);
	va_end(ap);
	exit(code);
}

void
say_line(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	put("", format, ap);
	va_end(ap);
}

/* What is wrong with the input, and where. */
void
say_at(
    const char *file, uint64_t line, uint64_t column, const char *format, ...)
{
	char where[400];
	va_list ap;
	int n;

	n = snprintf(where, sizeof where - 64, "fatal: %.300s:", file);
	if (line)
		n += snprintf(where + n, 24, "%llu:", (unsigned long long)line);
	if (line && column)
		n += snprintf(
		    where + n, 24, "%llu:", (unsigned long long)column);
	snprintf(where + n, 2, " ");
	va_start(ap, format);
	put(where, format, ap);
	va_end(ap);
	exit(100);
}
