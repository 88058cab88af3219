#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/dray-bounce/back.h"

#define FIRST "dray-return 1\n"

static int
read_all(int fd, char *s, size_t *n_r)
{
	size_t n = 0;
	ssize_t r = 1;

	while (r > 0 && n < BACK_OCTETS) {
		r = read(fd, s + n, BACK_OCTETS - n);
		if (r > 0)
			n += (size_t)r;
	}
	*n_r = n;
	return r == -1 ? -1 : 0;
}

/* "bounce <ADDRESS>": the address, which is cut off there. */
static const char *
address(char *line, const char *word)
{
	size_t n = strlen(word), len = strlen(line);

	if (strncmp(line, word, n) != 0 || len < n + 2 || line[n] != '<' ||
	    line[len - 1] != '>')
		return NULL;
	line[len - 1] = '\0';
	return line + n + 1;
}

static void
take_line(struct back_mail *m, char *line)
{
	static const char *const words[] = { "bounce ", "complaint ",
		"unsubscribe " };
	const char *a;
	int i;

	for (i = 0; i < 3; i++) {
		a = address(line, words[i]);
		if (!a || m->nto == BACK_RCPTS)
			continue;
		m->to[m->nto++] = a;
		if (i == 2)
			m->unsubscribe = 1;
		return;
	}
}

int
backmail_head(struct back_mail *m, char *s, size_t n)
{
	char *e = s + n, *nl;

	m->nto = m->n = 0;
	m->unsubscribe = 0;
	if (n < strlen(FIRST) || memcmp(s, FIRST, strlen(FIRST)) != 0)
		return 0;
	while ((nl = memchr(s, '\n', (size_t)(e - s))) && nl != s) {
		*nl = '\0';
		take_line(m, s);
		s = nl + 1;
	}
	if (!nl)
		return 0;
	m->s = s + 1;
	m->n = (size_t)(e - m->s);
	return 1;
}

int
backmail_read(struct back *b, const char *name, struct back_mail *m)
{
	int fd = openat(
	    b->fresh, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	size_t n = 0;
	int r;

	if (fd == -1)
		return -1;
	r = fstat(fd, &st);
	if (r == 0)
		r = read_all(fd, b->octets, &n);
	close(fd);
	if (r == -1)
		return -1;
	m->size = (uint64_t)st.st_size;
	return backmail_head(m, b->octets, n);
}
