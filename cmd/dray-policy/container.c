#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/dray-policy/container.h"
#include "common/mem.h"

#define MAGIC "dray-pack 1"
#define LETTERS "abcdefghijklmnopqrstuvwxyz"
#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static int
wrong(struct container *c, const char *why)
{
	c->why = why;
	errno = EPROTO;
	return -1;
}

int
container_name_ok(const char *s)
{
	size_t n = strspn(s, LETTERS DIGITS "-");

	return n && n <= CONTAINER_NAMEMAX && !s[n] && *s != '-';
}

int
container_version(const char *s, size_t n, uint64_t *v_r)
{
	uint64_t v = 0;
	size_t i;

	if (!n || n > 15 || *s == '0')
		return -1;
	for (i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return -1;
		v = v * 10 + (uint64_t)(s[i] - '0');
	}
	*v_r = v;
	return 0;
}

static int
path_ok(const char *path)
{
	static const char *const place[][2] = {
		{ "providers/", ".conf" },
		{ "rules/", ".rules" },
	};
	size_t i, n = strlen(path), dir, end;

	if (n > CONTAINER_PATHMAX)
		return 0;
	for (i = 0; i < 2; i++) {
		dir = strlen(place[i][0]);
		end = strlen(place[i][1]);
		if (n > dir + end && !strncmp(path, place[i][0], dir) &&
		    !strcmp(path + n - end, place[i][1]))
			return path[dir] != '.' &&
			    strspn(path + dir, LETTERS CAPITALS DIGITS "-_.") ==
			    n - dir;
	}
	return 0;
}

int
container_add(struct container *c, const char *path, const char *s, size_t n)
{
	struct container_file *f = &c->file[c->nfile];

	if (c->nfile == CONTAINER_FILEMAX)
		return wrong(c, "it has too many files");
	if (!path_ok(path))
		return wrong(c, "it has a file that no pack may have");
	if (c->nfile && strcmp(f[-1].path, path) >= 0)
		return wrong(c, "its files are not in order");
	memcpy(f->path, path, strlen(path) + 1);
	f->s = s;
	f->n = n;
	c->nfile++;
	return 0;
}

struct scan {
	const char *s;
	const char *end;
};

/* The line at s, when it is "key value": the value, which ends with a NUL in
 * d, whose size is room.  0 when it is not that, or too long. */
static int
value(struct scan *p, const char *key, char *d, size_t room)
{
	const char *end = memchr(p->s, '\n', (size_t)(p->end - p->s));
	size_t n = strlen(key), len = end ? (size_t)(end - p->s) : 0;

	if (len <= n || memcmp(p->s, key, n) != 0 || p->s[n] != ' ' ||
	    len - n - 1 >= room || memchr(p->s, '\0', len))
		return 0;
	memcpy(d, p->s + n + 1, len - n - 1);
	d[len - n - 1] = '\0';
	p->s = end + 1;
	return 1;
}

static int
is(struct scan *p, const char *line)
{
	size_t n = strlen(line);

	if ((size_t)(p->end - p->s) <= n || memcmp(p->s, line, n) != 0 ||
	    p->s[n] != '\n')
		return 0;
	p->s += n + 1;
	return 1;
}

/* Octets of a file: as a version, and 0. */
static int
size(const char *s, uint64_t *n_r)
{
	*n_r = 0;
	return !strcmp(s, "0") ? 0 : container_version(s, strlen(s), n_r);
}

static int
parse_file(struct container *c, struct scan *p)
{
	char line[CONTAINER_PATHMAX + 32], *blank;
	uint64_t n;

	if (!value(p, "file", line, sizeof line))
		return wrong(c, "it has a line that is none of a pack's");
	blank = strchr(line, ' ');
	if (!blank || size(blank + 1, &n) == -1)
		return wrong(c, "it has a file without a size");
	*blank = '\0';
	if (n >= (size_t)(p->end - p->s) || p->s[n] != '\n')
		return wrong(
		    c, "it has a file that does not end where it says");
	if (container_add(c, line, p->s, n) == -1)
		return -1;
	p->s += n + 1;
	return 0;
}

static int
parse_head(struct container *c, struct scan *p)
{
	char version[32];

	if (!is(p, MAGIC))
		return wrong(c, "it does not begin like one");
	if (!value(p, "name", c->name, sizeof c->name) ||
	    !container_name_ok(c->name))
		return wrong(c, "it has no valid name");
	if (!value(p, "version", version, sizeof version) ||
	    container_version(version, strlen(version), &c->version) == -1)
		return wrong(c, "it has no valid version");
	return 0;
}

int
container_parse(struct container *c, const char *s, size_t n)
{
	struct scan p = { s, s + n };

	c->nfile = 0;
	if (n > CONTAINER_SIZEMAX)
		return wrong(c, "it is too large");
	if (parse_head(c, &p) == -1)
		return -1;
	while (!is(&p, "end"))
		if (parse_file(c, &p) == -1)
			return -1;
	if (p.s != p.end)
		return wrong(c, "something comes after its end");
	if (!c->nfile)
		return wrong(c, "it is empty");
	return 0;
}

char *
container_make(struct container *c, size_t *n_r)
{
	const struct container_file *f;
	char *s;
	FILE *out;

	out = open_memstream(&s, n_r);
	mem_check(out != NULL);
	fprintf(out, MAGIC "\nname %s\nversion %llu\n", c->name,
	    (unsigned long long)c->version);
	for (f = c->file; f < c->file + c->nfile; f++) {
		fprintf(out, "file %s %zu\n", f->path, f->n);
		fwrite(f->s, 1, f->n, out);
		putc('\n', out);
	}
	fputs("end\n", out);
	mem_check(fclose(out) == 0);
	if (*n_r <= CONTAINER_SIZEMAX && c->nfile)
		return s;
	free(s);
	wrong(c, c->nfile ? "it is too large" : "it is empty");
	return NULL;
}
