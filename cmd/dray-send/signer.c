#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-send/send.h"
#include "cmd/dray-send/signer.h"
#include "common/base.h"
#include "common/chars.h"
#include "common/mem.h"
#include "common/origin.h"
#include "common/originscan.h"
#include "common/remoteproto.h"

#define FROMS 256 /* From domains that are known, a power of two */
#define LOOK 1 /* seconds between looks at the keys of tokens */
#define HEADERMAX 65536 /* octets of a header that are looked at */

/* What the policy says of a From domain. */
struct from {
	uint64_t generation; /* of the policy, and one; 0: not asked yet */
	size_t len;
	char domain[ADDR_DOMAINMAX + 1];
	char path[sizeof(((struct policy_sender *)0)->return_path)]; /* or "" */
	char list[sizeof(((struct policy_sender *)0)->list_id)];
	uint8_t n, must;
	stralloc signers; /* as in a JOB, with their number in front */
};

static struct from froms[FROMS];
static struct token_keys keys = { .first = -1 };
static int asked; /* the policy has keys or senders */
static int senders; /* it has the latter */
static int told; /* that there are no keys for tokens */
static struct policy_signing signing;

/* What was there stays in use if what comes is of none. */
static void
load_keys(const char *path)
{
	struct token_keys fresh;

	if (token_load_keys(&fresh, path) == 0) {
		keys = fresh;
		told = 0;
	} else if (senders && !told++) {
		strerr_warnw("unable to read ", path, ": ",
		    errno == EPROTO ? "malformed" : strerror(errno),
		    keys.first == -1 ? "; return-path of [sender] has no effect"
				     : "; those before stay in use");
	}
}

/* Nobody but root may see what else is in that directory, so it cannot be
 * watched; the file is looked at, seldom. */
static void
look_keys(void)
{
	static struct timespec changed;
	static ino_t inode;
	static ev_tstamp looked;
	ev_tstamp now = ev_now(self.loop);
	char path[BASE_PATHMAX];
	struct stat st;

	if (looked && now < looked + LOOK && now >= looked)
		return;
	looked = now;
	base_path(path, self.base, "keys/token");
	if (stat(path, &st) == 0) {
		if (keys.first != -1 && st.st_ino == inode &&
		    st.st_ctim.tv_sec == changed.tv_sec &&
		    st.st_ctim.tv_nsec == changed.tv_nsec)
			return;
		inode = st.st_ino;
		changed = st.st_ctim;
	}
	load_keys(path);
}

void
signer_policy(void)
{
	senders = policy_senders(&self.policy);
	asked = senders || policy_keys(&self.policy);
	if (policy_signing(&self.policy, &signing) == -1)
		memset(&signing, 0, sizeof signing);
}

/* Of a message whose index does not say it. */
static size_t
read_from(
    const struct open *o, const struct bundle_msg *m, char d[ADDR_DOMAINMAX])
{
	static char header[HEADERMAX];
	struct originscan k;
	size_t n =
	    m->stored < sizeof header ? (size_t)m->stored : sizeof header;
	ssize_t r = pread(o->b.fd, header, n, (off_t)m->offset);

	if (r <= 0)
		return 0;
	originscan_start(&k);
	(void)originscan_feed(&k, header, (size_t)r);
	return originscan_from(&k, d);
}

static size_t
sender_domain(const struct bundle_msg *m, char d[ADDR_DOMAINMAX])
{
	const char *s = m->sender.s, *end = s + m->sender.len;
	const char *at = m->sender.len ? memrchr(s, '@', m->sender.len) : NULL;
	size_t n = at ? (size_t)(end - (at + 1)) : 0;

	if (n > ADDR_DOMAINMAX || !chars_name(end - n, n))
		return 0;
	addr_lower(d, end - n, n);
	return n;
}

static size_t
from_domain(
    const struct open *o, const struct bundle_msg *m, char d[ADDR_DOMAINMAX])
{
	struct origin org;

	if (origin_get(&org, m->bodyhash.s, m->bodyhash.len) == 0) {
		memcpy(d, org.from, org.from_len);
		return org.from_len;
	}
	/* A program has no header yet. */
	if (m->flags & BUNDLE_MERGE)
		return sender_domain(m, d);
	return read_from(o, m, d);
}

static void
ask_signers(struct from *f)
{
	struct policy_signer s[POLICY_SIGNERS];
	int i, n = policy_signers(&self.policy, f->domain, s);

	f->signers.len = 0;
	f->n = (uint8_t)(n > 0 ? n : 0);
	f->must = f->n && signing.without_key != POLICY_SIGN_NOT;
	field_putu8(&f->signers, f->n);
	for (i = 0; i < f->n; i++) {
		field_putu8(&f->signers, s[i].alg);
		field_putstr(&f->signers, s[i].domain, strlen(s[i].domain));
		field_putstr(&f->signers, s[i].selector, strlen(s[i].selector));
	}
}

static void
ask_sender(struct from *f)
{
	struct policy_sender s;

	f->path[0] = f->list[0] = '\0';
	if (policy_sender(&self.policy, f->domain, f->len, &s) != 1)
		return;
	memcpy(f->path, s.return_path, sizeof f->path);
	memcpy(f->list, s.list_id, sizeof f->list);
}

static struct from *
known(const char *domain, size_t len)
{
	uint32_t h = 5381;
	struct from *f;
	size_t i;

	for (i = 0; i < len; i++)
		h = h * 33 + (unsigned char)domain[i];
	f = &froms[h % FROMS];
	if (f->generation == self.policy.generation + 1 && f->len == len &&
	    memcmp(f->domain, domain, len) == 0)
		return f;
	f->generation = self.policy.generation + 1;
	f->len = len;
	memcpy(f->domain, domain, len);
	f->domain[len] = '\0';
	ask_signers(f);
	ask_sender(f);
	return f;
}

/* NULL: the policy says nothing of anybody. */
static struct from *
find(const struct open *o, const struct bundle_msg *m)
{
	char domain[ADDR_DOMAINMAX];

	if (!asked)
		return NULL;
	return known(domain, from_domain(o, m, domain));
}

/* The return path of its From domain, or NULL. */
static const char *
path_of(const struct open *o, const struct bundle_msg *m)
{
	const struct from *f;

	if (!senders || !m->sender.len || m->flags & BUNDLE_NOTICE)
		return NULL;
	f = find(o, m);
	if (!f || !*f->path)
		return NULL;
	look_keys();
	return keys.first == -1 ? NULL : f->path;
}

int
signer_alone(const struct open *o, const struct bundle_msg *m)
{
	return (m->flags & BUNDLE_MERGE) || path_of(o, m) != NULL;
}

const char *
signer_list_id(const struct open *o, const struct bundle_msg *m)
{
	const struct from *f = senders ? find(o, m) : NULL;

	return f ? f->list : "";
}

int
signer_list(const struct open *o, const struct bundle_msg *m,
    unsigned char d[TOKEN_CAMPAIGN])
{
	look_keys();
	if (keys.first == -1)
		return 0;
	token_list(
	    &keys, signer_list_id(o, m), m->campaign.s, m->campaign.len, d);
	return 1;
}

void
signer_address(const struct bundle_str *local, const struct bundle_str *domain,
    unsigned char d[TOKEN_ADDRESS])
{
	token_address(&keys, local->s, local->len, domain->s, domain->len, d);
}

static void
append(stralloc *sa, const struct bundle_str *s)
{
	mem_check(stralloc_catb(sa, s->s, s->len));
	mem_check(stralloc_0(sa));
}

/* Most messages in a row are of the same, and its key never changes. */
static void
put_owner(const struct bundle_msg *m, unsigned char d[TOKEN_OWNER])
{
	static stralloc was, now;
	static unsigned char hash[TOKEN_OWNER];

	now.len = 0;
	append(&now, &m->stream);
	append(&now, &m->tenant);
	append(&now, &m->campaign);
	if (now.len != was.len || memcmp(now.s, was.s, now.len) != 0) {
		token_owner(&keys, now.s, now.len, hash);
		mem_check(stralloc_copy(&was, &now));
	}
	memcpy(d, hash, TOKEN_OWNER);
}

int
signer_token(const struct open *o, const struct bundle_msg *m,
    const struct bundle_str *local, const struct bundle_str *domain,
    char d[TOKEN_LEN])
{
	struct token t;

	if (!signer_list(o, m, t.campaign))
		return 0;
	t.version = TOKEN_VERSION;
	t.arrival = (uint32_t)(m->arrival / 1000000);
	put_owner(m, t.owner);
	signer_address(local, domain, t.address);
	return token_make(&keys, &t, d) == 0;
}

size_t
signer_path(const struct open *o, const struct bundle_msg *m,
    const struct bundle_str *local, const struct bundle_str *domain,
    char d[ADDR_MAX])
{
	const char *path = path_of(o, m), *at = path ? strchr(path, '@') : NULL;
	char token[TOKEN_LEN];
	size_t n, rest;

	if (!at || !signer_token(o, m, local, domain, token))
		return 0;
	n = (size_t)(at - path);
	rest = strlen(path) - n;
	if (n + 1 + TOKEN_LEN + rest > ADDR_MAX)
		return 0;
	memcpy(d, path, n);
	d[n] = '+';
	memcpy(d + n + 1, token, TOKEN_LEN);
	memcpy(d + n + 1 + TOKEN_LEN, at, rest);
	return n + 1 + TOKEN_LEN + rest;
}

void
signer_put(const struct open *o, const struct bundle_msg *m, stralloc *out)
{
	const struct from *f = find(o, m);
	struct origin org;

	if (!f || !f->n) {
		field_putu8(out, 0);
		return;
	}
	mem_check(stralloc_catb(out, f->signers.s, f->signers.len));
	field_putu8(out, f->must);
	if (origin_get(&org, m->bodyhash.s, m->bodyhash.len) == -1 ||
	    !org.header) {
		field_putu32(out, 0);
		field_putstr(out, "", 0);
		return;
	}
	field_putu32(out, org.header);
	field_putstr(out, org.hash, ORIGIN_HASH);
}
