#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/bundle.h"
#include "common/chars.h"
#include "common/crc32c.h"
#include "common/ledger.h"
#include "common/mem.h"

#define LINE 512 /* octets of a line, at most */
#define HEX (2 * LEDGER_DIGEST)
#define CRC 9 /* octets in front of a line's end: a space, eight digits */

int
ledger_name_ok(const char *s, size_t n)
{
	return n > 0 && n <= BUNDLE_NAMEMAX && s[0] != '.' && chars_name(s, n);
}

static void
hex(char out[HEX + 1], const unsigned char *digest)
{
	int i;

	for (i = 0; i < LEDGER_DIGEST; i++)
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

static int
unhex(unsigned char *digest, const char *s)
{
	static const char digits[] = "0123456789abcdef";
	const char *a, *b;
	int i;

	if (strlen(s) != HEX)
		return -1;
	for (i = 0; i < LEDGER_DIGEST; i++) {
		a = strchr(digits, s[2 * i]);
		b = strchr(digits, s[2 * i + 1]);
		if (!a || !b)
			return -1;
		digest[i] = (unsigned char)((a - digits) << 4 | (b - digits));
	}
	return 0;
}

static void
put(stralloc *sa, char *line, int n)
{
	n += snprintf(line + n, LINE - (size_t)n, " %08" PRIx32 "\n",
	    crc32c(0, line, (size_t)n));
	mem_check(stralloc_catb(sa, line, (size_t)n));
}

void
ledger_puthead(stralloc *sa, const struct ledger_head *h)
{
	char line[LINE], digest[HEX + 1];

	hex(digest, h->digest);
	put(sa, line,
	    snprintf(line, sizeof line,
		"campaign 1 %" PRIu64 " %" PRIu32 " %" PRIu32 " %s", h->began,
		h->uid, h->chunks, digest));
}

void
ledger_putchunk(stralloc *sa, const struct ledger_chunk *c)
{
	char line[LINE], digest[HEX + 1];

	hex(digest, c->digest);
	put(sa, line,
	    snprintf(line, sizeof line, "chunk %" PRIu32 " %" PRIu32 " %s %s",
		c->number, c->recipients, digest, c->bundle));
}

/* The line that begins at s, without its checksum; its length with all, or 0:
 * it is torn, or no line. */
static size_t
get_line(const char *s, size_t n, char line[LINE])
{
	const char *nl = memchr(s, '\n', n < LINE ? n : LINE);
	char crc[CRC + 1];
	size_t len;

	if (!nl || nl - s < CRC || memchr(s, '\0', (size_t)(nl - s)))
		return 0;
	len = (size_t)(nl - s) - CRC;
	snprintf(crc, sizeof crc, " %08" PRIx32, crc32c(0, s, len));
	if (memcmp(crc, s + len, CRC) != 0)
		return 0;
	memcpy(line, s, len);
	line[len] = '\0';
	return (size_t)(nl - s) + 1;
}

static int
get_head(const char *line, struct ledger_head *h)
{
	char digest[HEX + 1];
	int end = 0;

	if (sscanf(line,
		"campaign 1 %" SCNu64 " %" SCNu32 " %" SCNu32 " %64s%n",
		&h->began, &h->uid, &h->chunks, digest, &end) != 4 ||
	    line[end])
		return -1;
	if (h->chunks == 0 || h->chunks > LEDGER_CHUNKS)
		return -1;
	return unhex(h->digest, digest);
}

static int
get_chunk(const char *line, const struct ledger_head *h, struct ledger_chunk *c)
{
	char digest[HEX + 1];
	struct spool_id id;
	int end = 0;

	if (sscanf(line, "chunk %" SCNu32 " %" SCNu32 " %64s %95s%n",
		&c->number, &c->recipients, digest, c->bundle, &end) != 4 ||
	    line[end])
		return -1;
	if (c->number >= h->chunks || !spool_idparse(c->bundle, &id))
		return -1;
	return unhex(c->digest, digest);
}

/* Behind a line that is not whole there may be nothing that is. */
static int
is_torn(const char *s, size_t n)
{
	char line[LINE];
	const char *nl;

	while ((nl = memchr(s, '\n', n))) {
		n -= (size_t)(nl + 1 - s);
		s = nl + 1;
		if (get_line(s, n, line))
			return 0;
	}
	return 1;
}

int
ledger_read(const char *s, size_t n, struct ledger_head *h, ledger_fn *fn,
    void *arg, size_t *whole_r)
{
	char line[LINE];
	struct ledger_chunk c;
	size_t at, len;

	*whole_r = 0;
	len = get_line(s, n, line);
	if (len == 0 || get_head(line, h) == -1) {
		errno = EBADMSG;
		return -1;
	}
	for (at = len; (len = get_line(s + at, n - at, line)); at += len) {
		if (get_chunk(line, h, &c) == -1 || fn(arg, &c) == -1) {
			errno = EBADMSG;
			return -1;
		}
	}
	*whole_r = at;
	if (is_torn(s + at, n - at))
		return 0;
	errno = EBADMSG;
	return -1;
}

int
ledger_load(int dirfd, const char *name, stralloc *sa)
{
	int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	ssize_t r = -1;

	if (fd == -1)
		return errno == ENOENT ? 0 : -1;
	sa->len = 0;
	if (fstat(fd, &st) == 0 && st.st_size <= LEDGER_MAX) {
		mem_check(stralloc_ready(sa, (size_t)st.st_size + 1));
		r = pread(fd, sa->s, (size_t)st.st_size, 0);
	} else {
		errno = EBADMSG;
	}
	if (r != -1)
		sa->len = (size_t)r;
	close(fd);
	return r == -1 ? -1 : 1;
}
