/*
 * spool - names and places of the files in which mail waits, dray-spool(5).
 *
 * A bundle is known by its id, a maildir name:
 *     SECONDS.MmicrosecondsPpidQnumber.host
 * Here everything works relative to descriptors of the spool's directories,
 * never to the working directory, and with O_NOFOLLOW.
 *
 *   spool_open(s, base)     opens BASE/spool and its directories.  0, or -1
 *                           with errno; s->where names what failed
 *   spool_close(s)
 *   spool_idparse(s, id_r)  1 if s is a well-formed id, with host in id_r
 *                           pointing into s; else 0
 *   spool_idfmt(buf, id)    writes the text form, at most SPOOL_IDMAX octets
 *                           and a zero; returns its length
 *   spool_idnew(s, id_r)    an id that this process has not given before
 *   spool_create(dirfd, name)  a new file, opened for writing; -1 errno
 *   spool_reuse(s, old_r)   a finished bundle's file in free/, opened for writing,
 *                           and its name there, which it keeps: writing over
 *                           blocks that exist is much cheaper than new ones.
 *                           It holds old octets, and may be longer than needed.
 *                           -1: there is none
 *   spool_give(s, name, max) cur/NAME is finished: moves it to free/ if fewer
 *                           than max files are there, else, or if that fails,
 *                           removes it
 *   spool_ready(s, n, size)  makes files of size octets, a multiple of 4096, until
 *                           there are n in free/; fewer where that fails
 *   spool_empty(s)          removes all files of free/
 *   spool_move(fromfd, tofd, name)  renames without syncing
 *   spool_rename(fromfd, from, tofd, to)  the same with another name, but over no
 *                           file that is there (EEXIST)
 *   spool_aside(fromfd, badfd, name)  the same into bad/, but over no file that
 *                           is there: as NAME.2 then, or up to SPOOL_SAMEMAX
 *   spool_put(fd, fromfd, tofd, name)  a file was written: syncs fd, then
 *                           renames it.  Others may see it now; it is durable
 *                           after the next
 *   spool_commit(tofd)      syncs the directory: when it returns 0 everything
 *                           that was put there is durable, one file or many
 *   spool_put_over(s, fd, old, name)  a bundle was written into a file of
 *                           spool_reuse: syncs fd, then renames it to new/NAME.
 *                           When it returns 0 the bundle is durable, whatever
 *                           becomes of the name: where a crash brings back the
 *                           old one, regain_start finds what the file says of
 *                           itself (regain.h)
 *   spool_undo_over(s, old, name)  where that failed: removes it under both names;
 *                           keeps errno
 *   spool_undo(fromfd, tofd, name)  removes what is left where one of these
 *                           failed (-1 errno: then nothing is promised, and it
 *                           may be under either name); keeps errno
 *   spool_pull(s)           wakes dray-send (the trigger); errors mean that
 *                           nobody listens and are not reported
 *   spool_free(s, bytes_r, inodes_r)  what the file system has left for us
 *
 * A file is given out again only after the directories have been synced since
 * it was moved to free/, so that no crash can bring its old name back with the
 * new content.  spool_reuse, spool_give and spool_empty keep state in the
 * struct: each process uses them from one thread.
 */
#ifndef DRAY_SPOOL_H
#define DRAY_SPOOL_H

#include <stdint.h>
#include <sys/types.h>

#define SPOOL_IDMAX 95
#define SPOOL_HOSTMAX 32
#define SPOOL_SAMEMAX 100
#define SPOOL_MSGIDMAX (SPOOL_IDMAX + 11) /* id, '-', number */

struct spool {
	int dir;
	int tmp, fresh, cur, bad, used; /* fresh is new/, used is free/ */
	int bounce_tmp, bounce_new;
	int trigger; /* opened when first pulled */
	uint32_t seq;
	unsigned int nfree; /* names below, or files given */
	struct spool_name *free; /* synced, ready to be used */
	char host[SPOOL_HOSTMAX + 1];
	const char *where;
};

struct spool_name {
	char s[SPOOL_IDMAX + 1];
};

struct spool_id {
	uint64_t sec;
	uint32_t usec;
	uint32_t pid;
	uint32_t seq;
	const char *host;
	size_t host_len;
};

int spool_open(struct spool *s, const char *base)
    __attribute__((warn_unused_result));
void spool_close(struct spool *s);
int spool_idparse(const char *s, struct spool_id *id_r);
size_t spool_idfmt(char *buf, const struct spool_id *id);
void spool_idnew(struct spool *s, struct spool_id *id_r);
int spool_create(int dirfd, const char *name)
    __attribute__((warn_unused_result));
int spool_reuse(struct spool *s, char *old_r)
    __attribute__((warn_unused_result));
int spool_put_over(const struct spool *s, int fd, const char *old,
    const char *name) __attribute__((warn_unused_result));
void spool_undo_over(const struct spool *s, const char *old, const char *name);
int spool_give(struct spool *s, const char *name, unsigned int max)
    __attribute__((warn_unused_result));
void spool_ready(struct spool *s, unsigned int n, size_t size);
void spool_empty(struct spool *s);
int spool_move(int fromfd, int tofd, const char *name)
    __attribute__((warn_unused_result));
int spool_rename(int fromfd, const char *from, int tofd, const char *to)
    __attribute__((warn_unused_result));
int spool_aside(int fromfd, int badfd, const char *name)
    __attribute__((warn_unused_result));
int spool_put(int fd, int fromfd, int tofd, const char *name)
    __attribute__((warn_unused_result));
int spool_commit(int tofd) __attribute__((warn_unused_result));
void spool_undo(int fromfd, int tofd, const char *name);
void spool_pull(struct spool *s);
int spool_free(const struct spool *s, uint64_t *bytes_r, uint64_t *inodes_r)
    __attribute__((warn_unused_result));

#endif
