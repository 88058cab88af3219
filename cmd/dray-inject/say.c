#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "say.h"
#include "common/chars.h"

static const char *
first_word(int code)
{
	switch (code) {
	case EX_USAGE:
	case EX_DATAERR:
	case EX_NOUSER:
	case EX_NOHOST:
	case EX_UNAVAILABLE:
	case EX_CONFIG:
		return "permanent";
	}
	return "temporary";
}

void
say_die(int code, const char *format, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	chars_mask(text);
	fprintf(stderr, "%s: dray-inject: %s\n", first_word(code), text);
	exit(code);
}
