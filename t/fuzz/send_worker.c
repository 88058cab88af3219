/*
 * send_worker - what dray-remote says to dray-send.  A row of records, each
 * one octet what it is, two octets length, content:
 *
 *   H, F  frame HELLO with this content; any frame, its type first
 *   U     lane, the rest of UP
 *   R, X  lane, job, the rest of RESULT or DAMAGED
 *   r     lane, job, RESULT up to the number of replies, and one reply, which
 *         is said for each recipient of the job
 *   E     lane, how many jobs to return, begun, and DOWN without its jobs; of
 *         255 jobs it is all of DOWN
 *   l     later: whatever waits for its time is due
 *   n     the disk is full for so many notices
 *   w     the worker hangs up
 *
 * Lanes and jobs are counted, one octet each, so that an input can meet those
 * that there are; some numbers mean none.  The high bit of the first octet:
 * the next record comes at the same turn.
 *
 * Whatever was said, in the end an honest worker comes, and then each
 * recipient has met its fate exactly once and nothing at all is left, unless
 * octets were said to be damaged.
 */
#include "t/fuzz/sender.h"

#define RECORDS 64
#define TURNS 200

static struct frame remote; /* the worker's side */
static struct worker *worker; /* dray-send's; NULL it hung up */

static void
later(void)
{
	run_due(UINT32_MAX);
	dest_wake_due(UINT32_MAX);
	site_wake_due(UINT32_MAX);
}

/* How many recipients have met their fate. */
static uint64_t
fates(void)
{
	return self.count.delivered + self.count.bounced + self.count.expired;
}

/* Frames to the worker do not matter here; their descriptors are closed. */
static int
skip(void *ctx, char type, const char *data, size_t len, int fd)
{
	(void)ctx;
	(void)data;
	must(strchr("LBDJC", type) && type && len >= 4);
	if (fd != -1)
		close(fd);
	return 0;
}

static struct worker *
find_worker(void)
{
	unsigned int i;

	for (i = 0; i < WORKERS_MAX; i++)
		if (self.worker[i])
			return self.worker[i];
	return NULL;
}

static void
once(void)
{
	sender_turn();
	worker = find_worker();
	while (remote.fd != -1 && frame_pump(&remote, skip, NULL) == 1)
		;
}

static void
say(void)
{
	must(frame_end(&remote) == 0);
	(void)!frame_flush(&remote); /* it may have hung up */
}

static void
hello(uint32_t lanes)
{
	frame_begin(&remote, 'H');
	field_putu32(&remote.out, lanes);
	say();
}

static void
hang_up(void)
{
	frame_free(&remote);
	while (worker)
		once();
}

/* A new worker, unless there is one, which says HELLO unless the input does.
 * Its pid is ours: not to be killed. */
static void
come(int next)
{
	if (worker)
		return;
	frame_free(&remote);
	frame_init(&remote, sender_call("sock/send"), FRAME_MAX, FRAME_FDMAX);
	once();
	must(worker != NULL);
	worker->pid = 0;
	if (next == 'H')
		return;
	hello(8);
	once();
	once(); /* what HELLO has set off */
}

static struct lane *
pick_lane(uint8_t k)
{
	uint32_t i, count = 0;

	if (self.lanes == 0 || k >= 250)
		return NULL;
	for (i = 1;; i = i + 1 < self.nlane ? i + 1 : 1)
		if (self.lane[i] && count++ == k)
			return self.lane[i];
}

/* From 200 on of any lane. */
static struct job *
pick_job(const struct lane *l, uint8_t k)
{
	struct job *j;
	uint32_t i;

	if (k >= 250 || !self.jobs)
		return NULL;
	if (k >= 200) {
		for (i = 0, k = (uint8_t)(k - 200);; i = (i + 1) % self.roomjob)
			if (self.job[i] && k-- == 0)
				return self.job[i];
	}
	if (!l || !l->njobs)
		return NULL;
	j = TAILQ_FIRST(&l->jobs);
	for (k = (uint8_t)(k % l->njobs); k; k--)
		j = TAILQ_NEXT(j, link);
	return j;
}

static void
put(const struct field *r)
{
	mem_check(
	    stralloc_catb(&remote.out, (const char *)r->p, field_left(r)));
}

static void
put_replies(struct field *r, const struct job *j)
{
	const char *head = field_getb(r, 18);
	uint32_t i, n = j ? j->n : 1;

	if (!head)
		return;
	mem_check(stralloc_catb(&remote.out, head, 18));
	field_putu32(&remote.out, n);
	for (i = 0; i < n && field_left(r) < 2000; i++)
		put(r);
}

static void
put_down(struct field *r, const struct lane *l)
{
	uint8_t n = field_getu8(r), begun = field_getu8(r);
	const struct job *j;
	uint32_t i;

	put(r);
	if (n == 255)
		return;
	field_putu32(&remote.out, n);
	for (i = 0; i < n; i++) {
		j = pick_job(l, (uint8_t)i);
		field_putu32(&remote.out, j ? j->number : i);
		field_putu8(&remote.out, begun);
	}
}

static void
put_frame(char type, struct field *r)
{
	uint8_t k = field_getu8(r);
	struct lane *l = pick_lane(k);
	struct job *j = NULL;

	frame_begin(&remote, type == 'r' ? 'R' : type);
	field_putu32(&remote.out, l ? l->number : k * 257u);
	if (type == 'R' || type == 'r' || type == 'X') {
		k = field_getu8(r);
		j = pick_job(l, k);
		field_putu32(&remote.out, j ? j->number : k * 257u);
	}
	if (type == 'r')
		put_replies(r, j);
	else if (type == 'E')
		put_down(r, l);
	else
		put(r);
	say();
}

static void
record(char type, const uint8_t *s, size_t len)
{
	struct field r;

	field_start(&r, s, len);
	switch (type) {
	case 'H':
		frame_begin(&remote, 'H');
		put(&r);
		say();
		break;
	case 'F':
		frame_begin(&remote, (char)field_getu8(&r));
		put(&r);
		say();
		break;
	case 'U':
	case 'R':
	case 'r':
	case 'E':
	case 'X':
		put_frame(type, &r);
		break;
	case 'l':
		later();
		break;
	case 'n':
		sender_disk_full = field_getu8(&r) & 3;
		break;
	case 'w':
		hang_up();
		break;
	}
}

static void
put_reply(const char *text)
{
	field_putu16(&remote.out, 250);
	field_putu8(&remote.out, 'd');
	field_putstr(&remote.out, "2.0.0", 5);
	field_putstr(&remote.out, text, strlen(text));
}

static void
deliver(const struct lane *l, const struct job *j)
{
	uint16_t i;

	frame_begin(&remote, 'R');
	field_putu32(&remote.out, l->number);
	field_putu32(&remote.out, j->number);
	mem_check(stralloc_catb(
	    &remote.out, "dD\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4", 18));
	field_putu32(&remote.out, j->n);
	for (i = 0; i < j->n; i++)
		put_reply("OK");
	say();
}

static void
down(const struct lane *l)
{
	frame_begin(&remote, 'E');
	field_putu32(&remote.out, l->number);
	field_putu8(&remote.out, REMOTE_DOWN_IDLE);
	field_putu8(&remote.out, '-');
	field_putu8(&remote.out, 0);
	field_putu16(&remote.out, 0);
	field_putstr(&remote.out, "", 0);
	field_putstr(&remote.out, "", 0);
	field_putu32(&remote.out, l->done);
	field_putu64(&remote.out, 0);
	field_putu32(&remote.out, 0);
	say();
}

/* What an honest worker says: all is delivered. */
static void
honest(void)
{
	const struct lane *l;
	const struct job *j;
	uint32_t i;

	for (i = 1; i < self.nlane; i++) {
		l = self.lane[i];
		if (!l)
			continue;
		TAILQ_FOREACH (j, &l->jobs, link)
			deliver(l, j);
		if (!l->njobs)
			down(l);
	}
}

static void
finish(void)
{
	int i;

	hang_up();
	come(0);
	for (i = 0; i < TURNS && (self.slots.used || self.lanes); i++) {
		later();
		honest();
		once();
		must(worker != NULL);
	}
	hang_up();
	later();
	once();
	must(!self.slots.used && !self.runs.used && !self.nmsg && !self.nrcpt &&
	    !self.msgs.used && !self.passes.used && !self.finished.len &&
	    !self.jobs && !self.lanes && !self.dests.used && !self.sites.used &&
	    !self.groups && !self.nopen);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	uint64_t before;
	size_t i, len, count = 0;

	if (!self.loop) {
		sender_start();
		frame_init(&remote, -1, FRAME_MAX, FRAME_FDMAX);
	}
	before = fates();
	sender_damaged = 0;
	sender_disk_full = 0;
	sender_mail();
	for (i = 0; n - i >= 3 && count < RECORDS; i += len, count++) {
		come(data[i] & 127);
		len = data[i + 1] * 256u + data[i + 2];
		i += 3;
		if (len > n - i)
			len = n - i;
		record((char)(data[i - 3] & 127), data + i, len);
		if (!(data[i - 3] & 128))
			once();
	}
	once();
	finish();
	must(sender_damaged ? fates() - before <= SENDER_RCPTS
			    : fates() - before == SENDER_RCPTS);
	return 0;
}
