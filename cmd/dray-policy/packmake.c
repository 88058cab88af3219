#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include <skalibs/strerr.h>

#include "cmd/dray-policy/inifile.h"
#include "cmd/dray-policy/pack.h"
#include "cmd/dray-policy/tree.h"
#include "common/base.h"
#include "common/mem.h"

#define MANIFEST "pack.conf"
#define PASSWORDMAX 1024 /* octets, as in minisign */

/* DIR/pack.conf: [pack], name and version. */
struct manifest {
	const char *dir;
	struct container *c;
	int inside; /* in [pack] */
	unsigned int mistakes;
};

static void
manifest_mistake(void *user, unsigned int line, const char *text)
{
	struct manifest *m = user;

	m->mistakes++;
	fprintf(stderr, "%s/" MANIFEST ":%u: %s\n", m->dir, line, text);
}

static void
manifest_section(void *user, unsigned int line, const char *name)
{
	struct manifest *m = user;

	m->inside = name && !strcmp(name, "pack");
	if (name && !m->inside)
		manifest_mistake(m, line, "unknown section");
}

static void
manifest_pair(void *user, unsigned int line, const char *key, const char *value)
{
	struct manifest *m = user;
	struct container *c = m->c;

	if (!m->inside)
		manifest_mistake(m, line, "a key outside of [pack]");
	else if (!strcmp(key, "name") && !*c->name) {
		if (container_name_ok(value))
			memcpy(c->name, value, strlen(value) + 1);
		else
			manifest_mistake(
			    m, line, "name: not 1 to 32 of a-z 0-9 and -");
	} else if (!strcmp(key, "version") && !c->version) {
		if (container_version(value, strlen(value), &c->version) == -1)
			manifest_mistake(m, line,
			    "version: not a number from 1 to 999999999999999");
	} else
		manifest_mistake(m, line, "unknown key, or set before");
}

static void
die_of(const char *what, const char *dir, const char *name)
{
	strerr_diefusys(
	    errno == ENOENT || errno == EINVAL || errno == EFBIG ? 100 : 111,
	    what, dir, *name ? "/" : "", name);
}

static char *
slurp(int dirfd, const char *dir, const char *name, size_t *n_r)
{
	char *s;

	if (tree_read(dirfd, name, CONTAINER_SIZEMAX, &s, n_r) == -1)
		die_of("read ", dir, name);
	return s;
}

static void
read_manifest(struct container *c, int dirfd, const char *dir)
{
	struct manifest m = { dir, c, 0, 0 };
	struct inifile_handler h = { manifest_section, manifest_pair,
		manifest_mistake, &m };
	size_t n;
	char *s = slurp(dirfd, dir, MANIFEST, &n);
	FILE *f = fmemopen(s, n, "r");

	mem_check(f != NULL);
	if (inifile_read(f, &h) == -1)
		die_of("read ", dir, MANIFEST);
	fclose(f);
	free(s);
	if (m.mistakes)
		exit(100);
	if (!*c->name || !c->version)
		strerr_dief(100, dir, "/" MANIFEST ": no name or no version");
}

static void
add_all(struct container *c, int dirfd, const char *dir, const char *sub,
    const char *end)
{
	char path[BASE_PATHMAX], *s;
	struct dirent **d;
	size_t size;
	int i, n = tree_files(dirfd, sub, end, &d);

	if (n == -1)
		die_of("read ", dir, sub);
	for (i = 0; i < n; i++) {
		snprintf(path, sizeof path, "%s/%s", sub, d[i]->d_name);
		s = slurp(dirfd, dir, path, &size);
		if (container_add(c, path, s, size) == -1)
			strerr_dief(
			    100, dir, "/", path, ": not in a pack: ", c->why);
	}
	tree_list_free(d, n);
}

static void
echo(int on)
{
	struct termios t;

	if (tcgetattr(0, &t) == -1)
		return;
	if (on)
		t.c_lflag |= ECHO;
	else
		t.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(0, TCSAFLUSH, &t);
}

static void
read_password(char *d, const char *file)
{
	int terminal = isatty(0);
	size_t n;

	if (terminal) {
		fprintf(stderr, "Password of %s: ", file);
		echo(0);
	}
	if (!fgets(d, PASSWORDMAX + 1, stdin))
		*d = '\0';
	if (terminal) {
		echo(1);
		fputs("\n", stderr);
	}
	n = strlen(d);
	if (n && d[n - 1] == '\n')
		d[n - 1] = '\0';
}

static void
read_secret(struct minisign_secret *k, const char *file)
{
	char password[PASSWORDMAX + 1] = "", *s;
	struct minisign_locked l;
	size_t n;
	int r;

	if (tree_read(AT_FDCWD, file, MINISIGN_FILEMAX, &s, &n) == -1)
		die_of("read ", file, "");
	r = minisign_parse_secret(&l, s, n);
	sodium_memzero(s, n);
	free(s);
	if (r == -1)
		strerr_dief(100, file, ": it is no secret key of minisign");
	if (l.locked)
		read_password(password, file);
	r = minisign_unlock(&l, password, k);
	sodium_memzero(password, sizeof password);
	if (r == -1 && errno == ENOMEM)
		strerr_diefusys(111, "unlock ", file);
	if (r == -1)
		strerr_dief(100, file, ": wrong password, or a damaged key");
}

/* As a whole or not at all. */
static void
write_file(const char *name, const char *s, size_t n)
{
	char path[BASE_PATHMAX];

	if (snprintf(path, sizeof path, "%s.tmp", name) >= (int)sizeof path)
		strerr_dief(100, "the name is too long: ", name);
	if (tree_remove(AT_FDCWD, path) == -1 ||
	    tree_file(AT_FDCWD, path, s, n) == -1 ||
	    tree_sync(AT_FDCWD, path) == -1 || rename(path, name) == -1)
		strerr_diefusys(111, "write ", name);
}

static void
sign(const struct container *c, const char *secret, const char *out,
    const char *s, size_t n)
{
	char path[BASE_PATHMAX], comment[160], *text;
	struct minisign_secret k;

	if (snprintf(path, sizeof path, "%s.minisig", out) >= (int)sizeof path)
		strerr_dief(100, "the name is too long: ", out);
	read_secret(&k, secret);
	snprintf(comment, sizeof comment,
	    "timestamp:%lld\tpack:%s\tversion:%llu\thashed",
	    (long long)time(NULL), c->name, (unsigned long long)c->version);
	text = mem_alloc(MINISIGN_TEXTMAX);
	minisign_sign(&k, s, n, comment, text);
	sodium_memzero(&k, sizeof k);
	write_file(path, text, strlen(text));
	free(text);
}

void
pack_from(struct pack *p, const char *dir)
{
	struct container *c = mem_alloc(sizeof *c);
	int dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	unsigned int i;

	if (dirfd == -1)
		die_of("open ", dir, "");
	read_manifest(c, dirfd, dir);
	add_all(c, dirfd, dir, "providers", ".conf");
	add_all(c, dirfd, dir, "rules", ".rules");
	close(dirfd);
	memset(p, 0, sizeof *p);
	p->file = dir;
	p->s = container_make(c, &p->n);
	if (!p->s)
		strerr_dief(100, dir, ": not a pack: ", c->why);
	for (i = 0; i < c->nfile; i++)
		free((char *)(uintptr_t)c->file[i].s);
	p->c = c;
	memcpy(p->key, "-", 2);
	pack_finish(p);
}

void
pack_make(const char *dir, const char *secret, const char *out)
{
	struct pack p;

	pack_from(&p, dir);
	/* Between the two they do not fit, and are refused: whoever fetches
	 * them at that moment comes again. */
	if (secret)
		sign(p.c, secret, out, p.s, p.n);
	write_file(out, p.s, p.n);
	pack_close(&p);
}
