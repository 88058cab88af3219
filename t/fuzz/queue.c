/* What a client of dray-queued may say about one message: a row of frames,
 * each one octet type, two octets length, content.  A large D is said several
 * times, so that small inputs make large messages.  What is accepted has to
 * make a bundle that reads well. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cmd/dray-queued/queued.h"
#include "common/addr.h"
#include "common/utf8.h"
#include "t/fuzz/fuzz.h"

static char dir[64];
static struct queued q;
static struct client client;

void
queued_complain(struct queued *all, const char *text)
{
	(void)all;
	must(text[0]);
}

const char *
room_full(struct queued *all)
{
	return all->full;
}

const char *
room_stream(const struct queued *all, const struct policy_stream *st)
{
	must(st >= all->stream && st < all->stream + all->nstream);
	return st->reserved_queue ? NULL : all->full;
}

const char *
room_status(const char *state)
{
	return state ? "4.3.1" : "";
}

static void
remove_dir(void)
{
	rmdir(dir);
}

/* One that leads somewhere, and one to a stream that is not there. */
static struct streamrule_set *
rules(void)
{
	struct streamrule_set *set;
	stralloc sa = STRALLOC_ZERO;
	struct streamrule r;
	int i;

	memset(&r, 0, sizeof r);
	for (i = 0; i < STREAMRULE_TEXTS; i++)
		r.text[i] = streamrule_text("");
	r.text[STREAMRULE_STREAM] = streamrule_text("slow");
	r.text[STREAMRULE_PRESENT] = streamrule_text("list-id subject");
	field_putu32(&sa, 2);
	streamrule_put(&sa, &r);
	r.text[STREAMRULE_STREAM] = streamrule_text("gone");
	r.text[STREAMRULE_PRESENT] = streamrule_text("");
	r.text[STREAMRULE_CHOSEN] = streamrule_text("r*");
	r.recipients = 2;
	streamrule_put(&sa, &r);
	set = streamrule_new(sa.s, sa.len);
	must(set != NULL);
	stralloc_free(&sa);
	return set;
}

static int
is(const struct bundle_str *s, const char *want)
{
	return s->len == strlen(want) && !memcmp(s->s, want, s->len);
}

/* Only the directory of large messages is real. */
static void
set_up(void)
{
	snprintf(dir, sizeof dir, "/tmp/dray-fuzz.XXXXXX");
	must(mkdtemp(dir) != NULL);
	atexit(remove_dir);
	q.spool.tmp = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(q.spool.tmp != -1);
	memcpy(q.spool.host, "mx", 3);
	q.limit.max_message = 1500000;
	q.limit.max_recipients = 50;
	q.limit.lifetime = 86400;
	q.limit.memory = 1000000;
	q.nstream = 2;
	q.rules = rules();
	memcpy(q.stream[0].name, "regular", sizeof "regular");
	memcpy(q.stream[1].name, "slow", sizeof "slow");
	q.stream[1].lifetime = 864000;
	client.q = &q;
	TAILQ_INIT(&q.campaigns);
	/* There are no ledgers, and none is made. */
	q.spool.dir = q.spool.fresh = -1;
}

static void
plain(const struct bundle_str *s, size_t max)
{
	size_t i;

	must(s->len <= max);
	for (i = 0; i < s->len; i++)
		must(s->s[i] > 31 && s->s[i] < 127);
}

/* An address may be in any script (RFC 6531). */
static void
mailbox(const struct bundle_str *s, size_t max)
{
	size_t i;

	must(s->len <= max && utf8_ok(s->s, s->len));
	for (i = 0; i < s->len; i++)
		must((unsigned char)s->s[i] > 31 && s->s[i] != 127);
}

static uint32_t
check_rcpts(const struct bundle *b, struct bundle_msg *m)
{
	stralloc block = STRALLOC_ZERO, addr = STRALLOC_ZERO;
	struct bundle_run run;
	struct bundle_rcpt rcpt;
	struct field f;
	struct addr a;
	uint32_t n = 0;
	int more;

	while ((more = bundle_run(b, &m->runs, &run)) == 1) {
		must(bundle_block(b, &run, &block) == 0);
		field_start(&f, block.s, block.len);
		for (; bundle_rcpt(&f, &rcpt) == 1; n++) {
			mailbox(&rcpt.local, ADDR_LOCALMAX);
			plain(&rcpt.orcpt, BUNDLE_ORCPTMAX);
			must(!rcpt.row.s == !(m->flags & BUNDLE_MERGE));
			addr.len = 0;
			stralloc_catb(&addr, rcpt.local.s, rcpt.local.len);
			stralloc_append(&addr, '@');
			stralloc_catb(&addr, run.domain.s, run.domain.len);
			must(addr_split(addr.s, addr.len, &a) == 0);
			must(a.domain_len == run.domain.len);
		}
		must(field_end(&f));
	}
	must(more == 0);
	stralloc_free(&block);
	stralloc_free(&addr);
	return n;
}

/* Lines end in CRLF, and a dot that begins one is doubled. */
static void
check_octets(const struct bundle *b, const struct bundle_msg *m)
{
	char *s = malloc(m->stored + 2);
	uint64_t i, line = 0;

	must(s &&
	    pread(b->fd, s, m->stored, (off_t)m->offset) == (ssize_t)m->stored);
	for (i = 0; i < m->stored; i++, line++) {
		must(s[i] != '\0');
		if (line == 0 && s[i] == '.')
			must(i + 1 < m->stored && s[i + 1] == '.');
		must((s[i] == '\n') == (i && s[i - 1] == '\r'));
		if (s[i] == '\n')
			line = (uint64_t)-1;
		must(line == (uint64_t)-1 || line < 1001);
	}
	must(m->stored == 0 || s[m->stored - 1] == '\n');
	free(s);
}

static void
check_bundle(struct message *g)
{
	struct bundlemake *m = &g->m;
	struct bundle_msg got;
	struct bundle b;
	uint32_t nrcpt = (uint32_t)m->nrcpt;
	int fd = g->fd == -1 ? memfd_create("bundle", MFD_CLOEXEC) : g->fd;

	must(nrcpt && nrcpt <= q.limit.max_recipients);
	must(bundlemake_write(fd, "1.M2P3Q4.mx", &m, 1) == 0);
	must(bundle_open(&b, fd) == 0 && bundle_msg(&b, 0, &got) == 0);
	must(got.nrcpt == nrcpt && check_rcpts(&b, &got) == nrcpt);
	mailbox(&got.sender, ADDR_MAX);
	plain(&got.envid, BUNDLE_ENVIDMAX);
	must(is(&got.stream, "regular") || is(&got.stream, "slow"));
	plain(&got.route, BUNDLE_NAMEMAX);
	plain(&got.tenant, BUNDLE_NAMEMAX);
	plain(&got.campaign, BUNDLE_NAMEMAX);
	must(got.expiry - bundle_from(&got) / 1000000 <= q.stream[1].lifetime);
	if (!(got.flags & BUNDLE_MERGE))
		check_octets(&b, &got);
	bundle_close(&b);
	if (fd != g->fd)
		close(fd);
}

static void
check_refusal(const struct message *g)
{
	struct bundle_str text = { g->text, strlen(g->text) };

	must(g->class == '4' || g->class == '5');
	must(g->status[0] == g->class && strlen(g->status) >= 5);
	must(text.len);
	plain(&text, 255);
}

/* One frame; 0 go on, else the message is over. */
static int
one(struct message **g, char type, const char *s, size_t len, unsigned int k)
{
	int r = -1;

	if (type == 'M' && !*g) {
		*g = message_new(&client, s, len);
		r = *g ? 0 : -1;
	} else if (type == 'R' && *g) {
		r = message_rcpts(*g, s, len);
	} else if (type == 'D' && *g) {
		for (; k; k--)
			message_data(*g, s, len);
		r = 0;
	} else if (type == 'E' && *g) {
		if (message_end(*g, s, len) == 0 && (*g)->state == COMMITTING)
			check_bundle(*g);
	}
	if (*g && (*g)->state == REFUSED) {
		check_refusal(*g);
		message_shed(&q, *g);
		must(q.memory == sizeof **g);
	}
	must(q.memory < q.limit.memory + 3 * FRAME_MAX);
	return r;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct message *g = NULL;
	char end[8], *s;
	size_t i, len;
	int r = 0;

	if (!dir[0])
		set_up();
	for (i = 0; n - i >= 3 && r == 0; i += len) {
		len = data[i + 1] * 256u + data[i + 2];
		i += 3;
		if (len > n - i)
			len = n - i;
		/* As long as it is, so that reading past it is seen. */
		s = malloc(len ? len : 1);
		must(s != NULL);
		memcpy(s, data + i, len);
		/* An honest count can be had: E without any. */
		if (data[i - 3] == 'E' && len == 0 && g) {
			field_pack64((unsigned char *)end, g->taken);
			r = one(&g, 'E', end, 8, 1);
		} else {
			r = one(
			    &g, (char)data[i - 3], s, len, len > 1000 ? 40 : 1);
		}
		free(s);
	}
	if (g)
		message_free(&q, g);
	must(q.memory == 0);
	campaign_lost(&client);
	must(TAILQ_EMPTY(&q.campaigns));
	return 0;
}
