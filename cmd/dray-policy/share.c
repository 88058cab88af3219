#include <stdlib.h>
#include <string.h>

#include "cmd/dray-policy/share.h"
#include "cmd/dray-policy/value.h"

static int
start(struct conf *c, const struct conf_where *w, const char *kind,
    struct list *l, const char *name)
{
	struct conf_share *sh = conf_zero(sizeof *sh);

	sh->is.where = *w;
	if (!strcmp(name, "*"))
		memcpy(sh->is.name, "*", 2);
	else if (value_label(sh->is.name, name) == -1)
		conf_mistake(c, w, "[%s %.128s]: not a name or *", kind, name);
	if (*sh->is.name && conf_start(c, l, &sh->is, kind) == 0)
		return 0;
	free(sh);
	return -1;
}

int
share_tenant(struct conf *c, const struct conf_where *w, const char *name)
{
	return start(c, w, "tenant", &c->tenants, name);
}

int
share_campaign(struct conf *c, const struct conf_where *w, const char *name)
{
	return start(c, w, "campaign", &c->campaigns, name);
}

void
share_pair(struct setting *s)
{
	struct conf_share *sh = s->c->now;

	if (!setting_group(s, &policykey_share, &sh->v, sh->share_where))
		setting_unknown(s);
}
