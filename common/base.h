/*
 * base - the directory of an instance, and what its daemons do at start.
 *
 * An instance is one directory: etc, policy, spool, sock, log, service
 * (dray(7)).
 *
 *   base_default()           $DRAY_BASE, else what was compiled in
 *   base_path(d, base, name) BASE/NAME into d, which has BASE_PATHMAX octets;
 *                            dies (100) if it does not fit
 *   base_dir(base, name)     that directory, open for reading; dies (111) if it
 *                            cannot be opened
 *   base_watch(base, name)   a descriptor that can be read when something was
 *                            renamed into that directory (dir.h); dies (111)
 *   base_daemon(argc, argv, usage, ready_r)  what a daemon does first: reads
 *                            its options, -b base and -d fd (3 or more, else
 *                            0), ignores SIGPIPE, and base_files.  Returns the
 *                            base; dies (100) of wrong usage
 *   base_ready(fd)           tells the supervisor that the daemon is up: a
 *                            newline, then fd is closed.  0: nobody asked
 *   base_files()             raises the limit of open files to what is allowed
 *   base_sweep(dirfd)        removes the files of a tmp directory that are
 *                            older than 36 hours: never acknowledged
 */
#ifndef DRAY_BASE_H
#define DRAY_BASE_H

#define BASE_PATHMAX 4096

const char *base_default(void);
void base_path(char *d, const char *base, const char *name);
int base_dir(const char *base, const char *name);
int base_watch(const char *base, const char *name);
const char *base_daemon(int argc, char const *const *argv, const char *usage,
    unsigned int *ready_r);
void base_ready(unsigned int fd);
void base_files(void);
void base_sweep(int dirfd);

#endif
