/* Bundles written by bundlemake and read back, whole, cut and flipped.
 * SEED=n repeats a run. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/bundlemake.h"
#include "common/crc32c.h"
#include "common/mem.h"
#include "t/lib/random.h"
#include "t/lib/tap.h"

#define ID "1700000000.M123456P99Q7.mx1"

/* What goes in, and must come out. */
struct rcpt {
	char domain[256];
	char local[65];
	char orcpt[501];
	char row[300];
	uint8_t notify;
	size_t nth; /* in the order in which they were given */
};

struct want {
	struct bundle_msg meta;
	char text[BUNDLEMAKE_FIELDS][400];
	struct rcpt *rcpt;
	size_t nrcpt;
	char *body;
	int inplace; /* its octets are in the file already */
};

static struct want want[64];
static size_t nwant;

static void
fill(char *d, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		d[i] = (char)('a' + random32() % 26);
	d[len] = '\0';
}

static struct want *
new_message(size_t nrcpt, size_t body)
{
	static const size_t most[] = { BUNDLE_ADDRMAX, BUNDLE_ENVIDMAX,
		BUNDLE_NAMEMAX, BUNDLE_NAMEMAX, BUNDLE_NAMEMAX, BUNDLE_NAMEMAX,
		399, 0 };
	struct want *w = &want[nwant++];
	size_t i;

	memset(w, 0, sizeof *w);
	for (i = 0; i < BUNDLEMAKE_FIELDS; i++)
		fill(w->text[i],
		    random32() % 3 ? random32() % 20
				   : random32() % (most[i] + 1));
	memset(w->text[BUNDLEMAKE_WINDOWS], 0, 400);
	memcpy(w->text[BUNDLEMAKE_WINDOWS], "\1\2\3\4\1\2\3\5\1\2\4\1\7\1\1\1",
	    random32() % 3 * 8);
	w->meta.start = random64();
	w->meta.flags = random32() % 8 | (random32() % 2 ? BUNDLE_MERGE : 0);
	w->meta.number = random32();
	w->meta.arrival = random64();
	w->meta.expiry = random64();
	w->meta.ret = "\0FH"[random32() % 3];
	w->body = mem_alloc(body + 1);
	fill(w->body, body);
	w->meta.stored = body;
	w->meta.plain = body - body / 3;
	w->meta.crc = crc32c(0, w->body, body);
	w->rcpt = mem_array(nrcpt, sizeof *w->rcpt);
	w->nrcpt = nrcpt;
	for (i = 0; i < nrcpt; i++) {
		w->rcpt[i].nth = i;
		fill(w->rcpt[i].local, 1 + random32() % 64);
		if (random32() % 4 == 0)
			fill(w->rcpt[i].orcpt, random32() % 501);
		w->rcpt[i].notify = random32() % 16;
		if (w->meta.flags & BUNDLE_MERGE && random32() % 4)
			fill(w->rcpt[i].row, random32() % sizeof w->rcpt->row);
	}
	return w;
}

/* Domains that are beginnings of others sort in a way of their own. */
static void
random_domains(struct want *w, uint32_t ndomains)
{
	size_t i, len, at;
	uint32_t k;

	for (i = 0; i < w->nrcpt; i++) {
		k = random32() % ndomains;
		if (k % 5 == 0) {
			len = 1 + k % 255;
			memset(w->rcpt[i].domain, 'd', len);
			for (at = 50; at < len - 1; at += 50)
				w->rcpt[i].domain[at] = '.';
			w->rcpt[i].domain[len] = '\0';
		} else {
			snprintf(w->rcpt[i].domain, 256, "d%u.example", k);
		}
	}
}

static void
forget(void)
{
	while (nwant) {
		nwant--;
		free(want[nwant].body);
		free(want[nwant].rcpt);
	}
}

static void
gather(struct bundlemake *m, const struct want *w)
{
	const struct rcpt *r;
	struct bundle_rcpt p;
	size_t i;

	bundlemake_init(m);
	m->meta = w->meta;
	/* Set twice and not in order: the last word holds. */
	for (i = BUNDLEMAKE_FIELDS; i--;)
		bundlemake_set(m, (enum bundlemake_field)i, "preliminary", 11);
	for (i = 0; i < BUNDLEMAKE_FIELDS; i++)
		bundlemake_set(m, (enum bundlemake_field)i, w->text[i],
		    strlen(w->text[i]));
	for (i = 0; i < w->nrcpt; i++) {
		r = &w->rcpt[i];
		p.local = (struct bundle_str){ r->local, strlen(r->local) };
		p.orcpt = (struct bundle_str){ r->orcpt, strlen(r->orcpt) };
		p.row = (struct bundle_str){ r->row, strlen(r->row) };
		p.notify = r->notify;
		bundlemake_rcpt(m, r->domain, strlen(r->domain), &p);
	}
	if (!w->inplace)
		mem_check(stralloc_copyb(&m->body, w->body, w->meta.stored));
}

static int
memory_file(void)
{
	int fd = memfd_create("bundle", MFD_CLOEXEC);

	if (fd == -1)
		exit(111);
	return fd;
}

/* Writes all of want[].  -1 errno. */
static int
make(int fd)
{
	struct bundlemake m[64], *p[64];
	size_t i;
	int r;

	for (i = 0; i < nwant; i++) {
		p[i] = &m[i];
		gather(p[i], &want[i]);
		if (want[i].inplace &&
		    pwrite(fd, want[i].body, want[i].meta.stored,
			BUNDLE_PAGE) != (ssize_t)want[i].meta.stored)
			exit(111);
	}
	r = bundlemake_write(fd, ID, p, nwant);
	for (i = 0; i < nwant; i++)
		bundlemake_free(p[i]);
	return r;
}

static int
by_domain(const void *pa, const void *pb)
{
	const struct rcpt *a = pa, *b = pb;
	int c = strcmp(a->domain, b->domain);

	return c ? c : (a->nth > b->nth) - (a->nth < b->nth);
}

static int
is(const struct bundle_str *got, const char *s)
{
	return got->len == strlen(s) &&
	    (!got->len || memcmp(got->s, s, got->len) == 0);
}

/* How reading went: the same as went in, an error that was told, or octets
 * that nobody wrote (the worst). */
enum outcome { SAME, TOLD, DIFFERENT };

static enum outcome
read_run(const struct bundle *b, const struct bundle_run *run,
    const struct rcpt *r, size_t left)
{
	stralloc block = STRALLOC_ZERO;
	struct bundle_rcpt got;
	struct field f;
	enum outcome o = SAME;
	uint32_t i = 0;
	int more = 0;

	if (run->count > left)
		return DIFFERENT;
	if (bundle_block(b, run, &block) == -1) {
		stralloc_free(&block);
		return errno == EBADMSG ? TOLD : DIFFERENT;
	}
	field_start(&f, block.s, block.len);
	while (o == SAME && (more = bundle_rcpt(&f, &got)) == 1) {
		if (i == run->count || !is(&run->domain, r[i].domain) ||
		    !is(&got.local, r[i].local) ||
		    !is(&got.orcpt, r[i].orcpt) || !is(&got.row, r[i].row) ||
		    got.notify != r[i].notify)
			o = DIFFERENT;
		i++;
	}
	stralloc_free(&block);
	return o == SAME && (more || i != run->count) ? DIFFERENT : o;
}

static enum outcome
read_runs(const struct bundle *b, const struct bundle_msg *m, struct want *w)
{
	struct field runs = m->runs;
	struct bundle_run run;
	enum outcome o = SAME;
	uint32_t at = 0, n = 0;
	int more;

	qsort(w->rcpt, w->nrcpt, sizeof *w->rcpt, by_domain);
	while ((more = bundle_run(b, &runs, &run)) == 1 && o == SAME) {
		if (run.first != m->first + at)
			return DIFFERENT;
		o = read_run(b, &run, w->rcpt + at, w->nrcpt - at);
		at += run.count;
		n++;
	}
	if (o != SAME)
		return o;
	if (more == -1)
		return TOLD;
	return at == w->nrcpt && n == m->nrun ? SAME : DIFFERENT;
}

static enum outcome
read_octets(int fd, const struct bundle_msg *m, const struct want *w)
{
	char *b = mem_alloc(m->stored + 1);
	enum outcome o = SAME;

	if (pread(fd, b, m->stored, (off_t)m->offset) != (ssize_t)m->stored ||
	    crc32c(0, b, m->stored) != m->crc)
		o = TOLD;
	else if (memcmp(b, w->body, m->stored) != 0)
		o = DIFFERENT;
	free(b);
	return o;
}

static enum outcome
read_message(const struct bundle *b, uint32_t n, struct want *w)
{
	struct bundle_msg m;
	const struct bundle_str *text[] = { &m.sender, &m.envid, &m.stream,
		&m.route, &m.tenant, &m.campaign, &m.bodyhash, &m.windows };
	const struct bundle_msg *d = &w->meta;
	enum outcome o;
	size_t i;

	if (bundle_msg(b, n, &m) == -1)
		return errno == EBADMSG ? TOLD : DIFFERENT;
	for (i = 0; i < BUNDLEMAKE_FIELDS; i++)
		if (!is(text[i], w->text[i]))
			return DIFFERENT;
	if (m.flags != d->flags || m.number != d->number ||
	    m.stored != d->stored || m.plain != d->plain || m.crc != d->crc ||
	    m.arrival != d->arrival || m.expiry != d->expiry ||
	    m.start != d->start || m.ret != d->ret || m.nrcpt != w->nrcpt)
		return DIFFERENT;
	o = read_octets(b->fd, &m, w);
	return o == SAME ? read_runs(b, &m, w) : o;
}

static enum outcome
read_all(int fd)
{
	struct bundle b;
	struct bundle_msg none;
	enum outcome o = SAME;
	uint32_t i;

	if (bundle_open(&b, fd) == -1)
		return errno == EBADMSG && b.why ? TOLD : DIFFERENT;
	if (b.nmsg != nwant || strcmp(b.id, ID) != 0)
		o = DIFFERENT;
	for (i = 0; i < nwant && o == SAME; i++)
		o = read_message(&b, i, &want[i]);
	if (o == SAME &&
	    (bundle_msg(&b, b.nmsg, &none) != -1 || errno != EBADMSG))
		o = DIFFERENT;
	bundle_close(&b);
	return o;
}

/* The done bits are zero, and the file is as long as it says, in pages. */
static int
tail_is_good(int fd)
{
	struct bundle b;
	char c;
	uint64_t off;
	int good;

	if (bundle_open(&b, fd) == -1)
		return 0;
	good = b.length % BUNDLE_PAGE == 0 &&
	    lseek(fd, 0, SEEK_END) >= (off_t)b.length &&
	    b.length - b.done_off >= (b.nrcpt + 7) / 8;
	for (off = b.done_off; off < b.length && good; off++)
		good = pread(fd, &c, 1, (off_t)off) == 1 && c == 0;
	bundle_close(&b);
	return good;
}

static void
round_trip(const char *name)
{
	int fd = memory_file();

	ok(make(fd) == 0 && read_all(fd) == SAME && tail_is_good(fd), name);
	close(fd);
	forget();
}

static void
random_bundles(void)
{
	int i, bad = 0, fd;
	uint32_t n;

	for (i = 0; i < 150; i++) {
		for (n = 1 + random32() % 20; n; n--)
			random_domains(
			    new_message(1 + random32() % 40, random32() % 3000),
			    1 + random32() % 12);
		fd = memory_file();
		bad +=
		    make(fd) == -1 || read_all(fd) != SAME || !tail_is_good(fd);
		close(fd);
		forget();
	}
	is_int(bad, 0, "random bundles");
}

static void
many_recipients(void)
{
	static const size_t n[] = { BUNDLE_RUNMAX - 1, BUNDLE_RUNMAX,
		BUNDLE_RUNMAX + 1, 3 * BUNDLE_RUNMAX, 20000 };
	char name[60];
	size_t i;

	for (i = 0; i < sizeof n / sizeof *n; i++) {
		random_domains(new_message(3, 100), 2);
		random_domains(new_message(n[i], 100), 1);
		random_domains(new_message(3, 100), 2);
		snprintf(
		    name, sizeof name, "%zu recipients at one domain", n[i]);
		round_trip(name);
	}
	random_domains(new_message(30000, 100), 9000);
	round_trip("thousands of domains");
	random_domains(new_message(33000, 100), 3);
	round_trip("done bits of more than a page");
}

static void
sizes(void)
{
	static const size_t n[] = { 1, 4095, 4096, 4097, 8000, 12288, 300000,
		9000000 };
	char name[60];
	size_t i;

	for (i = 0; i < sizeof n / sizeof *n; i++) {
		random_domains(new_message(50, n[i]), 9);
		want[0].inplace = 1;
		snprintf(name, sizeof name, "%zu octets written before", n[i]);
		round_trip(name);
		random_domains(new_message(50, n[i]), 9);
		snprintf(name, sizeof name, "%zu octets written with it", n[i]);
		round_trip(name);
	}
	random_domains(new_message(1, 0), 1);
	round_trip("an empty message");
	random_domains(new_message(1, 0), 1);
	random_domains(new_message(1, 10), 1);
	random_domains(new_message(1, 0), 1);
	round_trip("an empty message among others");
}

/* Blocks with rows are small; a row as such may be large. */
static void
rows(void)
{
	char row[BUNDLE_ROWMAX];
	struct bundlemake m, *p = &m;
	struct bundle_rcpt r = { .local = { "r", 1 },
		.row = { row, sizeof row } };
	struct bundle_msg got;
	struct bundle_run run;
	struct bundle b;
	int fd = memory_file(), i, n = 0, good;

	memset(row, 'x', sizeof row);
	bundlemake_init(&m);
	m.meta.flags = BUNDLE_MERGE;
	for (i = 0; i < 10; i++)
		bundlemake_rcpt(&m, "d.example", 9, &r);
	good = bundlemake_write(fd, ID, &p, 1) == 0 &&
	    bundle_open(&b, fd) == 0 && bundle_msg(&b, 0, &got) == 0;
	bundlemake_free(&m);
	while (good && bundle_run(&b, &got.runs, &run) == 1) {
		good = run.length <= BUNDLE_ROWBLOCK;
		n += (int)run.count;
	}
	ok(good && got.nrun == 3, "runs with rows end early");
	is_int(n, 10, "and have all recipients");
	bundle_close(&b);
	close(fd);
}

static void
times(void)
{
	static const char two[] = "\0\0\0\144\0\0\0\310\0\0\1\54\0\0\1\220";
	const struct bundle_str none = { "", 0 }, w = { two, 16 };
	struct bundle_msg m = { .arrival = 5000000 };

	is_int(bundle_open_at(0, &none, 7), 7, "no start, no windows");
	is_int(bundle_open_at(9, &none, 7), 9, "before the start");
	is_int(bundle_open_at(9, &w, 7), 100, "the first window");
	is_int(bundle_open_at(0, &w, 150), 150, "in a window");
	is_int(bundle_open_at(0, &w, 200), 300, "its end is not in it");
	is_int(bundle_open_at(350, &w, 120), 350, "the start is in one");
	is_int(bundle_open_at(0, &w, 400), UINT32_MAX, "behind the last");
	is_int(bundle_open_at(UINT64_MAX, &none, 1), UINT32_MAX, "never");
	is_int(bundle_windows_ok(two, 16), 1, "windows");
	is_int(bundle_windows_ok(two, 12), 0, "half a window");
	is_int(bundle_windows_ok(two + 4, 8), 1, "one");
	is_int(bundle_windows_ok(two + 8, 0), 1, "none");
	is_int(bundle_windows_ok("\0\0\0\2\0\0\0\2", 8), 0, "an empty one");
	is_int((long)bundle_from(&m), 5000000, "from its arrival on");
	m.start = 6;
	is_int((long)bundle_from(&m), 6000000, "from its start on");
}

/* A file of free/ is longer and full of something else. */
static void
written_over(void)
{
	static char junk[200000];
	int fd = memory_file();

	memset(junk, 0xff, sizeof junk);
	if (write(fd, junk, sizeof junk) != sizeof junk)
		exit(111);
	random_domains(new_message(50, 3000), 9);
	random_domains(new_message(1, 300), 9);
	ok(make(fd) == 0 && read_all(fd) == SAME && tail_is_good(fd),
	    "written over a longer file");
	forget();
	random_domains(new_message(3, 30), 9);
	ok(make(fd) == 0 && read_all(fd) == SAME && tail_is_good(fd),
	    "and again");
	forget();
	close(fd);
}

static void
flip(int fd, off_t at, unsigned char bits)
{
	unsigned char c;

	if (pread(fd, &c, 1, at) != 1)
		exit(111);
	c ^= bits;
	if (pwrite(fd, &c, 1, at) != 1)
		exit(111);
}

/* Each octet before the done bits, flipped, is noticed or without meaning. */
static void
flipped(const char *name)
{
	static const unsigned char bits[] = { 0x01, 0x80, 0xff };
	int fd = memory_file(), told = 0, different = 0;
	enum outcome o;
	struct bundle b;
	off_t at, end;
	size_t i;

	if (make(fd) == -1 || bundle_open(&b, fd) == -1)
		exit(111);
	end = (off_t)b.done_off;
	bundle_close(&b);
	for (at = 0; at < end; at++) {
		for (i = 0; i < sizeof bits; i++) {
			flip(fd, at, bits[i]);
			o = read_all(fd);
			told += o == TOLD;
			different += o == DIFFERENT;
			flip(fd, at, bits[i]);
		}
	}
	ok(told > 3 * BUNDLE_HEADER, name);
	is_int(different, 0, "never mistaken for good");
	ok(read_all(fd) == SAME, "flipped back");
	close(fd);
	forget();
}

static void
cut(const char *name)
{
	int fd = memory_file(), bad = 0;
	off_t len;

	if (make(fd) == -1)
		exit(111);
	for (len = lseek(fd, 0, SEEK_END) - 1; len >= 0; len--) {
		if (ftruncate(fd, len) == -1)
			exit(111);
		bad += read_all(fd) != TOLD;
	}
	is_int(bad, 0, name);
	close(fd);
	forget();
}

static void
damage(void)
{
	random_domains(new_message(5, 100), 3);
	random_domains(new_message(2, 700), 3);
	flipped("octets flipped");
	random_domains(new_message(5, 5000), 3);
	want[0].inplace = 1;
	flipped("octets flipped, the message written before");
	random_domains(new_message(5, 100), 3);
	random_domains(new_message(2, 700), 3);
	cut("cut at every length");
	random_domains(new_message(5, 5000), 3);
	want[0].inplace = 1;
	cut("cut at every length, the message written before");
}

static void
not_files(void)
{
	struct bundle b;
	int fd[2];

	ok(bundle_open(&b, -1) == -1 && errno == EBADF && !b.why,
	    "an error of reading is no damage");
	if (pipe(fd) == -1)
		exit(111);
	ok(bundle_open(&b, fd[0]) == -1, "a pipe is no bundle");
	close(fd[0]);
	close(fd[1]);
}

int
main(void)
{
	random_start();
	random_bundles();
	many_recipients();
	sizes();
	rows();
	times();
	written_over();
	damage();
	not_files();
	return done_testing();
}
