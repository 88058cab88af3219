#include "cmd/dray-send/daily.h"
#include "cmd/dray-send/stream.h"
#include "cmd/dray-send/why.h"
#include "common/json.h"

/* What of the day is used up, or that spool/daily is waited for. */
void
why_day(
    stralloc *sa, uint64_t used, uint64_t most, uint8_t stream, uint64_t when)
{
	if (when == DAILY_DISK) {
		json_bool(sa, "unwritten", 1);
		return;
	}
	json_u64(sa, "used", used);
	json_u64(sa, "most", most);
	if (used < most)
		json_u64(sa, "kept", most * stream_kept_rate(stream) / 100);
	json_u64(sa, "until",
	    (daily_today() + UINT64_C(1)) * (uint64_t)DAILY_SECONDS);
}
