/*
 * sender - all of dray-send in a fuzz target, on a base of its own.
 *
 * Its spool, policy, sockets and loop are real.  Two things are not: the
 * thread that removes bundles and writes notices, and dray-log.  Both are
 * played here, at once and without a disk, so that an input has the same end
 * each time; and they look at what they are given.
 *
 *   sender_start()          once
 *   sender_mail()           four messages come in, with SENDER_RCPTS recipients
 *                           of which two have expired
 *   sender_turn()           one turn of the loop, and of the disk thread
 *   sender_call(name)       a connection to BASE/sock/NAME
 *
 * sender_damaged tells what the log has heard of; sender_disk_full makes notices,
 * and counts of the day, fail.
 */
#ifndef DRAY_FUZZ_SENDER_H
#define DRAY_FUZZ_SENDER_H

#include <ftw.h>
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

int send_main(int argc, char const *const *argv);
#define main send_main
#include "cmd/dray-send/dray-send.c"
#undef main

#include "cmd/dray-policy/compile.h"
#include "cmd/dray-policy/conf.h"
#include "common/bundlemake.h"
#include "common/daycount.h"
#include "common/logline.h"
#include "common/mem.h"
#include "common/sock.h"
#include "t/fuzz/fuzz.h"

#define SENDER_RCPTS 12 /* of sender_mail */

static char sender_base[64];
static unsigned int sender_damaged; /* bundles */
static int sender_disk_full; /* so many notices cannot be written */

/* Warnings can be caused at will here.  An end of the program cannot. */
FUZZ_QUIET(strerr_warnv)
FUZZ_QUIET(strerr_warnvsys)

void
strerr_diev(int e, char const *const *v, unsigned int n)
{
	(void)e;
	for (; n; n--)
		fputs(*v++, stderr);
	abort();
}

void
strerr_dievsys(int e, char const *const *v, unsigned int n)
{
	perror("dray-send");
	strerr_diev(e, v, n);
}

/* dray-log.  Every line is one object of JSON. */
void
logclient_init(struct logclient *l, const char *path)
{
	memset(l, 0, sizeof *l);
	l->path = path;
	l->fd = -1;
}

int
logclient_connect(struct logclient *l)
{
	l->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return l->fd != -1;
}

uint64_t
logclient_add(struct logclient *l, const char *line, size_t len)
{
	json_t *o = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
	const char *type = json_string_value(json_object_get(o, "type"));

	must(type && logline_ok(line, len));
	sender_damaged += strcmp(type, "Damaged") == 0;
	json_decref(o);
	l->backlog += len;
	return ++l->seq;
}

int
logclient_flush(struct logclient *l)
{
	l->durable = l->seq;
	l->backlog = 0;
	return 1;
}

int
logclient_read(struct logclient *l)
{
	(void)l;
	return 0;
}

uint64_t
logclient_durable(const struct logclient *l)
{
	return l->durable;
}

size_t
logclient_backlog(const struct logclient *l)
{
	return l->backlog;
}

/* The disk thread.  What it did is told at the end of the turn. */
static struct {
	uint32_t gone[64];
	unsigned int n;
	int noted;
	int counted;
} sender_disk;

void
disk_start(void)
{
}

void
disk_again(void)
{
}

void
disk_remove(uint32_t slot)
{
	const struct slot *s = pool_at(&self.slots, slot);
	char name[SPOOL_IDMAX + 1];

	must(s->runs == 0 && (s->bad || s->left == 0));
	must(sender_disk.n < 64);
	store_name(s, name);
	must(unlinkat(self.spool.cur, name, 0) == 0);
	sender_disk.gone[sender_disk.n++] = slot;
}

void
disk_notice(const stralloc *text)
{
	const char *s = text->s, *nl;
	json_t *o;
	size_t n;

	must(text->len && !sender_disk.noted);
	for (n = text->len; n; n -= (size_t)(nl + 1 - s), s = nl + 1) {
		nl = memchr(s, '\n', n);
		must(nl != NULL);
		o = json_loadb(
		    s, (size_t)(nl - s), JSON_REJECT_DUPLICATES, NULL);
		must(json_is_object(o));
		json_decref(o);
	}
	sender_disk.noted = 1;
}

static void
sender_count(void *arg, const struct daycount *r)
{
	*(size_t *)arg += r->day != 0;
}

void
disk_daily(const stralloc *records, int anew)
{
	size_t n = 0;

	must(records->len && records->len % DAYCOUNT_LEN == 0 &&
	    !sender_disk.counted);
	if (anew)
		must(daycount_each((unsigned char *)records->s, records->len,
			 sender_count, &n) &&
		    (n + 1) * DAYCOUNT_LEN == records->len);
	sender_disk.counted = 1;
}

void
disk_punch(int fd, struct hole *holes, size_t n)
{
	struct stat st;
	size_t i;

	must(fstat(fd, &st) == 0);
	for (i = 0; i < n; i++)
		must(holes[i].offset + holes[i].length <= (uint64_t)st.st_size);
	close(fd);
	free(holes);
}

static void
sender_turn(void)
{
	ev_run(self.loop, EVRUN_NOWAIT);
	if (sender_disk.noted) {
		sender_disk.noted = 0;
		notice_written(sender_disk_full ? ENOSPC : 0);
		sender_disk_full -= sender_disk_full > 0;
	}
	if (sender_disk.counted) {
		sender_disk.counted = 0;
		daily_written(sender_disk_full ? ENOSPC : 0);
		sender_disk_full -= sender_disk_full > 0;
	}
	while (sender_disk.n)
		store_removed(sender_disk.gone[--sender_disk.n]);
}

static int
sender_call(const char *name)
{
	char path[BASE_PATHMAX];
	int fd;

	base_path(path, sender_base, name);
	fd = sock_connect_nonblock(path);
	must(fd != -1);
	return fd;
}

static void
sender_rcpts(struct bundlemake *m, const char *domain, unsigned int n)
{
	static const char orcpt[] = "rfc822;r@c.example";
	struct bundle_rcpt p;
	char local[16];
	unsigned int i;

	for (i = 0; i < n; i++) {
		p.local.s = local;
		p.local.len = (size_t)snprintf(local, sizeof local, "r%u", i);
		p.notify = i == 2 ? BUNDLE_NEVER : 0;
		p.orcpt.s = orcpt;
		p.orcpt.len = i == 1 ? sizeof orcpt - 1 : 0;
		p.row.len = 0;
		bundlemake_rcpt(m, domain, strlen(domain), &p);
	}
}

static void
sender_message(struct bundlemake *m, uint32_t number, const char *sender)
{
	static const char text[] = "Subject: x\r\n\r\ntext\r\n";
	static const char *const stream[] = { "news", "bulk", "regular",
		"transactional" };
	uint64_t now = (uint64_t)ev_now(self.loop);

	bundlemake_init(m);
	m->meta.number = number;
	m->meta.plain = m->meta.stored = sizeof text - 1;
	m->meta.arrival = now * 1000000;
	m->meta.expiry = now + 86400;
	bundlemake_set(m, BUNDLEMAKE_SENDER, sender, strlen(sender));
	bundlemake_set(m, BUNDLEMAKE_STREAM, stream[number % 4],
	    strlen(stream[number % 4]));
	bundlemake_set(m, BUNDLEMAKE_CAMPAIGN, &"c1"[number % 3 % 2], 1);
	mem_check(stralloc_copyb(&m->body, text, sizeof text - 1));
}

static void
sender_mail(void)
{
	struct bundlemake m[4], *all[4];
	char name[SPOOL_IDMAX + 1];
	struct spool_id id;
	int fd, i;

	for (i = 0; i < 4; i++) {
		sender_message(&m[i], (uint32_t)i, i == 1 ? "" : "s@c.example");
		all[i] = &m[i];
	}
	sender_rcpts(&m[0], "a.example", 3);
	sender_rcpts(&m[0], "b.example", 2);
	sender_rcpts(&m[1], "a.example", 1);
	sender_rcpts(&m[2], "c.example", 2);
	m[2].meta.expiry = 1;
	sender_rcpts(&m[3], "a.example", 4);
	spool_idnew(&self.spool, &id);
	spool_idfmt(name, &id);
	fd = openat(self.spool.fresh, name, O_RDWR | O_CREAT | O_EXCL, 0600);
	must(fd != -1 && bundlemake_write(fd, name, all, 4) == 0);
	close(fd);
	for (i = 0; i < 4; i++)
		bundlemake_free(&m[i]);
	scan_new();
	sender_turn();
	must(self.nmsg == 4 && self.jobs == 0);
}

static void
sender_conf(struct conf *c, const char *text, int routes)
{
	FILE *f = fmemopen((void *)(uintptr_t)text, strlen(text), "r");

	must(f && conf_read_file(c, f, "text", routes) == 0);
	fclose(f);
}

/* Compiled from text, so that it is always one of the present format.
 * Everything goes to one of two addresses, which nobody calls. */
static void
sender_policy(int dir)
{
	static const char text[] = "[node]\nhostname = mail.example.com\n"
				   "domain = example.com\n"
				   "postmaster = postmaster@example.com\n"
				   "[limits]\nconnections = 3\n"
				   "messages-per-connection = 4\n"
				   "recipients-per-message = 3\n"
				   "depth = 2\n"
				   "daily-messages = 10000000000\n";
	struct conf c;

	conf_init(&c, stderr);
	sender_conf(&c, text, 0);
	sender_conf(&c, "[static *]\nhosts = 192.0.2.1 192.0.2.2\n", 1);
	conf_finish(&c);
	must(!c.mistakes && compile_write(dir, &c, 1) == 0);
	conf_free(&c);
}

static int
sender_remove(
    const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

static void
sender_end(void)
{
	nftw(sender_base, sender_remove, 8, FTW_DEPTH | FTW_PHYS);
}

static void
sender_dirs(void)
{
	static const char *const names[] = { "policy", "sock", "spool",
		"spool/tmp", "spool/new", "spool/cur", "spool/free",
		"spool/bad", "spool/bounce", "spool/bounce/tmp",
		"spool/bounce/new", "spool/bounce/cur", "overrides" };
	int base, dir;
	size_t i;

	snprintf(sender_base, sizeof sender_base, "%s/dray-fuzz.XXXXXX",
	    access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	must(mkdtemp(sender_base) != NULL);
	atexit(sender_end);
	base = open(sender_base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (i = 0; i < sizeof names / sizeof *names; i++)
		must(mkdirat(base, names[i], 0700) == 0);
	must(mkfifoat(base, "spool/trigger", 0600) == 0);
	dir = openat(base, "policy", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	sender_policy(dir);
	close(dir);
	close(base);
}

static void
sender_start(void)
{
	PROG = "dray-send";
	sender_dirs();
	signal(SIGPIPE, SIG_IGN);
	self.base = sender_base;
	self.loop = ev_default_loop(0);
	open_spool();
	policy_start(&self.policy, self.base);
	take_policy();
	dest_init();
	store_init();
	start();
	/* A fuzzer is ended by signals. */
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
}

#endif
