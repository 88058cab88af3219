#include "cmd/dray-smtpd/starttls.h"
#include "cmd/dray-smtpd/auth.h"
#include "cmd/dray-smtpd/keys.h"
#include "cmd/dray-smtpd/talk.h"

int
starttls_offered(const struct talk *t)
{
	return t->l->tls != POLICY_LISTEN_CLEAR && !t->tls_version &&
	    keys_wanted();
}

int
starttls_missing(const struct talk *t)
{
	return t->l->tls >= POLICY_LISTEN_REQUIRED && !t->tls_version;
}

void
talk_cmd_starttls(struct talk *t, const char *arg, size_t n)
{
	(void)arg;
	if (t->tls_version)
		talk_reply(t, "503 5.5.1 there is TLS already");
	else if (!starttls_offered(t))
		talk_reply(t, "502 5.5.1 there is no TLS here");
	else if (n)
		talk_reply(t, "501 5.5.4 nothing is wanted behind it");
	else if (!keys_ready())
		talk_reply(t, "454 4.7.0 no TLS for the time being");
	else
		t->state = TALK_TLS;
}

void
starttls_go(struct talk *t, size_t left)
{
	if (!left) {
		talk_reply(t, "220 2.0.0 go ahead");
		return;
	}
	talk_reply(t, "554 5.5.1 commands came behind STARTTLS");
	t->state = TALK_END;
}

void
talk_secure(struct talk *t, const char *version, const char *cipher)
{
	t->tls_version = version;
	t->tls_cipher = cipher;
	talk_reset(t);
	auth_free(t);
	t->helo[0] = '\0';
	t->esmtp = 0;
	t->state = TALK_COMMAND;
	if (!t->greeted)
		talk_start(t);
}
