#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-policy/message.h"
#include "cmd/dray-policy/value.h"
#include "common/header.h"
#include "common/input.h"
#include "common/streamscan.h"

#define MESSAGE_MAX (1ULL << 30) /* octets, as max-message-size allows */
#define NOBODY "-" /* a sender that no pattern means */

static const struct option options[] = {
	{ "message", required_argument, NULL, 'm' },
	{ "sender", required_argument, NULL, 's' },
	{ "recipients", required_argument, NULL, 'r' },
	{ "campaign", required_argument, NULL, 'c' },
	{ "tenant", required_argument, NULL, 't' },
	{ "stream", required_argument, NULL, 'S' },
	{ "uid", required_argument, NULL, 'u' },
	{ NULL, 0, NULL, 0 },
};

int
message_wanted(const char *const *args, int n)
{
	int i;

	for (i = 0; i < n; i++)
		if (!strncmp(args[i], "--message", strlen("--message")))
			return 1;
	return 0;
}

static int
number(const char *s, uint32_t *v_r)
{
	static const struct policykey key = { "", POLICYKEY_NUMBER, 0, 4, 0, 0,
		UINT32_MAX, NULL };
	uint64_t v;

	if (value_parse(&key, s, &v) == -1)
		return -1;
	*v_r = (uint32_t)v;
	return 0;
}

static int
set(struct message_wish *w, int c, const char *arg)
{
	struct streamrule_facts *f = &w->facts;

	switch (c) {
	case 'm':
		w->file = arg;
		return 0;
	case 's':
		f->sender = streamrule_text(strcmp(arg, "<>") != 0 ? arg : "");
		return 0;
	case 'r':
		return number(arg, &f->recipients);
	case 'c':
		f->campaign = streamrule_text(arg);
		return 0;
	case 't':
		f->tenant = streamrule_text(arg);
		return 0;
	case 'S':
		f->chosen = streamrule_text(arg);
		return 0;
	case 'u':
		return number(arg, &f->uid);
	default:
		return -1;
	}
}

int
message_options(struct message_wish *w, const char *const *args, int n)
{
	struct streamrule_facts *f = &w->facts;
	int c;

	memset(w, 0, sizeof *w);
	f->sender = streamrule_text(NOBODY);
	f->campaign = f->tenant = f->chosen = streamrule_text("");
	f->recipients = 1;
	f->uid = getuid();
	opterr = 0;
	optind = 1;
	while ((c = getopt_long(n, (char *const *)(uintptr_t)args, "", options,
		    NULL)) != -1)
		if (set(w, c, optarg) == -1)
			return -1;
	return w->file && optind == n ? 0 : -1;
}

static void
read_message(const char *file, struct input *in)
{
	int fd = 0;

	if (strcmp(file, "-") != 0)
		fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		strerr_diefusys(errno == ENOENT ? 100 : 111, "open ", file);
	if (input_read(in, fd, 0, MESSAGE_MAX) == -1)
		strerr_diefusys(
		    in->kind == INPUT_BAD ? 100 : 111, "read ", file);
}

/* What dray-inject would take from the header where no option says it. */
static void
take_field(
    const struct header_field *h, const char *name, struct streamrule_text *t)
{
	const char *s = h->value;
	size_t n = h->value_len;

	if (t->len || !header_is(h, name))
		return;
	while (n && strchr(" \t\r\n", *s)) {
		s++;
		n--;
	}
	while (n && strchr(" \t\r\n", s[n - 1]))
		n--;
	t->s = s;
	t->len = n;
}

static void
take_wishes(struct streamrule_facts *f, const struct input *in)
{
	const char *p = in->s, *end = in->s + in->n;
	struct header_field h;

	while (header_next(&p, end, &h)) {
		take_field(&h, "X-Dray-Stream", &f->chosen);
		take_field(&h, "X-Dray-Campaign", &f->campaign);
		take_field(&h, "X-Dray-Tenant", &f->tenant);
	}
}

static void
put(FILE *out, const struct streamrule_text *t)
{
	size_t i;

	for (i = 0; i < t->len; i++)
		putc(t->s[i] < ' ' || t->s[i] > '~' ? '?' : t->s[i], out);
}

/* The columns of show: what decided, what that is, and where it stands. */
static int
tell(const struct streamrule *r, const struct streamrule_text *chosen,
    const struct view *v, FILE *out)
{
	char section[sizeof "stream/" + POLICY_STREAMNAME];
	struct streamrule_text name = streamrule_text(POLICY_STREAMUSUAL),
			       where = streamrule_text("default");

	fputs("rule\t", out);
	if (r) {
		name = r->text[STREAMRULE_STREAM];
		where = r->text[STREAMRULE_WHERE];
		put(out, &r->text[STREAMRULE_NAME]);
	} else {
		fputs("none", out);
		if (chosen->len) {
			name = *chosen;
			where = streamrule_text("message");
		}
	}
	fputs("\t", out);
	put(out, &where);
	fputs("\nstream\t", out);
	put(out, &name);
	fputs("\t", out);
	put(out, &where);
	fputs("\n", out);
	if (name.len > POLICY_STREAMNAME)
		return 0;
	snprintf(section, sizeof section, "stream/%.*s", (int)name.len, name.s);
	return view_section(v, section, out);
}

int
message_explain(struct message_wish *w, const struct view *v, FILE *out)
{
	struct streamrule_set *set = policy_matches(&v->policy);
	struct streamscan k = { 0 };
	struct input in = { 0 };
	int found;

	read_message(w->file, &in);
	take_wishes(&w->facts, &in);
	streamscan_start(&k, set);
	streamrule_unref(set);
	streamscan_feed(&k, in.s, in.n);
	found =
	    tell(streamscan_decide(&k, &w->facts), &w->facts.chosen, v, out);
	streamscan_end(&k);
	if (found == 0)
		fputs("refused\tno such stream\tdefault\n", out);
	return found == -1 ? -1 : 0;
}
