/*
 * fuzz - what fuzz targets share.
 *
 *   must(good)       a finding, unless it is so
 *   fuzz_records(fn, data, n)
 *                    an input that is a row of records, each one octet what it
 *                    is, one octet length, content: fn gets one after the other
 *   FUZZ_QUIET(fn)   once, beside the functions: nothing is said by fn, one of
 *                    strerr_warnv and strerr_warnvsys, where inputs could have
 *                    complaints made without end
 */
#ifndef DRAY_FUZZ_FUZZ_H
#define DRAY_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static inline void
must(int good)
{
	if (!good)
		abort();
}

static inline void
fuzz_records(void (*fn)(uint8_t what, const uint8_t *s, size_t n),
    const uint8_t *data, size_t n)
{
	size_t len;

	for (; n >= 2; data += 2 + len, n -= 2 + len) {
		len = data[1] < n - 2 ? data[1] : n - 2;
		fn(data[0], data + 2, len);
	}
}

/* clang-format off */
#define FUZZ_QUIET(fn)                                                  \
	void fn(char const *const *v, unsigned int n);                  \
	void fn(char const *const *v, unsigned int n)                   \
	{                                                               \
		(void)v;                                                \
		(void)n;                                                \
	}
/* clang-format on */

#endif
