/*
 * For cppcheck alone: it reads no system headers, and takes what it does not
 * know in front of a block for a function without a body.
 */
#define HASH_ITER(h, head, e, tmp) for (e = head; e; e = tmp = e->h.next)
