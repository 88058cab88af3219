#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/dir.h"
#include "common/logname.h"
#include "common/mem.h"

#define LASTSECOND UINT64_C(253402300799) /* of the year 9999 */

static const char shape[] = "dddddddd"
			    "T"
			    "dddddd"
			    "."
			    "dddddd"
			    "Z";

void
logname_id(char *d, uint64_t us)
{
	char b[64];
	uint64_t sec = us / 1000000;
	time_t t = (time_t)(sec < LASTSECOND ? sec : LASTSECOND);
	struct tm tm;

	gmtime_r(&t, &tm);
	snprintf(b, sizeof b, "%04d%02d%02dT%02d%02d%02d.%06uZ",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
	    tm.tm_sec, (unsigned int)(us % 1000000));
	memcpy(d, b, LOGNAME_ID);
	d[LOGNAME_ID] = '\0';
}

int
logname_idok(const char *s)
{
	size_t i;

	for (i = 0; i < LOGNAME_ID; i++)
		if (shape[i] == 'd' ? s[i] < '0' || s[i] > '9'
				    : s[i] != shape[i])
			return 0;
	return 1;
}

static int
digits(const char *s, int n)
{
	int v = 0;

	for (; n; n--)
		v = v * 10 + (*s++ - '0');
	return v;
}

uint64_t
logname_time(const char *id)
{
	struct tm tm;
	time_t t;

	memset(&tm, 0, sizeof tm);
	tm.tm_year = digits(id, 4) - 1900;
	tm.tm_mon = digits(id + 4, 2) - 1;
	tm.tm_mday = digits(id + 6, 2);
	tm.tm_hour = digits(id + 9, 2);
	tm.tm_min = digits(id + 11, 2);
	tm.tm_sec = digits(id + 13, 2);
	t = timegm(&tm);
	return (t < 0 ? 0 : (uint64_t)t * 1000000) +
	    (uint64_t)digits(id + 16, 6);
}

/* 1 if s is the name of a rotated file. */
static int
parse(const char *s, struct logname *n_r)
{
	if (!logname_idok(s))
		return 0;
	memcpy(n_r->id, s, LOGNAME_ID);
	n_r->id[LOGNAME_ID] = '\0';
	n_r->packed = !strcmp(s + LOGNAME_ID, ".log.zst");
	return n_r->packed || !strcmp(s + LOGNAME_ID, ".log");
}

void
logname_fmt(char *d, const struct logname *n)
{
	snprintf(d, LOGNAME_MAX, "%s.log%s", n->id, n->packed ? ".zst" : "");
}

int
logname_first(const char *s, size_t len, char *id_r)
{
	size_t n = sizeof LOGNAME_FIRST - 1;

	if (len < n + LOGNAME_ID + 1 || memcmp(s, LOGNAME_FIRST, n) != 0 ||
	    !logname_idok(s + n) || s[n + LOGNAME_ID] != '"')
		return 0;
	memcpy(id_r, s + n, LOGNAME_ID);
	id_r[LOGNAME_ID] = '\0';
	return 1;
}

static int
compare(const void *a, const void *b)
{
	const struct logname *x = a, *y = b;
	int r = strcmp(x->id, y->id);

	return r ? r : x->packed - y->packed;
}

int
logname_list(int dirfd, struct logname **list_r, size_t *n_r)
{
	struct logname *list = NULL, one;
	struct dirent *e;
	size_t n = 0;
	DIR *d = dir_read(dirfd);
	int error;

	if (!d)
		return -1;
	while (errno = 0, (e = readdir(d))) {
		if (!parse(e->d_name, &one))
			continue;
		if ((n & (n + 1)) == 0)
			list = mem_grow(list, 2 * n + 2, sizeof *list);
		list[n++] = one;
	}
	error = errno;
	closedir(d);
	if (error) {
		free(list);
		errno = error;
		return -1;
	}
	if (list)
		qsort(list, n, sizeof *list, compare);
	*list_r = list;
	*n_r = n;
	return 0;
}
