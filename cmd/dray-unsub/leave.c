#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <skalibs/strerr.h>

#include "cmd/dray-unsub/leave.h"
#include "common/base.h"
#include "common/json.h"
#include "common/keyhash.h"
#include "common/loghead.h"
#include "common/policy.h"
#include "common/suppress.h"

#define KEYS "keys/token"
#define POLICY "policy/policy.cdb"

static struct token_keys keys;
static struct policy policy;
static struct suppress *list;
static int dirs[LEAVE_DIRS];

static int
open_dir(const char *name, int how)
{
	int fd = open(name, how | O_DIRECTORY | O_CLOEXEC);

	if (fd == -1)
		strerr_diefusys(111, "open ", name);
	return fd;
}

/* Of the directory of the keys nobody may see what there is. */
void
leave_open(void)
{
	struct policy_suppression s;
	unsigned int flags = SUPPRESS_WRITE;

	keyhash_start();
	if (token_load_keys(&keys, KEYS) == -1)
		strerr_dief(111, "unable to read " KEYS ": ",
		    errno == EPROTO ? "malformed" : strerror(errno));
	if (policy_open(&policy, POLICY) == -1)
		strerr_dief(
		    100, "unable to read " POLICY ": ", policy_why(errno));
	dirs[0] = open_dir("suppress", O_RDONLY);
	dirs[1] = open_dir("policy", O_RDONLY);
	dirs[2] = open_dir("keys", O_PATH);
	if (policy_suppression(&policy, &s) == 0 && s.hashed)
		flags |= SUPPRESS_HASHED;
	list = suppress_open(dirs[0], flags);
	if (!list)
		strerr_diefusys(111, "open the suppression list");
}

void
leave_dirs(struct drop_dir d[LEAVE_DIRS])
{
	int i;

	for (i = 0; i < LEAVE_DIRS; i++) {
		d[i].fd = dirs[i];
		d[i].may = DROP_DIR_READ;
	}
}

unsigned int
leave_port(void)
{
	struct policy_suppression s;

	(void)policy_renew(&policy);
	return policy_suppression(&policy, &s) == 0 ? s.port : 0;
}

/* New ones come seldom; they are looked for once a second. */
const struct token_keys *
leave_keys(void)
{
	static struct timespec changed;
	static time_t looked;
	struct token_keys fresh;
	time_t now = time(NULL);
	struct stat st;

	if (now == looked || stat(KEYS, &st) == -1)
		return &keys;
	looked = now;
	if (st.st_ctim.tv_sec != changed.tv_sec ||
	    st.st_ctim.tv_nsec != changed.tv_nsec) {
		changed = st.st_ctim;
		if (token_load_keys(&fresh, KEYS) == 0)
			keys = fresh;
		else
			strerr_warnw(KEYS " cannot be read, those before stay");
	}
	return &keys;
}

/* A token says whom and from which list, by hashes. */
int
leave_now(const struct token *t)
{
	struct suppress_entry e = { .reason = SUPPRESS_UNSUBSCRIBE,
		.scope = SUPPRESS_LIST,
		.time = (uint32_t)time(NULL) };
	struct policy_suppression s = { .unsubscribe = POLICY_SUPPRESS_LIST };
	int r;

	(void)policy_renew(&policy);
	if (policy_suppression(&policy, &s) == -1 || !s.unsubscribe)
		return 0;
	if (s.unsubscribe == POLICY_SUPPRESS_ALL)
		e.scope = SUPPRESS_EVERYWHERE;
	memcpy(e.address, t->address, sizeof e.address);
	memcpy(e.list, t->campaign, sizeof e.list);
	r = suppress_append(list, '+', &e);
	if (r == 1 && suppress_sync(list) == -1)
		r = -1;
	if (r == -1)
		strerr_warnwusys("write the suppression list");
	return r;
}

void
leave_event(stralloc *sa, const struct token *t, int isnew, const char *how)
{
	struct policy_node node;

	policy_node(&policy, &node);
	loghead(
	    sa, "Unsubscribe", loghead_now(), node.hostname, policy.generation);
	json_text(sa, "source", how);
	json_hex(sa, "address_hash", t->address, sizeof t->address);
	json_hex(sa, "list_hash", t->campaign, sizeof t->campaign);
	if (t->version != 1)
		json_hex(sa, "owner_hash", t->owner, sizeof t->owner);
	json_time(sa, "created_time", (uint64_t)t->arrival * 1000000);
	json_bool(sa, "new", isnew);
	json_line(sa);
}
