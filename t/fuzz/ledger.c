/* A file of spool/campaigns.  The first octet says how many checksums of lines
 * are put right. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/crc32c.h"
#include "common/ledger.h"
#include "common/mem.h"
#include "t/fuzz/fuzz.h"

struct taken {
	stralloc again;
	uint32_t n;
};

static int
take(void *arg, const struct ledger_chunk *c)
{
	struct taken *t = arg;
	struct spool_id id;

	must(spool_idparse(c->bundle, &id));
	must(c->number < LEDGER_CHUNKS);
	ledger_putchunk(&t->again, c);
	t->n++;
	return 0;
}

static void
mend(char *s, size_t n, unsigned int lines)
{
	char crc[10];
	char *nl;
	size_t len;

	for (; lines && (nl = memchr(s, '\n', n)); lines--) {
		len = (size_t)(nl - s);
		if (len >= 9) {
			snprintf(
			    crc, sizeof crc, " %08x", crc32c(0, s, len - 9));
			memcpy(nl - 9, crc, 9);
		}
		n -= len + 1;
		s = nl + 1;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* What was read, and is written again, is read as the same. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct taken t = { STRALLOC_ZERO, 0 }, same = { STRALLOC_ZERO, 0 };
	struct ledger_head h, h2;
	size_t whole;
	char *s;

	if (n == 0)
		return 0;
	s = malloc(n);
	must(s != NULL);
	memcpy(s, data + 1, n - 1);
	mend(s, n - 1, data[0]);
	if (ledger_read(s, n - 1, &h, take, &t, &whole) == 0) {
		must(whole <= n - 1 && (!whole || s[whole - 1] == '\n'));
		must(h.chunks && h.chunks <= LEDGER_CHUNKS);
		ledger_puthead(&same.again, &h);
		mem_check(stralloc_cat(&same.again, &t.again));
		t.again.len = 0;
		must(ledger_read(same.again.s, same.again.len, &h2, take, &t,
			 &whole) == 0);
		must(whole == same.again.len && h2.chunks == h.chunks);
	}
	stralloc_free(&t.again);
	stralloc_free(&same.again);
	free(s);
	return 0;
}
