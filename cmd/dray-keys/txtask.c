#include <stdio.h>
#include <string.h>

#include "cmd/dray-keys/txtask.h"

static void
take(void *ctx, struct field *r, unsigned int verdict, const char *text)
{
	struct txtask *a = ctx;
	unsigned int n = field_getu8(r);
	size_t k;

	if (n > DNS_TEXTSMAX)
		r->bad = 1;
	if (verdict == DNS_TEMP)
		snprintf(a->why, sizeof a->why, "no answer from DNS: %s", text);
	for (; n && !r->bad; n--) {
		text = field_getstr(r, DNS_RECORDMAX, &k);
		memcpy(a->text[a->n], text, k);
		a->len[a->n++] = k;
	}
}

void
txtask(const char *name, struct txtask *a)
{
	char why[DNSASK_WHYMAX];

	a->n = 0;
	a->why[0] = '\0';
	if (dnsask("sock/dns", 'T', name, take, a, why) == -1)
		memcpy(a->why, why, sizeof why);
}
