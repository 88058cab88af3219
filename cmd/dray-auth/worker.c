#include <pthread.h>
#include <unistd.h>

#include <skalibs/strerr.h>
#include <sodium.h>

#include "cmd/dray-auth/worker.h"
#include "common/thread.h"

TAILQ_HEAD(jobs, worker_job);

static struct {
	pthread_mutex_t mutex;
	pthread_cond_t change;
	struct jobs todo, ready;
	int sync; /* a file, or -1 */
	unsigned int shut; /* threads that are shut in */
	const struct drop *drop;
	struct ev_loop *loop;
	ev_async wake;
	void (*done)(struct worker_job *j);
} self = {
	.mutex = PTHREAD_MUTEX_INITIALIZER,
	.change = PTHREAD_COND_INITIALIZER,
	.sync = -1,
};

static void
check(struct worker_job *j)
{
	j->good = crypto_pwhash_str_verify(j->hash, j->password, j->len) == 0;
	sodium_memzero(j->password, sizeof j->password);
}

/* One after the other, so that what the kernel lacks is said once. */
static void
shut_in(void)
{
	pthread_mutex_lock(&self.mutex);
	drop_enter(self.drop);
	self.shut++;
	pthread_cond_broadcast(&self.change);
	pthread_mutex_unlock(&self.mutex);
}

/* The next job, or NULL and a file in fd_r. */
static struct worker_job *
take(int *fd_r)
{
	struct worker_job *j = NULL;

	pthread_mutex_lock(&self.mutex);
	while (self.sync == -1 && !(j = TAILQ_FIRST(&self.todo)))
		pthread_cond_wait(&self.change, &self.mutex);
	*fd_r = self.sync;
	self.sync = -1;
	if (j)
		TAILQ_REMOVE(&self.todo, j, link);
	pthread_mutex_unlock(&self.mutex);
	return j;
}

static void *
work(void *arg)
{
	struct worker_job *j;
	int fd;

	(void)arg;
	shut_in();
	for (;;) {
		j = take(&fd);
		if (!j) {
			if (fdatasync(fd) == -1)
				strerr_warnwusys("sync the counts");
			continue;
		}
		check(j);
		pthread_mutex_lock(&self.mutex);
		TAILQ_INSERT_TAIL(&self.ready, j, link);
		pthread_mutex_unlock(&self.mutex);
		ev_async_send(self.loop, &self.wake);
	}
	return NULL;
}

static void
on_ready(struct ev_loop *loop, ev_async *w, int revents)
{
	struct worker_job *j;

	(void)loop;
	(void)w;
	(void)revents;
	for (;;) {
		pthread_mutex_lock(&self.mutex);
		j = TAILQ_FIRST(&self.ready);
		if (j)
			TAILQ_REMOVE(&self.ready, j, link);
		pthread_mutex_unlock(&self.mutex);
		if (!j)
			return;
		self.done(j);
	}
}

void
worker_start(struct ev_loop *loop, const struct drop *d,
    void (*done)(struct worker_job *j))
{
	int i;

	TAILQ_INIT(&self.todo);
	TAILQ_INIT(&self.ready);
	self.drop = d;
	self.loop = loop;
	self.done = done;
	ev_async_init(&self.wake, on_ready);
	ev_async_start(loop, &self.wake);
	/* None is shut in before all are there: that ends new threads for the
	 * whole process. */
	pthread_mutex_lock(&self.mutex);
	for (i = 0; i < WORKERS; i++)
		thread_start(work, NULL, "a thread for passwords");
	while (self.shut < WORKERS)
		pthread_cond_wait(&self.change, &self.mutex);
	pthread_mutex_unlock(&self.mutex);
}

void
worker_give(struct worker_job *j)
{
	pthread_mutex_lock(&self.mutex);
	TAILQ_INSERT_TAIL(&self.todo, j, link);
	pthread_cond_signal(&self.change);
	pthread_mutex_unlock(&self.mutex);
}

void
worker_sync(int fd)
{
	pthread_mutex_lock(&self.mutex);
	self.sync = fd;
	pthread_cond_signal(&self.change);
	pthread_mutex_unlock(&self.mutex);
}
