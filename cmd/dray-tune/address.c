#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/strerr.h>
#include <sodium.h>

#include "cmd/dray-tune/address.h"
#include "cmd/dray-tune/line.h"
#include "cmd/dray-tune/tune.h"
#include "common/base.h"
#include "common/keyhash.h"
#include "common/mem.h"
#include "common/suppress.h"

struct soft {
	UT_hash_handle hh;
	unsigned char address[TOKEN_ADDRESS];
	uint32_t n;
	uint32_t came; /* the last one had been delivered, and came back */
	uint32_t good; /* then: deliveries since */
	uint64_t first; /* seconds */
};

static struct soft *byaddress; /* the oldest first */
static struct suppress *list;
static struct policy_suppression set;
static int dir = -1, fresh;

void
address_policy(void)
{
	if (policy_suppression(&self.policy, &set) == -1)
		memset(&set, 0, sizeof set);
}

void
address_open(const char *base)
{
	char path[BASE_PATHMAX];
	unsigned int flags = SUPPRESS_WRITE | SUPPRESS_MAKE;

	address_policy();
	base_path(path, base, "keys/token");
	if (token_load_keys(&self.keys, path) == -1) {
		strerr_warnwusys("read keys/token: nobody is suppressed");
		return;
	}
	base_path(path, base, "suppress");
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir == -1) {
		strerr_warnwusys("open suppress/: nobody is suppressed");
		return;
	}
	list = suppress_open(dir, flags | (set.hashed ? SUPPRESS_HASHED : 0));
	if (!list)
		strerr_diefusys(111, "open the suppression list");
}

int
address_dir(void)
{
	return dir;
}

unsigned int
address_count(void)
{
	return HASH_COUNT(byaddress);
}

int
address_sync(void)
{
	if (!list || !fresh)
		return 0;
	fresh = 0;
	return suppress_sync(list);
}

/* 1 it was not there.  What was may not be synced.  Nobody would come to a failure
 * again but who reads the log from the place that was saved. */
static int
append(const struct suppress_entry *x)
{
	int r = suppress_refresh(list);

	if (r != -1)
		r = suppress_append(list, '+', x);
	if (r == -1)
		strerr_diefusys(111, "write the suppression list");
	fresh = 1;
	return r == 1;
}

static int
hash(const struct logevent *e, unsigned char d[TOKEN_ADDRESS])
{
	const char *s = e->s[LOGEVENT_RECIPIENT], *at = strrchr(s, '@');
	const char *hex = e->s[LOGEVENT_ADDRESS_HASH];
	size_t n;

	if (!at)
		return sodium_hex2bin(d, TOKEN_ADDRESS, hex, strlen(hex), NULL,
			   &n, NULL) == 0 &&
			n == TOKEN_ADDRESS
		    ? 0
		    : -1;
	token_address(
	    &self.keys, s, (size_t)(at - s), at + 1, strlen(at + 1), d);
	return 0;
}

static int
name_scope(struct suppress_entry *x, enum suppress_scope scope, const char *s)
{
	return *s && suppress_scope(x, &self.keys, scope, s, strlen(s)) == 0;
}

/* Mail of no list is one of its own, its campaign.  A token has a hash of the
 * list, the name of which need not be known. */
static int
list_scope(struct suppress_entry *x, const struct logevent *e)
{
	const char *hex = e->s[LOGEVENT_LIST_HASH];
	size_t n;

	if (*e->s[LOGEVENT_LIST])
		return name_scope(x, SUPPRESS_LIST, e->s[LOGEVENT_LIST]);
	if (!*hex)
		return name_scope(x, SUPPRESS_LIST, e->s[LOGEVENT_CAMPAIGN]);
	x->scope = SUPPRESS_LIST;
	return sodium_hex2bin(x->list, TOKEN_CAMPAIGN, hex, strlen(hex), NULL,
		   &n, NULL) == 0 &&
	    n == TOKEN_CAMPAIGN;
}

/* What the policy says such an entry is about; 0: there is to be none. */
static int
set_scope(struct suppress_entry *x, uint8_t scope, const struct logevent *e)
{
	switch (scope) {
	case POLICY_SUPPRESS_ALL:
		return suppress_scope(
			   x, &self.keys, SUPPRESS_EVERYWHERE, "", 0) == 0;
	case POLICY_SUPPRESS_TENANT:
		return name_scope(x, SUPPRESS_TENANT, e->s[LOGEVENT_TENANT]);
	case POLICY_SUPPRESS_LIST:
		return list_scope(x, e);
	default:
		return 0;
	}
}

/* 0, or -1: nobody knows who it is.  Of who is known by his token alone there is
 * a hash. */
static int
set_address(struct suppress_entry *x, const struct logevent *e)
{
	const char *s = e->s[LOGEVENT_RECIPIENT];

	if (*s)
		return suppress_address(x, &self.keys, s, strlen(s));
	return hash(e, x->address);
}

/* n: soft failures */
static void
give_up(const struct logevent *e, uint64_t when, uint8_t reason, uint8_t scope,
    uint32_t n)
{
	static struct suppress_entry x;

	memset(&x, 0, sizeof x);
	x.reason = reason;
	x.time = (uint32_t)(when / 1000);
	if (set_address(&x, e) == -1 || !set_scope(&x, scope, e))
		return;
	if (*e->s[LOGEVENT_CLASS])
		snprintf(x.note, sizeof x.note, "%.40s: %.3s %.120s",
		    e->s[LOGEVENT_CLASS], e->s[LOGEVENT_CODE],
		    e->s[LOGEVENT_CONTENT]);
	if (append(&x))
		line_add(e, &x, n);
}

static void
drop(struct soft *s)
{
	HASH_DEL(byaddress, s);
	free(s);
}

static struct soft *
find(const unsigned char address[TOKEN_ADDRESS])
{
	struct soft *s;

	HASH_FIND(hh, byaddress, address, TOKEN_ADDRESS, s);
	return s;
}

static struct soft *new (const unsigned char address[TOKEN_ADDRESS])
{
	struct soft *s;

	if (HASH_COUNT(byaddress) >= ADDRESS_MAX)
		drop(byaddress);
	s = mem_alloc(sizeof *s);
	memcpy(s->address, address, TOKEN_ADDRESS);
	HASH_ADD(hh, byaddress, address, TOKEN_ADDRESS, s);
	return s;
}

/* What comes back was delivered before; another one that was ends the count. */
static void
settle(struct soft *s, int came)
{
	if (came && s->good)
		s->good--;
	if (s->good)
		s->n = 0;
	s->good = 0;
	s->came = (uint32_t)came;
}

static void
soft(const struct logevent *e, uint64_t when)
{
	unsigned char address[TOKEN_ADDRESS];
	struct soft *s;
	uint32_t n;

	if (!set.soft_count || hash(e, address) == -1)
		return;
	s = find(address);
	if (!s)
		s = new (address);
	settle(s, logevent_is(e, LOGEVENT_TYPE, "OOB"));
	if (!s->n || when / 1000 > s->first + set.soft_period) {
		s->n = 0;
		s->first = when / 1000;
	}
	n = ++s->n;
	if (n < set.soft_count)
		return;
	drop(s);
	give_up(e, when, SUPPRESS_SOFT, POLICY_SUPPRESS_ALL, n);
}

static void
delivered(const struct logevent *e)
{
	unsigned char address[TOKEN_ADDRESS];
	struct soft *s;

	if (!byaddress || hash(e, address) == -1)
		return;
	s = find(address);
	if (s && s->came)
		s->good++;
	else if (s)
		drop(s);
}

static int
is_hard(const struct logevent *e)
{
	if (*e->s[LOGEVENT_HARDSOFT])
		return logevent_is(e, LOGEVENT_HARDSOFT, "hard");
	return logevent_is(e, LOGEVENT_CLASS, "bad-mailbox") ||
	    logevent_is(e, LOGEVENT_CLASS, "bad-domain");
}

/* What came back is about him only if his token says so: anybody can write to
 * the address of returns. */
static int
is_failure(const struct logevent *e)
{
	if (logevent_is(e, LOGEVENT_TYPE, "OOB"))
		return logevent_is(e, LOGEVENT_ATTRIBUTED, "token");
	return logevent_is(e, LOGEVENT_TYPE, "Bounce");
}

/* Who has a token shows it to dray-bounce or dray-unsub, which do at once what
 * needs no tenant. */
static void
of_tenant(const struct logevent *e, uint64_t when)
{
	uint8_t reason = SUPPRESS_UNSUBSCRIBE, scope = set.unsubscribe;

	if (logevent_complains(e)) {
		reason = SUPPRESS_COMPLAINT;
		scope = set.complaint;
	}
	if (scope == POLICY_SUPPRESS_TENANT && *e->s[LOGEVENT_OWNER_HASH])
		give_up(e, when, reason, scope, 0);
}

void
address_event(const struct logevent *e, uint64_t when)
{
	if (!list || logevent_is(e, LOGEVENT_STREAM, "notices"))
		return;
	if (logevent_complains(e) ||
	    logevent_is(e, LOGEVENT_TYPE, "Unsubscribe")) {
		of_tenant(e, when);
		return;
	}
	if (logevent_is(e, LOGEVENT_TYPE, "Delivery")) {
		delivered(e);
		return;
	}
	if (!is_failure(e) || !logevent_is(e, LOGEVENT_BLAME, "recipient") ||
	    logevent_is(e, LOGEVENT_HARDSOFT, "none"))
		return;
	if (is_hard(e))
		give_up(e, when, SUPPRESS_HARD, set.hard, 0);
	else
		soft(e, when);
}

/* "soft ADDRESS COUNT FIRST CAME GOOD", of which the last two may be missing; what
 * is too long ago is dropped. */
void
address_save(stralloc *sa, uint64_t now)
{
	struct soft *s, *next;
	char b[80], hex[2 * TOKEN_ADDRESS + 1];

	HASH_ITER (hh, byaddress, s, next) {
		if (now / 1000 > s->first + set.soft_period) {
			drop(s);
			continue;
		}
		sodium_bin2hex(hex, sizeof hex, s->address, TOKEN_ADDRESS);
		snprintf(b, sizeof b,
		    "soft %s %" PRIu32 " %" PRIu64 " %" PRIu32 " %" PRIu32 "\n",
		    hex, s->n, s->first, s->came, s->good);
		mem_check(stralloc_cats(sa, b));
	}
}

int
address_load(const char *line)
{
	unsigned char address[TOKEN_ADDRESS];
	char hex[2 * TOKEN_ADDRESS + 1];
	struct soft *s;
	uint64_t first;
	uint32_t n, came = 0, good = 0;
	size_t len;

	if (sscanf(line,
		"soft %16s %" SCNu32 " %" SCNu64 " %" SCNu32 " %" SCNu32, hex,
		&n, &first, &came, &good) < 3 ||
	    sodium_hex2bin(address, sizeof address, hex, strlen(hex), NULL,
		&len, NULL) != 0 ||
	    len != sizeof address)
		return -1;
	s = find(address);
	if (!s)
		s = new (address);
	s->n = n;
	s->came = came;
	s->good = good;
	s->first = first;
	return 0;
}
