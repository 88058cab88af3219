#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/crc32c.h"
#include "common/field.h"
#include "common/mem.h"
#include "common/mergecode.h"
#include "common/mergedecode.h"
#include "common/mergework.h"
#include "common/mimefix.h"
#include "common/utf8.h"

#define BOUNDARY 32

static int part(struct mergework *w, size_t i);

static int
isidentity(const struct mergemime_part *p)
{
	return !p->encoding[0] || !strcmp(p->encoding, "7bit") ||
	    !strcmp(p->encoding, "8bit") || !strcmp(p->encoding, "binary");
}

static int
ends(const char *s, const char *tail)
{
	size_t n = strlen(s), k = strlen(tail);

	return n >= k && !strcmp(s + n - k, tail);
}

/* Takes the encoding off: 0, -1 there is none that we know. */
static int
decoded(const struct mergemime_part *p, stralloc *d)
{
	if (isidentity(p))
		mem_check(stralloc_catb(d, p->body, p->body_len));
	else if (!strcmp(p->encoding, "quoted-printable"))
		mergedecode_qp(d, p->body, p->body_len);
	else if (strcmp(p->encoding, "base64") != 0)
		return -1;
	else
		return mergedecode_base64(d, p->body, p->body_len);
	return 0;
}

static const char *
whynot(const struct mergemime_part *p)
{
	if (errno == EINVAL)
		return "the character set of this part is not known";
	return p->charset[0] ? "this part is not in the character set that it "
			       "says"
			     : "this part is not UTF-8, and does not say in "
			       "which character set it is";
}

/* The text of a part of text, if something in it has to be made. */
static int
plan_text(struct mergework *w, const struct mergemime_part *p,
    struct mergework_plan *plan, const stralloc *raw)
{
	stralloc text = STRALLOC_ZERO;
	int must = isidentity(p) &&
	    (utf8_high(raw->s, raw->len) || recode_needed(raw->s, raw->len));
	int rc = mergedecode_charset(&text, p->charset, raw->s, raw->len);

	if (rc == -1 && !must && !mustache_has(raw->s, raw->len)) {
		stralloc_free(&text);
		return 0;
	}
	if (rc == -1)
		rc = mergework_wrong(w, p->body, whynot(p));
	else if (must || mustache_has(text.s, text.len)) {
		plan->varies = 1;
		plan->isplace = isidentity(p);
		mustache_lines(&plan->text, text.s, text.len);
		if (text.len && memchr(text.s, '\0', text.len))
			rc = mergework_wrong(
			    w, p->body, "this part has a NUL octet");
	}
	stralloc_free(&text);
	return rc;
}

static int
plan(struct mergework *w, size_t i)
{
	const struct mergemime_part *p = &w->mime.parts[i];
	stralloc raw = STRALLOC_ZERO;
	size_t k;
	int rc = 0;

	if (p->ismulti) {
		for (k = i + 1; k < p->next; k++)
			w->plans[i].varies |= w->plans[k].varies;
		return 0;
	}
	if (p->isattached || (p->type[0] && strncmp(p->type, "text/", 5) != 0))
		return 0;
	if (decoded(p, &raw) == 0 && raw.len)
		rc = plan_text(w, p, &w->plans[i], &raw);
	stralloc_free(&raw);
	return rc;
}

/* The fields of a part, but for two that we write ourselves. */
static int
head(struct mergework *w, size_t i, int istype, int isencoding)
{
	const struct mergemime_part *p = &w->mime.parts[i];
	const char *s = p->head;
	struct header_field f;

	while (header_next(&s, p->head + p->head_len, &f)) {
		if ((!istype && header_is(&f, "Content-Type")) ||
		    (!isencoding && header_is(&f, "Content-Transfer-Encoding")))
			continue;
		/* The message's own are there already, but for these. */
		if (!i && !header_starts(&f, "Content-"))
			continue;
		if (mergework_field(w, &f, 0) == -1)
			return -1;
	}
	return 0;
}

static int
put(void *arg, const char *s, size_t n)
{
	mem_check(stralloc_catb(arg, s, n));
	return 0;
}

/* A part in which nothing varies; its long lines are broken. */
static int
fixed(struct mergework *w, size_t i)
{
	const struct mergemime_part *p = &w->mime.parts[i];
	struct recode_out o = { put, &w->raw };
	const char *s = p->head;
	struct header_field f;
	struct mimefix fix;
	int isqp;

	mimefix_init(&fix);
	while (header_next(&s, p->head + p->head_len, &f))
		mimefix_field(&fix, &f);
	if (mimefix_plan(&fix, p->body, p->body_len) == -1)
		return mergework_wrong(w, p->body, fix.why);
	isqp = fix.plan == MIMEFIX_QP;
	if (head(w, i, 1, !isqp) == -1)
		return -1;
	if (isqp)
		mem_check(stralloc_cats(&w->raw,
		    "Content-Transfer-Encoding: quoted-printable\r\n"));
	mem_check(stralloc_catb(&w->raw, "\r\n", 2));
	if (mimefix_body(&fix, &o, p->body, p->body_len) == -1)
		return mergework_wrong(w, p->body, fix.why);
	if (i || (p->body_len && p->body[p->body_len - 1] != '\n'))
		mem_check(stralloc_catb(&w->raw, "\r\n", 2));
	return 0;
}

static int
leaf(struct mergework *w, size_t i)
{
	const struct mergemime_part *p = &w->mime.parts[i];
	const stralloc *s = &w->plans[i].text;
	stralloc *items = mergecode_items(w->c->code);
	const char *type = p->type[0] ? p->type : "text/plain";
	char what[96];
	int text, flags = i ? MERGECODE_INNER : 0;

	if (head(w, i, 0, 0) == -1)
		return -1;
	mergework_type(w, p->head, p->head_len, "utf-8", NULL);
	text = mustache_text(&w->x, s->s, s->len);
	if (text == -1) {
		(void)snprintf(what, sizeof what,
		    w->c->isbuilt ? "%s" : "the decoded %s part", type);
		return mergework_inside(
		    w, w->plans[i].isplace ? p->body : NULL, what);
	}
	if (ends(type, "html") || ends(type, "xml"))
		flags |= MERGECODE_HTML;
	mergework_flush(w);
	field_putu8(items, 'T');
	field_putu8(items, (uint8_t)flags);
	field_putu16(items, (uint16_t)text);
	return 0;
}

/* One that is in no line of the template. */
static void
boundary(struct mergework *w, char *d)
{
	do
		(void)snprintf(d, BOUNDARY, "=_%08x_%u", crc32c(0, w->s, w->n),
		    ++w->boundaries);
	while (memmem(w->s, w->n, d, strlen(d)));
}

static void
delimiter(struct mergework *w, const char *b, const char *end)
{
	mem_check(stralloc_cats(&w->raw, "--"));
	mem_check(stralloc_cats(&w->raw, b));
	mem_check(stralloc_cats(&w->raw, end));
}

static int
multi(struct mergework *w, size_t i)
{
	const struct mergemime_part *p = &w->mime.parts[i];
	char b[BOUNDARY];
	size_t k;

	boundary(w, b);
	if (head(w, i, 0, 0) == -1)
		return -1;
	mergework_type(w, p->head, p->head_len, NULL, b);
	mergework_flush(w);
	field_putu8(mergecode_items(w->c->code), 'M');
	mem_check(stralloc_catb(&w->raw, "\r\n", 2));
	for (k = i + 1; k < p->next; k = w->mime.parts[k].next) {
		delimiter(w, b, "\r\n");
		if (part(w, k) == -1)
			return -1;
	}
	delimiter(w, b, "--\r\n");
	return 0;
}

static int
part(struct mergework *w, size_t i)
{
	if (!w->plans[i].varies)
		return fixed(w, i);
	return w->mime.parts[i].ismulti ? multi(w, i) : leaf(w, i);
}

int
mergework_parts(struct mergework *w)
{
	size_t i;

	w->plans = mem_array(w->mime.nparts, sizeof *w->plans);
	/* What is inside comes behind, so the other way round. */
	for (i = w->mime.nparts; i--;)
		if (plan(w, i) == -1)
			return -1;
	return part(w, 0);
}
