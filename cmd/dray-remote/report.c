#include <string.h>

#include <skalibs/strerr.h>

#include "lane.h"
#include "report.h"
#include "worker.h"

static stralloc *
begin(struct worker *w, char type)
{
	frame_begin(&w->link, type);
	return &w->link.out;
}

static void
end(struct worker *w)
{
	/* All parts are bounded so that no frame can become too large. */
	if (frame_end(&w->link) == -1)
		strerr_dief(101, "a frame became too large");
}

static uint32_t
micros(ev_tstamp from, ev_tstamp to)
{
	double d = (to - from) * 1e6;

	if (!(from > 0) || !(to > from)) /* it has not begun, or not ended */
		return 0;
	return d > UINT32_MAX ? UINT32_MAX : (uint32_t)d;
}

void
report_hello(struct worker *w)
{
	stralloc *sa = begin(w, 'H');

	field_putu32(sa, w->lanesmax);
	end(w);
}

void
report_up(struct lane *l)
{
	stralloc *sa = begin(l->w, 'U');
	struct ip local;
	char text[IP_FMT];

	ip_local(l->fd, &local);
	field_putu32(sa, l->id);
	field_putu8(sa, l->at);
	field_putu32(sa, l->caps.bits);
	field_putu64(sa, l->caps.size);
	field_putu32(sa, micros(l->opened, l->connected));
	field_putu32(sa, micros(l->connected, ev_now(l->w->loop)));
	field_putstr(sa, text, ip_fmt(text, &local));
	field_putu8(sa, tls_version(l));
	field_putu8(sa, tls_flags(l));
	field_putstr(sa, tls_cipher(l), strlen(tls_cipher(l)));
	field_putu32(sa, l->tls.up ? micros(l->tls_began, l->tls_done) : 0);
	field_putstr(sa, l->notls, strlen(l->notls));
	field_putu32(sa, l->caps.rcptmax);
	field_putu32(sa, l->caps.mailmax);
	end(l->w);
}

void
report_result(struct lane *l, const struct job *j)
{
	stralloc *sa = begin(l->w, 'R');
	const struct rcpt *p;
	uint32_t i;

	field_putu32(sa, l->id);
	field_putu32(sa, j->id);
	field_putu8(sa, (uint8_t)j->rcpts[0].phase);
	for (i = 0; i < j->nrcpt && j->rcpts[i].phase != 'd'; i++)
		;
	if (i < j->nrcpt)
		sa->s[sa->len - 1] = 'd';
	field_putu8(sa, (uint8_t)j->how);
	field_putu32(sa, j->number);
	field_putu32(sa, micros(j->began, j->first));
	field_putu32(sa, micros(j->began, j->sent));
	field_putu32(sa, micros(j->began, ev_now(l->w->loop)));
	field_putu32(sa, j->nrcpt);
	for (i = 0; i < j->nrcpt; i++) {
		p = &j->rcpts[i];
		field_putu16(sa, p->code);
		field_putu8(sa, (uint8_t)p->phase);
		field_putstr(sa, p->status, strlen(p->status));
		field_putstr(sa, j->said.s + p->said, p->said_len);
	}
	end(l->w);
}

void
report_damaged(struct lane *l, const struct job *j, const char *why)
{
	stralloc *sa = begin(l->w, 'X');

	field_putu32(sa, l->id);
	field_putu32(sa, j->id);
	field_putstr(sa, why, strlen(why));
	end(l->w);
}

/* Whether anything of a job was sent, remoteproto.h. */
static uint8_t
begun(const struct lane *l, const struct job *j, int started)
{
	if (!started || l->written <= j->start)
		return 0;
	if (j->nochunks || !j->end || l->written < j->end)
		return 1;
	return l->refused ? 1 : 2;
}

static void
put_jobs(stralloc *sa, const struct lane *l)
{
	const struct job *j;
	int started = 1;

	field_putu32(sa, l->njobs);
	for (j = TAILQ_FIRST(&l->jobs); j; j = TAILQ_NEXT(j, entry)) {
		if (j == l->next)
			started = 0;
		field_putu32(sa, j->id);
		field_putu8(sa, begun(l, j, started));
	}
}

void
report_down(struct lane *l)
{
	stralloc *sa = begin(l->w, 'E');
	const struct last_word *v = &l->last;

	field_putu32(sa, l->id);
	field_putu8(sa, (uint8_t)v->reason);
	field_putu8(sa, (uint8_t)v->phase);
	field_putu8(sa, v->address);
	field_putu16(sa, v->code);
	field_putstr(sa, v->status, strlen(v->status));
	field_putstr(sa, v->text, v->len);
	field_putu32(sa, l->done);
	field_putu64(sa, l->octets + l->written);
	put_jobs(sa, l);
	end(l->w);
}
