/*
 * queue_envelope - the envelope that dray-queue reads.  First octet: how many
 * recipients there may be.  What is accepted is written out again, and has to
 * be what came.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cmd/dray-queue/envelope.h"
#include "t/fuzz/fuzz.h"

static size_t
put(char *d, char letter, const char *s)
{
	size_t len = strlen(s) + 1;

	must(len <= ENVELOPE_ADDRMAX + 1);
	*d = letter;
	memcpy(d + 1, s, len);
	return len + 1;
}

/* All of it was in the input, so there is room. */
static void
same(const struct envelope *e, const uint8_t *data, size_t n)
{
	size_t len, room = e->text.len + e->n + 2;
	const char *s = e->rcpts;
	char *d = malloc(room);
	uint32_t i;

	must(d != NULL);
	len = put(d, 'F', e->sender);
	for (i = 0; i < e->n; i++, s += strlen(s) + 1)
		len += put(d + len, 'T', s);
	d[len++] = '\0';
	must(len == room && len <= n && memcmp(d, data, len) == 0);
	free(d);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static int fd = -1;
	struct envelope e;
	int code;

	if (n == 0)
		return 0;
	if (fd == -1)
		fd = memfd_create("envelope", MFD_CLOEXEC);
	must(ftruncate(fd, 0) == 0 &&
	    pwrite(fd, data + 1, n - 1, 0) == (ssize_t)(n - 1) &&
	    lseek(fd, 0, SEEK_SET) == 0);
	code = envelope_read(&e, fd, data[0]);
	must(e.n <= data[0]);
	if (code == 0)
		same(&e, data + 1, n - 1);
	else
		must(code == 11 || code == 31 || code == 54 || code == 91);
	stralloc_free(&e.text);
	return 0;
}
