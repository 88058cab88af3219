/*
 * send_control - what dray-stat and its like ask of dray-send.  A row of
 * records, each one octet type, two octets length, content: a frame.  Of type
 * 0 the client hangs up and another comes.  An octet from 248 on in a content
 * stands for the id of a message.  The first octet of the input says whether
 * the client reads its answers at once, or in the end.
 *
 * Answers are whole objects of JSON, or lines of them; statistics that were
 * asked for come, and a listing ends.
 */
#include "t/fuzz/sender.h"

#define RECORDS 64
#define BUNDLES 3
#define TURNS 10000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct frame client;
static int closed; /* by dray-send */
static unsigned int stats, listings; /* that are owed */
static stralloc part; /* of a line */

static void
is_object(const char *s, size_t len)
{
	json_t *o = json_loadb(s, len, JSON_REJECT_DUPLICATES, NULL);

	sender_must(json_is_object(o));
	json_decref(o);
}

static void
take_lines(const char *data, size_t len)
{
	size_t n;
	char *nl;

	if (len == 0) {
		sender_must(listings-- > 0 && part.len == 0);
		return;
	}
	mem_check(stralloc_catb(&part, data, len));
	while ((nl = memchr(part.s, '\n', part.len))) {
		n = (size_t)(nl + 1 - part.s);
		is_object(part.s, n);
		part.len -= n;
		memmove(part.s, nl + 1, part.len);
	}
}

static int
take(void *ctx, char type, const char *data, size_t len, int fd)
{
	(void)ctx;
	sender_must(fd == -1);
	if (type == 'S') {
		sender_must(stats-- > 0);
		is_object(data, len);
	} else if (type == 'L') {
		take_lines(data, len);
	}
	return 0;
}

static void
hear(void)
{
	int r;

	do
		r = frame_pump(&client, take, NULL);
	while (r == 1);
	if (r == 0)
		return;
	sender_must(errno == 0 || errno == ECONNRESET);
	closed = 1;
}

static void
call(void)
{
	frame_free(&client);
	sender_turn();
	frame_init(&client, sender_call("sock/control"), FRAME_MAX, 0);
	sender_turn();
	closed = 0;
	stats = listings = 0;
	part.len = 0;
}

/* Of a bundle that is there, if there is one. */
static void
put_id(uint8_t number)
{
	char id[SPOOL_MSGIDMAX + 1] = "0.M0P0Q0.x-0";
	const struct slot *s;
	uint32_t i;

	for (i = 1; i < self.slots.next; i++) {
		s = pool_at(&self.slots, i);
		if (!s->nmsg)
			continue;
		store_name(s, id);
		snprintf(
		    id + strlen(id), sizeof id - strlen(id), "-%u", number);
		break;
	}
	mem_check(stralloc_cats(&client.out, id));
}

static void
ask(char type, const uint8_t *s, size_t len)
{
	size_t i;

	frame_begin(&client, type);
	for (i = 0; i < len; i++) {
		if (s[i] >= 248)
			put_id(s[i] - 248);
		else
			field_putu8(&client.out, s[i]);
	}
	stats += type == 'S' && len == 0;
	listings += type == 'L' && len == 0;
	if (frame_end(&client) == -1 || frame_flush(&client) != 1)
		closed = 1;
}

static void
start_once(void)
{
	int i;

	if (!self.loop) {
		sender_start();
		frame_init(&client, -1, FRAME_MAX, 0);
	}
	for (i = 0; i < BUNDLES && self.nrcpt == 0; i++)
		sender_mail();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	size_t i, len, count = 0;
	int later, turns;

	start_once();
	if (n == 0)
		return 0;
	call();
	later = data[0] & 1;
	for (i = 1; n - i >= 3 && count < RECORDS; i += len, count++) {
		len = data[i + 1] * 256u + data[i + 2];
		i += 3;
		if (len > n - i)
			len = n - i;
		if (data[i - 3] == 0 || closed)
			call();
		if (data[i - 3])
			ask((char)data[i - 3], data + i, len);
		sender_turn();
		if (!later)
			hear();
	}
	for (turns = 0; !closed && (stats || listings); turns++) {
		sender_must(turns < TURNS);
		sender_turn();
		hear();
	}
	return 0;
}
