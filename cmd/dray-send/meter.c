#include <stdlib.h>
#include <string.h>

#include "cmd/dray-send/daily.h"
#include "cmd/dray-send/meter.h"
#include "cmd/dray-send/quota.h"
#include "cmd/dray-send/send.h"
#include "cmd/dray-send/stream.h"
#include "common/mem.h"

#define KEY_MAX (1 + POLICY_NAMEMAX)

static struct meter *meters;
static struct meter disk; /* what waits for it: daily.h */

static void
forget(struct meter *q)
{
	HASH_DEL(meters, q);
	daily_drop(q->daily);
	free(q);
}

/* One that is nobody's is kept while its rate is ahead of the clock: who comes
 * then must not find it new. */
static int
is_over(const struct meter *q)
{
	return q->refs == 0 && q->gate.clock <= rates_now();
}

static void
tidy(void)
{
	static unsigned int mark = 64;
	struct meter *q, *next;

	if (HASH_COUNT(meters) < mark)
		return;
	HASH_ITER (hh, meters, q, next)
		if (is_over(q))
			forget(q);
	mark = 2 * HASH_COUNT(meters) + 64;
}

struct meter *
meter_take(char kind, const char *name, size_t len)
{
	char key[KEY_MAX];
	struct meter *q;

	key[0] = kind;
	if (len > sizeof key - 1)
		len = sizeof key - 1;
	memcpy(key + 1, name, len++);
	HASH_FIND(hh, meters, key, len, q);
	if (!q) {
		tidy();
		q = mem_alloc(sizeof *q + len);
		memcpy(q->key, key, len);
		q->len = len;
		TAILQ_INIT(&q->waiting);
		HASH_ADD_KEYPTR(hh, meters, q->key, q->len, q);
	}
	q->refs++;
	return q;
}

void
meter_unwait(struct group *g)
{
	if (g->waits) {
		TAILQ_REMOVE(&g->waits->waiting, g, waiting);
		g->waits->nwaiting--;
	}
	g->waits = NULL;
}

static void
serve_waiting(struct meter *q)
{
	struct group *g;

	while ((g = TAILQ_FIRST(&q->waiting))) {
		meter_unwait(g);
		group_again(g);
	}
}

void
meter_drop(struct meter *q)
{
	if (!q || --q->refs)
		return;
	serve_waiting(q);
	if (is_over(q))
		forget(q);
}

void
meter_set(struct meter *q, uint32_t most, uint64_t rate, uint32_t burst)
{
	const struct gate_limit l = { POLICY_RATE_COUNT(rate),
		POLICY_RATE_SECONDS(rate), burst };

	if (q->most == most && memcmp(&q->rate, &l, sizeof l) == 0)
		return;
	if (memcmp(&q->rate, &l, sizeof l) != 0)
		gate_clip(&q->gate, &l, rates_now());
	q->most = most;
	q->rate = l;
	serve_waiting(q);
}

void
meter_day(struct meter *q, uint64_t most)
{
	if (q->day == most)
		return;
	if (most && !q->daily)
		q->daily = daily_take(q->key[0], q->key + 1, q->len - 1);
	if (!most) {
		daily_drop(q->daily);
		q->daily = NULL;
	}
	q->day = most;
	serve_waiting(q);
}

void
meter_wait(struct meter *q, struct group *g)
{
	meter_unwait(g);
	TAILQ_INSERT_TAIL(&q->waiting, g, waiting);
	q->nwaiting++;
	g->waits = q;
}

void
quota_wait_disk(struct group *g)
{
	if (!disk.waiting.tqh_last)
		TAILQ_INIT(&disk.waiting);
	meter_wait(&disk, g);
}

void
quota_written(void)
{
	if (disk.waiting.tqh_last)
		serve_waiting(&disk);
}

void
meter_use(struct meter *q, int n)
{
	if (!q)
		return;
	q->used += (uint32_t)n;
	if (n < 0)
		serve_waiting(q);
}

int
meter_full(const struct meter *q)
{
	return q && q->most && q->used >= q->most;
}

uint64_t
meter_when(const struct meter *q)
{
	return q ? gate_when(&q->gate, &q->rate, rates_now(), 0) : 0;
}

uint64_t
meter_day_when(const struct meter *q, uint8_t stream, uint64_t want)
{
	if (!q || !q->daily)
		return 0;
	return daily_when(q->daily, q->day, stream_kept_rate(stream), want);
}

uint64_t
meter_room(const struct meter *q, uint8_t stream)
{
	if (!q || !q->daily)
		return UINT64_MAX;
	return daily_room(q->daily, q->day, stream_kept_rate(stream));
}

void
meter_pass(struct meter *q)
{
	if (q)
		gate_pass(&q->gate, &q->rate, rates_now(), 1);
}

void
meter_count(const struct meter *q, uint8_t stream, int64_t n)
{
	if (!q || !q->daily)
		return;
	if (n < 0)
		daily_back(q->daily, (uint64_t)-n);
	else
		daily_pass(q->daily, (uint64_t)n, stream_keeps(stream));
}
