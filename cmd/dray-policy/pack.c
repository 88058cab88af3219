#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include <skalibs/strerr.h>

#include "cmd/dray-policy/pack.h"
#include "cmd/dray-policy/tree.h"
#include "common/base.h"
#include "common/mem.h"

#define KEYS "etc/packs"

static void
die_of_read(const char *file)
{
	strerr_diefusys(errno == ENOENT || errno == ENOTDIR ||
		    errno == EINVAL || errno == EFBIG
		? 100
		: 111,
	    "read ", file);
}

static char *
slurp(const char *file, size_t max, size_t *n_r)
{
	char *s;

	if (tree_read(AT_FDCWD, file, max, &s, n_r) == -1)
		die_of_read(file);
	return s;
}

static void
start(void)
{
	if (sodium_init() == -1)
		strerr_dief(111, "cannot start libsodium");
}

static void
take_digest(struct pack *p)
{
	uint8_t digest[PACK_DIGEST];

	crypto_generichash(
	    digest, sizeof digest, (const uint8_t *)p->s, p->n, NULL, 0);
	sodium_bin2hex(p->digest, sizeof p->digest, digest, sizeof digest);
}

void
pack_open(struct pack *p, const char *file)
{
	char path[BASE_PATHMAX], *s;
	size_t n;

	start();
	p->file = file;
	p->c = NULL;
	p->s = slurp(file, CONTAINER_SIZEMAX, &p->n);
	if (snprintf(path, sizeof path, "%s.minisig", file) >= (int)sizeof path)
		strerr_dief(100, "the name is too long: ", file);
	s = slurp(path, MINISIGN_FILEMAX, &n);
	if (minisign_parse_signature(&p->signature, s, n) == -1)
		strerr_dief(100, path, ": it is no signature of minisign");
	free(s);
	minisign_id(p->signature.id, p->key);
	take_digest(p);
}

void
pack_close(struct pack *p)
{
	free(p->c);
	free(p->s);
}

static void
die_of_signature(const struct pack *p, int e)
{
	if (e == ENOKEY)
		strerr_dief(100, p->file, ": it is signed with the key ",
		    p->key, ", which is not trusted");
	strerr_dief(100, p->file,
	    e == EBADMSG ? ": the signature is not of these contents"
			 : ": the signature is not with this trusted comment");
}

/* Now that its octets are known to be the signer's. */
static void
parse(struct pack *p)
{
	if (!p->c)
		p->c = mem_alloc(sizeof *p->c);
	if (container_parse(p->c, p->s, p->n) == -1)
		strerr_dief(100, p->file, ": not a pack: ", p->c->why);
}

/* 0, or -1 with errno EPROTO when it is no key, else as minisign_verify. */
static int
try_key(const struct pack *p, int dirfd, const char *name)
{
	struct minisign_public key;
	size_t n;
	char *s;
	int r;

	if (tree_read(dirfd, name, MINISIGN_FILEMAX, &s, &n) == -1)
		die_of_read(name);
	r = minisign_parse_public(&key, s, n);
	free(s);
	if (r == 0)
		r = minisign_verify(&key, &p->signature, p->s, p->n);
	return r;
}

static void
trust_key(struct pack *p, const char *path)
{
	if (try_key(p, AT_FDCWD, path) == 0)
		parse(p);
	else if (errno == EPROTO)
		strerr_dief(100, path, ": it is no public key of minisign");
	else
		die_of_signature(p, errno);
}

void
pack_finish(struct pack *p)
{
	start();
	take_digest(p);
	parse(p);
}

/* NAME.pub and NAME.anything.pub are for packs called NAME. */
static int
is_for(const char *file, const char *name)
{
	size_t n = strlen(name);

	return !strncmp(file, name, n) && file[n] == '.';
}

void
pack_trust(struct pack *p, const char *base)
{
	char path[BASE_PATHMAX];
	struct dirent **d;
	int dirfd, i, n, e = ENOKEY, trusted = 0;

	base_path(path, base, KEYS);
	dirfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dirfd == -1)
		die_of_read(path);
	n = tree_files(dirfd, ".", ".pub", &d);
	if (n == -1)
		die_of_read(path);
	for (i = 0; i < n && !trusted; i++) {
		if (try_key(p, dirfd, d[i]->d_name) == 0) {
			if (!p->c)
				parse(p);
			trusted = is_for(d[i]->d_name, p->c->name);
		} else if (errno == EPROTO)
			strerr_warnw(path, "/", d[i]->d_name,
			    ": it is no public key of minisign");
		else if (errno != ENOKEY)
			e = errno;
	}
	tree_list_free(d, n);
	close(dirfd);
	if (!p->c)
		die_of_signature(p, e);
	if (!trusted)
		strerr_dief(100, p->file, ": its key ", p->key,
		    " is not trusted for a pack called ", p->c->name);
}

void
pack_verify(const char *base, const char *file, const char *key)
{
	const struct container_file *f;
	struct pack p;

	pack_open(&p, file);
	if (key)
		trust_key(&p, key);
	else
		pack_trust(&p, base);
	printf("name\t%s\nversion\t%llu\nkey\t%s\ncomment\t%s\n", p.c->name,
	    (unsigned long long)p.c->version, p.key, p.signature.comment);
	for (f = p.c->file; f < p.c->file + p.c->nfile; f++)
		printf("file\t%s\t%zu\n", f->path, f->n);
	pack_close(&p);
}
