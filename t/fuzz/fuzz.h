/*
 * fuzz - what fuzz targets share.
 *
 *   must(good)       a finding, unless it is so
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
