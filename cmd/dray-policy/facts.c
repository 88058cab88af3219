#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include <skalibs/strerr.h>

#include "cmd/dray-policy/dns.h"
#include "cmd/dray-policy/facts.h"
#include "cmd/dray-policy/stream.h"
#include "cmd/dray-policy/value.h"

static FILE *
text_open(char **text_r, size_t *n_r)
{
	FILE *f = open_memstream(text_r, n_r);

	if (!f)
		strerr_diefusys(111, "allocate memory");
	return f;
}

static void
text_close(FILE *f)
{
	if (fclose(f) == EOF)
		strerr_diefusys(111, "allocate memory");
}

void
facts_where(FILE *f, const struct conf *c, const struct conf_where *w)
{
	if (w->line)
		fprintf(f, "\t%s:%u\n", c->file[w->file], w->line);
	else
		fputs("\tdefault\n", f);
}

static void
put_group(FILE *f, const struct conf *c, const struct policykey_group *g,
    const void *s, const struct conf_where *w)
{
	const char *name = g == &policykey_queue ? "queue"
	    : g == &policykey_limits		 ? "limits"
	    : g == &policykey_dns		 ? "dns"
						 : "notices";
	char v[VALUE_FMTMAX];
	int i;

	for (i = 0; i < g->n; i++) {
		fprintf(f, "%s/%s\t%s", name, g->key[i].name,
		    value_show(v, &g->key[i], policykey_get(&g->key[i], s)));
		facts_where(f, c, &w[i]);
	}
}

static void
put_node(FILE *f, const struct conf *c)
{
	fprintf(f, "node/hostname\t%s", c->node.hostname);
	facts_where(f, c, &c->node_where[0]);
	fprintf(f, "node/domain\t%s", c->node.domain);
	facts_where(f, c, &c->node_where[1]);
	fprintf(f, "node/postmaster\t%s", c->node.postmaster);
	facts_where(f, c, &c->node_where[2]);
}

void
facts_retry(FILE *f, const struct conf *c, const char *section,
    const struct policy_retry *r, const struct conf_where w[2])
{
	char v[VALUE_FMTMAX];
	unsigned int i;

	fprintf(f, "%s/schedule\t", section);
	for (i = 0; i < r->n; i++)
		fprintf(f, "%s%s", i ? " " : "",
		    value_fmt(v, POLICYKEY_DURATION, r->after[i]));
	facts_where(f, c, &w[0]);
	fprintf(f, "%s/then\t%s", section,
	    value_fmt(v, POLICYKEY_DURATION, r->then));
	facts_where(f, c, &w[1]);
}

static void
put_notices(FILE *f, const struct conf *c)
{
	const struct policy_notices *n = &c->notices;

	fprintf(f,
	    *n->from_name ? "notices/from\t%s <%s>" : "notices/from\t%s%s",
	    n->from_name, n->from);
	facts_where(f, c, &c->from_where);
	put_group(f, c, &policykey_notices, n, c->notices_where);
}

static void
put_dns(FILE *f, const struct conf *c)
{
	unsigned int i;

	put_group(f, c, &policykey_dns, &c->dns, c->dns_where);
	for (i = 0; i < DNS_LISTS; i++) {
		fprintf(
		    f, "dns/%s\t%s", dns_lists[i].key, dns_list(&c->dns, i));
		facts_where(f, c, &c->list_where[i]);
	}
}

void
facts_common(const struct conf *c, char **text_r, size_t *n_r)
{
	FILE *f = text_open(text_r, n_r);

	put_node(f, c);
	put_group(f, c, &policykey_queue, &c->queue, c->queue_where);
	facts_retry(f, c, "retry", &c->retry, c->retry_where);
	put_group(f, c, &policykey_limits, &c->limits, c->limits_where);
	put_notices(f, c);
	put_dns(f, c);
	stream_facts(f, c);
	text_close(f);
}

static void
put_hosts(FILE *f, const struct conf *c, const struct conf_static *st)
{
	const struct policy_addr *a;

	fprintf(f, "static/%s/hosts\t%s", st->pattern, st->n ? "" : "mx");
	for (a = st->addr; a < st->addr + st->n; a++)
		fprintf(f, a->family == 6 ? "%s[%s]:%u" : "%s%s:%u",
		    a > st->addr ? " " : "", a->host, a->port);
	facts_where(f, c, &st->hosts_where);
}

static void
put_static_limits(FILE *f, const struct conf *c, const struct conf_static *st)
{
	const struct policykey *k;
	char v[VALUE_FMTMAX];
	int i;

	for (i = 0; i < POLICYKEY_LIMITS_N; i++) {
		/* What is inherited keeps its place in dray.conf. */
		if (!st->limits_where[i].line ||
		    !memcmp(&st->limits_where[i], &c->limits_where[i],
			sizeof st->limits_where[i]))
			continue;
		k = &policykey_limits.key[i];
		fprintf(f, "static/%s/%s\t%s", st->pattern, k->name,
		    value_show(v, k, policykey_get(k, &st->limits)));
		facts_where(f, c, &st->limits_where[i]);
	}
}

void
facts_static(const struct conf *c, const struct conf_static *st, char **text_r,
    size_t *n_r)
{
	FILE *f = text_open(text_r, n_r);
	char source[INET6_ADDRSTRLEN] = "";

	fprintf(f, "static/%s/route\t%s", st->pattern, st->pattern);
	facts_where(f, c, &st->where);
	put_hosts(f, c, st);
	if (st->helo_where.line) {
		fprintf(f, "static/%s/helo\t%s", st->pattern, st->helo);
		facts_where(f, c, &st->helo_where);
	}
	if (st->source_family) {
		inet_ntop(st->source_family == 6 ? AF_INET6 : AF_INET,
		    st->source, source, sizeof source);
		fprintf(f, "static/%s/source\t%s", st->pattern, source);
		facts_where(f, c, &st->source_where);
	}
	put_static_limits(f, c, st);
	text_close(f);
}

/* The line of text that begins with prefix, key and a tab, or NULL; the
 * result points behind the prefix. */
static const char *
find_line(const char *text, const char *prefix, const char *key)
{
	size_t n = strlen(prefix), keylen = strlen(key);

	while (text && *text) {
		if (!strncmp(text, prefix, n) &&
		    !strncmp(text + n, key, keylen) && text[n + keylen] == '\t')
			return text + n;
		text = strchr(text, '\n');
		text += text != NULL;
	}
	return NULL;
}

static void
put_line(FILE *out, const char *s)
{
	fprintf(out, "%.*s\n", (int)strcspn(s, "\n"), s);
}

static void
explain_route(FILE *out, const char *own, const char *pattern)
{
	static const char *const keys[] = { "route", "hosts", "helo",
		"source" };
	char prefix[sizeof "static//" + POLICY_NAMEMAX];
	const char *line;
	size_t i;

	snprintf(prefix, sizeof prefix, "static/%s/", pattern);
	for (i = 0; i < sizeof keys / sizeof *keys; i++) {
		line = find_line(own, prefix, keys[i]);
		if (line)
			put_line(out, line);
	}
}

void
facts_explain(
    FILE *out, const char *common, const char *own, const char *pattern)
{
	char prefix[sizeof "static//" + POLICY_NAMEMAX];
	const char *line, *name;
	int i;

	if (pattern)
		explain_route(out, own, pattern);
	else
		fputs("route\tnone\tdefault\n", out);
	snprintf(prefix, sizeof prefix, "static/%s/", pattern ? pattern : "");
	for (i = 0; i < POLICYKEY_LIMITS_N; i++) {
		name = policykey_limits.key[i].name;
		line = find_line(own, prefix, name);
		if (!line)
			line = find_line(common, "limits/", name);
		if (line)
			put_line(out, line);
	}
}
