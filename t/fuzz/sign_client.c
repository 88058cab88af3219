/*
 * sign_client - what clients say to dray-sign.  A row of records, each one octet
 * what it is, one octet length, content:
 *
 *   R     octets, as they are
 *   S     a question, well framed: algorithm, which key, and the rest is the
 *         digest
 *   W     so many signatures are made as the first octet says
 *   C     the client goes, and another one comes
 *
 * Each well-framed question has one answer, which verifies or is empty, and what
 * is made for a client that has gone goes nowhere.
 */
#include <string.h>

#include <openssl/evp.h>

#include "cmd/dray-sign/client.h"
#include "cmd/dray-sign/keys.h"
#include "cmd/dray-sign/sign.h"
#include "cmd/dray-sign/worker.h"
#include "common/field.h"
#include "common/mem.h"
#include "t/fuzz/caller.h"

#define ASKED 1024

static EVP_PKEY *key;
static unsigned int asked, answered;
static unsigned char digests[ASKED][SIGN_DIGESTMAX];
static STAILQ_HEAD(, worker_job) jobs = STAILQ_HEAD_INITIALIZER(jobs);
static void (*job_done)(struct worker_job *j);

/* Complaints can be caused at will here. */
FUZZ_QUIET(strerr_warnv)

/* In the place of the files. */
EVP_PKEY *
keys_find(const char *domain, size_t dlen, const char *selector, size_t slen)
{
	(void)domain;
	must(dlen <= SIGN_DOMAINMAX && slen <= SIGN_SELECTORMAX);
	if (slen != 1 || selector[0] != 'k')
		return NULL;
	must(EVP_PKEY_up_ref(key) == 1);
	return key;
}

/* And in that of the threads. */
unsigned int
worker_start(
    struct ev_loop *l, const struct drop *d, void (*done)(struct worker_job *j))
{
	(void)l;
	(void)d;
	job_done = done;
	return 1;
}

void
worker_give(struct worker_job *j)
{
	STAILQ_INSERT_TAIL(&jobs, j, link);
}

static void
work(unsigned int n)
{
	struct worker_job *j;

	while (n-- && (j = STAILQ_FIRST(&jobs))) {
		STAILQ_REMOVE_HEAD(&jobs, link);
		j->len = sign(j->key, j->alg, j->digest, j->sig);
		job_done(j);
	}
}

static void
verify(uint32_t number, const char *sig, size_t n)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();

	must(number >= 1 && number <= asked);
	must(EVP_DigestVerifyInit(c, NULL, NULL, NULL, key) == 1);
	must(EVP_DigestVerify(c, (const unsigned char *)sig, n,
		 digests[number % ASKED], SIGN_DIGESTMAX) == 1);
	EVP_MD_CTX_free(c);
}

static int
heard(void *ctx, char type, const char *data, size_t len, int fd)
{
	struct field r;
	const char *sig;
	uint32_t number;
	size_t n;

	(void)ctx;
	must(fd == -1 && type == 'S');
	field_start(&r, data, len);
	number = field_getu32(&r);
	sig = field_getstr(&r, SIGN_SIGMAX, &n);
	must(field_end(&r));
	if (n && !caller.raw)
		verify(number, sig, n);
	answered++;
	return 0;
}

static void
turn(void)
{
	if (caller_hear(heard) == -1)
		must(caller.raw);
}

static void
come(void)
{
	caller_come(FRAME_MAX);
	asked = answered = 0;
	turn();
}

static void
set_up(void)
{
	static const struct drop none;
	int fd = caller_listen("sign");

	key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	must(key != NULL);
	client_start(caller.loop, fd, &none);
}

static void
ask(const uint8_t *s, size_t n)
{
	if (caller.f.fd == -1 || n < 2 || asked == ASKED - 1)
		return;
	asked++;
	memset(digests[asked], 0, SIGN_DIGESTMAX);
	memcpy(digests[asked], s + 2,
	    n - 2 < SIGN_DIGESTMAX ? n - 2 : SIGN_DIGESTMAX);
	frame_begin(&caller.f, 'S');
	field_putu32(&caller.f.out, asked);
	field_putu8(&caller.f.out, 1 + s[0] % 3);
	field_putstr(&caller.f.out, "a.example", 9);
	field_putstr(&caller.f.out, s[1] & 1 ? "k" : "none", s[1] & 1 ? 1 : 4);
	field_putstr(&caller.f.out, digests[asked], sign_digest(1 + s[0] % 3));
	caller_say();
}

static void
record(uint8_t what, const uint8_t *s, size_t n)
{
	if (what == 'R') {
		caller_octets(s, n);
	} else if (what == 'S') {
		ask(s, n);
	} else if (what == 'W' && n) {
		work(s[0]);
	} else if (what == 'C') {
		come();
	}
	turn();
	must(caller.f.fd == -1 || caller.raw || answered <= asked);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (!caller.loop)
		set_up();
	come();
	fuzz_records(record, data, n);
	work(-1u);
	turn();
	must(caller.f.fd == -1 || caller.raw || answered == asked);
	caller_leave();
	turn();
	return 0;
}
