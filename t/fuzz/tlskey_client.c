/*
 * tlskey_client - what a client says to dray-tlskey.  A row of records, each one
 * octet what it is, one octet length, content:
 *
 *   R     octets, as they are
 *   S     a question, well framed: hash, padding, whether there is such a key,
 *         and the rest is what is to be signed
 *   L     the certificates have changed
 *   T     the secrets for tickets have
 *   C     the client goes, and another one comes
 *
 * Each well-framed question has one answer, which verifies or is empty.
 */
#include <string.h>

#include <openssl/ec.h>
#include <openssl/evp.h>

#include "cmd/dray-tlskey/client.h"
#include "cmd/dray-tlskey/secret.h"
#include "cmd/dray-tlskey/store.h"
#include "common/field.h"
#include "common/mem.h"
#include "common/tlskeyproto.h"
#include "t/fuzz/caller.h"

#define ID 7

static EVP_PKEY *key;
static unsigned int asked, answered, lists, chains, tickets;
static const uint8_t *text; /* of the last question */
static size_t ntext;
static uint8_t hash;

/* Complaints can be caused at will here. */
FUZZ_QUIET(strerr_warnv)

/* In the place of the files. */
unsigned int
store_count(void)
{
	return 2;
}

void
store_put(unsigned int i, stralloc *out)
{
	field_putu32(out, ID + i);
	field_putu8(out, 1);
	field_putstr(out, "certificate", 11);
}

EVP_PKEY *
store_key(uint32_t id)
{
	return id == ID ? key : NULL;
}

static void
verify(const char *sig, size_t n)
{
	const EVP_MD *md = hash == TLSKEY_SHA256 ? EVP_sha256()
	    : hash == TLSKEY_SHA384		 ? EVP_sha384()
						 : EVP_sha512();
	EVP_MD_CTX *c = EVP_MD_CTX_new();

	must(EVP_DigestVerifyInit(c, NULL, md, NULL, key) == 1);
	must(EVP_DigestVerify(c, (const unsigned char *)sig, n, text, ntext) ==
	    1);
	EVP_MD_CTX_free(c);
}

static int
heard(void *ctx, char type, const char *data, size_t len, int fd)
{
	struct field r;
	const char *sig;
	uint8_t n;
	size_t k;

	(void)ctx;
	must(fd == -1);
	field_start(&r, data, len);
	if (type == 'S') {
		must(caller.raw || field_getu32(&r) == answered + 1);
		if (caller.raw)
			(void)field_getu32(&r);
		sig = field_getstr(&r, TLSKEY_SIGMAX, &k);
		if (k && !caller.raw)
			verify(sig, k);
		answered++;
	} else if (type == 'L') {
		must(field_getu32(&r) == 2);
		lists++;
	} else if (type == 'C') {
		must(field_getu32(&r) >= ID && field_getu8(&r) == 1);
		(void)field_getstr(&r, TLSKEY_DERMAX, &k);
		chains++;
	} else {
		must(type == 'T');
		n = field_getu8(&r);
		must(n >= 1 && n <= TLSKEY_TICKETS);
		must(field_getb(&r, n * (TLSKEY_NAME + 2 * TLSKEY_SECRET)) !=
		    NULL);
		tickets++;
	}
	must(field_end(&r));
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
	asked = answered = lists = chains = tickets = 0;
	turn();
	turn();
	must(lists == 1 && chains == 2 && tickets == 1);
}

static void
set_up(void)
{
	int fd = caller_listen("tlskey");

	key = EVP_EC_gen("P-256");
	must(key != NULL);
	secret_next();
	client_start(caller.loop, fd);
}

static void
ask(const uint8_t *s, size_t n)
{
	if (caller.f.fd == -1 || n < 3)
		return;
	hash = s[0] % 5;
	text = s + 3;
	ntext = n - 3;
	frame_begin(&caller.f, 'S');
	field_putu32(&caller.f.out, ++asked);
	field_putu32(&caller.f.out, s[2] & 1 ? ID : ID + 9);
	field_putu8(&caller.f.out, hash);
	field_putu8(&caller.f.out, s[1] % 3);
	field_putstr(&caller.f.out, text, ntext);
	caller_say();
}

static void
record(uint8_t what, const uint8_t *s, size_t n)
{
	if (what == 'R') {
		caller_octets(s, n);
	} else if (what == 'S') {
		ask(s, n);
	} else if (what == 'L') {
		client_tell();
	} else if (what == 'T') {
		secret_next();
		client_tickets();
	} else if (what == 'C') {
		come();
	}
	turn();
	must(caller.f.fd == -1 || caller.raw || asked == answered);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (!caller.loop)
		set_up();
	come();
	fuzz_records(record, data, n);
	caller_leave();
	turn();
	return 0;
}
