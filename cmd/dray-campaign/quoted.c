#include "campaign.h"
#include "common/mem.h"
#include "common/term.h"

#define MOST 330 /* octets: an address is whole */

/* What stands in a list, for people.  The last one is gone with the next. */
const char *
say_quoted(const char *s, size_t n)
{
	static stralloc sa;

	sa.len = 0;
	term_cat(&sa, s, n < MOST ? n : MOST);
	if (n > MOST)
		mem_check(stralloc_cats(&sa, "..."));
	mem_check(stralloc_0(&sa));
	return sa.s;
}
