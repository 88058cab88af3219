/*
 * settings - what a sender may ask of dray for a message, with -X KEY=VALUE or
 * in a header field X-Dray-KEY.
 *
 *   settings_set(s, key, key_len, value, len)
 *       0; -1 with errno: ENOENT no such key, EINVAL not a value for it.
 *       White space around the value is dropped.  A key that has a value
 *       keeps it, so the first one given wins.
 *
 *   stream, route     1 to 64 letters, digits and . _ -
 *   campaign, tenant  1 to 64 printable ASCII characters
 *   lifetime          whole seconds, or with s m h d w behind the number;
 *                     1 second to 366 days
 */
#ifndef DRAY_SETTINGS_H
#define DRAY_SETTINGS_H

#include <stddef.h>
#include <stdint.h>

#define SETTINGS_MAX 64

struct settings {
	char stream[SETTINGS_MAX + 1];
	char route[SETTINGS_MAX + 1];
	char campaign[SETTINGS_MAX + 1];
	char tenant[SETTINGS_MAX + 1];
	uint32_t lifetime;
};

int settings_set(struct settings *s, const char *key, size_t key_len,
    const char *value, size_t len) __attribute__((warn_unused_result));

#endif
