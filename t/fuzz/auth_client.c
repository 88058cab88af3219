/*
 * auth_client - what clients say to dray-auth, with threads that find out what
 * the input says, when it says so.  A row of records, each one octet what it is,
 * one octet length, content:
 *
 *   R     octets, as they are
 *   Q     a question: the first octet is the address, user and password follow,
 *         with a zero octet between
 *   T, G  a message of that user is taken, or given back
 *   W     the oldest password is good if the first octet is odd
 *   C     the client goes, and another one comes
 *
 * Each well-framed question is answered, once; at the end nothing is left over.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cmd/dray-auth/check.h"
#include "cmd/dray-auth/client.h"
#include "cmd/dray-auth/count.h"
#include "cmd/dray-auth/users.h"
#include "cmd/dray-auth/worker.h"
#include "common/authproto.h"
#include "common/field.h"
#include "common/frame.h"
#include "common/keyhash.h"
#include "common/policy.h"
#include "t/fuzz/fuzz.h"

static struct ev_loop *loop;
static struct sockaddr_un where;
static struct frame client;
static unsigned int asked, answered;
static TAILQ_HEAD(, worker_job) jobs = TAILQ_HEAD_INITIALIZER(jobs);
static void (*done)(struct worker_job *j);

/* Complaints can be caused at will here. */
FUZZ_QUIET(strerr_warnv)

void
worker_start(
    struct ev_loop *l, const struct drop *d, void (*fn)(struct worker_job *j))
{
	(void)l;
	(void)d;
	done = fn;
}

void
worker_give(struct worker_job *j)
{
	must(account_password_ok(j->password, j->len) && j->hash[0]);
	TAILQ_INSERT_TAIL(&jobs, j, link);
}

static void
finish(int good)
{
	struct worker_job *j = TAILQ_FIRST(&jobs);

	if (!j)
		return;
	TAILQ_REMOVE(&jobs, j, link);
	j->good = good;
	done(j);
}

/* Those exist whose name has an even length.  Who has a rate has a quota, too: a
 * minute later there would be more. */
int
users_find(struct account *a, const char *name, size_t n)
{
	if (!account_name_ok(name, n) || n % 2)
		return 0;
	memset(a, 0, sizeof *a);
	memcpy(a->hash, "of a user", sizeof "of a user");
	memcpy(a->domains, "a.example *.b.example", 22);
	a->quota = n % 8 ? 3 : 0;
	a->rate = n % 4 ? POLICY_RATE(2, 60) : 0;
	return 1;
}

void
users_nobody(char *d)
{
	memcpy(d, "of nobody", sizeof "of nobody");
}

void
countfile_start(struct ev_loop *l, uint32_t today, daycount_fn *fn)
{
	(void)l;
	(void)today;
	(void)fn;
}

void
countfile_put(uint32_t place, const struct daycount *r)
{
	must(place < COUNTFILE_MAX && r->count <= 3 + 2);
}

static int
heard(void *ctx, char type, const char *data, size_t len, int fd)
{
	struct account a;
	struct field r;
	char v;

	(void)ctx;
	must(fd == -1);
	field_start(&r, data, len);
	(void)field_getu32(&r);
	v = (char)field_getu8(&r);
	if (type == 'T') {
		must(strchr("+-bqr", v) != NULL);
		(void)field_getu32(&r);
		(void)field_getu64(&r);
	} else {
		must(type == 'V' && strchr("+-sb", v) != NULL);
		if (v == AUTH_GOOD)
			account_get(&r, &a);
	}
	must(field_end(&r));
	answered++;
	return 0;
}

static void
turn(void)
{
	int r = 1;

	ev_run(loop, EVRUN_NOWAIT);
	ev_run(loop, EVRUN_NOWAIT); /* answers leave before it sleeps */
	while (r == 1 && client.fd != -1)
		r = frame_pump(&client, heard, NULL);
	if (r == -1 && client.fd != -1) {
		/* It was malformed: nothing more is said. */
		must(errno == 0 || errno == ECONNRESET);
		frame_free(&client);
		client.fd = -1;
	}
}

static void
come(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	must(fd != -1);
	if (client.fd != -1)
		frame_free(&client);
	must(connect(fd, (struct sockaddr *)&where, sizeof where) == 0);
	frame_init(&client, fd, AUTH_FRAMEMAX, 0);
	asked = answered = 0;
	turn();
}

static void
set_up(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	loop = ev_default_loop(EVFLAG_NOENV);
	where.sun_family = AF_UNIX;
	snprintf(where.sun_path + 1, sizeof where.sun_path - 1,
	    "dray-fuzz-auth-%ld", (long)getpid());
	must(bind(fd, (struct sockaddr *)&where, sizeof where) == 0 &&
	    listen(fd, 100) == 0);
	keyhash_start();
	check_start(loop, NULL);
	count_start(loop);
	client_start(loop, fd);
	client.fd = -1;
}

static void
leave(void)
{
	must(frame_end(&client) == 0);
	if (frame_flush(&client) == -1) {
		frame_free(&client);
		client.fd = -1;
	}
}

static void
question(const uint8_t *s, size_t n)
{
	const uint8_t *end = n ? memchr(s + 1, 0, n - 1) : NULL;
	size_t user = end ? (size_t)(end - s) - 1 : 0;

	if (client.fd == -1 || !end)
		return;
	frame_begin(&client, 'C');
	field_putu32(&client.out, asked++);
	field_putu8(&client.out, s[0] & 1 ? 4 : 6);
	field_putu64(&client.out, s[0]);
	field_putu64(&client.out, 0);
	field_putstr(&client.out, s + 1, user);
	field_putstr(&client.out, end + 1, n - user - 2);
	leave();
}

static void
message(char type, const uint8_t *s, size_t n)
{
	if (client.fd == -1)
		return;
	asked += type == 'T';
	frame_begin(&client, type);
	field_putu32(&client.out, (uint32_t)(ev_now(loop) / 86400));
	field_putstr(&client.out, s, n);
	leave();
}

static void
record(uint8_t what, const uint8_t *s, size_t n)
{
	if (what == 'R' && client.fd != -1) {
		(void)!send(client.fd, s, n, MSG_NOSIGNAL | MSG_DONTWAIT);
		asked = UINT32_MAX / 2; /* who knows */
	} else if (what == 'Q') {
		question(s, n);
	} else if (what == 'T' || what == 'G') {
		message((char)what, s, n);
	} else if (what == 'W') {
		finish(n && s[0] & 1);
	} else if (what == 'C') {
		come();
	}
	turn();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	size_t len;

	if (!loop)
		set_up();
	come();
	while (n >= 2) {
		len = data[1] < n - 2 ? data[1] : n - 2;
		record(data[0], data + 2, len);
		data += 2 + len;
		n -= 2 + len;
	}
	while (!TAILQ_EMPTY(&jobs))
		finish(0);
	turn();
	turn();
	must(client.fd == -1 || asked >= UINT32_MAX / 2 || asked == answered);
	return 0;
}
