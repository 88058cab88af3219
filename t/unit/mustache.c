/*
 * The official tests of the specification, where they are (the directory
 * $MUSTACHE_SPEC, or ../shared/corpus/mustache), and our own.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/field.h"
#include "common/merge.h"
#include "common/mergecode.h"
#include "common/mergejson.h"
#include "common/mustache.h"
#include "t/lib/tap.h"

static const char head[] = "Content-Transfer-Encoding: 8bit\r\n\r\n";
static const struct merge_job job = { "tok", 3, "a@example.com", 13, 0 };
static char why[400];

/* Partials are the members of an object. */
static int
partial(void *arg, const char *name, size_t len, stralloc *text)
{
	char buf[64];
	const char *s;

	if (len >= sizeof buf)
		return 0;
	memcpy(buf, name, len);
	buf[len] = '\0';
	s = json_string_value(json_object_get(arg, buf));
	return s ? stralloc_cats(text, s) : 0;
}

/* The specification has it that a partial that is not there is empty. */
static int
lenient(void *arg, const char *name, size_t len, stralloc *text)
{
	(void)partial(arg, name, len, text);
	return 1;
}

static char *
lf(const stralloc *sa)
{
	char *s = calloc(sa->len + 1, 1);
	size_t i, n = 0;

	for (i = 0; i < sa->len; i++)
		if (sa->s[i] != '\r')
			s[n++] = sa->s[i];
	return s;
}

static int
program(const char *template, json_t *partials, int islenient, stralloc *out)
{
	struct mergecode *code = mergecode_new();
	stralloc text = STRALLOC_ZERO;
	struct mustache x;
	int i;

	mustache_init(&x, code);
	x.partial = islenient ? lenient : partial;
	x.arg = partials;
	mustache_lines(&text, template, strlen(template));
	i = mustache_text(&x, text.s, text.len);
	if (i == -1)
		snprintf(why, sizeof why, "%s%s%zu:%zu: %s", x.in,
		    x.in[0] ? ":" : "", x.line, x.column, x.why);
	else {
		field_putu8(mergecode_items(code), 'T');
		field_putu8(
		    mergecode_items(code), MERGECODE_HTML | MERGECODE_INNER);
		field_putu16(mergecode_items(code), (uint16_t)i);
		if (mergecode_end(code, out) == -1)
			i = -1;
	}
	mustache_free(&x);
	mergecode_free(code);
	stralloc_free(&text);
	return i == -1 ? -1 : 0;
}

/* What a template comes to, without the line end behind it; to be freed. */
static char *
rendered(struct merge *m, const json_t *data)
{
	stralloc row = STRALLOC_ZERO, out = STRALLOC_ZERO;
	struct mergerow r;
	char *s = NULL;

	mergerow_init(&r, m);
	mergerow_start(&r);
	if (mergejson_row(&r, data) == 0 && mergerow_end(&r, &row) == 0 &&
	    merge_render(m, row.s, row.len, &job, MERGE_8BIT, &out) == 0) {
		s = lf(&out);
		memmove(s, s + strlen(head) - 2, strlen(s) - strlen(head) + 3);
		s[strlen(s) - 1] = '\0';
	} else
		snprintf(why, sizeof why, "%s", strerror(errno));
	mergerow_free(&r);
	stralloc_free(&row);
	stralloc_free(&out);
	return s;
}

static char *
render(const char *template, const json_t *data, json_t *partials, int isl)
{
	stralloc prog = STRALLOC_ZERO;
	struct merge *m;
	char *s = NULL;

	why[0] = '\0';
	if (program(template, partials, isl, &prog) == -1)
		return NULL;
	m = merge_open(prog.s, prog.len);
	if (m)
		s = rendered(m, data);
	else
		snprintf(why, sizeof why, "merge_open: %s", strerror(errno));
	merge_close(m);
	stralloc_free(&prog);
	return s;
}

static const char *
member(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static void
official(const char *module, const json_t *t)
{
	char name[200];
	stralloc want = STRALLOC_ZERO;
	char *got, *w;

	snprintf(name, sizeof name, "%s: %s", module, member(t, "name"));
	got = render(member(t, "template"), json_object_get(t, "data"),
	    json_object_get(t, "partials"), 1);
	if (!stralloc_cats(&want, member(t, "expected")))
		exit(111);
	w = lf(&want);
	is_str(got, w, name);
	if (!got)
		printf("# %s\n", why);
	free(got);
	free(w);
	stralloc_free(&want);
}

static void
module(const char *dir, const char *name)
{
	char path[1000];
	json_error_t e;
	json_t *o, *t;
	size_t i;

	snprintf(path, sizeof path, "%s/%s.json", dir, name);
	o = json_load_file(path, 0, &e);
	if (!o) {
		ok(1, "official tests # SKIP they are not here");
		return;
	}
	json_array_foreach(json_object_get(o, "tests"), i, t) official(name, t);
	json_decref(o);
}

static void
specification(void)
{
	const char *dir = getenv("MUSTACHE_SPEC");

	if (!dir)
		dir = "../shared/corpus/mustache";
	module(dir, "comments");
	module(dir, "delimiters");
	module(dir, "interpolation");
	module(dir, "inverted");
	module(dir, "partials");
	module(dir, "sections");
}

static void
gives(const char *template, const char *data, const char *want)
{
	json_t *d = json_loads(data, JSON_DECODE_ANY, NULL);
	char *got = render(template, d, NULL, 0);

	is_str(got, want, template);
	if (!got)
		printf("# %s\n", why);
	free(got);
	json_decref(d);
}

static void
fails(const char *template, const char *want)
{
	json_t *partials = json_pack(
	    "{s:s,s:s}", "bad", "a\n {{#x}}\n", "loop", "  {{>loop}}\n");
	json_t *d = json_object();
	char *got = render(template, d, partials, 0);

	is_str(got ? got : why, want, template);
	free(got);
	json_decref(d);
	json_decref(partials);
}

static void
ours(void)
{
	gives("{{a}}", "{\"a\":\"O'Neil\"}", "O&#39;Neil");
	gives("{{#a}}x{{/a}}{{^a}}y{{/a}}", "{\"a\":\"\"}", "y");
	gives("{{#a}}x{{/a}}", "{\"a\":\"0\"}", "x");
	gives("{{#a}}x{{/a}}", "{\"a\":0}", "x");
	gives("{{a}} {{b}} {{c}}", "{\"a\":true,\"b\":false,\"c\":-1.50}",
	    "true false -1.5");
	gives("{{a b}}", "{\"a b\":1}", "1");
	gives("{{dray.token}} {{dray.recipient}}", "{}", "tok a@example.com");
	gives("{{dray.date}}", "{}", "Thu, 1 Jan 1970 00:00:00 +0000");
	gives("{{#l}}{{#o}}{{n}}{{/o}}{{/l}}",
	    "{\"n\":0,\"l\":[{\"o\":{\"n\":1}},{\"o\":{}},{\"o\":{\"n\":2}}]}",
	    "102");
	gives("a\x01{{x}}", "{\"x\":\"\\u0001\\r\\rb\\tc\"}",
	    "a\x01\xef\xbf\xbd\n\nb\tc");
	gives("{{{x}}}", "{\"x\":\"<b>&\"}", "<b>&");
	gives("", "{}", "");
	fails("a\n  {{#x}}\n", "2:3: the section x is not closed");
	fails("{{#x}}{{/y}}", "1:7: y closes, but x is open");
	fails("{{/y}}", "1:1: no section y is open");
	fails("b {{x", "1:3: the tag is not closed");
	fails("{{}}", "1:1: a tag without a name");
	fails("{{a..b}}", "1:1: a..b is not a name");
	fails("{{>none}}", "1:1: there is no partial none");
	fails("{{>bad}}", "bad:2:2: the section x is not closed");
	fails("{{dray.x}}", "1:1: there is no value dray.x");
	fails("{{#dray.token}}{{/dray.token}}",
	    "1:1: dray.token cannot be a section");
	fails("{{=a=}}",
	    "1:1: two delimiters belong between = and =, of up to "
	    "16 octets without = and white space");
	fails("{{>loop}}", "Too many levels of symbolic links");
}

int
main(void)
{
	specification();
	ours();
	return done_testing();
}
