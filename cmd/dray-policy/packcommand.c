#include <string.h>

#include <skalibs/sgetopt.h>

#include "cmd/dray-policy/install.h"
#include "cmd/dray-policy/pack.h"
#include "cmd/dray-policy/packcommand.h"

struct options {
	const char *operand;
	const char *key; /* -p */
	const char *out; /* -o */
	const char *secret; /* -s */
	enum install_how how; /* -f, -u */
	int dry; /* -n */
};

static int
set(struct options *o, int c, const char *arg)
{
	const char **d = c == 'p' ? &o->key
	    : c == 'o'		  ? &o->out
	    : c == 's'		  ? &o->secret
				  : NULL;

	if (d)
		*d = arg;
	else if (c == 'f')
		o->how = INSTALL_FORCE;
	else if (c == 'u')
		o->how = INSTALL_UPDATE;
	else if (c == 'n')
		o->dry = 1;
	else
		return 0;
	return 1;
}

/* 1 when all that follows args[0] are the options of known and at most one
 * operand. */
static int
parse(struct options *o, const char *const *args, int n, const char *known)
{
	static const subgetopt zero = SUBGETOPT_ZERO;
	subgetopt l = zero;
	int c;

	memset(o, 0, sizeof *o);
	for (;;) {
		while ((c = subgetopt_r(n, args, known, &l)) != -1)
			if (!set(o, c, l.arg))
				return 0;
		if (l.ind >= n)
			return 1;
		if (o->operand)
			return 0;
		o->operand = args[l.ind];
		args += l.ind;
		n -= l.ind;
		l = zero;
	}
}

int
packcommand_run(const char *const *args, int n, const char *base)
{
	struct options o;

	if (!strcmp(args[0], "pack") && parse(&o, args, n, "s:o:") &&
	    o.operand && o.out)
		pack_make(o.operand, o.secret, o.out);
	else if (!strcmp(args[0], "verify") && parse(&o, args, n, "p:") &&
	    o.operand)
		pack_verify(base, o.operand, o.key);
	else if (!strcmp(args[0], "install") && parse(&o, args, n, "fnu") &&
	    o.operand)
		install_pack(base, o.operand, o.how, o.dry);
	else if (!strcmp(args[0], "remove") && parse(&o, args, n, "n") &&
	    o.operand)
		install_remove(base, o.operand, o.dry);
	else if (!strcmp(args[0], "packs") && parse(&o, args, n, "") &&
	    !o.operand)
		install_list(base);
	else
		return 0;
	return 1;
}
