/*
 * pack - a pack on disk: a container (container.h) in FILE, and its signature
 * in FILE.minisig.  For commands: what goes wrong is said, and ends the
 * program, with 100 where it will not go right the next time.
 *
 *   pack_make(dir, secret, out)  a pack of the files below dir, into the file
 *                            out; signed, unless secret is NULL
 *   pack_from(p, dir)        a pack of the files below dir, in memory, which
 *                            nobody has signed
 *   pack_finish(p)           parses it and takes its digest (for pack_from)
 *   pack_open(p, file)       reads both files; nothing of them is trusted yet
 *   pack_trust(p, base)      verifies it with the keys in etc/packs that are
 *                            for packs of its name
 *   pack_verify(base, file, key)
 *                            the command: verifies it, and prints what is in
 *                            it; key is a file, or NULL for those in etc/packs
 *   pack_close(p)
 *
 * p->c points to what was verified: after pack_open it is not there until it
 * is.
 */
#ifndef DRAY_POLICY_PACK_H
#define DRAY_POLICY_PACK_H

#include "cmd/dray-policy/container.h"
#include "cmd/dray-policy/minisign.h"

#define PACK_DIGEST 32

struct pack {
	const char *file;
	char *s;
	size_t n;
	struct minisign_signature signature; /* not after pack_from */
	struct container *c;
	char key[17]; /* minisign_id, "-" without a signature */
	char digest[2 * PACK_DIGEST + 1]; /* of all octets */
};

void pack_make(const char *dir, const char *secret, const char *out);
void pack_from(struct pack *p, const char *dir);
void pack_finish(struct pack *p);
void pack_open(struct pack *p, const char *file);
void pack_trust(struct pack *p, const char *base);
void pack_verify(const char *base, const char *file, const char *key);
void pack_close(struct pack *p);

#endif
