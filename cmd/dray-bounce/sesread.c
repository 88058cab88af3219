#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "cmd/dray-bounce/reading.h"

/* Notices of services that tell in JSON what their users' mail came to: an
 * object, or one that has it as a string in "Message". */

static const char *
text_of(struct reading *d, const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? arena_word(d->arena, s, strlen(s), REPORT_REASON) : "";
}

static const char *
address_of(struct reading *d, const json_t *o)
{
	const char *s = json_string_value(
	    json_is_string(o) ? o : json_object_get(o, "emailAddress"));

	return s ? field_address(d->arena, s, strlen(s)) : "";
}

static void
take_rcpts(struct reading *d, const json_t *list, uint8_t action)
{
	struct found *f;
	const char *s;
	json_t *o;
	size_t i;

	json_array_foreach(list, i, o)
	{
		f = reading_found(d, address_of(d, o));
		if (!f)
			return;
		f->action = action;
		f->source = REPORT_BY_REPORT;
		if (json_is_string(o))
			continue;
		f->status = text_of(d, o, "status");
		s = text_of(d, o, "diagnosticCode");
		f->diagnostic = !strncasecmp(s, "smtp;", 5) ? s + 5 : s;
		if (!strcasecmp(text_of(d, o, "action"), "delayed"))
			f->action = REPORT_DELAYED;
	}
}

static void
take_notice(struct reading *d, const json_t *o)
{
	const json_t *b = json_object_get(o, "bounce"),
		     *c = json_object_get(o, "complaint"),
		     *y = json_object_get(o, "delivery");
	const char *s;

	if (b) {
		take_rcpts(
		    d, json_object_get(b, "bouncedRecipients"), REPORT_FAILED);
		d->has_status = d->nfound != 0;
	} else if (c) {
		take_rcpts(d, json_object_get(c, "complainedRecipients"),
		    REPORT_NO_ACTION);
		s = text_of(d, c, "complaintFeedbackType");
		d->r->feedback = *s ? s : "abuse";
	} else if (y) {
		take_rcpts(
		    d, json_object_get(y, "recipients"), REPORT_DELIVERED);
		d->has_status = d->nfound != 0;
	}
	s = text_of(d, json_object_get(o, "mail"), "messageId");
	if (*s)
		d->r->message_id = s;
}

/* What passed such mail on may have folded its lines. */
static json_t *
load(struct reading *d, const char *s, size_t n)
{
	char *copy = arena_dup(d->arena, s, n);
	size_t i;

	for (i = 0; i < n; i++)
		if (copy[i] == '\n' || copy[i] == '\t')
			copy[i] = ' ';
	return json_loadb(copy, n, JSON_DISABLE_EOF_CHECK, NULL);
}

void
sesread_text(struct reading *d, struct span text)
{
	json_t *o, *inner = NULL, *m;

	while (text.n && (*text.s == ' ' || *text.s == '\n'))
		text.s++, text.n--;
	if (!text.n || *text.s != '{')
		return;
	o = load(d, text.s, text.n);
	m = json_object_get(o, "Message");
	if (json_is_string(m))
		inner = load(d, json_string_value(m), json_string_length(m));
	take_notice(d, inner ? inner : o);
	json_decref(inner);
	json_decref(o);
}
