/*
 * dns_client - what clients say to dray-dns, with a resolver that answers what
 * the input says, when it says so.  A row of records, each one octet what it
 * is, one octet length, content:
 *
 *   R     octets, as they are
 *   Q     a question for that name, well framed
 *   T     the same for its TXT records
 *   D     and for its A records
 *   A     the resolver answers the oldest question: the first octet is what
 *         validation said, the rest the message
 *   S     the same for the newest question
 *   N     the resolver answers the next question at once, with that message
 *   C     the client goes, and another one comes
 *
 * Each well-framed question is answered, once; at the end nothing is left over.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/dray-dns/client.h"
#include "cmd/dray-dns/question.h"
#include "cmd/dray-dns/resolver.h"
#include "common/dnsproto.h"
#include "common/field.h"
#include "common/keyhash.h"
#include "common/mem.h"
#include "t/fuzz/caller.h"

#define PENDING 4096

struct pending {
	resolver_fn *fn;
	void *ctx;
};

static struct pending pending[PENDING];
static unsigned int npending;
static const uint8_t *now; /* for the next question */
static size_t nnow;
static unsigned int asked, answered;

/* Complaints can be caused at will here. */
FUZZ_QUIET(strerr_warnv)

static void
give(struct pending p, const uint8_t *s, size_t n)
{
	if (n < 2)
		p.fn(p.ctx, "SERVFAIL", 0, MX_INSECURE);
	else
		p.fn(p.ctx, s + 1, n - 1, s[0] % 3);
}

/* In the place of the real one. */
void
resolver_ask(const char *name, int type, resolver_fn *fn, void *ctx)
{
	struct pending p = { fn, ctx };
	size_t n = nnow;

	must(dnsmsg_isname(name, strlen(name)) && type > 0);
	nnow = 0;
	if (n || npending == PENDING)
		give(p, now, n);
	else
		pending[npending++] = p;
}

static void
answer(unsigned int i, const uint8_t *s, size_t n)
{
	struct pending p;

	if (i >= npending)
		return;
	p = pending[i];
	npending--;
	memmove(&pending[i], &pending[i + 1], (npending - i) * sizeof p);
	give(p, s, n);
}

static int
heard(void *ctx, char type, const char *data, size_t len, int fd)
{
	struct field r;
	size_t n;

	(void)ctx;
	must((type == 'M' || type == 'T' || type == 'A') && fd == -1);
	field_start(&r, data, len);
	field_getu32(&r);
	must(field_getu8(&r) <= DNS_TEMP);
	n = field_getu32(&r);
	must(n >= 1 && n <= DNS_TTLMAX);
	answered++;
	return 0;
}

/* Where it was malformed nothing more is said. */
static void
turn(void)
{
	ev_run(caller.loop, EVRUN_NOWAIT);
	question_run();
	(void)caller_hear(heard);
}

static void
come(void)
{
	caller_come(DNS_FRAME_MAX);
	asked = answered = 0;
	turn();
}

static void
set_up(void)
{
	static struct policy_dns p = {
		.lookups = 4, .answers = 3, .timeout = 300
	};
	int fd = caller_listen("dns");

	keyhash_start();
	question_start(caller.loop, &p);
	client_start(caller.loop, fd);
}

static void
ask(char type, const uint8_t *name, size_t n)
{
	if (caller.f.fd == -1)
		return;
	frame_begin(&caller.f, type);
	field_putu32(&caller.f.out, asked++);
	field_putstr(&caller.f.out, name, n);
	caller_say();
}

static void
record(uint8_t what, const uint8_t *s, size_t n)
{
	if (what == 'R') {
		caller_octets(s, n);
	} else if (what == 'Q') {
		ask('M', s, n);
	} else if (what == 'T') {
		ask('T', s, n);
	} else if (what == 'D') {
		ask('A', s, n);
	} else if (what == 'A') {
		answer(0, s, n);
	} else if (what == 'S') {
		answer(npending - 1, s, n);
	} else if (what == 'N') {
		now = s;
		nnow = n;
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
	nnow = 0;
	while (npending) {
		answer(0, NULL, 0);
		turn();
	}
	turn();
	must(caller.f.fd == -1 || caller.raw || asked == answered);
	return 0;
}
