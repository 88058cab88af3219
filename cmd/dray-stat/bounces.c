#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-stat/bounces.h"
#include "cmd/dray-stat/bouncetab.h"
#include "common/amount.h"
#include "common/base.h"
#include "common/logevent.h"
#include "common/logread.h"

#define DAY (sizeof "2026-11-22" - 1)
#define ZERO_TIME "%Y-%m-%dT%H:%M:%S.000000Z"

static const char *const bys[BOUNCES_BYS] = {
	[BOUNCES_CLASS] = "class",
	[BOUNCES_PROVIDER] = "provider",
	[BOUNCES_CAMPAIGN] = "campaign",
	[BOUNCES_DAY] = "day",
};

static const char *const types[] = { "Delivery", "Bounce", "OOB", "Feedback",
	"Unsubscribe", "AdminBounce", NULL };

struct bounces {
	enum bounces_by by;
	const char *since;
	struct bouncetab table;
	struct logevent e;
	struct logread log;
	char last[LOGNAME_ID + 1]; /* the newest file, "" none */
	uint64_t size; /* of it when this began */
};

int
bounces_by(const char *s)
{
	int i;

	for (i = 0; i < BOUNCES_BYS; i++)
		if (strcmp(bys[i], s) == 0)
			return i;
	return -1;
}

static time_t
parse(const char *s)
{
	struct tm tm = { 0 };
	uint64_t ago;
	const char *end;
	time_t t = time(NULL);
	int day;

	if (amount_scan(amount_durations, s, &ago) == 0)
		return ago > (uint64_t)t ? 0 : t - (time_t)ago;
	end = strptime(
	    s, strlen(s) == DAY ? "%Y-%m-%d" : "%Y-%m-%dT%H:%M:%SZ", &tm);
	day = tm.tm_mday;
	t = end && !*end ? timegm(&tm) : -1;
	/* strptime takes the 31st of February. */
	return tm.tm_mday == day ? t : -1;
}

int
bounces_since(char *d, const char *s)
{
	time_t t = parse(s);
	struct tm tm;

	if (t < 0 || !gmtime_r(&t, &tm))
		return -1;
	return strftime(d, BOUNCES_TIME, ZERO_TIME, &tm) == BOUNCES_TIME - 1
	    ? 0
	    : -1;
}

/* Notices are no mail of a campaign.  Times of one form sort as text. */
static int
counts(const struct bounces *b)
{
	const struct logevent *e = &b->e;

	return strlen(e->s[LOGEVENT_TIME]) == BOUNCES_TIME - 1 &&
	    strcmp(e->s[LOGEVENT_TIME], b->since) >= 0 &&
	    !logevent_is(e, LOGEVENT_STREAM, "notices");
}

static void
add(struct bounces *b, enum bouncetab_count count, const char *class)
{
	static const enum logevent_field fields[BOUNCES_BYS] = {
		[BOUNCES_PROVIDER] = LOGEVENT_PROVIDER,
		[BOUNCES_CAMPAIGN] = LOGEVENT_CAMPAIGN,
	};
	char day[DAY + 1];
	const char *key = b->e.s[fields[b->by]];

	if (b->by == BOUNCES_CLASS) {
		key = class ? class : b->e.s[LOGEVENT_CLASS];
	} else if (b->by == BOUNCES_DAY) {
		memcpy(day, b->e.s[LOGEVENT_TIME], DAY);
		day[DAY] = '\0';
		key = day;
	}
	bouncetab_add(&b->table, key, count);
}

/* What no token proves anybody can send. */
static void
add_back(struct bounces *b, enum bouncetab_count count, const char *class)
{
	int proven = !*b->e.s[LOGEVENT_ATTRIBUTED] ||
	    logevent_is(&b->e, LOGEVENT_ATTRIBUTED, "token");

	add(b, proven ? count : BOUNCETAB_UNPROVEN, class);
}

/* Whoever left before has nothing to leave.  Inside of a text no quote is
 * without a backslash. */
static int
is_again(const char *line, size_t len)
{
	static const char again[] = "\"new\":false";

	return memmem(line, len, again, sizeof again - 1) != NULL;
}

static void
take(struct bounces *b, const char *line, size_t len)
{
	const struct logevent *e = &b->e;

	if (logevent_is(e, LOGEVENT_TYPE, "Delivery"))
		add(b, BOUNCETAB_DELIVERED, NULL);
	else if (logevent_is(e, LOGEVENT_TYPE, "Bounce"))
		add(b, BOUNCETAB_FAILED, NULL);
	else if (logevent_is(e, LOGEVENT_TYPE, "OOB"))
		add_back(b, BOUNCETAB_RETURNED, NULL);
	else if (logevent_is(e, LOGEVENT_TYPE, "Feedback"))
		add_back(b, BOUNCETAB_COMPLAINTS, "complaint");
	else if (!logevent_is(e, LOGEVENT_TYPE, "Unsubscribe"))
		add(b, BOUNCETAB_SUPPRESSED, NULL);
	else if (!is_again(line, len))
		add_back(b, BOUNCETAB_LEFT, "unsubscribe");
}

/* Word that a message is late, or was delivered, is no failure, and not all
 * feedback is a complaint. */
static int
is_bad(const struct logevent *e)
{
	if (logevent_is(e, LOGEVENT_TYPE, "OOB"))
		return logevent_is(e, LOGEVENT_ACTION, "failed");
	if (logevent_is(e, LOGEVENT_TYPE, "Feedback"))
		return logevent_complains(e);
	if (logevent_is(e, LOGEVENT_TYPE, "AdminBounce"))
		return logevent_is(e, LOGEVENT_CLASS, "suppressed");
	return 1;
}

static void
lines(struct bounces *b, const char *s, size_t len)
{
	const char *nl;
	size_t n;

	for (; len; s += n, len -= n) {
		nl = memchr(s, '\n', len);
		n = nl ? (size_t)(nl - s) + 1 : len;
		if (logevent_any(s, n, types) &&
		    logevent_read(&b->e, s, n) == 0 && counts(b) &&
		    is_bad(&b->e))
			take(b, s, n);
	}
}

static void
die_reading(const struct bounces *b, const char *base)
{
	if (errno == EBADMSG)
		strerr_dief(111, "unable to read all of ", b->log.id,
		    ".log.zst: it is damaged, or zstd is not installed");
	strerr_diefusys(111, "read the log of ", base);
}

/* How far it goes: as the newest file is now. */
static void
find_end(struct bounces *b)
{
	char first[128];
	struct stat st;
	ssize_t r;
	int fd = openat(b->log.dir, LOGNAME_CURRENT,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd == -1)
		return;
	r = read(fd, first, sizeof first);
	if (r > 0 && fstat(fd, &st) == 0 &&
	    logname_first(first, (size_t)r, b->last))
		b->size = (uint64_t)st.st_size;
	close(fd);
}

static int
at_end(const struct bounces *b)
{
	int c = *b->last ? strcmp(b->log.id, b->last) : -1;

	return c > 0 || (c == 0 && b->log.offset >= b->size);
}

/* A file that was ended before has nothing since. */
static int
skip_old(struct bounces *b)
{
	struct logname *list;
	char id[LOGNAME_ID + 1] = "";
	struct tm tm = { 0 };
	uint64_t since;
	size_t i, n;
	int r;

	if (!strptime(b->since, "%Y-%m-%dT%H:%M:%S", &tm))
		return 0;
	since = (uint64_t)timegm(&tm) * 1000000;
	if (logname_list(b->log.dir, &list, &n) == -1)
		return -1;
	for (i = 0; i < n && logname_time(list[i].id) <= since; i++)
		memcpy(id, list[i].id, sizeof id);
	free(list);
	if (*b->last && logname_time(b->last) <= since)
		memcpy(id, b->last, sizeof id);
	r = *id ? logread_seek(&b->log, id, 0) : 0;
	return r == -1 ? -1 : 0;
}

static void
read_log(struct bounces *b, const char *base)
{
	const char *s;
	size_t n;
	int r = 1;

	logread_init(&b->log, base_dir(base, "log"));
	find_end(b);
	if (skip_old(b) == -1)
		die_reading(b, base);
	while (r == 1 && !at_end(b)) {
		r = logread_read(&b->log, &s, &n);
		if (r == -1)
			die_reading(b, base);
		if (r == 1) {
			lines(b, s, n);
			logread_done(&b->log, n);
		}
	}
	close(b->log.dir);
}

void
bounces_show(const char *base, enum bounces_by by, const char *since, int json)
{
	static struct bounces b;

	memset(&b, 0, sizeof b);
	b.by = by;
	b.since = since;
	b.table.by = bys[by];
	b.table.all = by == BOUNCES_CLASS;
	b.table.inorder = by == BOUNCES_DAY;
	read_log(&b, base);
	if (json)
		bouncetab_json(&b.table);
	else
		bouncetab_show(&b.table);
	bouncetab_free(&b.table);
}
