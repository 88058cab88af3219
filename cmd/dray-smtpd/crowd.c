#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include <skalibs/strerr.h>

#include "cmd/dray-smtpd/crowd.h"
#include "common/gate.h"
#include "common/keyhash.h"

#define SETS 8192
#define WAYS 8
#define NS UINT64_C(1000000000)

/* Networks of IPv6 that nobody has: all of ::/8 is reserved. */
#define NAME_IPV4 (UINT64_C(1) << 32)
#define NAME_ZERO (UINT64_C(2) << 32)

struct crowd {
	_Atomic uint64_t name; /* 0: nobody */
	_Atomic uint64_t clock[CROWD_RATES];
	_Atomic uint32_t here[CROWD_PROCESSES];
};

/* The last one stands for those who find no place. */
static struct crowd *table;
static unsigned int mine;

void
crowd_start(void)
{
	table = mmap(NULL, (SETS * WAYS + 1) * sizeof *table,
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (table == MAP_FAILED)
		strerr_diefusys(111, "share memory");
}

void
crowd_mine(unsigned int k)
{
	mine = k;
}

/* Pages that were never used stay so. */
void
crowd_gone(unsigned int k)
{
	size_t i;

	for (i = 0; i <= SETS * WAYS; i++)
		if (atomic_load(&table[i].here[k]))
			atomic_store(&table[i].here[k], 0);
}

static uint64_t
name_of(const struct net_addr *a)
{
	uint64_t v = 0;
	int i;

	for (i = 0; i < (a->family == 6 ? 8 : 4); i++)
		v = v << 8 | a->ip[i];
	if (a->family != 6)
		return v | NAME_IPV4;
	return v ? v : NAME_ZERO;
}

static uint64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS + (uint64_t)ts.tv_nsec;
}

static uint32_t
connections(struct crowd *c)
{
	uint32_t n = 0;
	int i;

	for (i = 0; i < CROWD_PROCESSES; i++)
		n += atomic_load(&c->here[i]);
	return n;
}

/* Until when it is worth to be known. */
static uint64_t
worth(struct crowd *c)
{
	uint64_t most = 0, v;
	int i;

	for (i = 0; i < CROWD_RATES; i++) {
		v = atomic_load(&c->clock[i]);
		most = v > most ? v : most;
	}
	return most;
}

/* Whose place in a set a new one takes, or NULL. */
static struct crowd *
victim(struct crowd *set)
{
	struct crowd *c, *best = NULL;

	for (c = set; c < set + WAYS; c++) {
		if (!atomic_load(&c->name))
			return c;
		if (!connections(c) && (!best || worth(c) < worth(best)))
			best = c;
	}
	return best;
}

static struct crowd *
look_up(struct crowd *set, uint64_t name)
{
	struct crowd *c;

	for (c = set; c < set + WAYS; c++)
		if (atomic_load(&c->name) == name)
			return c;
	return NULL;
}

static struct crowd *
find(uint64_t name)
{
	struct crowd *c, *set;
	uint64_t old;
	int i;

	set = &table[keyhash_of(&name, sizeof name) % SETS * WAYS];
	while (!(c = look_up(set, name))) {
		c = victim(set);
		if (!c)
			return &table[SETS * WAYS];
		old = atomic_load(&c->name);
		if (!atomic_compare_exchange_strong(&c->name, &old, name))
			continue;
		for (i = 0; i < CROWD_RATES; i++)
			atomic_store(&c->clock[i], 0);
		break;
	}
	return c;
}

static int
is_other(const struct crowd *c)
{
	return c == &table[SETS * WAYS];
}

struct crowd *
crowd_enter(const struct net_addr *a, uint32_t max)
{
	struct crowd *c = find(name_of(a));

	if (!is_other(c) && connections(c) >= max)
		return NULL;
	atomic_fetch_add(&c->here[mine], 1);
	return c;
}

void
crowd_leave(struct crowd *c)
{
	atomic_fetch_sub(&c->here[mine], 1);
}

static uint32_t
pass(struct crowd *c, enum crowd_rate which, uint64_t rate)
{
	struct gate_limit l = { POLICY_RATE_COUNT(rate),
		POLICY_RATE_SECONDS(rate), POLICY_RATE_COUNT(rate) };
	uint64_t old, when, now;
	struct gate g;

	now = now_ns();
	old = atomic_load(&c->clock[which]);
	do {
		g.clock = old;
		gate_clip(&g, &l, now);
		when = gate_when(&g, &l, now, 0);
		if (when > now)
			return (uint32_t)((when - now) / NS + 1);
		gate_pass(&g, &l, now, 1);
	} while (
	    !atomic_compare_exchange_weak(&c->clock[which], &old, g.clock));
	return 0;
}

uint32_t
crowd_wait(struct crowd *c, enum crowd_rate which, uint64_t rate)
{
	return !rate || is_other(c) ? 0 : pass(c, which, rate);
}

int
crowd_tell(struct crowd *c, uint64_t rate, uint64_t all)
{
	if (c && !is_other(c) && pass(c, CROWD_EVENTS, rate))
		return 0;
	return !all || !pass(&table[SETS * WAYS], CROWD_EVENTS, all);
}
