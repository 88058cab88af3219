#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "cmd/dray-bounce/back.h"
#include "common/dir.h"

#define LOOK 10 /* seconds between two looks at a directory that is full */

/* The operator may have removed some. */
static void
look(struct back_kept *k)
{
	DIR *d = dir_read(k->dir);
	struct dirent *e;
	struct stat st;

	k->looked = back_clock();
	if (!d)
		return;
	k->files = k->octets = 0;
	while ((e = readdir(d)))
		if (fstatat(k->dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(st.st_mode)) {
			k->files++;
			k->octets += (uint64_t)st.st_size;
		}
	closedir(d);
}

static int
has_room(const struct back_kept *k, uint64_t size, unsigned int share)
{
	return k->files < BACK_KEPT / share &&
	    k->octets + size <= BACK_KEPT_OCTETS / share;
}

int
backkept_put(struct back *b, const char *name, int forged)
{
	struct back_kept *k = &b->kept;
	unsigned int share = forged ? BACK_FORGED : 1;
	struct stat st;

	if (fstatat(b->fresh, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return -1;
	if (!k->looked ||
	    (!has_room(k, (uint64_t)st.st_size, share) &&
		back_clock() >= k->looked + LOOK))
		look(k);
	if (!has_room(k, (uint64_t)st.st_size, share))
		return 0;
	if (spool_move(b->fresh, k->dir, name) == -1)
		return -1;
	k->files++;
	k->octets += (uint64_t)st.st_size;
	return 1;
}
