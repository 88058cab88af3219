#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "campaign.h"
#include "common/mem.h"

static struct {
	uint64_t n;
	int wrong;
} samples;

static void
write_all(int fd, const char *s, size_t n, const char *what)
{
	ssize_t r;

	for (; n; n -= (size_t)r, s += r) {
		r = write(fd, s, n);
		if (r == -1 && errno == EINTR)
			r = 0;
		if (r == -1)
			say_die(111, "unable to write %s: %s", what,
			    strerror(errno));
	}
}

static void
make_dir(const char *base, const char *name)
{
	char path[4096];

	snprintf(path, sizeof path, "%s%s", base, name);
	if (mkdir(path, 0700) == -1 && errno != EEXIST)
		say_die(111, "unable to make %s: %s", path, strerror(errno));
}

/* Lines end in LF there. */
static void
unix_lines(stralloc *m)
{
	size_t i, n = 0;

	for (i = 0; i < m->len; i++)
		if (m->s[i] != '\r' || i + 1 == m->len || m->s[i + 1] != '\n')
			m->s[n++] = m->s[i];
	m->len = n;
}

static void
into_maildir(const struct campaign *c, const stralloc *m)
{
	char path[4096];
	int fd;

	if (samples.n == 0) {
		make_dir(c->o.maildir, "");
		make_dir(c->o.maildir, "/tmp");
		make_dir(c->o.maildir, "/new");
		make_dir(c->o.maildir, "/cur");
	}
	snprintf(path, sizeof path, "%s/new/%lld.P%ldQ%llu.sample",
	    c->o.maildir, (long long)time(NULL), (long)getpid(),
	    (unsigned long long)samples.n);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1)
		say_die(111, "unable to write %s: %s", path, strerror(errno));
	write_all(fd, m->s, m->len, path);
	close(fd);
}

/* As mbox has it. */
static void
to_output(const stralloc *m)
{
	static const char from[] =
	    "From dray-campaign Thu Jan  1 00:00:00 1970\n";

	write_all(1, from, sizeof from - 1, "standard output");
	write_all(1, m->s, m->len, "standard output");
	write_all(1, "\n", 1, "standard output");
}

void
sample_row(struct campaign *c, const struct record *r)
{
	static const char token[] = "samplesamplesamplesamplesamplesamplesamp";
	struct merge_job job = { token, sizeof token - 1, r->address,
		r->address_len, (uint64_t)time(NULL) };
	stralloc m = STRALLOC_ZERO;

	if (!c->o.dry || samples.n >= c->o.samples)
		return;
	if (merge_render(
		c->t.merge, r->row, r->row_len, &job, MERGE_8BIT, &m) == -1)
		say_at("list", r->line, 0, "no message can be made of it: %s",
		    strerror(errno));
	samples.wrong |= lint_message(c, m.s, m.len, r->line);
	unix_lines(&m);
	if (c->o.maildir)
		into_maildir(c, &m);
	else
		to_output(&m);
	samples.n++;
	stralloc_free(&m);
}

int
sample_end(const struct campaign *c)
{
	if (!c->o.quiet)
		say_line("dry run: %llu sample%s, nothing was queued",
		    (unsigned long long)samples.n, samples.n == 1 ? "" : "s");
	return samples.wrong;
}
