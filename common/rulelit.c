#include <string.h>

#include "common/chars.h"
#include "common/rulelit.h"

#define DEPTH 12 /* groups inside of groups */

struct reader {
	const char *p;
	const char *end;
	const char *why;
};

/* How often the atom before may come. */
struct repeat {
	int optional;
	int many; /* more than once */
	int endless;
};

/* The best set of literals of a sequence, and the one that grows. */
struct best {
	struct rulelit set;
	struct rulelit run; /* at most one */
};

static void read_alternatives(
    struct reader *r, struct rulelit *d_r, unsigned int depth);

static int
fail(struct reader *r, const char *why)
{
	if (!r->why)
		r->why = why;
	r->p = r->end;
	return 0;
}

/* What a set is worth: the length of its shortest literal, the fewer the
 * better among equals. */
static unsigned int
worth(const struct rulelit *l)
{
	unsigned int i, least = MULTIFIND_MAX;

	for (i = 0; i < l->n; i++)
		if (l->literal[i].len < least)
			least = l->literal[i].len;
	if (!l->n || least < RULELIT_MIN)
		return 0;
	return least * 64 + RULELIT_MAX - l->n;
}

static void
offer(struct best *b, const struct rulelit *l)
{
	if (worth(l) > worth(&b->set))
		b->set = *l;
}

static void
end_run(struct best *b)
{
	offer(b, &b->run);
	b->run.n = 0;
}

static void
add_to_run(struct best *b, int c)
{
	if (!b->run.n) {
		b->run.n = 1;
		b->run.literal[0].len = 0;
	}
	if (b->run.literal[0].len == MULTIFIND_MAX)
		return;
	b->run.literal[0].s[b->run.literal[0].len++] = (char)chars_lower(c);
}

static unsigned int
read_number(struct reader *r)
{
	unsigned int n = 0;

	for (; r->p < r->end && *r->p >= '0' && *r->p <= '9'; r->p++)
		n = n < 100000 ? n * 10 + (unsigned int)(*r->p - '0') : n;
	return n;
}

/* {n}, {n,} or {n,m}; anything else in braces is literal in PCRE2. */
static int
read_braces(struct reader *r, struct repeat *q)
{
	const char *s = r->p;
	unsigned int least, most;

	r->p++;
	if (r->p == r->end || *r->p < '0' || *r->p > '9')
		goto literal;
	least = most = read_number(r);
	if (r->p < r->end && *r->p == ',') {
		r->p++;
		if (r->p < r->end && *r->p == '}')
			q->endless = 1;
		else if (r->p < r->end && *r->p >= '0' && *r->p <= '9')
			most = read_number(r);
		else
			goto literal;
	}
	if (r->p == r->end || *r->p != '}')
		goto literal;
	r->p++;
	q->optional = !least;
	q->many = q->endless || most > 1;
	return 1;
literal:
	r->p = s;
	return 0;
}

static void
read_repeat(struct reader *r, struct repeat *q)
{
	memset(q, 0, sizeof *q);
	if (r->p == r->end)
		return;
	if (*r->p == '{') {
		if (!read_braces(r, q))
			return;
	} else if (strchr("?*+", *r->p)) {
		q->optional = *r->p != '+';
		q->many = q->endless = *r->p != '?';
		r->p++;
	} else {
		return;
	}
	if (r->p < r->end && (*r->p == '?' || *r->p == '+'))
		r->p++; /* lazy or possessive */
}

static void
literal(struct reader *r, struct best *b, int c)
{
	uint8_t before = b->run.n ? b->run.literal[0].len : 0;
	struct repeat q;

	add_to_run(b, c);
	read_repeat(r, &q);
	if (q.optional) {
		b->run.literal[0].len = before;
		end_run(b);
	} else if (q.many) {
		end_run(b);
	}
}

/* What stands for one octet that is not known. */
static void
unknown(struct reader *r, struct best *b, int is_dot)
{
	struct repeat q;

	end_run(b);
	read_repeat(r, &q);
	if (is_dot && q.endless)
		fail(r,
		    "repeats a dot or a [^class] without end; write .{0,80}");
}

static void
escape(struct reader *r, struct best *b)
{
	int c;

	if (r->p == r->end) {
		fail(r, "ends in a backslash");
		return;
	}
	c = (unsigned char)*r->p++;
	if (strchr("bBAzZG", c))
		return; /* between two octets: the run goes on */
	if (strchr("dDsSwWhHvV", c))
		unknown(r, b, 0);
	else if ((c >= '0' && c <= '9') ||
	    (chars_lower(c) >= 'a' && chars_lower(c) <= 'z'))
		fail(r,
		    "has an escape other than \\d \\s \\w \\h \\v \\b \\A "
		    "\\z, or before punctuation");
	else
		literal(r, b, c);
}

static void class(struct reader *r, struct best *b)
{
	int negated = r->p < r->end && *r->p == '^';

	r->p += negated;
	if (r->p < r->end && *r->p == ']')
		r->p++;
	while (r->p < r->end && *r->p != ']') {
		if (*r->p == '[' && r->end - r->p > 1 && r->p[1] == ':') {
			while (r->p < r->end && *r->p != ']')
				r->p++;
		} else if (*r->p == '\\') {
			r->p++;
		}
		if (r->p < r->end)
			r->p++;
	}
	if (r->p < r->end)
		r->p++;
	unknown(r, b, negated);
}

/* After "(".  1 when what is inside must be there. */
static int
open_group(struct reader *r)
{
	if (r->p == r->end || *r->p == '*')
		return fail(r, "has a verb");
	if (*r->p != '?')
		return 1;
	r->p++;
	if (r->p == r->end)
		return fail(r, "ends in a group");
	switch (*r->p++) {
	case ':':
	case '>':
		return 1;
	case '=':
	case '!':
		return 0;
	case '<':
		if (r->p < r->end && (*r->p == '=' || *r->p == '!')) {
			r->p++;
			return 0;
		}
		break;
	}
	return fail(r, "has a group other than ( (?: (?> (?= (?! (?<= (?<!");
}

static void
group(struct reader *r, struct best *b, unsigned int depth)
{
	struct rulelit inside;
	struct repeat q;
	int counts;

	if (depth == DEPTH) {
		fail(r, "has too many groups inside of groups");
		return;
	}
	end_run(b);
	counts = open_group(r);
	read_alternatives(r, &inside, depth + 1);
	if (r->p < r->end)
		r->p++; /* the parenthesis */
	read_repeat(r, &q);
	if (counts && !q.optional)
		offer(b, &inside);
}

static void
read_sequence(struct reader *r, struct rulelit *d_r, unsigned int depth)
{
	struct best b;

	memset(&b, 0, sizeof b);
	while (r->p < r->end && *r->p != '|' && *r->p != ')') {
		int c = (unsigned char)*r->p++;

		if (c == '(')
			group(r, &b, depth);
		else if (c == '[')
			class(r, &b);
		else if (c == '\\')
			escape(r, &b);
		else if (c == '.')
			unknown(r, &b, 1);
		else if (c != '^' && c != '$')
			literal(r, &b, c);
	}
	end_run(&b);
	*d_r = b.set;
}

/* One of all alternatives has to be there, so each of them has to have one. */
static void
read_alternatives(struct reader *r, struct rulelit *d_r, unsigned int depth)
{
	struct rulelit one;
	int none = 0;

	memset(d_r, 0, sizeof *d_r);
	for (;;) {
		read_sequence(r, &one, depth);
		none |= !one.n || d_r->n + one.n > RULELIT_MAX;
		if (!none) {
			memcpy(&d_r->literal[d_r->n], one.literal,
			    one.n * sizeof *one.literal);
			d_r->n += one.n;
		}
		if (r->p == r->end || *r->p != '|')
			break;
		r->p++;
	}
	if (none)
		d_r->n = 0;
}

int
rulelit_find(const char *s, size_t n, struct rulelit *d_r)
{
	struct reader r = { s, s + n, NULL };

	read_alternatives(&r, d_r, 0);
	if (!r.why && !d_r->n)
		r.why = "has no literal text of three octets that is in each "
			"match";
	d_r->why = r.why;
	return r.why ? -1 : 0;
}
