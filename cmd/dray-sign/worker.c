#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-sign/sign.h"
#include "cmd/dray-sign/worker.h"
#include "common/thread.h"

#define BATCH 16 /* jobs that a thread takes at a time, where there are many */

STAILQ_HEAD(jobs, worker_job);

static struct {
	pthread_mutex_t mutex;
	pthread_cond_t change;
	struct jobs todo, ready;
	unsigned int ntodo, waiting; /* jobs, threads */
	unsigned int threads, shut; /* those that are shut in */
	const struct drop *drop;
	struct ev_loop *loop;
	ev_async wake;
	void (*done)(struct worker_job *j);
} self = {
	.mutex = PTHREAD_MUTEX_INITIALIZER,
	.change = PTHREAD_COND_INITIALIZER,
};

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

/* Gives back what is done and takes what a fair share of the rest is. */
static void
exchange(struct jobs *done, struct jobs *mine)
{
	struct worker_job *j;
	unsigned int n;

	pthread_mutex_lock(&self.mutex);
	if (!STAILQ_EMPTY(done)) {
		STAILQ_CONCAT(&self.ready, done);
		ev_async_send(self.loop, &self.wake);
	}
	while (!self.ntodo) {
		self.waiting++;
		pthread_cond_wait(&self.change, &self.mutex);
		self.waiting--;
	}
	n = (self.ntodo + self.threads - 1) / self.threads;
	for (n = n < BATCH ? n : BATCH; n && self.ntodo; n--) {
		j = STAILQ_FIRST(&self.todo);
		STAILQ_REMOVE_HEAD(&self.todo, link);
		STAILQ_INSERT_TAIL(mine, j, link);
		self.ntodo--;
	}
	pthread_mutex_unlock(&self.mutex);
}

static void *
work(void *arg)
{
	struct jobs done = STAILQ_HEAD_INITIALIZER(done);
	struct jobs mine = STAILQ_HEAD_INITIALIZER(mine);
	struct worker_job *j;

	(void)arg;
	shut_in();
	for (;;) {
		exchange(&done, &mine);
		while ((j = STAILQ_FIRST(&mine))) {
			STAILQ_REMOVE_HEAD(&mine, link);
			j->len = sign(j->key, j->alg, j->digest, j->sig);
			STAILQ_INSERT_TAIL(&done, j, link);
		}
	}
	return NULL;
}

static void
on_ready(struct ev_loop *loop, ev_async *w, int revents)
{
	struct jobs ready = STAILQ_HEAD_INITIALIZER(ready);
	struct worker_job *j;

	(void)loop;
	(void)w;
	(void)revents;
	pthread_mutex_lock(&self.mutex);
	STAILQ_CONCAT(&ready, &self.ready);
	pthread_mutex_unlock(&self.mutex);
	while ((j = STAILQ_FIRST(&ready))) {
		STAILQ_REMOVE_HEAD(&ready, link);
		self.done(j);
	}
}

/* As many as this process may run on, which taskset(1) can make fewer. */
static unsigned int
processors(void)
{
	cpu_set_t set;
	int n = 1;

	if (sched_getaffinity(0, sizeof set, &set) == 0)
		n = CPU_COUNT(&set);
	return n > WORKER_MAX ? WORKER_MAX : (unsigned int)n;
}

unsigned int
worker_start(struct ev_loop *loop, const struct drop *d,
    void (*done)(struct worker_job *j))
{
	unsigned int i;

	STAILQ_INIT(&self.todo);
	STAILQ_INIT(&self.ready);
	self.drop = d;
	self.loop = loop;
	self.done = done;
	ev_async_init(&self.wake, on_ready);
	ev_async_start(loop, &self.wake);
	/* None is shut in before all are there: that ends new threads for the
	 * whole process. */
	pthread_mutex_lock(&self.mutex);
	self.threads = processors();
	for (i = 0; i < self.threads; i++)
		thread_start(work, NULL, "a thread that signs");
	while (self.shut < self.threads)
		pthread_cond_wait(&self.change, &self.mutex);
	pthread_mutex_unlock(&self.mutex);
	return self.threads;
}

void
worker_give(struct worker_job *j)
{
	pthread_mutex_lock(&self.mutex);
	STAILQ_INSERT_TAIL(&self.todo, j, link);
	self.ntodo++;
	if (self.waiting)
		pthread_cond_signal(&self.change);
	pthread_mutex_unlock(&self.mutex);
}
