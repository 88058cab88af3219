#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-stat/campaign.h"
#include "common/controlclient.h"
#include "common/controlproto.h"
#include "common/field.h"
#include "common/scope.h"

#define CLASSES 64
#define RECENT 60 /* seconds over which the rate is taken */

struct class
{
	char name[64];
	uint64_t n;
};

struct campaign {
	char mark[128]; /* what its lines have in them */
	uint64_t delivered, attempts, bounced, expired, removed, suppressed;
	uint64_t complaints, recent;
	struct class class[CLASSES];
	unsigned int nclass;
	time_t first, last, now;
	json_int_t waits, flies;
};

/* The text of a member.  The log is our own: no quote stands in a text without
 * a backslash, so that what looks like a member is one. */
static int
text_of(const char *line, const char *key, char *d, size_t room)
{
	char mark[40];
	const char *s, *end;
	int n = snprintf(mark, sizeof mark, "\"%s\":\"", key);

	s = strstr(line, mark);
	end = s ? strchr(s + n, '"') : NULL;
	if (!end || (size_t)(end - s - n) >= room)
		return 0;
	memcpy(d, s + n, (size_t)(end - s - n));
	d[end - s - n] = '\0';
	return 1;
}

static time_t
time_of(const char *line)
{
	char text[40];
	struct tm tm = { 0 };

	if (!text_of(line, "event_time", text, sizeof text) ||
	    !strptime(text, "%Y-%m-%dT%H:%M:%S", &tm))
		return 0;
	return timegm(&tm);
}

static void
count_class(struct campaign *c, const char *line)
{
	char name[sizeof c->class->name];
	unsigned int i;

	if (!text_of(line, "class", name, sizeof name))
		snprintf(name, sizeof name, "unknown");
	for (i = 0; i < c->nclass; i++)
		if (strcmp(c->class[i].name, name) == 0)
			break;
	if (i == CLASSES)
		return;
	if (i == c->nclass)
		memcpy(c->class[c->nclass++].name, name, sizeof name);
	c->class[i].n++;
}

static void
count_delivery(struct campaign *c, const char *line)
{
	time_t at = time_of(line);

	c->delivered++;
	if (!c->first || at < c->first)
		c->first = at;
	if (at > c->last)
		c->last = at;
	c->recent += at + RECENT > c->now;
}

static void
take_line(struct campaign *c, const char *line)
{
	char type[40], name[sizeof c->class->name];

	if (!strstr(line, c->mark) || !text_of(line, "type", type, sizeof type))
		return;
	if (strcmp(type, "Delivery") == 0) {
		count_delivery(c, line);
	} else if (strcmp(type, "TransientFailure") == 0) {
		c->attempts++;
	} else if (strcmp(type, "Bounce") == 0) {
		c->bounced++;
		count_class(c, line);
	} else if (strcmp(type, "Expiration") == 0) {
		c->expired++;
	} else if (strcmp(type, "AdminBounce") == 0) {
		if (text_of(line, "class", name, sizeof name) &&
		    strcmp(name, "suppressed") == 0)
			c->suppressed++;
		else
			c->removed++;
	} else if (strcmp(type, "Feedback") == 0) {
		c->complaints++;
	}
}

/* dray-tail knows all files of the log, those that are packed, too; it stands
 * beside us. */
static FILE *
open_log(const char *base, pid_t *pid_r)
{
	char path[4096] = "dray-tail";
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 16);
	char *slash;
	int fd[2];

	if (n > 0) {
		path[n] = '\0';
		slash = strrchr(path, '/');
		memcpy(slash ? slash + 1 : path, "dray-tail", 10);
	}
	if (pipe(fd) == -1 || (*pid_r = fork()) == -1)
		strerr_diefusys(111, "start dray-tail");
	if (*pid_r == 0) {
		dup2(fd[1], 1);
		close(fd[0]);
		close(fd[1]);
		execl(path, "dray-tail", "-a", "-b", base, (char *)NULL);
		strerr_diefusys(111, "run ", path);
	}
	close(fd[1]);
	return fdopen(fd[0], "r");
}

static void
read_log(struct campaign *c, const char *base)
{
	pid_t pid;
	FILE *f = open_log(base, &pid);
	char *line = NULL;
	size_t room = 0;
	int status;

	while (f && getline(&line, &room, f) != -1)
		take_line(c, line);
	free(line);
	if (!f || fclose(f) || waitpid(pid, &status, 0) == -1 ||
	    !WIFEXITED(status) || WEXITSTATUS(status))
		strerr_dief(111, "unable to read the log of ", base);
}

static int
take_answer(void *ctx, const char *data, size_t len)
{
	struct campaign *c = ctx;
	json_t *o = json_loadb(data, len, 0, NULL);

	if (!o)
		return -1;
	c->waits = json_integer_value(json_object_get(o, "recipients"));
	c->flies = json_integer_value(json_object_get(o, "in_flight"));
	json_decref(o);
	return 1;
}

static void
ask(struct campaign *c, const char *base, const char *id)
{
	stralloc body = STRALLOC_ZERO;
	struct scope sc = { 0 };
	int fd = controlclient_connect(base, CONTROLCLIENT_SECONDS);

	if (fd == -1)
		controlclient_gone(base);
	if (scope_set(&sc, SCOPE_CAMPAIGN, id, strlen(id)) == -1)
		strerr_dief(100, "not the name of a campaign");
	field_putu8(&body, CONTROL_COUNT);
	field_putu8(&body, CONTROL_DRY);
	field_putstr(&body, "", 0);
	field_putstr(&body, "", 0);
	scope_put(&body, &sc);
	controlclient_ask(fd, 'A', &body, take_answer, c);
	stralloc_free(&body);
}

/* A minute, or all the time that there was. */
static double
rate(const struct campaign *c)
{
	time_t since = c->now - c->first;

	if (!c->recent)
		return 0;
	return (double)c->recent /
	    (double)(since < 1	     ? 1
		    : since < RECENT ? since
				     : RECENT);
}

static void
put_json(const struct campaign *c, const char *id, double per_second)
{
	json_t *o = json_object(), *classes = json_object();
	unsigned int i;

	for (i = 0; i < c->nclass; i++)
		json_object_set_new(classes, c->class[i].name,
		    json_integer((json_int_t)c->class[i].n));
	json_object_set_new(o, "campaign", json_string(id));
	json_object_set_new(o, "sent", json_integer((json_int_t)c->delivered));
	json_object_set_new(o, "waiting", json_integer(c->waits));
	json_object_set_new(o, "in_flight", json_integer(c->flies));
	json_object_set_new(
	    o, "deferrals", json_integer((json_int_t)c->attempts));
	json_object_set_new(o, "bounced", json_integer((json_int_t)c->bounced));
	json_object_set_new(o, "bounced_by_class", classes);
	json_object_set_new(o, "expired", json_integer((json_int_t)c->expired));
	json_object_set_new(o, "removed", json_integer((json_int_t)c->removed));
	json_object_set_new(
	    o, "suppressed", json_integer((json_int_t)c->suppressed));
	json_object_set_new(
	    o, "complaints", json_integer((json_int_t)c->complaints));
	json_object_set_new(o, "per_second", json_real(per_second));
	if (per_second > 0)
		json_object_set_new(o, "ends_in",
		    json_integer((json_int_t)((double)(c->waits + c->flies) /
			per_second)));
	json_dumpf(o, stdout, JSON_COMPACT | JSON_SORT_KEYS);
	putchar('\n');
	json_decref(o);
}

static void
show(const struct campaign *c, const char *id, double per_second)
{
	uint64_t left = (uint64_t)(c->waits + c->flies);
	char when[40];
	time_t end;
	unsigned int i;

	printf("campaign %s\n", id);
	printf("%12" PRIu64 " sent\n", c->delivered);
	printf("%12" PRIu64 " waiting, %lld of them in flight\n", left,
	    (long long)c->flies);
	printf("%12" PRIu64 " deferrals\n", c->attempts);
	printf("%12" PRIu64 " bounced\n", c->bounced);
	for (i = 0; i < c->nclass; i++)
		printf("%20" PRIu64 " %s\n", c->class[i].n, c->class[i].name);
	printf("%12" PRIu64 " expired, %" PRIu64 " removed, %" PRIu64
	       " suppressed, %" PRIu64 " complaints\n",
	    c->expired, c->removed, c->suppressed, c->complaints);
	if (per_second <= 0)
		return;
	printf("%12.1f a second", per_second);
	end = c->now + (time_t)((double)left / per_second);
	if (left &&
	    strftime(when, sizeof when, "%Y-%m-%d %H:%M", localtime(&end)))
		printf(", at which it ends about %s", when);
	putchar('\n');
}

void
campaign_show(const char *base, const char *id, int json)
{
	static struct campaign c;
	double per_second;

	memset(&c, 0, sizeof c);
	if (strlen(id) > 64)
		strerr_dief(100, "not the name of a campaign");
	snprintf(c.mark, sizeof c.mark, "\"campaign\":\"%s\"", id);
	c.now = time(NULL);
	ask(&c, base, id);
	read_log(&c, base);
	per_second = rate(&c);
	if (json)
		put_json(&c, id, per_second);
	else
		show(&c, id, per_second);
}
