#include <string.h>
#include <strings.h>

#include <gmime/gmime.h>

#include "cmd/dray-bounce/mime.h"

static const struct {
	const char *type;
	enum mime_what what;
} known[] = {
	{ "message/delivery-status", MIME_STATUS },
	{ "message/global-delivery-status", MIME_STATUS },
	{ "message/feedback-report", MIME_FEEDBACK },
	{ "message/disposition-notification", MIME_NOTICE },
	{ "message/global-disposition-notification", MIME_NOTICE },
	{ "text/rfc822-headers", MIME_HEADER },
	{ "message/rfc822-headers", MIME_HEADER },
	{ "message/rfc822", MIME_HEADER },
	{ "message/global", MIME_HEADER },
	{ "message/global-headers", MIME_HEADER },
	{ "text/html", MIME_HTML },
};

static enum mime_what
what_is(const char *type)
{
	size_t i;

	for (i = 0; i < sizeof known / sizeof *known; i++)
		if (!strcmp(type, known[i].type))
			return known[i].what;
	return strncmp(type, "text/", 5) ? MIME_OTHER : MIME_TEXT;
}

static struct mime_piece *
new_piece(struct mime *w, unsigned int level)
{
	struct mime_piece *p;

	if (w->npiece == REPORT_PARTS) {
		w->cut = 1;
		return NULL;
	}
	p = &w->piece[w->npiece++];
	memset(p, 0, sizeof *p);
	p->level = level;
	p->type = p->name = p->s = "";
	return p;
}

static const char *
type_of(struct mime *w, GMimeObject *o)
{
	GMimeContentType *t = g_mime_object_get_content_type(o);
	char *s = g_mime_content_type_get_mime_type(t);
	char *d = arena_word(w->arena, s, strlen(s), REPORT_WORD), *p;

	g_free(s);
	for (p = d; *p; p++)
		*p = g_ascii_tolower(*p);
	return d;
}

static const char *
param(struct mime *w, GMimeObject *o, const char *name)
{
	const char *s = g_mime_object_get_content_type_parameter(o, name);

	return s ? arena_word(w->arena, s, strlen(s), REPORT_WORD) : "";
}

/* The octets of a part, decoded. */
static void
take_content(struct mime *w, struct mime_piece *p, GMimePart *part)
{
	GMimeDataWrapper *content = g_mime_part_get_content(part);
	GMimeStream *out;
	GByteArray *b;

	if (!content)
		return;
	out = g_mime_stream_mem_new();
	if (g_mime_data_wrapper_write_to_stream(content, out) != -1) {
		b = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(out));
		if (b->len > REPORT_TEXT)
			w->cut = 1;
		p->n = b->len < REPORT_TEXT ? b->len : REPORT_TEXT;
		p->s = arena_dup(w->arena, (const char *)b->data, p->n);
	}
	g_object_unref(out);
}

static void
take_leaf(struct mime *w, GMimePart *part, unsigned int level)
{
	GMimeObject *o = GMIME_OBJECT(part);
	struct mime_piece *p = new_piece(w, level);
	const char *name;

	if (!p)
		return;
	p->type = type_of(w, o);
	name = g_mime_part_get_filename(part);
	if (name)
		p->name = arena_word(w->arena, name, strlen(name), REPORT_WORD);
	p->what = what_is(p->type);
	if (p->what == MIME_OTHER)
		return;
	take_content(w, p, part);
	p->s =
	    charset_text(w->arena, param(w, o, "charset"), p->s, p->n, &p->n);
	if (p->what == MIME_HTML)
		p->s = html_text(w->arena, p->s, p->n, &p->n);
}

static void
take_text(struct mime *w, const char *s, unsigned int level)
{
	struct mime_piece *p;

	if (!s || !*s || !(p = new_piece(w, level)))
		return;
	p->type = "text/plain";
	p->what = MIME_TEXT;
	p->n = strlen(s);
	if (p->n > REPORT_TEXT)
		p->n = REPORT_TEXT;
	p->s = charset_text(w->arena, "", s, p->n, &p->n);
}

static size_t
offset_of(GMimeHeaderList *l)
{
	gint64 at = -1;

	if (g_mime_header_list_get_count(l) > 0)
		at = g_mime_header_get_offset(
		    g_mime_header_list_get_header_at(l, 0));
	return at > 0 ? (size_t)at : 0;
}

static void
take_header(struct mime *w, GMimeMessage *m, unsigned int level)
{
	struct mime_piece *p = new_piece(w, level);
	char *s;

	if (!p)
		return;
	p->offset = offset_of(g_mime_object_get_header_list(GMIME_OBJECT(m)));
	s = g_mime_object_get_headers(GMIME_OBJECT(m), NULL);
	p->type = "message/rfc822";
	p->what = MIME_HEADER;
	p->n = strlen(s);
	if (p->n > REPORT_TEXT)
		p->n = REPORT_TEXT;
	p->s = arena_dup(w->arena, s, p->n);
	g_free(s);
}

static void walk(
    struct mime *w, GMimeObject *o, unsigned int depth, unsigned int level);

static void
walk_multipart(
    struct mime *w, GMimeMultipart *m, unsigned int depth, unsigned int level)
{
	int i, n = g_mime_multipart_get_count(m);

	/* Boundaries that do not fit: all of it is in front of the first. */
	if (n == 0)
		take_text(w, g_mime_multipart_get_prologue(m), level);
	for (i = 0; i < n; i++)
		walk(w, g_mime_multipart_get_part(m, i), depth + 1, level);
}

static void
walk_message(struct mime *w, GMimeMessagePart *part, unsigned int depth,
    unsigned int level)
{
	GMimeMessage *m = g_mime_message_part_get_message(part);

	if (!m)
		return;
	take_header(w, m, level);
	walk(w, g_mime_message_get_mime_part(m), depth + 1, level + 1);
}

/* It recurses no deeper than mime_bound allowed, and here less. */
static void
walk(struct mime *w, GMimeObject *o, unsigned int depth, unsigned int level)
{
	if (!o)
		return;
	if (depth > REPORT_DEPTH || w->npiece == REPORT_PARTS)
		w->cut = 1;
	else if (GMIME_IS_MULTIPART(o))
		walk_multipart(w, GMIME_MULTIPART(o), depth, level);
	else if (GMIME_IS_MESSAGE_PART(o))
		walk_message(w, GMIME_MESSAGE_PART(o), depth, level);
	else if (GMIME_IS_PART(o))
		take_leaf(w, GMIME_PART(o), level);
}

static void
take_all(struct mime *w, GMimeMessage *m)
{
	GMimeObject *o = g_mime_message_get_mime_part(m);

	if (!o)
		return;
	w->type = type_of(w, o);
	w->report_type = param(w, o, "report-type");
	walk(w, o, 0, 0);
}

void
mime_open(void)
{
	g_mime_init();
	charset_open();
}

void
mime_read(struct mime *w, const char *s, size_t n)
{
	GMimeStream *in = g_mime_stream_mem_new_with_buffer(s, n);
	GMimeParser *p = g_mime_parser_new_with_stream(in);
	GMimeMessage *m = g_mime_parser_construct_message(p, NULL);

	w->cut = 0;
	w->npiece = 0;
	w->type = w->report_type = "";
	if (m) {
		take_all(w, m);
		g_object_unref(m);
	}
	g_object_unref(p);
	g_object_unref(in);
}
