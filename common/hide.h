/*
 * hide - memory for keys that is not for core files, debuggers or swap.
 *
 *   hide_memory(octets)   so many octets of OpenSSL's secure heap, a power of
 *                         two, and no core files.  It warns if the memory cannot
 *                         be locked, and dies (111) if all else cannot be had
 *
 * Who uses it links libcrypto.
 */
#ifndef DRAY_HIDE_H
#define DRAY_HIDE_H

#include <stddef.h>

void hide_memory(size_t octets);

#endif
