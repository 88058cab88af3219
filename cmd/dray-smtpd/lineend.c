#include <string.h>

#include "cmd/dray-smtpd/lineend.h"

void
lineend_start(struct lineend *l, int normalise)
{
	l->normalise = normalise;
	l->cr = 0;
}

/* The next LF that stands alone, or NULL. */
static const char *
find_bare(const struct lineend *l, const char *s, const char *end)
{
	const char *nl = s;

	for (; (nl = memchr(nl, '\n', (size_t)(end - nl))) != NULL; nl++)
		if (nl > s ? nl[-1] != '\r' : !l->cr)
			break;
	return nl;
}

void
lineend_feed(struct lineend *l, struct message *m, const char *s, size_t n)
{
	const char *end = s + n, *nl;

	if (!n)
		return;
	while (l->normalise && s < end && (nl = find_bare(l, s, end)) != NULL) {
		message_data(m, s, (size_t)(nl - s));
		message_data(m, "\r\n", 2);
		s = nl + 1;
		l->cr = 0;
	}
	message_data(m, s, (size_t)(end - s));
	l->cr = end[-1] == '\r';
}
