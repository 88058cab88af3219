/* Rates: never above the limit in any window, and close to it. */
#include <stdlib.h>
#include <string.h>

#include "common/gate.h"
#include "t/lib/tap.h"

#define SECOND UINT64_C(1000000000)
#define START (1000 * SECOND)
#define MOST 20000

static uint64_t passed[MOST];
static size_t npassed;

/* All that may pass from START on, for so many periods. */
static void
drive(const struct gate_limit *l, unsigned int periods, unsigned int kept)
{
	uint64_t now = START, end = START + periods * l->period * SECOND, when;
	struct gate g = { 0 };

	npassed = 0;
	while (now < end && npassed < MOST) {
		when = gate_when(&g, l, now, kept);
		if (when > now) {
			now = when;
			continue;
		}
		gate_pass(&g, l, now, 1);
		passed[npassed++] = now;
	}
}

static uint64_t
most_in_a_window(uint64_t len)
{
	size_t i, from = 0, most = 0;

	for (i = 0; i < npassed; i++) {
		while (passed[i] - passed[from] >= len)
			from++;
		if (i - from + 1 > most)
			most = i - from + 1;
	}
	return most;
}

static void
rate(const char *name, uint64_t count, uint64_t period, uint64_t burst)
{
	const struct gate_limit l = { count, period, burst };
	uint64_t most;

	drive(&l, 10, 0);
	most = most_in_a_window(period * SECOND);
	printf("# %s\n", name);
	ok(most <= count + gate_burst(&l),
	    "not above the limit and the burst, in any window");
	ok(most >= count * 99 / 100, "nor far below it");
	ok(npassed >= count * 10 * 98 / 100 &&
		npassed <= count * 10 + gate_burst(&l),
	    "in the long run it is the limit");
}

static void
bursts(void)
{
	struct gate_limit l = { 100, 3600, 0 };

	ok(gate_burst(&l) == 2, "100 an hour: 2 at once");
	drive(&l, 1, 0);
	ok(passed[1] == START && passed[2] > START, "the third has to wait");
	ok(passed[2] - START >= 36 * SECOND * 99 / 100 &&
		passed[2] - START < 37 * SECOND,
	    "for 36 seconds");
	l.count = 1000;
	l.period = 1;
	ok(gate_burst(&l) == 51, "1000 a second: 50 ms of them, and one");
	l.burst = 7;
	ok(gate_burst(&l) == 7, "or what the policy says");
}

/* What is kept is there at once for whom it is kept, whatever others take. */
static void
kept(void)
{
	const struct gate_limit l = { 200, 1, 20 };
	struct gate g = { 0 };
	unsigned int n = 0;

	while (gate_when(&g, &l, START, 10) <= START) {
		gate_pass(&g, &l, START, 1);
		n++;
	}
	ok(n == 18, "10 percent of 20 are kept");
	ok(gate_when(&g, &l, START, 0) <= START, "not for all");
	gate_pass(&g, &l, START, 2);
	ok(gate_when(&g, &l, START, 0) > START, "two of them");
	drive(&l, 10, 50);
	ok(npassed >= 1960, "what is kept does not make it slower");
}

static void
octets(void)
{
	const struct gate_limit l = { 1000000, 1, 0 };
	struct gate g = { 0 };

	ok(gate_when(&g, &l, START, 0) <= START, "a large one may pass");
	gate_pass(&g, &l, START, 5000000);
	ok(gate_when(&g, &l, START, 0) > START + 4 * SECOND &&
		gate_when(&g, &l, START, 0) < START + 6 * SECOND,
	    "what comes next waits for as long as it took");
}

static void
changed(void)
{
	const struct gate_limit slow = { 1, 3600, 0 }, fast = { 100, 1, 10 };
	const struct gate_limit off = { 0, 0, 0 };
	struct gate g = { 0 };

	gate_pass(&g, &slow, START, 2);
	gate_clip(&g, &slow, START);
	ok(gate_when(&g, &slow, START, 0) > START + 3600 * SECOND,
	    "the same limit holds back as long as before");
	gate_clip(&g, &fast, START);
	ok(gate_when(&g, &fast, START, 0) > START &&
		gate_when(&g, &fast, START, 0) < START + SECOND / 50,
	    "a higher one as if its burst had passed");
	gate_clip(&g, &off, START);
	ok(g.clock == 0, "none forgets");
}

static void
none(void)
{
	const struct gate_limit l = { 0, 0, 0 };
	struct gate g = { START * 2 };

	ok(gate_when(&g, &l, START, 0) == 0, "no limit: at once");
	gate_pass(&g, &l, START, 1);
	ok(g.clock == START * 2, "and nothing is counted");
}

int
main(void)
{
	rate("7/s", 7, 1, 0);
	rate("100/min", 100, 60, 0);
	rate("1000/h", 1000, 3600, 0);
	rate("10/30s", 10, 30, 1);
	rate("1000/s", 1000, 1, 0);
	rate("1/s", 1, 1, 1);
	bursts();
	kept();
	octets();
	changed();
	none();
	return done_testing();
}
