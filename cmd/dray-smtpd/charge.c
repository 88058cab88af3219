#include <stdlib.h>
#include <string.h>

#include "cmd/dray-smtpd/authclient.h"
#include "cmd/dray-smtpd/charge.h"
#include "common/authproto.h"
#include "common/mem.h"

static void
welcome(struct talk *t)
{
	t->denied = 0;
	talk_reply(t, "250 2.1.0 sender accepted");
}

static void
refuse(struct talk *t, const struct auth_answer *a)
{
	unsigned long long n = a->number;

	if (a->verdict == AUTH_QUOTA)
		talk_reply(
		    t, "452 4.7.1 the %llu messages of today are used up", n);
	else if (a->verdict == AUTH_RATE)
		talk_reply(t,
		    "451 4.7.1 too many messages, the next in %llu seconds", n);
	else if (a->verdict == AUTH_WRONG)
		talk_reply(t, "550 5.7.1 you are no user any more");
	else
		talk_reply(t, "451 4.3.0 messages cannot be counted now");
	talk_reset(t);
}

static void
on_answer(void *owner, const struct auth_answer *a)
{
	struct talk *t = owner;

	t->ask = NULL;
	t->state = TALK_COMMAND;
	if (a->verdict == AUTH_GOOD) {
		t->m->payer = mem_dup(t->user->name, strlen(t->user->name));
		t->m->payday = a->day;
		welcome(t);
	} else {
		refuse(t, a);
	}
	if (t->ending)
		talk_last(t);
	t->kick(t->arg);
}

void
charge_start(struct talk *t)
{
	const struct auth_answer none = { .verdict = 0 };

	if (!user_counted(t->user)) {
		welcome(t);
		return;
	}
	t->ask = authclient_take(t->sm->auth, t->user->name, on_answer, t);
	if (t->ask)
		t->state = TALK_ASK;
	else
		refuse(t, &none);
}

void
charge_back(struct message *m)
{
	if (m->payer)
		authclient_give(m->sm->auth, m->payer, m->payday);
	free(m->payer);
	m->payer = NULL;
}
