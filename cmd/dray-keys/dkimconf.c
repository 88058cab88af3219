#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-keys/dkimconf.h"
#include "cmd/dray-keys/place.h"
#include "common/chars.h"
#include "common/mem.h"

#define DIR_NAME "etc/dkim"
#define FILEMAX 65536

struct text {
	char s[FILEMAX + 1];
	size_t n;
};

static void
file_name(char *d, size_t size, const char *domain)
{
	if ((size_t)snprintf(d, size, "%s.conf", domain) >= size)
		strerr_dief(100, "too long for the name of a file: ", domain);
}

static int
open_dir(void)
{
	int fd;

	if (mkdir(DIR_NAME, 0755) == -1 && errno != EEXIST)
		strerr_diefusys(111, "make " DIR_NAME);
	fd = open(DIR_NAME, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		strerr_diefusys(111, "open " DIR_NAME);
	return fd;
}

static void
slurp(int dirfd, const char *name, struct text *t)
{
	int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t r = 1;

	t->n = 0;
	if (fd == -1 && errno != ENOENT)
		strerr_diefusys(111, "open " DIR_NAME "/", name);
	while (fd != -1 && r > 0 && t->n < FILEMAX) {
		r = read(fd, t->s + t->n, FILEMAX - t->n);
		if (r == -1)
			strerr_diefusys(111, "read " DIR_NAME "/", name);
		t->n += (size_t)r;
	}
	if (t->n == FILEMAX)
		strerr_dief(100, DIR_NAME "/", name, " is too large");
	if (fd != -1)
		close(fd);
	t->s[t->n] = '\0';
}

static size_t
skip(const char *s, size_t n, size_t i)
{
	while (i < n && (s[i] == ' ' || s[i] == '\t'))
		i++;
	return i;
}

/* The kind of key that a line names, -1 none; *value_r is where its value is. */
static int
line_kind(const char *s, size_t n, size_t *value_r)
{
	size_t i, len;
	int k;

	for (k = 0; k < KEYPAIR_KINDS; k++) {
		len = strlen(keypair_names[k]);
		i = skip(s, n, 0);
		if (n - i <= len || memcmp(s + i, keypair_names[k], len) != 0)
			continue;
		i = skip(s, n, i + len);
		if (i < n && s[i] == '=') {
			*value_r = skip(s, n, i + 1);
			return k;
		}
	}
	return -1;
}

static void
get_value(char *d, const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n && i < SIGN_SELECTORMAX && (chars_name(&s[i], 1));
	     i++)
		d[i] = (char)chars_lower(s[i]);
	d[i] = '\0';
}

void
dkimconf_read(const char *domain, struct dkimconf *c)
{
	static struct text t;
	char name[SIGN_DOMAINMAX + 8];
	const char *p, *nl;
	size_t value = 0;
	int k, fd = open_dir();

	memset(c, 0, sizeof *c);
	file_name(name, sizeof name, domain);
	slurp(fd, name, &t);
	close(fd);
	for (p = t.s; *p; p = nl + (*nl == '\n')) {
		nl = strchrnul(p, '\n');
		k = line_kind(p, (size_t)(nl - p), &value);
		if (k != -1)
			get_value(c->selector[k], p + value,
			    (size_t)(nl - p) - value);
	}
}

static void
put_key(stralloc *out, const struct dkimconf *c, int k)
{
	if (!*c->selector[k])
		return;
	mem_check(stralloc_cats(out, keypair_names[k]) &&
	    stralloc_cats(out, " = ") && stralloc_cats(out, c->selector[k]) &&
	    stralloc_cats(out, "\n"));
}

/* The text with other selectors; how many sections it has. */
static unsigned int
change(const struct text *t, const struct dkimconf *c, stralloc *out)
{
	int k, put[KEYPAIR_KINDS] = { 0 };
	unsigned int sections = 0;
	const char *p, *nl;
	size_t value;

	for (p = t->s; *p; p = nl + (*nl == '\n')) {
		nl = strchrnul(p, '\n');
		k = line_kind(p, (size_t)(nl - p), &value);
		if (k == -1) {
			mem_check(stralloc_catb(out, p, (size_t)(nl - p)) &&
			    stralloc_cats(out, "\n"));
			sections += p[skip(p, (size_t)(nl - p), 0)] == '[';
		} else if (!put[k]) {
			put_key(out, c, k);
			put[k] = 1;
		}
	}
	for (k = 0; k < KEYPAIR_KINDS; k++)
		if (!put[k])
			put_key(out, c, k);
	return sections;
}

void
dkimconf_write(const char *domain, const struct dkimconf *c)
{
	static struct text t;
	stralloc out = STRALLOC_ZERO;
	char name[SIGN_DOMAINMAX + 8];
	int fd = open_dir();

	file_name(name, sizeof name, domain);
	slurp(fd, name, &t);
	if (!t.n)
		t.n = (size_t)snprintf(t.s, sizeof t.s, "[dkim %s]\n", domain);
	if (change(&t, c, &out) != 1)
		strerr_dief(100, DIR_NAME "/", name,
		    " has not one section: change it yourself");
	place_write(fd, name, out.s, out.len, 0644, DIR_NAME);
	close(fd);
	stralloc_free(&out);
}
