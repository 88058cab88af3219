#include <string.h>
#include <strings.h>

#include "cmd/dray-bounce/reading.h"
#include "cmd/dray-bounce/verdict.h"

/* In the subject of what says that mail was not delivered. */
static const char *const bounce_subjects[] = {
	"undeliver",
	"delivery status",
	"delivery fail",
	"delivery has failed",
	"delivery problem",
	"delivery report",
	"delivery notification",
	"delivery error",
	"delivery delay",
	"delivery temporarily",
	"failed delivery",
	"failure delivery",
	"mail delivery",
	"delivery of mail",
	"message delivery",
	"delivery system",
	"returned mail",
	"returned to sender",
	"return to sender",
	"returned message",
	"returning message",
	"mail returned",
	"message returned",
	"failure notice",
	"failure notification",
	"failed mail",
	"mail failure",
	"mail system error",
	"mail error",
	"error sending",
	"nondeliverable",
	"non-delivery",
	"non delivery",
	"nondelivery",
	"not delivered",
	"not deliverable",
	"could not be delivered",
	"could not send message",
	"cannot be delivered",
	"message delayed",
	"warning: message",
	"warning: could not",
	"permanent fail",
	"rejected",
	"message blocked",
	"user unknown",
	"unknown user",
	"bounce",
	"mail status report",
	"message status",
	"unzustellbar",
	"nicht zugestellt",
	"zustellung",
	"non remis",
	"non distribu",
	"echec de",
	"no se pudo entregar",
	"no entregado",
	"no se ha podido",
	"mancata consegna",
	"mancato recapito",
	"nao entregue",
	"notificacion de estado",
	"niedostarczon",
	"zwrot",
	"mail failed",
	"failed, returning",
	"message failed",
	"send failed",
	"sending failed",
	"transmission fail",
	"unable to deliver",
	"unable to send",
	"can't deliver",
	"cannot deliver",
	"could not deliver",
	"delivery impossible",
	"unsuccessful",
	"message refused",
	"mail refused",
	"loop alert",
	"mail loop",
	"routing loop",
	"not accepted",
	"not been delivered",
	"not member article",
	"members only",
	"post blocked",
	"post refused",
	"address error",
	"address unknown",
	"unknown address",
	"invalid address",
	"unknown recipient",
	"mailbox full",
	"mailbox is full",
	"over quota",
	"quota exceeded",
	"temporarily undeliverable",
	"mail delayed",
	"delayed mail",
	"not yet delivered",
	"still trying",
	"message warning",
	"blocked by",
	"virus found",
	"virus detected",
	"virus alert",
	"cannot send message",
	"cannot send mail",
	"zustellbar",
	"fehlgeschlagen",
	"nicht ausgeliefert",
	"onbestelbaar",
	"niet bezorgd",
	"niet afgeleverd",
	"kunde inte",
	"kunne ikke",
	"impossible de remettre",
	"remise impossible",
	"non recapitato",
	"errore nella consegna",
	"impossibile recapitare",
	"falha na entrega",
	"devolvid",
	"devuelto",
	"error en la entrega",
	"nedorucen",
	"iletilemedi",
	"teslim edilemedi",
};

static const char *const bounce_words[] = {
	"not be delivered",
	"could not deliver",
	"cannot be delivered",
	"couldn't be delivered",
	"can't be delivered",
	"could not be sent",
	"was not delivered",
	"wasn't delivered",
	"not delivered",
	"undeliverable",
	"undelivered",
	"unable to deliver",
	"wasn't able to deliver",
	"failed to deliver",
	"not able to deliver",
	"delivery failed",
	"delivery has failed",
	"delivery to the following",
	"failed permanently",
	"did not reach the following",
	"did not reach some",
	"user unknown",
	"unknown user",
	"no such user",
	"no such recipient",
	"permanent error",
	"permanent fatal error",
	"fatal error",
	"transient non-fatal",
	"error while delivering",
	"error delivering your mail",
	"has not been delivered",
	"not yet been delivered",
	"has been rejected",
	"was rejected by",
	"message rejected",
	"was blocked",
	"mailbox is full",
	"mailbox full",
	"over quota",
	"could not be found",
	"delivery error",
	"smtp error",
	"can not be delivered",
	"returned to you",
	"failed recipient",
	"smtp protocol",
	"unzustellbar",
	"nicht zugestellt",
	"n'a pas pu etre",
	"no se pudo entregar",
	"could not be forwarded",
	"rcpt to:",
	"delivery attempts",
	"error occurred while trying to deliver",
	"address not found",
	"recipient not found",
	"addresses failed",
	"failed addresses",
	"transcript of session",
	"delivery problems",
	"delivery errors",
	"valid recipients",
	"unknown host",
	"host unknown",
	"unknown recipient",
	"no such domain",
	"no such mailbox",
	"unable to send",
	"unable to relay",
	"could not be reached",
	"bounced",
	"will not be delivered",
	"did not reach",
	"not accept your message",
	"refused your message",
	"rejected your message",
	"rejected by",
	"was refused",
	"duplicated message-id",
	"mail loop",
	"you are not a member",
	"not allowed to post",
	"exceeds allowed size",
	"mailbox exceeds",
	"no account",
	"account is disabled",
	"returned mail",
	"fehlgeschlagen",
	"nicht ausgeliefert",
	"impossible de remettre",
	"non recapitato",
	"non e stato possibile",
	"nao foi possivel",
	"no ha podido",
	"no pudo ser",
};

/* How the subject of an answer begins that nobody wrote, behind "Re:". */
static const char *const away_subjects[] = { "auto:", "automatic reply",
	"automatic response", "auto reply", "auto-reply", "autoreply",
	"auto response", "auto-response", "autoresponse", "autoresponder",
	"automated reply", "automated response", "out of office",
	"out of the office", "out-of-office", "vacation", "away from",
	"on vacation", "on holiday", "i am away", "i'm away", "holiday",
	"abwesenheit", "automatische antwort", "abwesend", "reponse auto",
	"reponse automatique", "absence", "respuesta automatica",
	"fuera de la oficina", "risposta automatica", "fuori ufficio",
	"resposta automatica", "autosvar", "automatisch antwoord", "afwezig",
	"automatyczna odpowied", "autoodpowied", "frånvaro", "poissa",
	"avtootvet", "autoreply:", "odpowied" };

static const char *const away_words[] = { "i am away until",
	"i am out of the office", "i'm out of the office",
	"i will be out of the office", "i am currently out of",
	"i'm currently out of", "currently away from", "away from the office",
	"away from my desk", "i am on vacation", "on annual leave",
	"on maternity leave", "limited access to email",
	"limited access to e-mail", "will respond to your message when",
	"will reply when i return", "automatic reply", "automatic response",
	"automated response", "auto-response", "autoresponder",
	"this is an automated reply", "this is an automatic reply",
	"bin ich nicht im", "nicht im hause", "nicht im buro", "je suis absent",
	"actuellement absent", "estoy fuera de", "sono assente", "fuori sede",
	"has been received and a ticket", "your request has been received",
	"ticket has been created" };

static const char *const challenge_words[] = { "to be added to the",
	"address added to the recipient", "confirm that you sent",
	"confirm your message", "verify that you are", "verify that your",
	"prove that you are", "prove you are human", "challenge-response",
	"challenge/response", "click the link below to deliver",
	"approved senders list", "allowed list", "whitelist your address",
	"held until you", "awaiting your verification", "sender verification",
	"anti-spam system requires" };

static int
is_any(struct span s, const char *const *list, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (span_has(s, list[i]))
			return 1;
	return 0;
}

#define IS_ANY(s, list) is_any(s, list, sizeof(list) / sizeof *(list))

static struct span
subject(const struct reading *d)
{
	struct span s = { d->top.subject, strlen(d->top.subject) };

	return s;
}

/* The words of somebody who answers may quote a subject of ours. */
static int
is_answer(const struct reading *d)
{
	return !d->top.daemon && !strncasecmp(d->top.subject, "re:", 3);
}

/* Each of these may be in any mail; two that weigh are not, but for words of
 * somebody who is no mail system, which may just be about the matter. */
static int
is_bounce(const struct reading *d)
{
	int weight = 0,
	    system = d->top.daemon || !strcmp(d->top.return_path, "<>");
	struct replycode c;

	if (d->has_status || *d->top.failed ||
	    !strcasecmp(d->mime.report_type, "delivery-status"))
		return 1;
	if (IS_ANY(d->text, challenge_words) && !d->top.daemon)
		return 0;
	if (!is_answer(d) && IS_ANY(subject(d), bounce_subjects))
		weight += 2;
	else if (d->top.automatic && !d->top.daemon)
		return 0;
	if (d->top.daemon)
		weight += 2;
	if (!strcmp(d->top.return_path, "<>"))
		weight += 2;
	if (IS_ANY(d->text, bounce_words))
		weight += 2;
	if (d->original.n)
		weight++;
	if (replycode_find(d->text, &c))
		weight++;
	return weight >= (system ? 4 : 5);
}

static int
is_away(const struct reading *d)
{
	const char *s = d->top.subject;
	struct span begin;

	while (!strncasecmp(s, "re:", 3) || *s == ' ')
		s += *s == ' ' ? 1 : 3;
	begin.s = s;
	begin.n = strlen(s);
	if (begin.n > 60 && !d->top.automatic)
		begin.n = 60;
	return d->top.automatic || IS_ANY(begin, away_subjects) ||
	    IS_ANY(d->text, away_words);
}

static int
has_type(const struct reading *d, const char *type)
{
	size_t i;

	for (i = 0; i < d->mime.npiece; i++)
		if (!strcmp(d->mime.piece[i].type, type))
			return 1;
	return 0;
}

static const char *
head(const struct reading *d, const char *name)
{
	return field_find(d->arena, d->top.head, name, REPORT_WORD);
}

static int
is_tlsrpt(const struct reading *d)
{
	return *head(d, "TLS-Report-Domain") ||
	    !strcasecmp(d->mime.report_type, "tlsrpt") ||
	    has_type(d, "application/tlsrpt+gzip") ||
	    has_type(d, "application/tlsrpt+json");
}

/* RFC 7489 7.2.1.1: "Report Domain: D Submitter: S Report-ID: I", and the name
 * of a file with two '!'. */
static int
is_dmarc(const struct reading *d)
{
	const struct mime_piece *p;
	size_t i;

	for (i = 0; i < d->mime.npiece; i++) {
		p = &d->mime.piece[i];
		if (strchr(p->name, '!') &&
		    strchr(p->name, '!') != strrchr(p->name, '!') &&
		    (strstr(p->name, ".xml") || strstr(p->name, ".zip") ||
			strstr(p->name, ".gz")))
			return 1;
	}
	return span_has(subject(d), "report domain:") &&
	    span_has(subject(d), "submitter:");
}

static int
is_unsubscribe(const struct reading *d)
{
	const char *s = d->top.subject;

	while (!strncasecmp(s, "re:", 3) || *s == ' ')
		s += *s == ' ' ? 1 : 3;
	return !strncasecmp(s, "unsubscribe", 11) ||
	    !strncasecmp(s, "list-unsubscribe", 16) ||
	    !strncasecmp(s, "remove me", 9) ||
	    !strncasecmp(d->top.to, "unsubscribe", 11);
}

/* A server that refuses until its sender has done something on its pages. */
static int
is_demand(const struct reading *d)
{
	struct span s;
	size_t i;

	for (i = 0; i < d->nfound; i++) {
		s.s = d->found[i].diagnostic;
		s.n = strlen(s.s);
		if (span_has(s, "requires confirmation") ||
		    span_has(s, "confirm this mail server") ||
		    span_has(s, "to confirm that you are"))
			return 1;
	}
	return 0;
}

static enum report_sort
sort(const struct reading *d)
{
	if (*d->r->feedback)
		return REPORT_IS_FEEDBACK;
	if (is_tlsrpt(d))
		return REPORT_IS_TLSRPT;
	if (is_dmarc(d))
		return REPORT_IS_DMARC;
	if (is_demand(d))
		return REPORT_IS_CHALLENGE;
	if (is_bounce(d))
		return REPORT_IS_BOUNCE;
	if (is_unsubscribe(d))
		return REPORT_IS_UNSUBSCRIBE;
	if (IS_ANY(d->text, challenge_words) && d->text.n < 8000)
		return REPORT_IS_CHALLENGE;
	/* A receipt (RFC 8098) is no word of its reader. */
	if (has_type(d, "message/disposition-notification"))
		return REPORT_IS_AUTOREPLY;
	/* Only programs write from the null path (RFC 3834 3.3). */
	if (!strcmp(d->top.return_path, "<>") || is_away(d))
		return REPORT_IS_AUTOREPLY;
	return REPORT_IS_MAIL;
}

void
kind_find(struct reading *d)
{
	static const uint8_t kinds[REPORT_SORTS] = {
		[REPORT_IS_MAIL] = REPORT_OTHER,
		[REPORT_IS_BOUNCE] = REPORT_DSN,
		[REPORT_IS_FEEDBACK] = REPORT_ARF,
		[REPORT_IS_AUTOREPLY] = REPORT_VACATION,
		[REPORT_IS_CHALLENGE] = REPORT_VACATION,
		[REPORT_IS_UNSUBSCRIBE] = REPORT_OTHER,
		[REPORT_IS_DMARC] = REPORT_OTHER,
		[REPORT_IS_TLSRPT] = REPORT_OTHER,
	};

	d->r->sort = (uint8_t)sort(d);
	d->r->kind = kinds[d->r->sort];
}
