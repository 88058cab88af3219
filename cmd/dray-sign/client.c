#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "cmd/dray-sign/client.h"
#include "cmd/dray-sign/keys.h"
#include "cmd/dray-sign/sign.h"
#include "cmd/dray-sign/worker.h"
#include "common/mem.h"
#include "common/peers.h"

#define FRAME_IN (SIGN_DOMAINMAX + SIGN_SELECTORMAX + SIGN_DIGESTMAX + 64)
#define HIGH 262144 /* octets of answers */

static void
answer(struct peer *p, uint32_t number, const void *sig, size_t n)
{
	frame_begin(&p->frame, 'S');
	field_putu32(&p->frame.out, number);
	field_putstr(&p->frame.out, sig, n);
	peers_send(p);
}

static void
on_signed(struct worker_job *j)
{
	struct peer *p = j->client;

	if (!p->dead)
		answer(p, j->number, j->sig, j->len);
	peers_answered(p);
	EVP_PKEY_free(j->key);
	free(j);
}

static int
take(struct peer *p, char type, struct field *r)
{
	uint32_t number = field_getu32(r);
	uint8_t alg = field_getu8(r);
	const char *domain, *selector, *digest;
	size_t dlen, slen, n;
	struct worker_job *j;
	EVP_PKEY *key;

	domain = field_getstr(r, SIGN_DOMAINMAX, &dlen);
	selector = field_getstr(r, SIGN_SELECTORMAX, &slen);
	digest = field_getstr(r, SIGN_DIGESTMAX, &n);
	if (type != 'S' || !field_end(r) || !n || n != sign_digest(alg))
		return -1;
	key = keys_find(domain, dlen, selector, slen);
	if (!key) {
		answer(p, number, "", 0);
		return 0;
	}
	j = mem_alloc(sizeof *j);
	j->client = p;
	j->number = number;
	j->alg = alg;
	j->key = key;
	memcpy(j->digest, digest, n);
	p->open++;
	worker_give(j);
	return 0;
}

void
client_start(struct ev_loop *loop, int fd, const struct drop *d)
{
	static struct peers peers = {
		.size = sizeof(struct peer),
		.max = CLIENTS_MAX,
		.framemax = FRAME_IN,
		.ahead = SIGN_AHEAD,
		.high = HIGH,
		.ours = 1,
		.take = take,
	};

	worker_start(loop, d, on_signed);
	peers_start(&peers, loop, fd);
}
