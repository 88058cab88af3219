/*
 * container - a pack: rules and providers in one file, dray-pack(5).
 *
 *	dray-pack 1
 *	name NAME
 *	version VERSION
 *	file PATH OCTETS
 *	so many octets, and a line end
 *	(more files, by ascending path)
 *	end
 *
 * Nothing else fits: the same files make the same octets, and each container
 * has one meaning.  Paths are rules/FILE.rules and providers/FILE.conf, where
 * FILE begins with a letter, a digit, - or _, and goes on with those and dots.
 *
 *   container_parse(c, s, n)  0, or -1 with errno EPROTO and c->why, in words.
 *                             c points into s, any n octets
 *   container_make(c, n_r)    the octets, on the heap, of a c whose files
 *                             container_add added; -1 NULL with errno EPROTO
 *                             and c->why
 *   container_add(c, path, s, n)
 *                             one more file, which stays the caller's.  0, or
 *                             -1 with errno EPROTO and c->why
 *   container_name_ok(s)      1 when s may be the name of a pack: 1 to
 *                             CONTAINER_NAMEMAX of a-z 0-9 -, the first none
 *                             of -
 *   container_version(s, n, v_r)
 *                             n octets as a version, a decimal number from 1
 *                             to CONTAINER_VERSIONMAX.  0, or -1
 */
#ifndef DRAY_POLICY_CONTAINER_H
#define DRAY_POLICY_CONTAINER_H

#include <stddef.h>
#include <stdint.h>

#define CONTAINER_SIZEMAX (8u << 20) /* octets, all of it */
#define CONTAINER_FILEMAX 512 /* files */
#define CONTAINER_NAMEMAX 32
#define CONTAINER_PATHMAX 80
#define CONTAINER_VERSIONMAX 999999999999999u

struct container_file {
	char path[CONTAINER_PATHMAX + 1];
	const char *s;
	size_t n;
};

struct container {
	char name[CONTAINER_NAMEMAX + 1];
	uint64_t version;
	unsigned int nfile;
	struct container_file file[CONTAINER_FILEMAX];
	const char *why;
};

int container_parse(struct container *c, const char *s, size_t n)
    __attribute__((warn_unused_result));
char *container_make(struct container *c, size_t *n_r)
    __attribute__((warn_unused_result));
int container_add(struct container *c, const char *path, const char *s,
    size_t n) __attribute__((warn_unused_result));
int container_name_ok(const char *s);
int container_version(const char *s, size_t n, uint64_t *v_r)
    __attribute__((warn_unused_result));

#endif
