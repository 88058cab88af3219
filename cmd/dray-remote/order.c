#include <string.h>

#include "common/field.h"
#include "common/remoteproto.h"

#include "order.h"

static int
read_timeouts(struct order *o, struct field *r)
{
	uint32_t i, t;

	for (i = 0; i < ORDER_TIMEOUTS; i++) {
		t = field_getu32(r);
		if (t < 1)
			t = 1;
		o->timeout[i] = t < ORDER_TIMEMAX ? t : ORDER_TIMEMAX;
	}
	return r->bad ? -1 : 0;
}

/* Visible characters only: it becomes part of a command line. */
static int
read_helo(struct order *o, struct field *r)
{
	size_t i;

	o->helo = field_getstr(r, ORDER_HELOMAX, &o->helo_len);
	for (i = 0; i < o->helo_len; i++)
		if (o->helo[i] <= 32 || o->helo[i] >= 127)
			return -1;
	return o->helo_len && !r->bad ? 0 : -1;
}

static int
read_targets(struct order *o, struct field *r)
{
	struct target *t;
	size_t len;
	unsigned int i;

	o->n = field_getu8(r);
	for (i = 0; i < o->n; i++) {
		t = &o->target[i];
		if (ip_get(r, &t->ip) == -1 || !t->ip.family)
			return -1;
		t->port = field_getu16(r);
		t->host = field_getstr(r, ORDER_HOSTMAX, &len);
		if (r->bad || memchr(t->host, '\0', len))
			return -1;
		t->host_len = (uint8_t)len;
	}
	return o->n ? 0 : -1;
}

int
order_read(struct order *o, const char *data, size_t len)
{
	struct field r;

	memset(o, 0, sizeof *o);
	field_start(&r, data, len);
	o->lane = field_getu32(&r);
	o->flags = field_getu32(&r);
	o->tls = field_getu8(&r);
	o->depth = field_getu32(&r);
	o->messages = field_getu32(&r);
	if (read_timeouts(o, &r) == -1 || read_helo(o, &r) == -1 ||
	    ip_get(&r, &o->source) == -1 || read_targets(o, &r) == -1)
		return -1;
	return o->depth && o->tls <= REMOTE_TLS_VERIFY && field_end(&r) ? 0
									: -1;
}
