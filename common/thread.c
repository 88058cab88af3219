#include <errno.h>
#include <pthread.h>
#include <signal.h>

#include <skalibs/strerr.h>

#include "common/thread.h"

void
thread_start(void *(*work)(void *), void *arg, const char *what)
{
	sigset_t all, old;
	pthread_t t;
	int e;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	e = pthread_create(&t, NULL, work, arg);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (e) {
		errno = e;
		strerr_diefusys(111, "start ", what);
	}
	pthread_detach(t);
}
