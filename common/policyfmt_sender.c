#include <string.h>

#include "common/policyfmt.h"

void
policyfmt_pack_sender(struct policyfmt_buf *d, const struct policy_sender *s)
{
	policyfmt_put_string(d, s->return_path);
	policyfmt_put_string(d, s->unsubscribe_url);
	policyfmt_put_string(d, s->unsubscribe_mailto);
	policyfmt_put_string(d, s->feedback_id);
	policyfmt_put_string(d, s->list_id);
}

int
policyfmt_unpack_sender(const void *p, size_t n, struct policy_sender *s_r)
{
	struct policyfmt_cursor c = { p, n, 0 };

	memset(s_r, 0, sizeof *s_r);
	policyfmt_get_string(&c, s_r->return_path, sizeof s_r->return_path);
	policyfmt_get_string(
	    &c, s_r->unsubscribe_url, sizeof s_r->unsubscribe_url);
	policyfmt_get_string(
	    &c, s_r->unsubscribe_mailto, sizeof s_r->unsubscribe_mailto);
	policyfmt_get_string(&c, s_r->feedback_id, sizeof s_r->feedback_id);
	policyfmt_get_string(&c, s_r->list_id, sizeof s_r->list_id);
	return policyfmt_get_end(&c);
}
