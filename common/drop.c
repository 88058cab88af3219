#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "common/drop.h"

/* Landlock's numbers are written down here, because the headers of a
 * distribution are older than the kernel that may run. */
#define LANDLOCK_CREATE 444
#define LANDLOCK_ADD_RULE 445
#define LANDLOCK_RESTRICT 446
#define LANDLOCK_VERSION 1u
#define LANDLOCK_PATH_BENEATH 1
#define LANDLOCK_NET_PORT 2

#define FS_WRITE_FILE (UINT64_C(1) << 1)
#define FS_READ_FILE (UINT64_C(1) << 2)
#define FS_READ_DIR (UINT64_C(1) << 3)
#define FS_REMOVE_FILE (UINT64_C(1) << 5)
#define FS_MAKE_REG (UINT64_C(1) << 8)
#define FS_REFER (UINT64_C(1) << 13)

#define NET_BIND UINT64_C(1)
#define NET_CONNECT UINT64_C(2)
#define SCOPE_ABSTRACT UINT64_C(1)
#define SCOPE_SIGNAL UINT64_C(2)

struct ruleset {
	uint64_t fs, net, scope;
};

struct net_port {
	uint64_t allowed, port;
};

struct path_beneath {
	uint64_t allowed;
	int32_t dir;
} __attribute__((packed));

#define ALWAYS 0u
#define SANITIZER 0x80000000u

/* clang-format off */
static const struct {
	unsigned int promise;
	int call;
} allowed[] = {
	{ ALWAYS, SCMP_SYS(read) }, { ALWAYS, SCMP_SYS(readv) },
	{ ALWAYS, SCMP_SYS(write) }, { ALWAYS, SCMP_SYS(writev) },
	{ ALWAYS, SCMP_SYS(recvfrom) }, { ALWAYS, SCMP_SYS(recvmsg) },
	{ ALWAYS, SCMP_SYS(close) }, { ALWAYS, SCMP_SYS(shutdown) },
	{ ALWAYS, SCMP_SYS(fcntl) }, { ALWAYS, SCMP_SYS(poll) },
	{ ALWAYS, SCMP_SYS(ppoll) }, { ALWAYS, SCMP_SYS(lseek) },
	{ ALWAYS, SCMP_SYS(brk) }, { ALWAYS, SCMP_SYS(munmap) },
	{ ALWAYS, SCMP_SYS(mremap) }, { ALWAYS, SCMP_SYS(madvise) },
	{ ALWAYS, SCMP_SYS(futex) }, { ALWAYS, SCMP_SYS(sched_yield) },
	{ ALWAYS, SCMP_SYS(exit) }, { ALWAYS, SCMP_SYS(exit_group) },
	{ ALWAYS, SCMP_SYS(rt_sigaction) }, { ALWAYS, SCMP_SYS(rt_sigreturn) },
	{ ALWAYS, SCMP_SYS(rt_sigprocmask) }, { ALWAYS, SCMP_SYS(alarm) },
	{ ALWAYS, SCMP_SYS(setitimer) }, { ALWAYS, SCMP_SYS(restart_syscall) },
	{ ALWAYS, SCMP_SYS(nanosleep) }, { ALWAYS, SCMP_SYS(clock_nanosleep) },
	{ ALWAYS, SCMP_SYS(clock_gettime) }, { ALWAYS, SCMP_SYS(gettimeofday) },
	{ ALWAYS, SCMP_SYS(time) }, { ALWAYS, SCMP_SYS(getrandom) },
	{ ALWAYS, SCMP_SYS(getpid) }, { ALWAYS, SCMP_SYS(gettid) },
	{ ALWAYS, SCMP_SYS(getuid) }, { ALWAYS, SCMP_SYS(geteuid) },
	{ ALWAYS, SCMP_SYS(getgid) }, { ALWAYS, SCMP_SYS(getegid) },
	{ ALWAYS, SCMP_SYS(getsockopt) }, { ALWAYS, SCMP_SYS(setsockopt) },
	{ ALWAYS, SCMP_SYS(getsockname) }, { ALWAYS, SCMP_SYS(getpeername) },

	{ DROP_LOOP, SCMP_SYS(epoll_create1) },
	{ DROP_LOOP, SCMP_SYS(epoll_ctl) },
	{ DROP_LOOP, SCMP_SYS(epoll_wait) },
	{ DROP_LOOP, SCMP_SYS(epoll_pwait) },
	{ DROP_LOOP, SCMP_SYS(eventfd2) },
	{ DROP_LOOP, SCMP_SYS(timerfd_create) },
	{ DROP_LOOP, SCMP_SYS(timerfd_settime) },

	{ DROP_INET, SCMP_SYS(connect) },
	{ DROP_INET, SCMP_SYS(bind) },

	{ DROP_UDP, SCMP_SYS(connect) },
	{ DROP_UDP, SCMP_SYS(bind) },

	{ DROP_FDS, SCMP_SYS(pread64) },
	{ DROP_FDS, SCMP_SYS(sendfile) },
	{ DROP_FDS, SCMP_SYS(fstat) },

	{ DROP_FILE, SCMP_SYS(pwrite64) }, { DROP_FILE, SCMP_SYS(fdatasync) },

	{ DROP_APPEND, SCMP_SYS(flock) }, { DROP_APPEND, SCMP_SYS(fdatasync) },
	{ DROP_APPEND, SCMP_SYS(fstat) }, { DROP_APPEND, SCMP_SYS(pread64) },
	{ DROP_APPEND, SCMP_SYS(ftruncate) },
	{ DROP_APPEND, SCMP_SYS(faccessat) },
	{ DROP_APPEND, SCMP_SYS(faccessat2) },

	{ DROP_LOCAL, SCMP_SYS(connect) },

	{ DROP_DIRS, SCMP_SYS(fstat) }, { DROP_DIRS, SCMP_SYS(newfstatat) },
	{ DROP_DIRS, SCMP_SYS(stat) }, { DROP_DIRS, SCMP_SYS(getdents64) },
	{ DROP_DIRS, SCMP_SYS(renameat) }, { DROP_DIRS, SCMP_SYS(renameat2) },
	{ DROP_DIRS, SCMP_SYS(unlinkat) },

	{ DROP_MAKE, SCMP_SYS(fsync) }, { DROP_MAKE, SCMP_SYS(fdatasync) },
	{ DROP_MAKE, SCMP_SYS(fstatfs) },

	{ SANITIZER, SCMP_SYS(mmap) }, { SANITIZER, SCMP_SYS(mprotect) },
	{ SANITIZER, SCMP_SYS(open) }, { SANITIZER, SCMP_SYS(openat) },
	{ SANITIZER, SCMP_SYS(stat) }, { SANITIZER, SCMP_SYS(newfstatat) },
	{ SANITIZER, SCMP_SYS(fstat) }, { SANITIZER, SCMP_SYS(readlink) },
	{ SANITIZER, SCMP_SYS(readlinkat) }, { SANITIZER, SCMP_SYS(access) },
	{ SANITIZER, SCMP_SYS(getdents64) }, { SANITIZER, SCMP_SYS(pread64) },
	{ SANITIZER, SCMP_SYS(clone) }, { SANITIZER, SCMP_SYS(wait4) },
	{ SANITIZER, SCMP_SYS(ptrace) }, { SANITIZER, SCMP_SYS(prctl) },
	{ SANITIZER, SCMP_SYS(sigaltstack) }, { SANITIZER, SCMP_SYS(mincore) },
	{ SANITIZER, SCMP_SYS(getrlimit) }, { SANITIZER, SCMP_SYS(prlimit64) },
	{ SANITIZER, SCMP_SYS(sched_getaffinity) },
	{ SANITIZER, SCMP_SYS(getrusage) }, { SANITIZER, SCMP_SYS(pipe2) },
	{ SANITIZER, SCMP_SYS(process_vm_readv) },
};

/* Of no use to any of us after its start. */
static const int deadly[] = {
	SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork),
	SCMP_SYS(clone), SCMP_SYS(clone3), SCMP_SYS(ptrace),
	SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev),
	SCMP_SYS(io_uring_setup), SCMP_SYS(bpf), SCMP_SYS(userfaultfd),
	SCMP_SYS(perf_event_open), SCMP_SYS(keyctl), SCMP_SYS(add_key),
	SCMP_SYS(mount), SCMP_SYS(setns), SCMP_SYS(unshare),
	SCMP_SYS(open_by_handle_at), SCMP_SYS(pidfd_getfd),
};
/* clang-format on */

static unsigned int
with_sanitizer(unsigned int promises)
{
#ifdef DRAY_SANITIZE
	return promises | SANITIZER;
#else
	return promises;
#endif
}

static void
limit(int what, rlim_t n)
{
	struct rlimit l = { n, n };

	if (setrlimit(what, &l) == -1)
		strerr_diefusys(111, "set a resource limit");
}

static void
limits(const struct drop *d)
{
	struct stat st;

	limit(RLIMIT_CORE, 0);
	if (!(d->promises & SANITIZER))
		limit(RLIMIT_NPROC, 0);
	if (d->promises & (DROP_MAKE | DROP_APPEND) ||
	    (fstat(2, &st) == 0 && S_ISREG(st.st_mode)))
		return;
	signal(SIGXFSZ, SIG_IGN);
	limit(RLIMIT_FSIZE, d->promises & DROP_FILE ? d->filemax : 0);
}

/* All that Landlock knows of the file system: nothing of it is granted but
 * what allow_dirs does. */
static uint64_t
fs_rights(long abi)
{
	if (abi < 2)
		return (UINT64_C(1) << 13) - 1;
	if (abi < 3)
		return (UINT64_C(1) << 14) - 1;
	if (abi < 5)
		return (UINT64_C(1) << 15) - 1;
	return (UINT64_C(1) << 16) - 1;
}

/* How much of struct ruleset a kernel of this ABI knows. */
static size_t
ruleset_size(long abi)
{
	if (abi < 4)
		return offsetof(struct ruleset, net);
	if (abi < 6)
		return offsetof(struct ruleset, scope);
	return sizeof(struct ruleset);
}

/* Of TCP: everything is refused to who promised nothing, or only some ports. */
static uint64_t
net_rights(const struct drop *d)
{
	if ((d->promises & DROP_INET) && !d->nport)
		return 0;
	return NET_BIND | NET_CONNECT;
}

static void
allow_ports(long fd, const struct drop *d)
{
	struct net_port p = { NET_CONNECT, 0 };
	unsigned int i;

	for (i = 0; i < d->nport; i++) {
		p.port = d->port[i];
		if (syscall(LANDLOCK_ADD_RULE, (int)fd, LANDLOCK_NET_PORT, &p,
			0u) == -1)
			strerr_diefusys(111, "allow a port with Landlock");
	}
}

static uint64_t
dir_rights(unsigned int may)
{
	uint64_t r = 0;

	if (may & DROP_DIR_READ)
		r |= FS_READ_FILE | FS_READ_DIR;
	if (may & DROP_DIR_FROM)
		r |= FS_REMOVE_FILE | FS_REFER;
	if (may & DROP_DIR_INTO)
		r |= FS_MAKE_REG | FS_REFER;
	if (may & DROP_DIR_MAKE)
		r |= FS_MAKE_REG | FS_READ_FILE | FS_WRITE_FILE;
	return r;
}

static void
allow_dirs(long fd, const struct drop *d)
{
	struct path_beneath p;
	unsigned int i;

	for (i = 0; i < d->ndir; i++) {
		p.allowed = dir_rights(d->dir[i].may);
		p.dir = d->dir[i].fd;
		if (syscall(LANDLOCK_ADD_RULE, (int)fd, LANDLOCK_PATH_BENEATH,
			&p, 0u) == -1)
			strerr_diefusys(111, "allow a directory with Landlock");
	}
}

static void
landlock(const struct drop *d)
{
	struct ruleset r = { 0, 0, 0 };
	long abi, fd;

	abi = syscall(LANDLOCK_CREATE, NULL, 0, LANDLOCK_VERSION);
	if (abi == -1) {
		strerr_warnwsys("this kernel has no Landlock: "
				"the file system is shut by seccomp alone");
		return;
	}
	if (abi < 2 && (d->promises & DROP_DIRS)) {
		strerr_warnw("this kernel's Landlock is too old: "
			     "the file system is shut by seccomp alone");
		return;
	}
	r.fs = fs_rights(abi);
	if (abi >= 4)
		r.net = net_rights(d);
	if (abi >= 6)
		r.scope = SCOPE_ABSTRACT | SCOPE_SIGNAL;
	fd = syscall(LANDLOCK_CREATE, &r, ruleset_size(abi), 0u);
	if (fd == -1)
		strerr_diefusys(111, "make a set of rules for Landlock");
	if (r.net && (d->promises & DROP_INET))
		allow_ports(fd, d);
	if (d->promises & DROP_DIRS)
		allow_dirs(fd, d);
	if (syscall(LANDLOCK_RESTRICT, (int)fd, 0u) == -1)
		strerr_diefusys(111, "enter Landlock");
	close((int)fd);
}

static void
rule(scmp_filter_ctx c, uint32_t action, int call, unsigned int n,
    const struct scmp_arg_cmp *args)
{
	int r = seccomp_rule_add_array(c, action, call, n, args);

	/* A call that this architecture does not have needs no rule. */
	if (r && r != -EDOM) {
		errno = -r;
		strerr_diefusys(111, "make the list of system calls");
	}
}

/* Sockets of one type, for IPv4 and IPv6. */
static void
allow_sockets(scmp_filter_ctx c, int type)
{
	const struct scmp_arg_cmp inet[2][2] = {
		{ SCMP_A0(SCMP_CMP_EQ, AF_INET, 0),
		    SCMP_A1(SCMP_CMP_MASKED_EQ, 0xf, (scmp_datum_t)type) },
		{ SCMP_A0(SCMP_CMP_EQ, AF_INET6, 0),
		    SCMP_A1(SCMP_CMP_MASKED_EQ, 0xf, (scmp_datum_t)type) },
	};

	rule(c, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2, inet[0]);
	rule(c, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2, inet[1]);
}

/* Files are opened for reading; O_TMPFILE is one kind of writing. */
static void
allow_reading(scmp_filter_ctx c)
{
	const scmp_datum_t other = O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND;
	const struct scmp_arg_cmp reads[2] = {
		SCMP_A1(SCMP_CMP_MASKED_EQ, other, 0),
		SCMP_A2(SCMP_CMP_MASKED_EQ, other, 0),
	};

	rule(c, SCMP_ACT_ALLOW, SCMP_SYS(open), 1, &reads[0]);
	rule(c, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1, &reads[1]);
}

/* O_EXCL: what is there already is not written over. */
static void
allow_making(scmp_filter_ctx c)
{
	const scmp_datum_t other =
	    O_ACCMODE | O_CREAT | O_EXCL | O_TRUNC | O_APPEND;
	const struct scmp_arg_cmp makes =
	    SCMP_A2(SCMP_CMP_MASKED_EQ, other, O_RDWR | O_CREAT | O_EXCL);

	rule(c, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1, &makes);
}

static void
allow_local(scmp_filter_ctx c)
{
	const struct scmp_arg_cmp local[2] = {
		SCMP_A0(SCMP_CMP_EQ, AF_UNIX, 0),
		SCMP_A1(SCMP_CMP_MASKED_EQ, 0xf, SOCK_STREAM),
	};

	rule(c, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2, local);
}

/* Sending, but not with TCP Fast Open: that connects, and Landlock does not
 * look at it.  This errno has libraries connect the usual way. */
static void
allow_send(scmp_filter_ctx c)
{
	const struct scmp_arg_cmp to[2] = {
		SCMP_A3(SCMP_CMP_MASKED_EQ, MSG_FASTOPEN, 0),
		SCMP_A3(SCMP_CMP_MASKED_EQ, MSG_FASTOPEN, MSG_FASTOPEN),
	};
	const struct scmp_arg_cmp msg[2] = {
		SCMP_A2(SCMP_CMP_MASKED_EQ, MSG_FASTOPEN, 0),
		SCMP_A2(SCMP_CMP_MASKED_EQ, MSG_FASTOPEN, MSG_FASTOPEN),
	};

	rule(c, SCMP_ACT_ALLOW, SCMP_SYS(sendto), 1, &to[0]);
	rule(c, SCMP_ACT_ERRNO(EOPNOTSUPP), SCMP_SYS(sendto), 1, &to[1]);
	rule(c, SCMP_ACT_ALLOW, SCMP_SYS(sendmsg), 1, &msg[0]);
	rule(c, SCMP_ACT_ERRNO(EOPNOTSUPP), SCMP_SYS(sendmsg), 1, &msg[1]);
}

static void
allow_accept(scmp_filter_ctx c, const struct drop *d)
{
	struct scmp_arg_cmp on;
	unsigned int i;

	for (i = 0; i < d->nlistener; i++) {
		on = SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)d->listener[i], 0);
		rule(c, SCMP_ACT_ALLOW, SCMP_SYS(accept), 1, &on);
		rule(c, SCMP_ACT_ALLOW, SCMP_SYS(accept4), 1, &on);
	}
}

/* Calls that are allowed with certain arguments only. */
static void
rules_by_argument(scmp_filter_ctx c, const struct drop *d)
{
	const struct scmp_arg_cmp noexec =
	    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
	const struct scmp_arg_cmp self =
	    SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0);

	if (!(d->promises & SANITIZER)) {
		rule(c, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, &noexec);
		rule(c, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, &noexec);
	}
	allow_send(c);
	rule(c, SCMP_ACT_ALLOW, SCMP_SYS(kill), 1, &self);
	rule(c, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, &self);
	if (d->promises & DROP_INET)
		allow_sockets(c, SOCK_STREAM);
	if (d->promises & DROP_UDP)
		allow_sockets(c, SOCK_DGRAM);
	if (d->promises & DROP_LOCAL)
		allow_local(c);
	if ((d->promises & DROP_DIRS) && !(d->promises & SANITIZER))
		allow_reading(c);
	if ((d->promises & DROP_MAKE) && !(d->promises & SANITIZER))
		allow_making(c);
	if (d->promises & DROP_ACCEPT)
		allow_accept(c, d);
}

static int
is_allowed(int call, unsigned int promises)
{
	size_t i;

	for (i = 0; i < sizeof allowed / sizeof *allowed; i++)
		if (allowed[i].call == call &&
		    (allowed[i].promise & promises) == allowed[i].promise)
			return 1;
	return 0;
}

static void
rules(scmp_filter_ctx c, const struct drop *d)
{
	unsigned int promises = d->promises;
	size_t i;

	for (i = 0; i < sizeof allowed / sizeof *allowed; i++)
		if ((allowed[i].promise & promises) == allowed[i].promise)
			rule(c, SCMP_ACT_ALLOW, allowed[i].call, 0, NULL);
	for (i = 0; i < sizeof deadly / sizeof *deadly; i++)
		if (!is_allowed(deadly[i], promises))
			rule(c, SCMP_ACT_KILL_PROCESS, deadly[i], 0, NULL);
	rules_by_argument(c, d);
}

static void
filter(const struct drop *d)
{
	scmp_filter_ctx c;
	int r;

	if (prctl(PR_GET_SECCOMP) == -1 && errno == EINVAL) {
		strerr_warnw("this kernel has no seccomp: "
			     "system calls are not restricted");
		return;
	}
	c = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (!c)
		strerr_dief(111, "out of memory");
	rules(c, d);
	/* The order of the list is the order of the comparisons otherwise. */
	(void)seccomp_attr_set(c, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	r = seccomp_load(c);
	if (r) {
		errno = -r;
		strerr_diefusys(111, "enter seccomp");
	}
	seccomp_release(c);
}

void
drop_enter(const struct drop *wanted)
{
	struct drop d = *wanted;

	d.promises = with_sanitizer(d.promises);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		strerr_diefusys(111, "give up new privileges");
	limits(&d);
	landlock(&d);
	filter(&d);
}
