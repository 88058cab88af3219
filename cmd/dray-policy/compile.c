#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/dray-policy/certificate.h"
#include "cmd/dray-policy/breaker.h"
#include "cmd/dray-policy/compile.h"
#include "cmd/dray-policy/dnsbl.h"
#include "cmd/dray-policy/listener.h"
#include "cmd/dray-policy/returns.h"
#include "cmd/dray-policy/match.h"
#include "cmd/dray-policy/record.h"
#include "cmd/dray-policy/rulebook.h"
#include "cmd/dray-policy/sender.h"
#include "cmd/dray-policy/signing.h"
#include "cmd/dray-policy/warmup.h"
#include "common/policyfmt.h"
#include "common/table.h"

static int
close_fail(int fd)
{
	int e = errno;

	close(fd);
	errno = e;
	return -1;
}

static int
open_policy(int basefd)
{
	if (mkdirat(basefd, "policy", 0755) == -1 && errno != EEXIST)
		return -1;
	return openat(basefd, "policy", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int
compile_lock(const char *base)
{
	int basefd, dirfd, fd;

	basefd = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (basefd == -1)
		return -1;
	dirfd = open_policy(basefd);
	if (dirfd == -1)
		return close_fail(basefd);
	close(basefd);
	fd = openat(dirfd, "lock",
	    O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (fd == -1)
		return close_fail(dirfd);
	if (flock(fd, LOCK_EX) == -1) {
		close_fail(fd);
		return close_fail(dirfd);
	}
	return dirfd; /* fd stays open, and with it the lock */
}

uint64_t
compile_generation(const char *path)
{
	struct table *t = table_open(path);
	struct policyfmt_head h;
	const void *p;
	size_t n;
	int found;

	if (!t)
		return 0;
	found = table_find(t, "policy", 6, &p, &n) == 1 &&
	    policyfmt_unpack_head(p, n, &h) == 0;
	table_close(t);
	return found ? h.generation : 0;
}

static int
add(struct table_make *m, const char *key, const struct policyfmt_buf *d)
{
	return table_make_add(m, key, strlen(key), d->s, d->n);
}

static int
add_streams(struct table_make *m, const struct conf *c)
{
	struct policy_stream s[POLICY_STREAMMAX];
	struct policyfmt_buf d;
	unsigned int i;

	for (i = 0; i < c->nstream; i++)
		s[i] = c->stream[i].s;
	d.n = 0;
	policyfmt_pack_streams(&d, s, c->nstream);
	return add(m, "streams", &d);
}

static int
add_rules(struct table_make *m, const struct conf *c)
{
	const struct rulebook *b = c->rules;
	int some = b && b->record.len;

	return table_make_add(m, RULESET_KEY, strlen(RULESET_KEY),
	    some ? b->record.s : "", some ? b->record.len : 0);
}

static int
add_common(struct table_make *m, const struct conf *c, uint64_t generation)
{
	struct policyfmt_head head = { POLICY_VERSION, generation };
	struct policyfmt_buf d;

	d.n = 0;
	policyfmt_pack_head(&d, &head);
	if (add(m, "policy", &d) == -1)
		return -1;
	d.n = 0;
	policyfmt_pack_node(&d, &c->node);
	if (add(m, "node", &d) == -1)
		return -1;
	d.n = 0;
	policyfmt_pack_queue(&d, &c->queue);
	if (add(m, "queue", &d) == -1)
		return -1;
	d.n = 0;
	policyfmt_pack_retry(&d, &c->retry);
	if (add(m, "retry", &d) == -1)
		return -1;
	d.n = 0;
	policyfmt_pack_notices(&d, &c->notices);
	if (add(m, "notices", &d) == -1)
		return -1;
	d.n = 0;
	policyfmt_pack_dns(&d, &c->dns);
	if (add(m, "dns", &d) == -1)
		return -1;
	d.n = 0;
	policyfmt_pack_smtpd(&d, &c->smtpd);
	if (add(m, "smtpd", &d) == -1)
		return -1;
	d.n = 0;
	policyfmt_pack_suppression(&d, &c->suppression);
	if (add(m, "suppression", &d) == -1)
		return -1;
	d.n = 0;
	policyfmt_pack_limits(&d, record_mask(&c->limits), &c->limits.v);
	return add(m, "limits", &d);
}

static int
add_all(struct table_make *m, const struct conf *c, uint64_t generation)
{
	return add_common(m, c, generation) == -1 || add_streams(m, c) == -1 ||
		match_record(m, c) == -1 || listener_record(m, c) == -1 ||
		certificate_record(m, c) == -1 || returns_records(m, c) == -1 ||
		sender_records(m, c) == -1 || signing_records(m, c) == -1 ||
		breaker_records(m, c) == -1 || dnsbl_records(m, c) == -1 ||
		add_rules(m, c) == -1 || record_where(m, c) == -1 ||
		record_who(m, c) == -1 || warmup_records(m, c) == -1 ||
		record_facts(m, c) == -1
	    ? -1
	    : 0;
}

int
compile_write(int dirfd, const struct conf *c, uint64_t generation)
{
	struct table_make *m = table_make_start(dirfd, "policy.cdb");
	int e;

	if (!m)
		return -1;
	/* Every daemon reads it, whatever the umask of the operator. */
	if (table_make_mode(m, 0644) == -1 || add_all(m, c, generation) == -1) {
		e = errno;
		table_make_abort(m);
		errno = e;
		return -1;
	}
	return table_make_finish(m);
}
