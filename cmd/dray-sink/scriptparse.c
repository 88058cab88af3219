/*
 * A line is: phases, then words.  Each word is a condition, a manner or an
 * action; a table says which function takes it and what follows it.  Actions
 * that take text take all of the line, so they come last by themselves.
 */
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lex.h"
#include "scriptparse.h"

static int
keep_glob(struct lex *x, char **glob, const char *s)
{
	if (!s)
		return lex_bad(x, "a pattern is wanted");
	if (*glob)
		return lex_bad(
		    x, "a second pattern of the same kind: %.40s", s);
	*glob = strdup(strcmp(s, "<>") ? s : "");
	return *glob ? 0 : lex_bad(x, "no memory");
}

static int
keep_name(struct lex *x, char **name, const char *s)
{
	if (!s)
		return lex_bad(x, "a name is wanted");
	free(*name);
	*name = strdup(s);
	return *name ? 0 : lex_bad(x, "no memory");
}

static int
append(struct lex *x, const char *s, size_t n, uint64_t times)
{
	struct rule *r = x->rule;
	char *bytes;

	if (n && times > (SCRIPT_BYTES - r->len) / n)
		return lex_bad(x, "more than %d octets", SCRIPT_BYTES);
	bytes = realloc(r->bytes, r->len + n * times + 1);
	if (!bytes)
		return lex_bad(x, "no memory");
	r->bytes = bytes;
	for (; times; times--) {
		memcpy(r->bytes + r->len, s, n);
		r->len += n;
		if (!n)
			break;
	}
	return 0;
}

/* "string" or "string"*N, once or more, up to the end of the line. */
static int
parse_strings(struct lex *x)
{
	uint64_t times;
	size_t n = 0;
	char *s = NULL;

	do {
		if (lex_string(x, &s, &n) == -1)
			return -1;
		times = 1;
		if (*x->p == '*') {
			x->p++;
			if (lex_count(x, lex_word(x), &times) == -1)
				return -1;
		} else if (*x->p && !lex_blank(*x->p)) {
			return lex_bad(x, "a blank is missing after a string");
		}
		if (append(x, s, n, times) == -1)
			return -1;
		lex_skip(x);
	} while (*x->p);
	return 0;
}

/* The code that raw octets begin with, if they do. */
static void
guess_code(struct rule *r)
{
	int code = 0;
	size_t i;

	if (r->len < 3 || r->bytes[0] < '2' || r->bytes[0] > '5')
		return;
	for (i = 0; i < 3; i++) {
		if (r->bytes[i] < '0' || r->bytes[i] > '9')
			return;
		code = code * 10 + (r->bytes[i] - '0');
	}
	r->code = code;
}

/* One line of a reply, with its code and its CRLF. */
static int
reply_line(struct lex *x, const char *text, size_t n, int last)
{
	char head[8];

	snprintf(head, sizeof head, "%03d%c", x->rule->code % 1000,
	    last ? ' ' : '-');
	return append(x, head, 4, 1) == -1 || append(x, text, n, 1) == -1 ||
		append(x, "\r\n", 2, 1) == -1
	    ? -1
	    : 0;
}

/* "CODE TEXT": "\n" in the text makes another line of the reply. */
static int
parse_reply(struct lex *x)
{
	const char *code = lex_word(x), *end;
	uint64_t n = 0;
	char *text;

	if (lex_count(x, code, &n) == -1)
		return -1;
	if (strlen(code) != 3 || n < 200 || n > 599)
		return lex_bad(
		    x, "a reply code is 200 to 599, not %.40s", code);
	x->rule->act = ACT_REPLY;
	x->rule->code = (int)n;
	lex_skip(x);
	text = x->p;
	x->p += strlen(x->p);
	while (x->p > text && lex_blank(x->p[-1]))
		*--x->p = '\0';
	while ((end = strstr(text, "\\n"))) {
		if (reply_line(x, text, (size_t)(end - text), 0) == -1)
			return -1;
		text += end - text + 2;
	}
	return reply_line(x, text, strlen(text), 1);
}

static int
act_reply(struct lex *x)
{
	x->acts++;
	return parse_reply(x);
}

/* `close` alone, before a code, or before another action. */
static int
act_close(struct lex *x)
{
	x->rule->close = 1;
	lex_skip(x);
	if (*x->p >= '0' && *x->p <= '9')
		return act_reply(x);
	return 0;
}

static int
act_raw(struct lex *x)
{
	x->acts++;
	x->rule->act = ACT_RAW;
	lex_skip(x);
	if (parse_strings(x) == -1)
		return -1;
	guess_code(x->rule);
	return 0;
}

static int
act_talk(struct lex *x)
{
	if (lex_count(x, lex_word(x), &x->rule->repeat) == -1)
		return -1;
	if (!x->rule->repeat)
		return lex_bad(x, "to talk no times");
	return act_raw(x);
}

static int
act_junk(struct lex *x)
{
	uint64_t n, i;
	char c;

	x->acts++;
	x->rule->act = ACT_RAW;
	if (lex_count(x, lex_word(x), &n) == -1)
		return -1;
	if (!n)
		return lex_bad(x, "no octets of junk");
	if (append(x, "", 1, n) == -1)
		return -1;
	for (i = 0; i < n; i++) {
		c = (char)script_random(x->script);
		x->rule->bytes[i] = c;
	}
	return 0;
}

/* "50/s", "300/10s" */
static int
take_over(struct lex *x)
{
	char *w = lex_word(x), *slash = w ? strchr(w, '/') : NULL, *end;
	uint64_t n;

	if (!slash)
		return lex_bad(x, "a rate like 50/s is wanted");
	*slash++ = '\0';
	if (lex_count(x, w, &n) == -1)
		return -1;
	x->rule->window = *slash == 's' ? 1 : strtod(slash, &end);
	end = *slash == 's' ? slash : end;
	if (!n || n > SCRIPT_OVER || strcmp(end, "s") != 0 ||
	    !(x->rule->window > 0))
		return lex_bad(x, "a rate like 50/s is wanted");
	x->rule->over = (size_t)n;
	return 0;
}

static int
act(struct lex *x, enum act a)
{
	x->acts++;
	x->rule->act = a;
	return 0;
}

/* clang-format off */
enum kind { GLOB, NAME, RANGE, COUNT, TIME, CHANCE, PIECE, FLAG, ACT, TAKE };

static const struct keyword {
	const char *name;
	enum kind kind;
	size_t at;			/* where in the rule */
	int value;			/* ACT: which */
	int (*take)(struct lex *);	/* TAKE */
} keywords[] = {
	{ "to", GLOB, offsetof(struct rule, to), 0, NULL },
	{ "from", GLOB, offsetof(struct rule, from), 0, NULL },
	{ "hello", GLOB, offsetof(struct rule, helo), 0, NULL },
	{ "local", GLOB, offsetof(struct rule, local), 0, NULL },
	{ "peer", GLOB, offsetof(struct rule, peer), 0, NULL },
	{ "conn", RANGE, offsetof(struct rule, conn), 0, NULL },
	{ "msg", RANGE, offsetof(struct rule, msg), 0, NULL },
	{ "total", RANGE, offsetof(struct rule, total), 0, NULL },
	{ "cmd", RANGE, offsetof(struct rule, cmd), 0, NULL },
	{ "secure", FLAG, offsetof(struct rule, secure), 0, NULL },
	{ "clear", FLAG, offsetof(struct rule, clear), 0, NULL },
	{ "times", RANGE, offsetof(struct rule, times), 0, NULL },
	{ "every", COUNT, offsetof(struct rule, every), 0, NULL },
	{ "first", COUNT, offsetof(struct rule, first), 0, NULL },
	{ "young", TIME, offsetof(struct rule, young), 0, NULL },
	{ "after", TIME, offsetof(struct rule, after), 0, NULL },
	{ "before", TIME, offsetof(struct rule, before), 0, NULL },
	{ "over", TAKE, 0, 0, take_over },
	{ "lasting", TIME, offsetof(struct rule, lasting), 0, NULL },
	{ "chance", CHANCE, offsetof(struct rule, chance), 0, NULL },
	{ "delay", TIME, offsetof(struct rule, delay), 0, NULL },
	{ "split", PIECE, offsetof(struct rule, piece), 0, NULL },
	{ "gap", TIME, offsetof(struct rule, gap), 0, NULL },
	{ "at", COUNT, offsetof(struct rule, at), 0, NULL },
	{ "keep", FLAG, offsetof(struct rule, keep), 0, NULL },
	{ "refuse", FLAG, offsetof(struct rule, refuse), 0, NULL },
	{ "bare", FLAG, offsetof(struct rule, bare), 0, NULL },
	{ "renegotiate", FLAG, offsetof(struct rule, renegotiate), 0, NULL },
	{ "with", NAME, offsetof(struct rule, with), 0, NULL },
	{ "blind", FLAG, offsetof(struct rule, blind), 0, NULL },
	{ "silent", ACT, 0, ACT_SILENT, NULL },
	{ "drop", ACT, 0, ACT_DROP, NULL },
	{ "reset", ACT, 0, ACT_RESET, NULL },
	{ "stall", ACT, 0, ACT_STALL, NULL },
	{ "freeze", ACT, 0, ACT_FREEZE, NULL },
	{ "reply", TAKE, 0, 0, act_reply },
	{ "close", TAKE, 0, 0, act_close },
	{ "raw", TAKE, 0, 0, act_raw },
	{ "talk", TAKE, 0, 0, act_talk },
	{ "junk", TAKE, 0, 0, act_junk },
};

static const struct {
	const char *name;
	unsigned bits;
} phases[] = {
	{ "connect", 1 << PHASE_CONNECT },
	{ "ehlo", 1 << PHASE_EHLO },
	{ "helo", 1 << PHASE_HELO },
	{ "starttls", 1 << PHASE_STARTTLS },
	{ "tls", 1 << PHASE_TLS },
	{ "tlsdone", 1 << PHASE_TLSDONE },
	{ "mail", 1 << PHASE_MAIL },
	{ "rcpt", 1 << PHASE_RCPT },
	{ "data", 1 << PHASE_DATA },
	{ "bdat", 1 << PHASE_BDAT },
	{ "body", 1 << PHASE_BODY },
	{ "dot", 1 << PHASE_DOT },
	{ "rset", 1 << PHASE_RSET },
	{ "noop", 1 << PHASE_NOOP },
	{ "quit", 1 << PHASE_QUIT },
	{ "other", 1 << PHASE_OTHER },
	{ "any", ((1 << PHASE_MAX) - 1) & ~(1 << PHASE_BODY | 1 << PHASE_TLS |
	    1 << PHASE_TLSDONE) },
};
/* clang-format on */

static int
take_piece(struct lex *x, size_t *piece)
{
	uint64_t n;

	if (lex_count(x, lex_word(x), &n) == -1)
		return -1;
	if (!n || n > SCRIPT_BYTES)
		return lex_bad(x, "pieces of no or of too many octets");
	*piece = (size_t)n;
	return 0;
}

static int
take_keyword(struct lex *x, const struct keyword *k)
{
	char *at = (char *)x->rule + k->at;

	switch (k->kind) {
	case GLOB:
		return keep_glob(x, (char **)(void *)at, lex_word(x));
	case NAME:
		return keep_name(x, (char **)(void *)at, lex_word(x));
	case RANGE:
		return lex_range(x, (struct range *)(void *)at);
	case COUNT:
		return lex_count(x, lex_word(x), (uint64_t *)(void *)at);
	case TIME:
		return lex_time(x, (double *)(void *)at);
	case CHANCE:
		return lex_chance(x, (double *)(void *)at);
	case PIECE:
		return take_piece(x, (size_t *)(void *)at);
	case FLAG:
		*(int *)(void *)at = 1;
		return 0;
	case ACT:
		return act(x, (enum act)k->value);
	case TAKE:
		break;
	}
	return k->take(x);
}

static int
take_word(struct lex *x, const char *w)
{
	struct rule *r = x->rule;
	size_t i;

	for (i = 0; i < sizeof keywords / sizeof keywords[0]; i++)
		if (!strcmp(w, keywords[i].name))
			return take_keyword(x, keywords + i);
	/* An address pattern needs no word before it after rcpt and mail. */
	if (strpbrk(w, "@*?") || !strcmp(w, "<>")) {
		if (r->phases == 1 << PHASE_RCPT)
			return keep_glob(x, &r->to, w);
		if (r->phases == 1 << PHASE_MAIL)
			return keep_glob(x, &r->from, w);
	}
	return lex_bad(x, "not known: %.40s", w);
}

static int
parse_phases(struct lex *x, char *w)
{
	char *comma;
	size_t i;
	enum { N = sizeof phases / sizeof phases[0] };

	do {
		comma = strchr(w, ',');
		if (comma)
			*comma = '\0';
		for (i = 0; i < N && strcmp(w, phases[i].name) != 0; i++)
			;
		if (i == N)
			return lex_bad(x, "not a phase: %.40s", w);
		x->rule->phases |= phases[i].bits;
		w = comma ? comma + 1 : NULL;
	} while (w);
	return 0;
}

/* What a rule must not say, however well each word is formed. */
static int
check_rule(struct lex *x)
{
	const struct rule *r = x->rule;

	if (x->acts > 1)
		return lex_bad(x, "more than one action");
	if (r->act == ACT_DEFAULT && r->delay <= 0 && !r->piece && !r->close &&
	    !r->refuse && !r->keep && !r->blind && !r->renegotiate && !r->with)
		return lex_bad(x, "no action");
	if (r->at && r->phases != 1 << PHASE_BODY &&
	    r->phases != 1 << PHASE_TLS)
		return lex_bad(x, "`at' is for the phases body and tls alone");
	if (r->with && r->phases != 1 << PHASE_STARTTLS)
		return lex_bad(x, "`with' is for the phase starttls alone");
	if (r->lasting > 0 && !r->over)
		return lex_bad(x, "`lasting' is for `over' alone");
	if (r->secure && r->clear)
		return lex_bad(x, "`secure' and `clear' exclude each other");
	if (r->blind && r->phases != 1 << PHASE_BDAT)
		return lex_bad(x, "`blind' is for the phase bdat alone");
	if (r->keep && r->refuse)
		return lex_bad(x, "`keep' and `refuse' exclude each other");
	if (r->every && r->times.from)
		return lex_bad(x, "`every' and `times' exclude each other");
	return 0;
}

static struct rule *
new_rule(struct lex *x)
{
	struct script *s = x->script;
	struct rule *r = calloc(1, sizeof *r);

	if (!r)
		return NULL;
	r->line = x->line;
	r->conn.to = r->msg.to = r->total.to = UINT64_MAX;
	r->cmd.to = r->times.to = UINT64_MAX;
	r->before = HUGE_VAL;
	r->chance = 1;
	r->repeat = 1;
	r->gap = 0.001;
	if (s->last)
		s->last->next = r;
	else
		s->first = r;
	s->last = r;
	s->rules++;
	return r;
}

static int
parse_line(struct lex *x)
{
	char *w = lex_word(x);

	if (!w || *w == '#')
		return 0;
	if (!strcmp(w, "seed"))
		return lex_count(x, lex_word(x), &x->script->random);
	if (x->script->rules == SCRIPT_RULES)
		return lex_bad(x, "more than %d rules", SCRIPT_RULES);
	x->rule = new_rule(x);
	if (!x->rule)
		return lex_bad(x, "no memory");
	x->acts = 0;
	if (parse_phases(x, w) == -1)
		return -1;
	while ((w = lex_word(x)))
		if (take_word(x, w) == -1)
			return -1;
	if (check_rule(x) == -1)
		return -1;
	x->script->phases |= x->rule->phases;
	return 0;
}

int
scriptparse(char *text, struct script *s, char *err, size_t n)
{
	struct lex x = { NULL, 0, s, NULL, 0, err, n };
	char *end;

	while (text) {
		x.line++;
		x.p = text;
		end = strchr(text, '\n');
		if (end)
			*end++ = '\0';
		if (parse_line(&x) == -1)
			return -1;
		text = end;
	}
	return 0;
}
