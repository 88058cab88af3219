/*
 * input - a message, read from a descriptor to its end.
 *
 *   input_read(in, fd, dot, max)  with dot, a line of a dot alone ends the
 *       message too (and nothing after it is read more than was there).
 *       0; -1 with errno, in->failed, which says in words what went wrong, and
 *       in->kind: INPUT_BAD (errno EFBIG over max octets, EILSEQ a NUL octet),
 *       INPUT_READ, INPUT_WRITE (the temporary file), INPUT_NOMEM.
 *
 * Up to INPUT_INCORE octets are kept in memory.  A longer message goes to a
 * file without a name in $TMPDIR (/tmp), which is mapped, so that memory does
 * not grow with it.
 */
#ifndef DRAY_INPUT_H
#define DRAY_INPUT_H

#include <stddef.h>
#include <stdint.h>

#define INPUT_INCORE (1u << 20)

enum input_kind { INPUT_BAD, INPUT_READ, INPUT_WRITE, INPUT_NOMEM };

struct input {
	const char *s;
	size_t n;
	const char *failed;
	enum input_kind kind;
};

int input_read(struct input *in, int fd, int dot, uint64_t max)
    __attribute__((warn_unused_result));

#endif
