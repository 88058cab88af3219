/*
 * A message for what comes back, as dray-bounce reads it from its socket: frames
 * of a type, two octets length and content, in the order that conn.c sees to.
 * Whatever they say, what is kept has as many lines in its head as recipients,
 * and none of what a client wrote makes one more.
 */
#include <string.h>

#include "cmd/dray-bounce/returns.h"
#include "t/fuzz/fuzz.h"

static struct returns r;
static struct conn c;

unsigned int
policy_return(const struct policy *p, const char *local, size_t len,
    const char *domain, size_t n)
{
	(void)p;
	(void)domain;
	(void)n;
	return len ? (unsigned char)local[0] % 4 : 0;
}

int
policy_renew(struct policy *p)
{
	(void)p;
	return 0;
}

void
conn_verdicts(struct conn *conn)
{
	(void)conn;
}

static void
look(const struct mail *g)
{
	size_t lines = 0, i;

	for (i = 0; i < g->head.len; i++)
		lines += g->head.s[i] == '\n';
	must(g->state == REFUSED || lines == 3 + g->nrcpt);
	must(g->held.len <= g->taken);
	must(g->fd == -1);
}

/* One frame; -1: it would end the connection. */
static int
frame(struct mail **g, char type, const char *s, size_t n)
{
	if (type == 'M' && !*g) {
		*g = mail_new(&c, s, n);
		return *g ? 0 : -1;
	}
	if (!*g)
		return -1;
	if (type == 'R' && !(*g)->taken)
		return mail_rcpts(*g, s, n);
	if (type == 'D')
		mail_data(*g, s, n);
	else if (type == 'E')
		return mail_end(*g, s, n) == 0 ? 1 : -1;
	else
		return -1;
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data, *end = s + size;
	struct mail *g = NULL;
	int bad = 0;
	size_t n;

	TAILQ_INIT(&r.ended);
	r.limit.max_message = 20000;
	c.r = &r;
	while (!bad && end - s >= 3) {
		n = ((size_t)(unsigned char)s[1] << 8) | (unsigned char)s[2];
		if (n > (size_t)(end - s) - 3)
			n = (size_t)(end - s) - 3;
		bad = frame(&g, *s, s + 3, n);
		s += 3 + n;
		if (g)
			look(g);
	}
	if (g && g->inbatch)
		TAILQ_REMOVE(&r.ended, g, in_batch);
	if (g)
		mail_free(g);
	return 0;
}
