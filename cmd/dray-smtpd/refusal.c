#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/dray-smtpd/auth.h"
#include "cmd/dray-smtpd/journal.h"
#include "cmd/dray-smtpd/refusal.h"
#include "cmd/dray-smtpd/talk.h"
#include "common/json.h"
#include "common/loghead.h"

#define ARGMAX 256 /* octets of what was no address */

static stralloc line;

static void
start(const struct smtpd *sm, const char *type)
{
	loghead(&line, type, loghead_now(), sm->node.hostname,
	    sm->policy->generation);
}

static void
end(void)
{
	json_line(&line);
	journal_put(line.s, line.len);
}

static void
put_listener(const struct policy_listener *l)
{
	static const char *const roles[] = { "submission", "relay", "returns" };

	json_text(&line, "listener", l->name);
	json_text(&line, "role", roles[l->role]);
}

static void
put_peer(const struct net_addr *a, const char *helo)
{
	char text[INET6_ADDRSTRLEN] = "";

	(void)inet_ntop(
	    a->family == 6 ? AF_INET6 : AF_INET, a->ip, text, sizeof text);
	json_obj(&line, "peer_address");
	if (helo[0])
		json_text(&line, "name", helo);
	json_text(&line, "addr", text);
	if (a->port)
		json_u64(&line, "port", a->port);
	json_end(&line);
}

/* "550 5.7.1 text"; a reply of ours has an enhanced code, but for few. */
static void
put_reply(const char *reply, const char *command)
{
	unsigned int a, b, c;

	json_obj(&line, "response");
	json_u64(&line, "code", strtoul(reply, NULL, 10));
	if (sscanf(reply, "%*3u %1u.%3u.%3u ", &a, &b, &c) == 3) {
		json_obj(&line, "enhanced_code");
		json_u64(&line, "class", a);
		json_u64(&line, "subject", b);
		json_u64(&line, "detail", c);
		json_end(&line);
	}
	json_text(&line, "content", strlen(reply) > 4 ? reply + 4 : "");
	json_text(&line, "command", command);
	json_end(&line);
}

/* The words of RFC 3848, and of RFC 6531 4.3. */
static void
put_session(const struct talk *t)
{
	char id[64], how[16];
	const char *name;
	size_t n;

	snprintf(id, sizeof id, "%llx-%x-%x", (unsigned long long)t->began,
	    (unsigned int)getpid(), t->serial);
	json_text(&line, "session_id", id);
	snprintf(how, sizeof how, "%s%s%s", t->esmtp ? "ESMTP" : "SMTP",
	    t->esmtp && t->tls_version ? "S" : "",
	    t->esmtp && t->user ? "A" : "");
	json_text(&line, "reception_protocol", how);
	if (t->tls_version) {
		json_text(&line, "tls_protocol_version", t->tls_version);
		json_text(&line, "tls_cipher", t->tls_cipher);
	}
	if (t->user)
		json_text(&line, "user", t->user->name);
	else if ((name = auth_name(t, &n)))
		json_str(&line, "login", name, n);
}

/* Of a message that has several, their number. */
static void
put_rcpts(const struct message *m)
{
	if (m->nrcpt == 1)
		json_str(&line, "recipient", m->first.s, m->first.len);
	json_u64(&line, "recipients", m->nrcpt);
	if (m->size)
		json_u64(&line, "size", m->size);
}

static void
put_envelope(const struct talk *t)
{
	const char *arg = t->said ? t->said : "";
	size_t n = t->nsaid < ARGMAX ? t->nsaid : ARGMAX;

	if (t->m)
		json_str(&line, "sender",
		    t->m->sender.len ? t->m->sender.s : "", t->m->sender.len);
	if (t->path)
		json_str(&line, t->m ? "recipient" : "sender", t->path->addr,
		    t->path->len);
	else if (n)
		json_str(&line, "argument", arg, n);
	else if (t->m && t->m->nrcpt)
		put_rcpts(t->m);
}

void
refusal_reply(const struct talk *t, const char *reply)
{
	int known = t->user ||
	    (t->l->role != POLICY_ROLE_RETURNS && net_trusted(t->l, &t->addr));

	if (!journal_may(t->crowd, &t->addr, known))
		return;
	start(t->sm, "Rejection");
	put_listener(t->l);
	put_peer(&t->addr, t->helo);
	put_session(t);
	put_envelope(t);
	put_reply(reply, t->command ? t->command : "connect");
	end();
}

void
refusal_connection(const struct smtpd *sm, const struct policy_listener *l,
    const struct net_addr *a, struct crowd *c, const char *reply)
{
	if (!journal_may(c, a, 0))
		return;
	start(sm, "Rejection");
	put_listener(l);
	put_peer(a, "");
	put_reply(reply, "connect");
	end();
}

static void
put_network(const struct net_addr *a)
{
	char text[INET6_ADDRSTRLEN + 4] = "";

	(void)inet_ntop(
	    a->family == 6 ? AF_INET6 : AF_INET, a->ip, text, INET6_ADDRSTRLEN);
	if (a->family == 6)
		memcpy(text + strlen(text), "/64", 4);
	json_text(&line, "network", text);
}

void
refusal_summary(const struct smtpd *sm, const struct tally_row *row)
{
	start(sm, "RejectionSummary");
	json_text(&line, "reason", row->dropped ? "log" : "rate");
	if (row->net.family)
		put_network(&row->net);
	json_time(&line, "since", row->since);
	json_u64(&line, "rejections", row->n);
	end();
}
