/*
 * bundledump - prints bundles as text, for tests.
 *
 *	bundledump file ...
 *
 * For each file a line "bundle ID"; for each message in it
 *
 *	msg number=N offset=N stored=N plain=N flags=N arrival=N expiry=N ret=C
 *	text name value      for sender, envid, stream, route, tenant, campaign
 *	start SECONDS        if it has one
 *	windows HEX
 *	rcpt domain notify orcpt local
 *	row HEX              of that recipient, if it has one
 *
 * and "end".  The octets of each message and each block are checked against
 * their checksums.  Exits 1 at the first bundle that is damaged.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/bundle.h"
#include "common/crc32c.h"

static const char *path;

static void
die(const char *why)
{
	fflush(stdout);
	fprintf(stderr, "bundledump: %s: %s\n", path, why);
	exit(1);
}

static void
text(const char *name, const struct bundle_str *s)
{
	printf("text %s %.*s\n", name, (int)s->len, s->s);
}

static void
print_hex(const char *name, const struct bundle_str *s)
{
	size_t i;

	printf("%s ", name);
	for (i = 0; i < s->len; i++)
		printf("%02x", (unsigned char)s->s[i]);
	putchar('\n');
}

static void
check_octets(int fd, const struct bundle_msg *m)
{
	static char b[65536];
	uint64_t done;
	uint32_t crc = 0;
	ssize_t n;

	for (done = 0; done < m->stored; done += (uint64_t)n) {
		n = pread(fd, b,
		    m->stored - done < sizeof b ? m->stored - done : sizeof b,
		    (off_t)(m->offset + done));
		if (n <= 0)
			die("cannot read the octets");
		crc = crc32c(crc, b, (size_t)n);
	}
	if (crc != m->crc)
		die("octets fail their checksum");
}

static uint32_t
print_run(const struct bundle *b, const struct bundle_run *run)
{
	stralloc block = STRALLOC_ZERO;
	struct bundle_rcpt r;
	struct field f;
	uint32_t n = 0;

	if (bundle_block(b, run, &block) == -1)
		die("a block of recipients is damaged");
	field_start(&f, block.s, block.len);
	for (; bundle_rcpt(&f, &r) == 1; n++) {
		printf("rcpt %.*s %u %.*s %.*s\n", (int)run->domain.len,
		    run->domain.s, r.notify, (int)r.orcpt.len, r.orcpt.s,
		    (int)r.local.len, r.local.s);
		if (r.row.s)
			print_hex("row", &r.row);
	}
	if (!field_end(&f) || n != run->count)
		die("a block has not the recipients it should have");
	stralloc_free(&block);
	return n;
}

static void
print_msg(const struct bundle *b, uint32_t i)
{
	struct bundle_msg m;
	struct bundle_run run;
	uint32_t n = 0;
	int more;

	if (bundle_msg(b, i, &m) == -1)
		die("a message's entry is damaged");
	printf("msg number=%u offset=%llu stored=%llu plain=%llu flags=%u "
	       "arrival=%llu expiry=%llu ret=%c\n",
	    m.number, (unsigned long long)m.offset,
	    (unsigned long long)m.stored, (unsigned long long)m.plain, m.flags,
	    (unsigned long long)m.arrival, (unsigned long long)m.expiry,
	    m.ret ? m.ret : '-');
	text("sender", &m.sender);
	text("envid", &m.envid);
	text("stream", &m.stream);
	text("route", &m.route);
	text("tenant", &m.tenant);
	text("campaign", &m.campaign);
	if (m.start)
		printf("start %llu\n", (unsigned long long)m.start);
	if (m.windows.len)
		print_hex("windows", &m.windows);
	while ((more = bundle_run(b, &m.runs, &run)) == 1)
		n += print_run(b, &run);
	if (more == -1 || n != m.nrcpt)
		die("the runs are damaged");
	check_octets(b->fd, &m);
	printf("end\n");
}

int
main(int argc, char **argv)
{
	struct bundle b;
	uint32_t i;
	int fd, k;

	for (k = 1; k < argc; k++) {
		path = argv[k];
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd == -1)
			die(strerror(errno));
		if (bundle_open(&b, fd) == -1)
			die(b.why ? b.why : strerror(errno));
		printf("bundle %s\n", b.id);
		for (i = 0; i < b.nmsg; i++)
			print_msg(&b, i);
		bundle_close(&b);
		close(fd);
	}
	return 0;
}
