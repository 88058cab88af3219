#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/multifind.h"

#define ENDS 0x80000000U /* in a step: a string ends in that state */
#define NARROW_ENDS 0x8000U /* the same in a narrow one */
#define NARROW 64 /* columns of a narrow row */

struct literal {
	uint32_t id;
	uint32_t next; /* literal + 1 that ends in the same state */
	uint8_t len;
	char s[MULTIFIND_MAX];
};

/* A state is one place in the trie of all strings; state 0 is its root. */
struct state {
	uint32_t first; /* literal + 1 that ends here */
	uint32_t suffix; /* the longest other state that this one ends with */
	uint32_t shorter; /* the nearest of those where a string ends, or 0 */
	uint32_t seen; /* the last scan that was here */
};

struct multifind {
	struct literal *literal;
	size_t nliteral;
	struct state *state;
	uint32_t nstate;
	uint32_t *step; /* nstate rows of ncolumn */
	uint16_t *narrow; /* or, if they fit, of NARROW: it is the cache that
			   * makes a scan fast */
	uint32_t ncolumn;
	uint32_t scan; /* number of the scan */
	uint8_t column[256]; /* of each octet; 0 for those in no string */
};

struct multifind *
multifind_new(void)
{
	return mem_alloc(sizeof(struct multifind));
}

void
multifind_add(struct multifind *m, const char *s, size_t len, uint32_t id)
{
	struct literal *l;

	/* Grows by doubling: at each power of two. */
	if (!(m->nliteral & (m->nliteral - 1)))
		m->literal = mem_grow(m->literal,
		    m->nliteral ? 2 * m->nliteral : 1, sizeof *m->literal);
	l = &m->literal[m->nliteral++];
	l->id = id;
	l->next = 0;
	l->len = (uint8_t)len;
	memcpy(l->s, s, len);
}

static void
number_columns(struct multifind *m)
{
	unsigned char octet;
	size_t i;
	uint8_t j;

	m->ncolumn = 2;
	memset(m->column + 128, 1, 128);
	for (i = 0; i < m->nliteral; i++)
		for (j = 0; j < m->literal[i].len; j++) {
			octet = (unsigned char)m->literal[i].s[j];
			if (octet < 128 && !m->column[octet])
				m->column[octet] = (uint8_t)m->ncolumn++;
		}
}

static void
add_path(struct multifind *m, struct literal *l)
{
	uint32_t *next, at = 0;
	uint8_t j;

	for (j = 0; j < l->len; j++) {
		next = &m->step[(size_t)at * m->ncolumn +
		    m->column[(unsigned char)l->s[j]]];
		if (!*next)
			*next = m->nstate++;
		at = *next;
	}
	l->next = m->state[at].first;
	m->state[at].first = (uint32_t)(l - m->literal) + 1;
}

/* State s is entered from one whose suffix is `suffix`, by column c. */
static void
link_state(struct multifind *m, uint32_t s, uint32_t suffix, uint32_t c)
{
	struct state *p = &m->state[s], *t;

	p->suffix = m->step[(size_t)suffix * m->ncolumn + c];
	if (p->suffix == s) /* one octet long: its own entry in the root */
		p->suffix = 0;
	t = &m->state[p->suffix];
	p->shorter = t->first ? p->suffix : t->shorter;
}

/* Breadth first, so that a state's suffix, being shorter, is complete before
 * it: where the trie has no way on, the way of the suffix is taken.  Returns
 * the states in that order. */
static uint32_t *
complete(struct multifind *m)
{
	uint32_t *queue = mem_array(m->nstate, sizeof *queue);
	uint32_t head = 0, tail = 1, c, s, suffix, *next;

	while (head < tail) {
		s = queue[head++];
		suffix = m->state[s].suffix;
		for (c = 0; c < m->ncolumn; c++) {
			next = &m->step[(size_t)s * m->ncolumn + c];
			if (*next) {
				link_state(m, *next, suffix, c);
				queue[tail++] = *next;
			} else if (s) {
				*next =
				    m->step[(size_t)suffix * m->ncolumn + c];
			}
		}
	}
	return queue;
}

/* Numbers the states in the order of the list and marks the steps to those
 * where a string ends.  Most texts only ever see the shallow states: side by
 * side they stay in the cache. */
static void
renumber(struct multifind *m, const uint32_t *order)
{
	struct state *state = mem_array(m->nstate, sizeof *state);
	uint32_t *step = mem_array(m->nstate, m->ncolumn * sizeof *step);
	uint32_t *number = mem_array(m->nstate, sizeof *number);
	uint32_t i, c, to;

	for (i = 0; i < m->nstate; i++)
		number[order[i]] = i;
	for (i = 0; i < m->nstate; i++) {
		state[i] = m->state[order[i]];
		state[i].suffix = number[state[i].suffix];
		state[i].shorter = number[state[i].shorter];
		for (c = 0; c < m->ncolumn; c++) {
			to = m->step[(size_t)order[i] * m->ncolumn + c];
			step[(size_t)i * m->ncolumn + c] = number[to] |
			    (m->state[to].first || m->state[to].shorter ? ENDS
									: 0);
		}
	}
	free(number);
	free(m->state);
	free(m->step);
	m->state = state;
	m->step = step;
}

static void
make_narrow(struct multifind *m)
{
	uint32_t i, c, to;

	if (m->nstate > NARROW_ENDS || m->ncolumn > NARROW)
		return;
	m->narrow = mem_array(m->nstate, NARROW * sizeof *m->narrow);
	for (i = 0; i < m->nstate; i++)
		for (c = 0; c < m->ncolumn; c++) {
			to = m->step[(size_t)i * m->ncolumn + c];
			m->narrow[(size_t)i * NARROW + c] =
			    (uint16_t)((to & ~ENDS) |
				(to & ENDS ? NARROW_ENDS : 0));
		}
	free(m->step);
	m->step = NULL;
}

void
multifind_build(struct multifind *m)
{
	size_t i, most = 1;
	uint32_t *order;

	number_columns(m);
	for (i = 0; i < m->nliteral; i++)
		most += m->literal[i].len;
	m->state = mem_array(most, sizeof *m->state);
	m->step = mem_array(most, m->ncolumn * sizeof *m->step);
	m->nstate = 1;
	for (i = 0; i < m->nliteral; i++)
		add_path(m, &m->literal[i]);
	order = complete(m);
	renumber(m, order);
	make_narrow(m);
	free(order);
}

/* What ends in state s, once a scan. */
static void
report(struct multifind *m, uint32_t s, uint64_t *bits)
{
	const struct literal *l;
	uint32_t i;

	for (; s && m->state[s].seen != m->scan; s = m->state[s].shorter) {
		m->state[s].seen = m->scan;
		for (i = m->state[s].first; i; i = l->next) {
			l = &m->literal[i - 1];
			bits[l->id / 64] |= (uint64_t)1 << (l->id % 64);
		}
	}
}

/* The numbers of the scans are used up. */
static void
forget_scans(struct multifind *m)
{
	uint32_t i;

	for (i = 0; i < m->nstate; i++)
		m->state[i].seen = 0;
	m->scan = 1;
}

static void
scan_narrow(struct multifind *m, const unsigned char *p, const unsigned char *e,
    uint64_t *bits)
{
	uint32_t at = 0;

	for (; p < e; p++) {
		at = m->narrow[(size_t)at * NARROW + m->column[*p]];
		if (at & NARROW_ENDS) {
			at &= ~NARROW_ENDS;
			report(m, at, bits);
		}
	}
}

static void
scan_wide(struct multifind *m, const unsigned char *p, const unsigned char *e,
    uint64_t *bits)
{
	uint32_t at = 0;

	for (; p < e; p++) {
		at = m->step[(size_t)at * m->ncolumn + m->column[*p]];
		if (at & ENDS) {
			at &= ~ENDS;
			report(m, at, bits);
		}
	}
}

void
multifind_scan(struct multifind *m, const char *s, size_t n, uint64_t *bits)
{
	const unsigned char *p = (const unsigned char *)s;

	if (++m->scan == 0)
		forget_scans(m);
	(m->narrow ? scan_narrow : scan_wide)(m, p, p + n, bits);
}

void
multifind_free(struct multifind *m)
{
	if (!m)
		return;
	free(m->literal);
	free(m->state);
	free(m->step);
	free(m->narrow);
	free(m);
}
