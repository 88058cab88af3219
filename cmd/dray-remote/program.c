#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/crc32c.h"
#include "common/mem.h"

#include "handle.h"
#include "program.h"

struct program {
	TAILQ_ENTRY(program) entry;
	uint64_t serial, offset; /* of the bundle, of the message in it */
	size_t n;
	char *s;
	struct merge *m;
};

TAILQ_HEAD(program_list, program);

struct programs {
	struct program_list all; /* the one used last goes first */
	unsigned int count;
	size_t size;
};

struct programs *
programs_new(void)
{
	struct programs *ps = mem_alloc(sizeof *ps);

	TAILQ_INIT(&ps->all);
	return ps;
}

static void
destroy(struct program *p)
{
	merge_close(p->m);
	free(p->s);
	free(p);
}

static void
make_room(struct programs *ps, size_t n)
{
	struct program *p;

	while ((p = TAILQ_LAST(&ps->all, program_list)) &&
	    (ps->count >= PROGRAM_KEPT || ps->size + n > PROGRAM_SIZE)) {
		TAILQ_REMOVE(&ps->all, p, entry);
		ps->count--;
		ps->size -= p->n;
		destroy(p);
	}
}

/* NULL, or what is wrong with it. */
static const char *
load(struct program *p, const struct job *j)
{
	if (j->stored > MERGE_PROGRAMMAX)
		return "program is too large";
	p->n = (size_t)j->stored;
	p->s = mem_array(p->n + 1, 1);
	if (handle_read(j->handle, j->offset, p->n, p->s) == -1)
		return errno == EPIPE ? "file is cut short" : strerror(errno);
	if (crc32c(0, p->s, p->n) != j->crc)
		return "checksum";
	p->m = merge_open(p->s, p->n);
	return p->m ? NULL : "not a program of messages";
}

struct merge *
program_find(struct programs *ps, const struct job *j, const char **why_r)
{
	struct program *p;

	TAILQ_FOREACH (p, &ps->all, entry)
		if (p->serial == j->handle->serial && p->offset == j->offset)
			break;
	if (p) {
		TAILQ_REMOVE(&ps->all, p, entry);
		TAILQ_INSERT_HEAD(&ps->all, p, entry);
		return p->m;
	}
	p = mem_alloc(sizeof *p);
	p->serial = j->handle->serial;
	p->offset = j->offset;
	*why_r = load(p, j);
	if (*why_r) {
		destroy(p);
		return NULL;
	}
	make_room(ps, p->n);
	TAILQ_INSERT_HEAD(&ps->all, p, entry);
	ps->count++;
	ps->size += p->n;
	return p->m;
}
