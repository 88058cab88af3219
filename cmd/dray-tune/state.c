#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>
#include <skalibs/strerr.h>

#include "cmd/dray-tune/address.h"
#include "cmd/dray-tune/breaker.h"
#include "cmd/dray-tune/owner.h"
#include "cmd/dray-tune/tally.h"
#include "cmd/dray-tune/tune.h"
#include "common/mem.h"

/*
 * tune/state: the line "log ID OFFSET", how far the log was read, and a line for
 * each tally, for each address that has failed softly, and for each owner of
 * mail.  What was counted since is counted again from there.
 */
#define NAME "state"
#define FRESH ".state.new"
#define EACH 5000 /* milliseconds, and more where it is much */
#define MOST (64u << 20)

static int changed;
static uint64_t saved;

void
state_changed(void)
{
	changed = 1;
}

int
state_wait(void)
{
	uint64_t due;

	if (!changed)
		return -1;
	due = saved + EACH + address_count() / 10;
	return self.now < due ? (int)(due - self.now) : 0;
}

static int
write_new(const stralloc *sa)
{
	int fd, r;

	unlinkat(self.state, FRESH, 0);
	fd = openat(self.state, FRESH,
	    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		return -1;
	r = allwrite(fd, sa->s, sa->len) == sa->len && fdatasync(fd) == 0 ? 0
									  : -1;
	close(fd);
	return r;
}

static int
save(void)
{
	stralloc sa = STRALLOC_ZERO;
	char b[80];
	int r;

	snprintf(b, sizeof b, "log %s %" PRIu64 "\n",
	    *self.log.id ? self.log.id : "-", self.log.offset);
	mem_check(stralloc_cats(&sa, b));
	tally_save(&sa);
	address_save(&sa, self.now);
	owner_save(&sa);
	if (address_sync() == -1)
		strerr_diefusys(111, "sync the suppression list");
	r = write_new(&sa) == 0 &&
		renameat(self.state, FRESH, self.state, NAME) == 0
	    ? fsync(self.state)
	    : -1;
	stralloc_free(&sa);
	changed = 0;
	saved = self.now;
	return r;
}

void
state_save(void)
{
	if (save() == -1)
		strerr_warnwusys("save what was counted");
}

/* At the end of the log where there is no place; what came before is not
 * judged. */
static void
seek(const char *line)
{
	char id[LOGNAME_ID + 2];
	uint64_t offset;
	int r = -1;

	if (line && sscanf(line, "log %24s %" SCNu64, id, &offset) == 2 &&
	    strlen(id) == LOGNAME_ID && logname_idok(id)) {
		r = logread_seek(&self.log, id, offset);
		if (r == 0)
			strerr_warnw("the log does not go back to where it "
				     "was left: what is missing is not "
				     "counted");
	}
	if (r == -1 && logread_last(&self.log, 0) == -1)
		strerr_diefusys(111, "read the log of ", self.base);
}

static void
take(char *s)
{
	char *line = strsep(&s, "\n");

	seek(line);
	while ((line = strsep(&s, "\n")) != NULL)
		if (*line && tally_load(line) == -1 &&
		    address_load(line) == -1 && owner_load(line) == -1)
			strerr_warnw("tune/state has a line that is not "
				     "understood");
}

void
state_load(void)
{
	stralloc sa = STRALLOC_ZERO;
	ssize_t r = 1;
	int fd = openat(self.state, NAME, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd == -1 && errno != ENOENT)
		strerr_diefusys(111, "read tune/state of ", self.base);
	while (fd != -1 && r > 0 && sa.len < MOST) {
		mem_check(stralloc_readyplus(&sa, 65536));
		r = read(fd, sa.s + sa.len, 65536);
		if (r == -1)
			strerr_diefusys(111, "read tune/state of ", self.base);
		sa.len += (size_t)r;
	}
	if (fd == -1) {
		seek(NULL);
	} else {
		mem_check(stralloc_0(&sa));
		take(sa.s);
		close(fd);
	}
	stralloc_free(&sa);
	breaker_start();
	/* What comes from now on counts, even if it ends at once. */
	if (fd == -1 && save() == -1)
		strerr_diefusys(111, "write tune/state of ", self.base);
}
