#include <errno.h>
#include <math.h>
#include <skalibs/strerr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conn.h"
#include "control.h"
#include "script.h"
#include "sink.h"

enum { COMMAND_MAX = 4096 };

static struct {
	struct ev_io io;
	char line[COMMAND_MAX];
	size_t n;
} in;

void
control_stat(struct sink *s)
{
	static char d[COUNTS_JSON];

	counts_json(d, sizeof d, &s->counts, s->open, ev_now(s->loop));
	fputs(d, stdout);
	fflush(stdout);
}

/* Every connection looks anew at what it may write. */
static void
kick_all(struct sink *s)
{
	struct conn *c, *next;

	for (c = s->conns; c; c = next) {
		next = c->next;
		conn_kick(c);
	}
}

static void
print_error(const char *what)
{
	printf("{\"error\":\"");
	for (; *what; what++) {
		if (*what == '"' || *what == '\\')
			putchar('\\');
		if ((unsigned char)*what < 32)
			printf("\\u%04x", (unsigned char)*what);
		else
			putchar(*what);
	}
	printf("\"}\n");
}

static int
parse_number(const char *s, double *v_r)
{
	char *end;
	double v = strtod(s, &end);

	if (end == s || *end || !isfinite(v) || v < 0)
		return -1;
	*v_r = v;
	return 0;
}

static void
do_hold(struct sink *s, const char *arg)
{
	if (arg && strcmp(arg, "dot") != 0) {
		print_error("hold, or hold dot");
		return;
	}
	s->held = arg ? HOLD_DOT : HOLD_ALL;
	puts("{}");
}

static void
do_go(struct sink *s, const char *arg)
{
	(void)arg;
	s->held = HOLD_NOTHING;
	puts("{}");
	kick_all(s);
}

static void
do_rate(struct sink *s, const char *arg)
{
	double v;

	if (!arg || parse_number(arg, &v) == -1) {
		print_error("rate: a number is wanted");
		return;
	}
	s->conf.rate = v;
	s->slot = 0;
	puts("{}");
}

static void
do_delay(struct sink *s, const char *arg)
{
	double v;

	if (!arg || parse_number(arg, &v) == -1) {
		print_error("delay: a number of milliseconds is wanted");
		return;
	}
	s->conf.delay = v / 1000;
	puts("{}");
}

/* Without a file: no rules. */
static void
do_script(struct sink *s, const char *arg)
{
	char err[400];
	struct script *script;

	script =
	    script_load(arg ? arg : "/dev/null", s->conf.seed, err, sizeof err);
	if (!script) {
		print_error(err);
		return;
	}
	script_replace(script, s->script);
	s->script = script;
	puts("{}");
}

static void
do_rules(struct sink *s, const char *arg)
{
	static char d[65536];

	(void)arg;
	if (!s->script) {
		puts("{}");
		return;
	}
	script_json(s->script, d, sizeof d);
	puts(d);
}

static void
do_stat(struct sink *s, const char *arg)
{
	(void)arg;
	control_stat(s);
}

static void
do_reset(struct sink *s, const char *arg)
{
	(void)arg;
	counts_reset(&s->counts);
	s->counts.openmax = s->open;
	puts("{}");
}

static void
do_quit(struct sink *s, const char *arg)
{
	(void)arg;
	ev_break(s->loop, EVBREAK_ALL);
}

static void
command(struct sink *s, char *line)
{
	static const struct {
		const char *name;
		void (*run)(struct sink *, const char *);
	} all[] = {
		{ "stat", do_stat },
		{ "reset", do_reset },
		{ "hold", do_hold },
		{ "go", do_go },
		{ "rate", do_rate },
		{ "delay", do_delay },
		{ "script", do_script },
		{ "rules", do_rules },
		{ "quit", do_quit },
	};
	char *arg = strchr(line, ' ');
	size_t i;

	if (arg)
		*arg++ = '\0';
	for (i = 0; i < sizeof all / sizeof all[0]; i++)
		if (!strcmp(line, all[i].name)) {
			all[i].run(s, arg);
			return;
		}
	print_error("command not known");
}

static void
on_input(struct ev_loop *loop, struct ev_io *w, int events)
{
	struct sink *s = w->data;
	char *p;
	ssize_t n;

	(void)events;
	n = read(0, in.line + in.n, sizeof in.line - 1 - in.n);
	if (n == -1 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		ev_io_stop(loop, w);
		ev_break(loop, EVBREAK_ALL);
		return;
	}
	in.n += (size_t)n;
	while ((p = memchr(in.line, '\n', in.n))) {
		*p = '\0';
		command(s, in.line);
		in.n -= (size_t)(p + 1 - in.line);
		memmove(in.line, p + 1, in.n);
	}
	if (in.n == sizeof in.line - 1) {
		print_error("line too long");
		in.n = 0;
	}
	fflush(stdout);
}

void
control_start(struct sink *s)
{
	ev_io_init(&in.io, on_input, 0, EV_READ);
	in.io.data = s;
	ev_io_start(s->loop, &in.io);
}
