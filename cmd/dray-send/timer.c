#include "cmd/dray-send/send.h"

/* The one timer: for the earliest of all retries and wake-ups. */
static ev_timer timer;
static uint32_t timer_at;

void
timer_set(void)
{
	uint32_t at = UINT32_MAX, when, n;

	if (heap_first(&self.due, &when, &n) && when < at)
		at = when;
	if (heap_first(&self.wake, &when, &n) && when < at)
		at = when;
	if (heap_first(&self.sitewake, &when, &n) && when < at)
		at = when;
	if (!notice_busy() && heap_first(&self.delays, &when, &n) && when < at)
		at = when;
	if (self.rescan && self.rescan < at)
		at = self.rescan;
	if (at == timer_at && ev_is_active(&timer))
		return;
	ev_timer_stop(self.loop, &timer);
	timer_at = at;
	if (at == UINT32_MAX)
		return;
	ev_timer_set(
	    &timer, at > ev_now(self.loop) ? at - ev_now(self.loop) : 0, 0);
	ev_timer_start(self.loop, &timer);
}

static void
on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	uint32_t now = dest_now();

	(void)loop;
	(void)w;
	(void)revents;
	timer_at = 0;
	run_due(now);
	dest_wake_due(now);
	site_wake_due(now);
	if (self.rescan && self.rescan <= now) {
		self.rescan = 0;
		scan_failed();
		disk_again();
	}
	timer_set();
}

void
timer_init(void)
{
	ev_init(&timer, on_timer);
}
