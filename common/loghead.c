#include <time.h>

#include "common/json.h"
#include "common/loghead.h"

uint64_t
loghead_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

void
loghead(stralloc *sa, const char *type, uint64_t us, const char *host,
    uint64_t policy)
{
	sa->len = 0;
	json_open(sa);
	json_text(sa, "type", type);
	json_time(sa, "event_time", us);
	json_text(sa, "nodeid", host);
	json_u64(sa, "policy", policy);
}
