#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-policy/diff.h"
#include "cmd/dray-policy/facts.h"
#include "cmd/dray-policy/force.h"
#include "cmd/dray-policy/generation.h"
#include "cmd/dray-policy/install.h"
#include "cmd/dray-policy/packs.h"
#include "cmd/dray-policy/tree.h"
#include "cmd/dray-policy/view.h"
#include "common/base.h"

/* A change of one pack while it is tried. */
struct change {
	const char *base;
	int basefd;
	int lock; /* of compilers */
	const char *name;
	const char *dir; /* where it is, in etc/packs; NULL: it goes */
	char text[CONTAINER_NAMEMAX + 32]; /* NAME VERSION */
};

static int
open_base(const char *base)
{
	int fd = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd == -1)
		strerr_diefusys(errno == ENOENT ? 100 : 111, "open ", base);
	return fd;
}

/* The lock comes first, so that nobody installs at the same time. */
static void
begin(struct change *h, const char *base)
{
	memset(h, 0, sizeof *h);
	h->base = base;
	h->basefd = open_base(base);
	h->lock = force_lock(base);
}

static void
die_of(const struct change *h, const char *what)
{
	strerr_diefusys(111, what, h->base, "/" PACKS "/", h->name);
}

/* What was made for a change that does not come leaves no trace. */
static void
forget(const struct change *h)
{
	char path[PACKS_DIRMAX + sizeof PACKS + 1];
	int e = errno;

	if (!h->dir)
		return;
	snprintf(path, sizeof path, PACKS "/%s", h->dir);
	if (tree_remove(h->basefd, path) == -1)
		strerr_warnwusys("remove ", path);
	errno = e;
}

/* The policy with the change; what is wrong with it ends the program. */
static void
try(struct change *h, struct conf *c)
{
	int e;

	conf_init(c, stderr);
	c->pack = h->name;
	c->pack_dir = h->dir;
	if (force_try(c, h->base) == 0)
		return;
	e = errno;
	forget(h);
	strerr_warnw(h->text, h->dir ? " is not installed" : " stays");
	errno = e;
	force_die(c, h->base);
}

static void
print_diff(const struct change *h, const struct conf *c)
{
	char path[BASE_PATHMAX], *from, *to;
	struct view v;
	size_t n;

	base_path(path, h->base, "policy/policy.cdb");
	if (view_open(&v, path) == -1)
		return; /* there is none: all is new */
	from = view_text(&v);
	view_close(&v);
	to = facts_all(c, &n);
	if (from)
		diff_facts(from, to, stdout);
	free(from);
	free(to);
}

static void
sweep(const struct change *h)
{
	if (packs_sweep(h->basefd, h->name, h->dir) == -1)
		strerr_warnwusys("remove what was ", h->name);
}

/* The policy takes force first: if that is where it ends, the next time it is
 * found that the pack is not in place. */
static void
put(struct change *h, const struct conf *c)
{
	char origin[GENERATION_ORIGINMAX];
	const char *what;
	uint64_t number;

	snprintf(origin, sizeof origin, "%s %s", h->dir ? "install" : "remove",
	    h->text);
	what = force_write(h->lock, h->base, c, origin, &number);
	if (what) {
		forget(h);
		strerr_diefusys(111, "write ", h->base, "/", what);
	}
	if (packs_link(h->basefd, h->name, h->dir) == -1)
		die_of(h, "put in place ");
	sweep(h);
	printf("generation %llu\n", (unsigned long long)number);
}

static void
make(struct change *h, int dry)
{
	struct conf c;

	try(h, &c);
	printf("%s %s\n", h->dir ? "install" : "remove", h->text);
	print_diff(h, &c);
	if (dry)
		forget(h);
	else
		put(h, &c);
	conf_free(&c);
	close(h->lock);
	close(h->basefd);
}

/* 1: what has the name of the pack was made by somebody, not by us. */
static int
is_own(const struct change *h)
{
	char path[CONTAINER_NAMEMAX + sizeof PACKS + 1];
	struct stat st;

	snprintf(path, sizeof path, PACKS "/%s", h->name);
	return fstatat(h->basefd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    !S_ISLNK(st.st_mode);
}

static void
check_place(const struct change *h)
{
	if (is_own(h))
		strerr_dief(100, h->base, "/" PACKS "/", h->name,
		    ": not made by dray-policy install; move it away first");
}

/* Of what has no signature, a version may change: nobody can replay it. */
static int
replaces(const struct packs_about *a, const struct pack *p)
{
	return p->c->version > a->version ||
	    (p->c->version == a->version && !strcmp(a->key, "-") &&
		!strcmp(p->key, "-"));
}

/* 1: it is there already, or, to update, one that is as good. */
static int
is_there(
    const struct change *h, const struct pack *p, enum install_how how, int dry)
{
	struct packs_about a;
	int r = packs_about(h->basefd, p->c->name, &a);

	if (r == -1)
		die_of(h, "look at ");
	if (r == 0)
		return 0;
	if (!strcmp(a.digest, p->digest)) {
		if (!dry) /* the last time may not have come to this */
			sweep(h);
		return 1;
	}
	if (how == INSTALL_UPDATE && (is_own(h) || !replaces(&a, p)))
		return 1;
	if (how == INSTALL_NEWER && a.version > p->c->version)
		strerr_dief(100, p->file, ": older than the ", p->c->name,
		    " that is installed");
	if (how == INSTALL_NEWER && a.version == p->c->version)
		strerr_dief(100, p->file, ": the ", p->c->name,
		    " of this version that is installed is another");
	return 0;
}

static int
is_directory(const char *file)
{
	struct stat st;

	return stat(file, &st) == 0 && S_ISDIR(st.st_mode);
}

void
install_pack(const char *base, const char *file, enum install_how how, int dry)
{
	char dir[PACKS_DIRMAX];
	struct change h;
	struct pack p;

	if (is_directory(file)) {
		pack_from(&p, file);
	} else {
		pack_open(&p, file);
		pack_trust(&p, base);
	}
	begin(&h, base);
	h.name = p.c->name;
	snprintf(h.text, sizeof h.text, "%s %llu", h.name,
	    (unsigned long long)p.c->version);
	h.dir = packs_dir(dir, &p);
	if (!is_there(&h, &p, how, dry)) {
		check_place(&h);
		if (packs_unpack(h.basefd, &p, dir) == -1) {
			forget(&h);
			die_of(&h, "unpack ");
		}
		make(&h, dry);
	}
	pack_close(&p);
}

void
install_remove(const char *base, const char *name, int dry)
{
	struct packs_about a;
	struct change h;
	int r;

	begin(&h, base);
	h.name = name;
	r = container_name_ok(name) ? packs_about(h.basefd, name, &a) : 0;
	if (r == -1)
		die_of(&h, "look at ");
	if (r == 0)
		strerr_dief(100, "there is no pack ", name);
	check_place(&h);
	snprintf(h.text, sizeof h.text, "%s %llu", name,
	    (unsigned long long)a.version);
	make(&h, dry);
}

void
install_list(const char *base)
{
	struct packs_about a;
	struct dirent **d;
	int basefd = open_base(base), i, n = packs_list(basefd, &d);

	if (n == -1)
		strerr_diefusys(111, "read ", base, "/" PACKS);
	for (i = 0; i < n; i++) {
		if (packs_about(basefd, d[i]->d_name, &a) == -1)
			strerr_diefusys(
			    111, "read ", base, "/" PACKS "/", d[i]->d_name);
		printf("%s\t%llu\t%s\n", d[i]->d_name,
		    (unsigned long long)a.version, *a.key ? a.key : "-");
	}
	tree_list_free(d, n);
	close(basefd);
}
