#include "common/maildate.h"

int
maildate(char *d, time_t now)
{
	struct tm tm;

	/* setlocale is never called, so the names are English. */
	if (!localtime_r(&now, &tm) ||
	    !strftime(d, MAILDATE_MAX, "%a, %d %b %Y %H:%M:%S %z", &tm))
		return -1;
	return 0;
}
