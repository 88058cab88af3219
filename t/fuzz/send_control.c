/*
 * send_control - what dray-stat and its like ask of dray-send.  A row of
 * records, each one octet type, two octets length, content: a frame.  Of type
 * 0 the client hangs up and another comes; of type 1 the content, behind its
 * first octet, is a file of overrides/, of which there are four.  An octet from
 * 248 on in another content stands for the id of a message, with its length if
 * the type is ACT.  The first octet of the input says whether
 * the client reads its answers at once, or in the end.
 *
 * Answers are whole objects of JSON, or lines of them; statistics that were
 * asked for come, a listing ends, and so does what was done.
 */
#include "t/fuzz/sender.h"

#define RECORDS 64
#define BUNDLES 3
#define TURNS 10000

static struct frame client;
static int closed; /* by dray-send */
static unsigned int stats, listings, acts, whys; /* that are owed */
static stralloc part; /* of a line */

static void
is_object(const char *s, size_t len)
{
	json_t *o = json_loadb(s, len, JSON_REJECT_DUPLICATES, NULL);

	must(json_is_object(o));
	json_decref(o);
}

static void
take_lines(const char *data, size_t len)
{
	size_t n;
	char *nl;

	if (len == 0) {
		must(listings-- > 0 && part.len == 0);
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
	must(fd == -1);
	if (type == 'S') {
		must(stats-- > 0);
		is_object(data, len);
	} else if (type == 'A') {
		must(acts-- > 0);
		is_object(data, len);
	} else if (type == 'W') {
		must(whys-- > 0);
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
	must(errno == 0 || errno == ECONNRESET);
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
	stats = listings = acts = whys = 0;
	part.len = 0;
}

/* Of a bundle that is there, if there is one. */
static void
put_id(uint8_t number, int counted)
{
	char id[SPOOL_MSGIDMAX + 1] = "1.M0P1Q0.x-0";
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
	if (counted)
		field_putu32(&client.out, (uint32_t)strlen(id));
	mem_check(stralloc_cats(&client.out, id));
}

/* One of four files of overrides/, under a name that can be one, or not. */
static void
put_file(const uint8_t *s, size_t len)
{
	static const char *const names[] = { "one", "two", "three",
		"odd name" };
	char path[128];
	int fd;

	snprintf(path, sizeof path, "%s/overrides/%s", sender_base,
	    names[len ? s[0] % 4 : 0]);
	if (len == 1) {
		unlink(path);
		return;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	must(fd != -1);
	if (len)
		must(write(fd, s + 1, len - 1) == (ssize_t)len - 1);
	close(fd);
}

/* So that each input finds the same. */
static void
no_files(void)
{
	uint8_t c;

	for (c = 0; c < 4; c++)
		put_file(&c, 1);
	rules_read();
}

static void
ask(char type, const uint8_t *s, size_t len)
{
	size_t i;

	frame_begin(&client, type);
	for (i = 0; i < len; i++) {
		if (s[i] >= 248)
			put_id(s[i] - 248, type == 'A');
		else
			field_putu8(&client.out, s[i]);
	}
	stats += type == 'S' && len == 0;
	listings += type == 'L' && len == 0;
	acts += type == 'A';
	whys += type == 'W';
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
	no_files();
	call();
	later = data[0] & 1;
	for (i = 1; n - i >= 3 && count < RECORDS; i += len, count++) {
		len = data[i + 1] * 256u + data[i + 2];
		i += 3;
		if (len > n - i)
			len = n - i;
		if (data[i - 3] == 0 || closed)
			call();
		if (data[i - 3] == 1)
			put_file(data + i, len);
		else if (data[i - 3])
			ask((char)data[i - 3], data + i, len);
		sender_turn();
		if (!later)
			hear();
	}
	for (turns = 0; !closed && (stats || listings || acts || whys);
	     turns++) {
		must(turns < TURNS);
		sender_turn();
		hear();
	}
	return 0;
}
