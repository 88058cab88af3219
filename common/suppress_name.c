#include <errno.h>
#include <string.h>

#include "common/chars.h"
#include "common/idn.h"
#include "common/json.h"
#include "common/suppress.h"

static const char *const reasons[SUPPRESS_REASONS] = { "hard", "soft",
	"complaint", "unsubscribe", "manual", "import" };

int
suppress_reason(const char *s, size_t n)
{
	int i;

	for (i = 0; i < SUPPRESS_REASONS; i++)
		if (strlen(reasons[i]) == n && memcmp(s, reasons[i], n) == 0)
			return i;
	return -1;
}

const char *
suppress_reason_name(unsigned int reason)
{
	return reason < SUPPRESS_REASONS ? reasons[reason] : "unknown";
}

int
suppress_address(struct suppress_entry *e, const struct token_keys *k,
    const char *s, size_t n)
{
	char domain[ADDR_DOMAINMAX];
	struct addr a;
	size_t len;

	if (addr_split(s, n, &a) == -1)
		return -1;
	len = idn_ascii(domain, a.domain, a.domain_len);
	if (!len) {
		errno = EINVAL;
		return -1;
	}
	if (a.local_len + 1 + len > ADDR_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	addr_lower(e->text, a.local, a.local_len);
	e->text[a.local_len] = '@';
	memcpy(e->text + a.local_len + 1, domain, len);
	e->text[a.local_len + 1 + len] = '\0';
	token_address(k, a.local, a.local_len, domain, len, e->address);
	return 0;
}

int
suppress_scope(struct suppress_entry *e, const struct token_keys *k,
    enum suppress_scope scope, const char *s, size_t n)
{
	e->scope = (uint8_t)scope;
	e->name[0] = '\0';
	if (scope == SUPPRESS_EVERYWHERE)
		return 0;
	if (n == 0 || n > SUPPRESS_NAMEMAX || !chars_clean(s, n)) {
		errno = EINVAL;
		return -1;
	}
	memcpy(e->name, s, n);
	e->name[n] = '\0';
	if (scope == SUPPRESS_LIST)
		token_campaign(k, s, n, e->list);
	return 0;
}

unsigned int
suppress_mask(const struct policy_stream *st)
{
	unsigned int m = 0;

	if (st->suppress_hard)
		m |= SUPPRESS_BIT(SUPPRESS_HARD);
	if (st->suppress_soft)
		m |= SUPPRESS_BIT(SUPPRESS_SOFT);
	if (st->suppress_complaint)
		m |= SUPPRESS_BIT(SUPPRESS_COMPLAINT);
	if (st->suppress_unsubscribe)
		m |= SUPPRESS_BIT(SUPPRESS_UNSUBSCRIBE);
	if (st->suppress_manual)
		m |= SUPPRESS_BIT(SUPPRESS_MANUAL) |
		    SUPPRESS_BIT(SUPPRESS_IMPORT);
	return m;
}

void
suppress_put(stralloc *sa, const struct suppress_entry *e)
{
	static const char *const scopes[SUPPRESS_SCOPES] = { "everywhere",
		"tenant", "list", "stream" };

	json_obj(sa, "suppression");
	json_text(sa, "reason", suppress_reason_name(e->reason));
	json_text(sa, "scope", scopes[e->scope % SUPPRESS_SCOPES]);
	if (e->name[0])
		json_text(sa, "name", e->name);
	json_time(sa, "time", (uint64_t)e->time * 1000000);
	if (e->note[0])
		json_text(sa, "note", e->note);
	json_end(sa);
}
