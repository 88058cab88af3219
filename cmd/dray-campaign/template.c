#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "campaign.h"
#include "common/base.h"
#include "common/header.h"
#include "common/idn.h"
#include "common/mem.h"
#include "common/mergebuild.h"

/* All of a file, and a zero behind it. */
static void
slurp(const char *path, stralloc *sa)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 1;

	while (fd != -1 && n) {
		if (sa->len > MERGE_PROGRAMMAX)
			say_at(path, 0, 0, "over %u octets", MERGE_PROGRAMMAX);
		mem_check(stralloc_readyplus(sa, 65537));
		n = read(fd, sa->s + sa->len, 65536);
		if (n == -1)
			break;
		sa->len += (size_t)n;
	}
	if (fd == -1 || n == -1)
		say_die(100, "unable to read %s: %s", path, strerror(errno));
	close(fd);
	mem_check(stralloc_readyplus(sa, 1));
	sa->s[sa->len] = '\0';
}

/* A file beside the template; with its name as it is, or with .mustache. */
static int
partial(void *arg, const char *name, size_t len, stralloc *text)
{
	const struct options *o = arg;
	const char *by = o->template ? o->template
	    : o->html		     ? o->html
				     : o->text;
	const char *slash = strrchr(by, '/');
	int dir = slash ? (int)(slash + 1 - by) : 0, i;
	char path[4096];

	if (memchr(name, '/', len) || (len && name[0] == '.'))
		return 0;
	for (i = 0; i < 2; i++) {
		snprintf(path, sizeof path, "%.*s%.*s%s", dir, by, (int)len,
		    name, i ? ".mustache" : "");
		if (access(path, F_OK) == 0) {
			slurp(path, text);
			return 1;
		}
	}
	return 0;
}

static void
set_default(struct mergecompile *k, const char *arg)
{
	const char *eq = strchr(arg, '=');

	if (!eq)
		say_die(100, "--default %s: not name=value", arg);
	if (mergecompile_default(
		k, arg, (size_t)(eq - arg), eq + 1, strlen(eq + 1)) == -1)
		say_die(100, "--default %s: %s", arg,
		    errno == EEXIST ? "given twice" : "not a name");
}

/* The one in angle brackets, or all of it. */
static void
bare(const char *s, const char **from, size_t *n)
{
	const char *lt = strrchr(s, '<'), *gt = lt ? strchr(lt, '>') : NULL;

	*from = gt ? lt + 1 : s;
	*n = gt ? (size_t)(gt - lt - 1) : strlen(s);
}

static void
take_sender(struct template *t, const struct options *o)
{
	const char *s;
	struct addr a;
	size_t n, len;

	bare(o->sender, &s, &n);
	if (addr_split(s, n, &a) == -1)
		say_die(100, "-f %s: not a mail address", o->sender);
	memcpy(t->sender, a.local, a.local_len);
	t->sender[a.local_len] = '@';
	len = idn_ascii(t->sender + a.local_len + 1, a.domain, a.domain_len);
	if (!len)
		say_die(100, "-f %s: not a mail address", o->sender);
	t->sender[a.local_len + 1 + len] = '\0';
	t->whose = t->sender + a.local_len + 1;
	memcpy(t->domain, t->whose, len + 1);
}

/* The domain of the template's From, if that is told without a row. */
static void
take_from(struct template *t, const stralloc *mail)
{
	char field[1024], domain[ADDR_DOMAINMAX];
	const char *s = mail->s, *end = s + mail->len, *nl, *from;
	struct addr a;
	size_t n;

	for (; s < end && *s != '\n' && *s != '\r'; s = nl + 1) {
		nl = memchr(s, '\n', (size_t)(end - s));
		if (!nl)
			return;
		if (strncasecmp(s, "from:", 5) != 0)
			continue;
		n = (size_t)(nl - s) - 5;
		n = n < sizeof field - 1 ? n : sizeof field - 1;
		memcpy(field, s + 5, n);
		while (n && strchr(" \t\r", field[n - 1]))
			n--;
		field[n] = '\0';
		bare(field + strspn(field, " \t"), &from, &n);
		if (addr_split(from, n, &a) == -1)
			return;
		n = idn_ascii(domain, a.domain, a.domain_len);
		if (n) {
			memcpy(t->domain, domain, n);
			t->domain[n] = '\0';
		}
		return;
	}
}

/* dray-queued takes any name, and mail of a route that is not there goes as if it
 * had none. */
static void
look_route(const struct policy *p, const char *name)
{
	struct policy_vroute v;

	switch (policy_vroute(p, name, &v)) {
	case 0:
		say_die(100, "--route %s: the policy has no such route", name);
	case -1:
		say_die(111, "--route %s: the policy is damaged", name);
	}
}

static void
take_policy(struct template *t, const struct options *o)
{
	char path[BASE_PATHMAX];

	base_path(path, o->base, "policy/policy.cdb");
	t->haspolicy = policy_open(&t->policy, path) == 0;
	if (!t->haspolicy) {
		say_line("warning: unable to read policy %s: no fields are "
			 "added because of it",
		    path);
		return;
	}
	if (o->route)
		look_route(&t->policy, o->route);
	t->hassender = policy_sender(&t->policy, t->whose, strlen(t->whose),
			   &t->said) == 1;
}

static void
build(const struct options *o, stralloc *mail)
{
	stralloc text = STRALLOC_ZERO, html = STRALLOC_ZERO;
	struct mergebuild b = { .subject = o->subject,
		.from = o->from ? o->from : o->sender,
		.to = o->to };

	if (o->text)
		slurp(o->text, &text);
	if (o->html)
		slurp(o->html, &html);
	b.text = o->text ? text.s : NULL;
	b.text_len = text.len;
	b.html = o->html ? html.s : NULL;
	b.html_len = html.len;
	if (mergebuild_message(&b, mail) == -1)
		say_die(100, "no message can be made of the parts: %s", b.why);
	stralloc_free(&text);
	stralloc_free(&html);
}

static const char *
name_of(const struct options *o, const struct mergecompile *k)
{
	if (o->template)
		return o->template;
	if (strcmp(k->error.part, "text/html") == 0)
		return o->html;
	return strcmp(k->error.part, "text/plain") == 0 ? o->text : "template";
}

static void
bad_template(const struct mergecompile *k, const struct options *o)
{
	stralloc text = STRALLOC_ZERO;

	mergecompile_error(k, name_of(o, k), &text);
	mem_check(stralloc_0(&text));
	say_die(100, "%s", text.s);
}

static void
compile(struct template *t, const struct options *o, const stralloc *mail)
{
	stralloc force = STRALLOC_ZERO, fields = STRALLOC_ZERO;
	struct mergecompile k;
	unsigned int i;

	heads_put(t, o, &force, &fields);
	mergecompile_init(&k);
	for (i = 0; i < o->ndefaults; i++)
		set_default(&k, o->defaults[i]);
	k.partial = partial;
	k.arg = (void *)o;
	k.force = force.s;
	k.force_len = force.len;
	k.fields = fields.s;
	k.fields_len = fields.len;
	k.isbuilt = !o->template;
	if (mergecompile_message(&k, mail->s, mail->len, &t->program) == -1) {
		if (errno == EMSGSIZE)
			say_die(100, "the template is too large");
		if (errno != EINVAL)
			say_die(111, "unable to read a partial: %s",
			    strerror(errno));
		bad_template(&k, o);
	}
	mergecompile_free(&k);
	stralloc_free(&force);
	stralloc_free(&fields);
}

void
template_read(struct template *t, const struct options *o)
{
	stralloc mail = STRALLOC_ZERO;

	take_sender(t, o);
	if (o->template) {
		slurp(o->template, &mail);
		if (!mail.len)
			say_at(o->template, 0, 0, "the template is empty");
	} else {
		build(o, &mail);
	}
	if (o->template)
		take_from(t, &mail);
	else if (o->from)
		take_from(t, &mail);
	take_policy(t, o);
	compile(t, o, &mail);
	stralloc_free(&mail);
	t->merge = merge_open(t->program.s, t->program.len);
	if (!t->merge)
		say_die(101, "the program of the template is malformed");
}
