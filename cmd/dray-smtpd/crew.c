#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <skalibs/strerr.h>
#include <skalibs/types.h>

#include "cmd/dray-smtpd/crew.h"
#include "cmd/dray-smtpd/listen.h"
#include "common/base.h"

#define AWAY UINT32_MAX

static struct held {
	_Atomic uint64_t memory;
	_Atomic uint32_t sessions; /* AWAY: it does not serve */
} * held; /* CREW_MAX of them, shared; NULL: there is nobody else */
static unsigned int mine;

static struct member {
	pid_t pid; /* 0: none */
	time_t due; /* it is started then */
} member[CREW_MAX];
static unsigned int nmember;
static int ending;
static sigset_t before;
static int signals, readiness[2] = { -1, -1 };

void
crew_turn(struct smtpd *sm, unsigned int sessions)
{
	unsigned int k, n;

	if (!held)
		return;
	atomic_store(&held[mine].memory, sm->memory);
	atomic_store(&held[mine].sessions, sessions);
	sm->others = 0;
	sm->sessions = 0;
	sm->least = UINT_MAX;
	for (k = 0; k < CREW_MAX; k++) {
		if (k == mine)
			continue;
		sm->others += atomic_load(&held[k].memory);
		n = atomic_load(&held[k].sessions);
		if (n == AWAY)
			continue;
		sm->sessions += n;
		sm->least = n < sm->least ? n : sm->least;
	}
}

static time_t
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

/* 1 in the new process. */
static int
start(unsigned int k)
{
	pid_t parent = getpid(), pid = fork();

	member[k].due = now() + CREW_PAUSE;
	if (pid == -1)
		strerr_warnwusys("start a process");
	if (pid > 0)
		member[k].pid = pid;
	if (pid)
		return 0;
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(0);
	close(signals);
	if (readiness[0] != -1)
		close(readiness[0]);
	mine = k;
	crowd_mine(k);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return 1;
}

/* Nobody would take who connected now. */
static void
end_all(void)
{
	unsigned int k, n;
	const int *fds = listen_fds(&n);

	for (k = 0; k < n && !ending; k++)
		close(fds[k]);
	ending = 1;
	for (k = 0; k < nmember; k++)
		if (member[k].pid)
			(void)kill(member[k].pid, SIGTERM);
}

static void
gone(unsigned int k, int status)
{
	char text[UINT_FMT];
	int code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);

	member[k].pid = 0;
	member[k].due = now() + CREW_PAUSE;
	crowd_gone(k);
	atomic_store(&held[k].memory, 0);
	atomic_store(&held[k].sessions, AWAY);
	if (!status) {
		if (!ending)
			end_all();
		return;
	}
	text[uint_fmt(text, (unsigned int)code)] = '\0';
	strerr_warnw("a process has ended, by ",
	    WIFSIGNALED(status) ? "signal " : "exit ", text);
}

static void
reap(void)
{
	unsigned int k;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (k = 0; k < nmember; k++)
			if (member[k].pid == pid)
				gone(k, status);
}

/* The number of the process in which it returns, or -1 in the first one. */
static int
start_some(void)
{
	unsigned int k;

	for (k = 0; k < nmember && !ending; k++)
		if (!member[k].pid && member[k].due <= now() && start(k))
			return (int)k;
	return -1;
}

static unsigned int
alive(void)
{
	unsigned int k, n = 0;

	for (k = 0; k < nmember; k++)
		n += member[k].pid != 0;
	return n;
}

static void
take_signals(void)
{
	struct signalfd_siginfo s;

	while (read(signals, &s, sizeof s) == sizeof s)
		if (s.ssi_signo != SIGCHLD)
			end_all();
	reap();
}

/* Each says it once, those that are started anew too. */
static void
take_readiness(unsigned int *left, unsigned int ready)
{
	char b[CREW_MAX];
	ssize_t n = read(readiness[0], b, sizeof b);

	if (n <= 0 || !*left)
		return;
	*left -= (size_t)n < *left ? (unsigned int)n : *left;
	if (!*left)
		base_ready(ready);
}

static void
prepare(void)
{
	sigset_t set;
	int k;

	held = mmap(NULL, CREW_MAX * sizeof *held, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (k = 0; held != MAP_FAILED && k < CREW_MAX; k++)
		atomic_store(&held[k].sessions, AWAY);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGCHLD);
	signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (held == MAP_FAILED || signals == -1 || pipe(readiness) == -1 ||
	    sigprocmask(SIG_BLOCK, &set, &before) == -1)
		strerr_diefusys(111, "prepare for several processes");
}

unsigned int
crew_split(unsigned int n, unsigned int *ready)
{
	struct pollfd p[2] = { { .events = POLLIN }, { .events = POLLIN } };
	unsigned int left = n;
	int k;

	if (n < 2)
		return 0;
	prepare();
	nmember = n;
	p[0].fd = signals;
	p[1].fd = readiness[0];
	while ((k = start_some()) == -1) {
		if (ending && !alive())
			_exit(0);
		if (poll(p, 2, alive() < nmember && !ending ? 200 : -1) > 0) {
			if (p[0].revents)
				take_signals();
			if (p[1].revents)
				take_readiness(&left, *ready);
		}
	}
	*ready = (unsigned int)readiness[1];
	return (unsigned int)k;
}
