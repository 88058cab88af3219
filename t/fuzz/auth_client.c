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
#include <string.h>

#include "cmd/dray-auth/check.h"
#include "cmd/dray-auth/client.h"
#include "cmd/dray-auth/count.h"
#include "cmd/dray-auth/users.h"
#include "cmd/dray-auth/worker.h"
#include "common/authproto.h"
#include "common/field.h"
#include "common/keyhash.h"
#include "common/policy.h"
#include "t/fuzz/caller.h"

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

/* Where it was malformed nothing more is said. */
static void
turn(void)
{
	(void)caller_hear(heard);
}

static void
come(void)
{
	caller_come(AUTH_FRAMEMAX);
	asked = answered = 0;
	turn();
}

static void
set_up(void)
{
	int fd = caller_listen("auth");

	keyhash_start();
	check_start(caller.loop, NULL);
	count_start(caller.loop);
	client_start(caller.loop, fd);
}

static void
question(const uint8_t *s, size_t n)
{
	const uint8_t *end = n ? memchr(s + 1, 0, n - 1) : NULL;
	size_t user = end ? (size_t)(end - s) - 1 : 0;

	if (caller.f.fd == -1 || !end)
		return;
	frame_begin(&caller.f, 'C');
	field_putu32(&caller.f.out, asked++);
	field_putu8(&caller.f.out, s[0] & 1 ? 4 : 6);
	field_putu64(&caller.f.out, s[0]);
	field_putu64(&caller.f.out, 0);
	field_putstr(&caller.f.out, s + 1, user);
	field_putstr(&caller.f.out, end + 1, n - user - 2);
	caller_say();
}

static void
message(char type, const uint8_t *s, size_t n)
{
	if (caller.f.fd == -1)
		return;
	asked += type == 'T';
	frame_begin(&caller.f, type);
	field_putu32(&caller.f.out, (uint32_t)(ev_now(caller.loop) / 86400));
	field_putstr(&caller.f.out, s, n);
	caller_say();
}

static void
record(uint8_t what, const uint8_t *s, size_t n)
{
	if (what == 'R') {
		caller_octets(s, n);
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
	if (!caller.loop)
		set_up();
	come();
	fuzz_records(record, data, n);
	while (!TAILQ_EMPTY(&jobs))
		finish(0);
	turn();
	turn();
	must(caller.f.fd == -1 || caller.raw || asked == answered);
	return 0;
}
