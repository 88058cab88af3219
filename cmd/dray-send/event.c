#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <skalibs/strerr.h>

#include "cmd/dray-send/judge.h"
#include "cmd/dray-send/path.h"
#include "cmd/dray-send/signer.h"
#include "cmd/dray-send/steer.h"
#include "cmd/dray-send/suppressed.h"
#include "common/json.h"
#include "common/loghead.h"
#include "common/mem.h"

/*
 * The event lines; dray-log(5) describes every field.  Each is sufficient by
 * itself.  A line is made in one buffer that is used again and again.
 */
static stralloc line;

static uint64_t
now_us(void)
{
	return (uint64_t)(ev_now(self.loop) * 1e6);
}

static void
put(const char *key, const struct bundle_str *s)
{
	if (s->len)
		json_str(&line, key, s->s, s->len);
}

static void
start(const char *type)
{
	loghead(
	    &line, type, now_us(), self.node.hostname, self.policy.generation);
}

/* Reception lines stand at the end of a queue of lines that is not yet
 * durable; the bundle is not removed before its last one is. */
static void
end(uint32_t slot)
{
	uint64_t n;

	json_line(&line);
	n = logclient_add(&self.log, line.s, line.len);
	if (n == 0)
		strerr_dief(101, "an event line is malformed");
	if (slot)
		store_logged(slot, n);
}

static void
put_msg(const struct open *o, const struct bundle_msg *m,
    const struct bundle_str *route)
{
	char id[SPOOL_MSGIDMAX + 1];
	int n = snprintf(id, sizeof id, "%s-%u", o->b.id, m->number);

	json_str(&line, "id", id, (size_t)n);
	json_str(&line, "sender", m->sender.s, m->sender.len);
	json_u64(&line, "size", m->plain);
	json_time(&line, "created_time", m->arrival);
	put("stream", &m->stream);
	put("egress_pool", route);
	put("tenant", &m->tenant);
	put("campaign", &m->campaign);
	put("envid", &m->envid);
}

static void
put_address(const char *key, const struct bundle_str *local,
    const struct bundle_str *domain)
{
	char b[BUNDLE_ADDRMAX + 8];
	size_t n = local->len + 1 + domain->len;

	if (n > sizeof b)
		return;
	memcpy(b, local->s, local->len);
	b[local->len] = '@';
	memcpy(b + local->len + 1, domain->s, domain->len);
	json_str(&line, key, b, n);
}

/* The recipient of a message that has only one: most do, and then the line
 * needs no other to be understood. */
static void
put_only_rcpt(const struct open *o, const struct bundle_msg *m)
{
	stralloc block = STRALLOC_ZERO;
	struct field runs = m->runs, f;
	struct bundle_run r;
	struct bundle_rcpt p;

	if (m->nrcpt == 1 && bundle_run(&o->b, &runs, &r) == 1 &&
	    bundle_block(&o->b, &r, &block) == 0) {
		field_start(&f, block.s, block.len);
		if (bundle_rcpt(&f, &p) == 1)
			put_address("recipient", &p.local, &r.domain);
	}
	stralloc_free(&block);
}

void
event_reception(const struct open *o, uint32_t msg)
{
	struct bundle_str route;
	struct bundle_msg m;

	if (bundle_msg(&o->b, msg, &m) == -1)
		return;
	self.count.received++;
	start("Reception");
	path_begin(&m);
	path_route(&route);
	put_msg(o, &m, &route);
	put_only_rcpt(o, &m);
	json_u64(&line, "recipients", m.nrcpt);
	end(o->slot);
}

/* Three digits, or nothing: "5.1.1" as KumoMTA's object. */
static void
put_status(const struct bundle_str *s)
{
	unsigned int a, b, c;
	char t[16];

	if (s->len == 0 || s->len >= sizeof t)
		return;
	memcpy(t, s->s, s->len);
	t[s->len] = '\0';
	if (sscanf(t, "%1u.%3u.%3u", &a, &b, &c) != 3)
		return;
	json_obj(&line, "enhanced_code");
	json_u64(&line, "class", a);
	json_u64(&line, "subject", b);
	json_u64(&line, "detail", c);
	json_end(&line);
}

static const char *
command(uint8_t phase)
{
	static const char letters[] = "cgetmrids q";
	static const char *names[] = { "connect", "banner", "EHLO", "STARTTLS",
		"MAIL", "RCPT", "DATA", ".", "RSET", "", "QUIT" };
	const char *p = phase ? strchr(letters, phase) : NULL;

	return p ? names[p - letters] : "";
}

static void
put_reply(const struct reply *r)
{
	json_obj(&line, "response");
	json_u64(&line, "code", r->code);
	put_status(&r->status);
	json_str(&line, "content", r->text.s, r->text.len);
	json_text(&line, "command", command(r->phase));
	json_end(&line);
}

/* What it means, and which rule says so. */
static void
put_verdict(const struct rules_verdict *v)
{
	json_text(&line, "class", ruleword_name(&ruleword_classes, v->class));
	json_text(&line, "blame", ruleword_name(&ruleword_blames, v->blame));
	json_text(&line, "rule", v->rule);
}

static void
put_entry(const struct suppress_entry *e)
{
	json_text(&line, "class", "suppressed");
	json_text(&line, "blame", "recipient");
	suppress_put(&line, e);
}

/* Who follows the log may give the recipient up for this list alone. */
static void
put_list(const struct attempt *a)
{
	const char *list = signer_list_id(a->open, a->m);

	if (*list)
		json_text(&line, "list", list);
}

static void
put_tls(const struct lane *l)
{
	if (l->tls.why[0])
		json_text(&line, "tls_failure", l->tls.why);
	if (!l->tls.version)
		return;
	json_text(&line, "tls_protocol_version",
	    l->tls.version == 0x13 ? "TLSv1.3" : "TLSv1.2");
	json_text(&line, "tls_cipher", l->tls.cipher);
	json_bool(
	    &line, "tls_verified", !!(l->tls.flags & REMOTE_TLS_VERIFIED));
	json_bool(&line, "tls_resumed", !!(l->tls.flags & REMOTE_TLS_RESUMED));
}

static void
put_peer(const struct lane *l)
{
	const struct policy_addr *p = &l->route->addr[l->address];
	char session[64], addr[INET6_ADDRSTRLEN] = "";
	int n;

	(void)inet_ntop(
	    p->family == 4 ? AF_INET : AF_INET6, p->ip, addr, sizeof addr);
	json_obj(&line, "peer_address");
	json_text(&line, "name", p->host);
	json_text(&line, "addr", addr);
	json_u64(&line, "port", p->port);
	json_end(&line);
	if (l->local[0])
		json_text(&line, "source_address", l->local);
	n = snprintf(session, sizeof session, "%x-%llx",
	    (unsigned int)self.started, (unsigned long long)l->session);
	json_str(&line, "session_id", session, (size_t)n);
	put_tls(l);
}

/* Where the time went.  "held" is what one of our limits or rules cost; the
 * rest of the wait is the queue's. */
static void
put_delays(const struct attempt *a)
{
	const struct lane *l = a->lane;
	uint64_t given = (uint64_t)(a->job->given * 1e6);
	uint64_t from = bundle_from(a->m);
	uint64_t waited = given > from ? given - from : 0;
	uint64_t held = a->job->held * UINT64_C(1000);

	json_obj(&line, "delay_ms");
	json_ms(&line, "queued", waited > held ? waited - held : 0);
	held_put(&line, a->job);
	if (a->index <= 1 && l) {
		json_ms(&line, "connect", l->connect_us);
		json_ms(&line, "hello", l->hello_us);
		if (l->tls.version)
			json_ms(&line, "tls", l->tls.us);
	}
	json_ms(&line, "first_reply", a->first_us);
	json_ms(&line, "data", a->data_us);
	json_ms(&line, "final_reply", a->final_us);
	json_end(&line);
}

/* That its route gives it. */
static void
put_source(uint16_t path)
{
	const char *from = path_at(path)->from;

	if (*from)
		json_text(&line, "egress_source", from);
}

/* Whose limits it has, and which way it goes. */
static void
put_way(const struct site *s)
{
	const char *provider = site_provider(s);
	uint16_t path = s->group ? s->group->path : 0;

	if (*path_at(path)->route)
		json_text(&line, "egress_pool", path_at(path)->route);
	put_source(path);
	if (*provider)
		json_text(&line, "provider", provider);
}

void
event_attempt(const char *type, const struct attempt *a)
{
	const char *pool = path_at(a->dest->path)->route;
	const struct bundle_str route = { pool, strlen(pool) };
	const char *provider = site_provider(a->dest->site);

	start(type);
	put_msg(a->open, a->m, &route);
	put_source(a->dest->path);
	put_address("recipient", &a->rcpt->local, a->domain);
	if (a->job && a->job->path)
		json_text(&line, "return_path", a->job->path);
	json_str(&line, "site", a->domain->s, a->domain->len);
	if (provider[0])
		json_text(&line, "provider", provider);
	put_reply(a->reply);
	if (a->verdict)
		put_verdict(a->verdict);
	if (a->entry)
		put_entry(a->entry);
	if (strcmp(type, "Bounce") == 0)
		put_list(a);
	if (a->lane)
		put_peer(a->lane);
	if (a->index) {
		json_u64(&line, "session_index", a->index);
		json_text(&line, "data_command",
		    a->how == 'B'	? "BDAT"
			: a->how == 'D' ? "DATA"
					: "");
	}
	if (a->job)
		put_delays(a);
	if (a->next)
		json_time(&line, "next_attempt", (uint64_t)a->next * 1000000);
	end(a->open->slot);
}

static const char *
reason_name(char reason)
{
	switch (reason) {
	case REMOTE_DOWN_CONNECT:
		return "connect";
	case REMOTE_DOWN_REPLY:
		return "reply";
	case REMOTE_DOWN_CLOSED:
		return "closed";
	case REMOTE_DOWN_TIMEOUT:
		return "timeout";
	case REMOTE_DOWN_PROTOCOL:
		return "protocol";
	case REMOTE_DOWN_QUIT:
		return "quit";
	case REMOTE_DOWN_IDLE:
		return "idle";
	default:
		return "unknown";
	}
}

void
event_lane(
    const struct lane *l, char reason, const struct reply *r, uint64_t octets)
{
	struct rules_verdict v;

	start("Session");
	json_text(&line, "site", l->site->name);
	put_way(l->site);
	put_peer(l);
	json_text(&line, "end", reason_name(reason));
	put_reply(r);
	if (r->code >= 400) {
		judge_reply(r, l, &v);
		put_verdict(&v);
	}
	json_u64(&line, "messages", l->done);
	json_u64(&line, "bytes", octets);
	json_ms(&line, "duration_ms",
	    (uint64_t)((ev_now(self.loop) - l->opened) * 1e6));
	end(0);
}

static void
put_sleep(
    const char *reason, uint64_t recipients, unsigned int fails, uint32_t until)
{
	json_text(&line, "reason", reason);
	json_u64(&line, "recipients", recipients);
	json_u64(&line, "failures", fails);
	json_time(&line, "next_attempt", (uint64_t)until * 1000000);
	end(0);
}

/* A destination that failed as a whole: one line, however many wait. */
void
event_sleep(const struct dest *d)
{
	start("Delayed");
	json_str(&line, "site", d->name, d->len);
	put_sleep(d->reason, d->nready, d->fails, d->until);
}

void
event_site_sleep(const struct site *s)
{
	uint64_t recipients = 0;
	const struct dest *d;

	TAILQ_FOREACH (d, &s->dests, link)
		recipients += d->nready;
	start("Delayed");
	json_text(&line, "site", s->name);
	put_sleep(s->reason, recipients, s->fails, s->until);
}

static uint32_t
count_done(const struct open *o, const struct bundle_msg *m)
{
	return m->nrcpt - open_undone(o, m->first, m->nrcpt);
}

/* Something was done by a process that has ended since: its last lines may be
 * missing from the log. */
void
event_recovered(const struct open *o)
{
	struct bundle_msg m;
	uint32_t i, done;

	for (i = 0; i < o->b.nmsg; i++) {
		if (bundle_msg(&o->b, i, &m) == -1)
			continue;
		done = count_done(o, &m);
		if (done == 0)
			continue;
		start("Recovered");
		put_msg(o, &m, &m.route);
		json_u64(&line, "recipients", m.nrcpt);
		json_u64(&line, "done", done);
		end(o->slot);
	}
}

void
event_bad(const char *name, const char *why)
{
	start("Damaged");
	json_text(&line, "bundle", name);
	json_text(&line, "reason", why);
	end(0);
}

/* A decision of an operator, or of dray on its behalf: what it is about. */
static void
put_scope(const struct scope *sc)
{
	int i;

	json_obj(&line, "scope");
	for (i = 0; i < SCOPE_KEYS; i++)
		if (scope_has(sc, i))
			json_str(
			    &line, scope_name(i), sc->value[i], sc->len[i]);
	json_end(&line);
}

static void
put_who(const char *reason, const char *author)
{
	if (*reason)
		json_text(&line, "reason", reason);
	if (*author)
		json_text(&line, "author", author);
}

void
event_override(const struct override *o, const char *state)
{
	start("Override");
	json_text(&line, "override", o->id);
	json_text(&line, "action", override_name(o->action));
	if (*o->value)
		json_text(&line, "value", o->value);
	json_text(&line, "state", state);
	put_scope(&o->scope);
	put_who(o->reason, o->author);
	if (*o->reply)
		json_text(&line, "reply", o->reply);
	if (o->expires)
		json_time(&line, "expires", o->expires * 1000000);
	end(0);
}

void
event_command(const struct event_command *c)
{
	start("Override");
	json_text(&line, "action", c->action);
	json_text(&line, "state", c->state);
	put_scope(c->scope);
	put_who(c->reason, c->author);
	json_u64(&line, "messages", c->messages);
	json_u64(&line, "recipients", c->recipients);
	json_u64(&line, "in_flight", c->in_flight);
	end(0);
}
