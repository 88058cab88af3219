#include <sodium.h>
#include <string.h>

#include "campaign.h"
#include "common/field.h"
#include "common/mem.h"

struct cutting {
	struct chunks *k;
	crypto_generichash_state own, all;
	uint64_t octets; /* of this one */
	uint64_t most_octets;
	uint32_t most;
};

static void
start(struct cutting *u)
{
	struct chunks *k = u->k;

	if (k->n == k->room) {
		k->room = k->room ? k->room * 2 : 64;
		k->rcpts = mem_grow(k->rcpts, k->room, sizeof *k->rcpts);
		k->digest = mem_grow(k->digest, k->room, sizeof *k->digest);
	}
	k->rcpts[k->n++] = 0;
	u->octets = 0;
	crypto_generichash_init(&u->own, NULL, 0, LEDGER_DIGEST);
}

static void
finish(struct cutting *u)
{
	struct chunks *k = u->k;

	if (!k->n)
		return;
	crypto_generichash_final(&u->own, k->digest[k->n - 1], LEDGER_DIGEST);
	crypto_generichash_update(&u->all, k->digest[k->n - 1], LEDGER_DIGEST);
}

static void
add(crypto_generichash_state *h, const void *s, size_t n)
{
	unsigned char len[8];

	field_pack64(len, n);
	crypto_generichash_update(h, len, sizeof len);
	crypto_generichash_update(h, s, n);
}

static int
cut(void *arg, const struct record *r)
{
	struct cutting *u = arg;
	struct chunks *k = u->k;
	uint64_t octets = r->address_len + r->row_len + 20;

	if (!k->n || k->rcpts[k->n - 1] == u->most ||
	    u->octets + octets > u->most_octets) {
		finish(u);
		start(u);
	}
	k->rcpts[k->n - 1]++;
	k->recipients++;
	u->octets += octets;
	add(&u->own, r->address, r->address_len);
	add(&u->own, r->row, r->row_len);
	return 0;
}

static void
add_text(crypto_generichash_state *h, const char *s)
{
	add(h, s ? s : "", s ? strlen(s) : 0);
}

/* What goes into which chunk, and digests of it: of each, and of all that makes
 * the campaign what it is. */
void
chunks_cut(struct chunks *k, struct campaign *c, uint32_t most, uint64_t octets)
{
	struct cutting u = { .k = k, .most = most, .most_octets = octets };

	memset(k, 0, sizeof *k);
	crypto_generichash_init(&u.all, NULL, 0, LEDGER_DIGEST);
	add(&u.all, c->t.program.s, c->t.program.len);
	add_text(&u.all, c->t.sender);
	add_text(&u.all, c->o.stream);
	add_text(&u.all, c->o.tenant);
	add_text(&u.all, c->o.route);
	add_text(&u.all, c->o.at);
	add_text(&u.all, c->o.over);
	add_text(&u.all, c->o.window);
	add_text(&u.all, c->o.zone);
	add(&u.all, &c->o.lifetime, sizeof c->o.lifetime);
	(void)parts_walk(c->parts, cut, &u);
	finish(&u);
	crypto_generichash_final(&u.all, k->all, LEDGER_DIGEST);
}
