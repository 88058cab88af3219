#include <arpa/inet.h>
#include <string.h>

#include <sodium.h>

#include "cmd/dray-unsub/often.h"
#include "common/gate.h"

#define PLACES 8192

static struct gate gates[PLACES];
static unsigned char key[crypto_shorthash_KEYBYTES];

void
often_start(void)
{
	crypto_shorthash_keygen(key);
}

static struct gate *
place(const char *s)
{
	unsigned char ip[16] = { 0 }, h[crypto_shorthash_BYTES];
	size_t n = 4;
	uint32_t i;

	/* What is no address shares a place. */
	if (inet_pton(AF_INET, s, ip) != 1)
		n = inet_pton(AF_INET6, s, ip) == 1 ? 8 : 0;
	crypto_shorthash(h, ip, n, key);
	memcpy(&i, h, sizeof i);
	return &gates[i % PLACES];
}

int
often_ok(const char *s, uint64_t now)
{
	static const struct gate_limit l = { OFTEN_COUNT, OFTEN_SECONDS,
		OFTEN_BURST };
	struct gate *g = place(s);

	if (gate_when(g, &l, now, 0) > now)
		return 0;
	gate_pass(g, &l, now, 1);
	return 1;
}
