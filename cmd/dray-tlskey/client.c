#include <openssl/crypto.h>

#include "cmd/dray-tlskey/client.h"
#include "cmd/dray-tlskey/secret.h"
#include "cmd/dray-tlskey/sign.h"
#include "cmd/dray-tlskey/store.h"
#include "common/peers.h"
#include "common/tlskeyproto.h"

#define FRAME_IN (TLSKEY_TEXTMAX + 64)

static int take(struct peer *p, char type, struct field *r);
static void begin(struct peer *p);
static void gone(struct peer *p);

static struct peers peers = {
	.size = sizeof(struct peer),
	.max = CLIENTS_MAX,
	.framemax = FRAME_IN,
	.high = CLIENT_HIGH,
	.most = CLIENT_MAX,
	.ours = 1,
	.begin = begin,
	.take = take,
	.gone = gone,
};

/* Secrets may wait there. */
static void
gone(struct peer *p)
{
	if (p->frame.out.s)
		OPENSSL_cleanse(p->frame.out.s, p->frame.out.a);
}

static void
put_list(struct peer *p)
{
	unsigned int i, n = store_count();

	frame_begin(&p->frame, 'L');
	field_putu32(&p->frame.out, n);
	peers_send(p);
	for (i = 0; i < n; i++) {
		frame_begin(&p->frame, 'C');
		store_put(i, &p->frame.out);
		peers_send(p);
	}
}

static void
put_tickets(struct peer *p)
{
	frame_begin(&p->frame, 'T');
	secret_put(&p->frame.out);
	peers_send(p);
}

static void
begin(struct peer *p)
{
	put_tickets(p);
	put_list(p);
}

void
client_tell(void)
{
	peers_each(&peers, put_list);
}

void
client_tickets(void)
{
	peers_each(&peers, put_tickets);
}

static int
take(struct peer *p, char type, struct field *r)
{
	unsigned char sig[TLSKEY_SIGMAX];
	uint32_t number = field_getu32(r), id = field_getu32(r);
	uint8_t hash = field_getu8(r), padding = field_getu8(r);
	const char *text;
	EVP_PKEY *key;
	size_t n;

	text = field_getstr(r, TLSKEY_TEXTMAX, &n);
	if (type != 'S' || !field_end(r))
		return -1;
	key = store_key(id);
	n = key ? sign(key, hash, padding, text, n, sig) : 0;
	frame_begin(&p->frame, 'S');
	field_putu32(&p->frame.out, number);
	field_putstr(&p->frame.out, sig, n);
	peers_send(p);
	return 0;
}

void
client_start(struct ev_loop *loop, int fd)
{
	peers_start(&peers, loop, fd);
}
