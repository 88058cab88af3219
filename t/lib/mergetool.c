/*
 * mergetool - compiles a template and renders rows, for tests and benchmarks.
 *
 *   mergetool [-7] [-L] [-p dir] [-d name=value] [-f fields] [-F fields] [-B]
 *             [-t text -h html -s subject] [-n count | -P] template
 *
 * Reads rows from standard input, a line of JSON each, and writes for each a
 * line "check CODE WHAT", CODE a name of an errno or 0; and "message N" and N
 * octets, or "error CODE".  -7: no 8BITMIME; -L: a name without a
 * value is no error; -p: where partials are; -d: a
 * default; -f: fields where the template has none, -F: fields in any case (a
 * line end is put behind each); -t, -h, -s: the template is built from these
 * files, and there is no other.  -B: rows are raw octets in hexadecimal.
 * -n: every row is rendered so many times, and instead of messages there is one
 * line with how many a second.  -P: writes the program.  A template that is bad: the error on standard
 * output and exit 1.
 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/merge.h"
#include "common/mergebuild.h"
#include "common/mergecompile.h"
#include "common/mergejson.h"

static const struct merge_job job = { "tok3nabc", 8, "rcpt@example.com", 16,
	1795356000 };
static unsigned int flags = MERGE_8BIT;
static const char *dir;
static long count;
static int israw, isprogram, lenient;

static void
die(const char *what)
{
	perror(what);
	exit(111);
}

static void
slurp(const char *name, stralloc *sa)
{
	char buf[65536];
	ssize_t n;
	int fd = open(name, O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		die(name);
	while ((n = read(fd, buf, sizeof buf)) > 0)
		if (!stralloc_catb(sa, buf, (size_t)n))
			die("memory");
	close(fd);
}

static int
partial(void *arg, const char *name, size_t len, stralloc *text)
{
	char path[1000];

	(void)arg;
	if (!dir)
		return 0;
	snprintf(path, sizeof path, "%s/%.*s", dir, (int)len, name);
	if (access(path, R_OK) == -1)
		return 0;
	slurp(path, text);
	return 1;
}

static const char *
code(int rc)
{
	static char buf[16];

	if (!rc)
		return "0";
	switch (errno) {
	case EPROTO:
		return "EPROTO";
	case EMSGSIZE:
		return "EMSGSIZE";
	case ELOOP:
		return "ELOOP";
	case EINVAL:
		return "EINVAL";
	case ENOENT:
		return "ENOENT";
	default:
		snprintf(buf, sizeof buf, "%d", errno);
		return buf;
	}
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
bench(struct merge *m, const stralloc *row)
{
	stralloc out = STRALLOC_ZERO;
	struct merge_fault fault = { .lenient = lenient };
	double from, render;
	long i;

	from = now();
	for (i = 0; i < count; i++)
		if (merge_check(m, row->s, row->len, &job, &fault) == -1)
			die("check");
	render = now();
	for (i = 0; i < count; i++) {
		out.len = 0;
		if (merge_render(m, row->s, row->len, &job, flags, &out) == -1)
			die("render");
	}
	printf("%.0f messages a second of %zu octets, %.0f rows of %zu "
	       "checked\n",
	    (double)count / (now() - render), (size_t)out.len,
	    (double)count / (render - from), (size_t)row->len);
	stralloc_free(&out);
}

static void
render(struct merge *m, const stralloc *row)
{
	stralloc out = STRALLOC_ZERO;
	struct merge_fault fault = { .lenient = lenient };
	int rc = merge_check(m, row->s, row->len, &job, &fault);

	printf("check %s %s\n", code(rc), fault.what);
	rc = merge_render(m, row->s, row->len, &job, flags, &out);
	if (rc == -1)
		printf("error %s\n", code(rc));
	else {
		printf("message %zu\n", (size_t)out.len);
		fwrite(out.s, 1, out.len, stdout);
	}
	stralloc_free(&out);
}

static void
unhex(const char *s, stralloc *row)
{
	unsigned int c;

	for (; sscanf(s, "%2x", &c) == 1; s += 2)
		if (!stralloc_append(row, (char)c))
			die("memory");
}

static void
one(struct merge *m, struct mergerow *r, const char *line)
{
	stralloc row = STRALLOC_ZERO;
	json_t *o = NULL;
	int rc = 0;

	if (israw)
		unhex(line, &row);
	else {
		o = json_loads(line, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
		if (!o)
			die("json");
		mergerow_start(r);
		rc = mergejson_row(r, o);
		if (!rc)
			rc = mergerow_end(r, &row);
	}
	if (rc == -1)
		printf("row %s\n", code(rc));
	else if (count)
		bench(m, &row);
	else
		render(m, &row);
	json_decref(o);
	stralloc_free(&row);
}

static void
rows(const stralloc *prog)
{
	struct merge *m = merge_open(prog->s, prog->len);
	struct mergerow r;
	char *line = NULL;
	size_t room = 0;

	if (!m)
		die("merge_open");
	mergerow_init(&r, m);
	while (getline(&line, &room, stdin) != -1)
		one(m, &r, line);
	free(line);
	mergerow_free(&r);
	merge_close(m);
}

static void
bad(const struct mergecompile *c, const char *name)
{
	stralloc why = STRALLOC_ZERO;

	if (errno != EINVAL)
		die("compile");
	mergecompile_error(c, name, &why);
	printf("%.*s\n", (int)why.len, why.s);
	exit(1);
}

static void
dflt(struct mergecompile *c, char *arg)
{
	char *eq = strchr(arg, '=');

	if (!eq ||
	    mergecompile_default(
		c, arg, (size_t)(eq - arg), eq + 1, strlen(eq + 1)) == -1)
		die("default");
}

static void
addline(stralloc *sa, const char *s)
{
	if (!stralloc_cats(sa, s) || !stralloc_cats(sa, "\r\n"))
		die("memory");
}

static void
build(struct mergecompile *c, const char *text, const char *html,
    const char *subject, stralloc *message)
{
	stralloc t = STRALLOC_ZERO, h = STRALLOC_ZERO;
	struct mergebuild b = { .subject = subject,
		.from = "News <news@example.com>",
		.to = "<{{dray.recipient}}>" };

	if (text) {
		slurp(text, &t);
		b.text = t.s ? t.s : "";
		b.text_len = t.len;
	}
	if (html) {
		slurp(html, &h);
		b.html = h.s ? h.s : "";
		b.html_len = h.len;
	}
	if (mergebuild_message(&b, message) == -1) {
		printf("%s\n", b.why);
		exit(1);
	}
	c->isbuilt = 1;
	stralloc_free(&t);
	stralloc_free(&h);
}

int
main(int argc, char **argv)
{
	static stralloc force, fields, message, prog;
	const char *text = NULL, *html = NULL, *subject = NULL;
	struct mergecompile c;
	int o;

	mergecompile_init(&c);
	c.partial = partial;
	while ((o = getopt(argc, argv, "7BLPp:d:f:F:t:h:s:n:")) != -1)
		switch (o) {
		case '7':
			flags = 0;
			break;
		case 'B':
			israw = 1;
			break;
		case 'L':
			lenient = 1;
			break;
		case 'P':
			isprogram = 1;
			break;
		case 'p':
			dir = optarg;
			break;
		case 'd':
			dflt(&c, optarg);
			break;
		case 'f':
			addline(&fields, optarg);
			break;
		case 'F':
			addline(&force, optarg);
			break;
		case 't':
			text = optarg;
			break;
		case 'h':
			html = optarg;
			break;
		case 's':
			subject = optarg;
			break;
		case 'n':
			count = strtol(optarg, NULL, 10);
			break;
		default:
			return 100;
		}
	c.force = force.s;
	c.force_len = force.len;
	c.fields = fields.s;
	c.fields_len = fields.len;
	if (text || html)
		build(&c, text, html, subject, &message);
	else if (optind < argc)
		slurp(argv[optind], &message);
	if (mergecompile_message(&c, message.s, message.len, &prog) == -1)
		bad(&c, argv[argc - 1]);
	if (isprogram)
		fwrite(prog.s, 1, prog.len, stdout);
	else
		rows(&prog);
	mergecompile_free(&c);
	stralloc_free(&prog);
	stralloc_free(&message);
	stralloc_free(&force);
	stralloc_free(&fields);
	return 0;
}
