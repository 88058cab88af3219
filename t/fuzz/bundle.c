/* A bundle that somebody else wrote.  The first octet says which checksums are
 * put right, or nothing would get past them; the rest is the file. */
#include "t/fuzz/fixbundle.h"

/* Looks at each octet, so that a wrong address is seen. */
static void
touch(const struct bundle_str *s, size_t max)
{
	static volatile unsigned char sum;
	size_t i;

	must(s->len <= max);
	for (i = 0; i < s->len; i++)
		sum = (unsigned char)(sum + (unsigned char)s->s[i]);
}

static void
read_block(const struct bundle *b, const struct bundle_run *run)
{
	stralloc sa = STRALLOC_ZERO;
	struct bundle_rcpt rcpt;
	struct field f;

	if (bundle_block(b, run, &sa) == 0) {
		must(sa.len == run->length);
		field_start(&f, sa.s, sa.len);
		while (bundle_rcpt(&f, &rcpt) == 1) {
			touch(&rcpt.local, UINT16_MAX);
			touch(&rcpt.orcpt, UINT16_MAX);
			touch(&rcpt.row, BUNDLE_ROWMAX);
		}
	}
	stralloc_free(&sa);
}

static void
read_msg(const struct bundle *b, uint32_t n, uint32_t *next)
{
	struct bundle_msg m;
	struct bundle_run run;
	struct field runs;
	int more;

	if (bundle_msg(b, n, &m) == -1) {
		*next = UINT32_MAX;
		return;
	}
	must(*next == UINT32_MAX || m.first == *next);
	must(m.first <= b->nrcpt && m.nrcpt <= b->nrcpt - m.first);
	must(m.offset <= b->done_off && m.stored <= b->done_off - m.offset);
	must(m.plain <= m.stored);
	touch(&m.sender, BUNDLE_ADDRMAX);
	touch(&m.envid, BUNDLE_ENVIDMAX);
	touch(&m.stream, BUNDLE_NAMEMAX);
	touch(&m.route, BUNDLE_NAMEMAX);
	touch(&m.tenant, BUNDLE_NAMEMAX);
	touch(&m.campaign, BUNDLE_NAMEMAX);
	touch(&m.bodyhash, UINT16_MAX);
	touch(&m.windows, BUNDLE_WINDOWMAX);
	*next = m.first;
	for (runs = m.runs; (more = bundle_run(b, &runs, &run)) == 1;) {
		must(run.first == *next && run.count);
		touch(&run.domain, 255);
		*next += run.count;
		must(*next <= m.first + m.nrcpt);
		read_block(b, &run);
	}
	must(more == -1 || *next == m.first + m.nrcpt);
	*next = m.first + m.nrcpt;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct bundle b;
	uint32_t i, next = 0;

	if (n < 2)
		return 0;
	if (bundle_open(&b, fix_bundle(data + 1, n - 1, data[0])) == 0) {
		must(b.length <= n - 1 && b.done_off <= b.length);
		for (i = 0; i < b.nmsg; i++)
			read_msg(&b, i, &next);
		bundle_close(&b);
	}
	return 0;
}
