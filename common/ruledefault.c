#include <string.h>

#include "common/ruledefault.h"
#include "common/ruleword.h"

#define NAME "default:"
#define STATUS(s) NAME "x." s
#define CODE(s) NAME s

struct known {
	const char *id; /* its end is what is compared */
	uint8_t class;
};

/* clang-format off */
static const struct known statuses[] = {
	{ STATUS("1.0"), RULE_UNKNOWN },	/* other address status */
	{ STATUS("1.1"), RULE_BAD_MAILBOX },
	{ STATUS("1.2"), RULE_BAD_DOMAIN },
	{ STATUS("1.3"), RULE_BAD_MAILBOX },	/* syntax of the address */
	{ STATUS("1.4"), RULE_BAD_MAILBOX },	/* ambiguous */
	{ STATUS("1.6"), RULE_BAD_MAILBOX },	/* moved, no forwarding */
	{ STATUS("1.7"), RULE_SENDER_REJECTED },
	{ STATUS("1.8"), RULE_SENDER_REJECTED },
	{ STATUS("1.10"), RULE_BAD_DOMAIN },	/* null MX, RFC 7505 */
	{ STATUS("2.1"), RULE_MAILBOX_DISABLED },
	{ STATUS("2.2"), RULE_MAILBOX_FULL },
	{ STATUS("2.3"), RULE_TOO_LARGE },
	{ STATUS("2.4"), RULE_SYSTEM },		/* expansion of a list */
	{ STATUS("3.0"), RULE_SYSTEM },
	{ STATUS("3.1"), RULE_SYSTEM },		/* mail system full */
	{ STATUS("3.2"), RULE_SYSTEM },		/* not accepting messages */
	{ STATUS("3.3"), RULE_SYSTEM },
	{ STATUS("3.4"), RULE_TOO_LARGE },
	{ STATUS("3.5"), RULE_SYSTEM },		/* incorrectly configured */
	{ STATUS("4.0"), RULE_NETWORK },
	{ STATUS("4.1"), RULE_NETWORK },	/* no answer from host */
	{ STATUS("4.2"), RULE_NETWORK },	/* bad connection */
	{ STATUS("4.3"), RULE_SYSTEM },		/* directory server failure */
	{ STATUS("4.4"), RULE_BAD_DOMAIN },	/* unable to route */
	{ STATUS("4.5"), RULE_RATE_LIMITED },	/* congestion */
	{ STATUS("4.6"), RULE_LOOP },
	{ STATUS("4.7"), RULE_EXPIRED },
	{ STATUS("5.0"), RULE_PROTOCOL },
	{ STATUS("5.1"), RULE_PROTOCOL },
	{ STATUS("5.2"), RULE_PROTOCOL },
	{ STATUS("5.3"), RULE_RATE_LIMITED },	/* too many recipients */
	{ STATUS("5.4"), RULE_PROTOCOL },
	{ STATUS("5.5"), RULE_PROTOCOL },
	{ STATUS("5.6"), RULE_PROTOCOL },	/* authentication line too long */
	{ STATUS("6.0"), RULE_CONTENT_REJECTED },
	{ STATUS("6.1"), RULE_CONTENT_REJECTED },
	{ STATUS("6.2"), RULE_CONTENT_REJECTED },
	{ STATUS("6.3"), RULE_CONTENT_REJECTED },
	{ STATUS("6.4"), RULE_CONTENT_REJECTED },
	{ STATUS("6.5"), RULE_CONTENT_REJECTED },
	{ STATUS("6.6"), RULE_CONTENT_REJECTED },
	{ STATUS("6.7"), RULE_CONTENT_REJECTED }, /* RFC 6531 from here */
	{ STATUS("6.8"), RULE_CONTENT_REJECTED },
	{ STATUS("6.9"), RULE_CONTENT_REJECTED },
	{ STATUS("6.10"), RULE_CONTENT_REJECTED },
	{ STATUS("7.0"), RULE_POLICY },
	{ STATUS("7.1"), RULE_POLICY },
	{ STATUS("7.2"), RULE_RECIPIENT_REFUSED }, /* list expansion */
	{ STATUS("7.3"), RULE_POLICY },
	{ STATUS("7.4"), RULE_POLICY },
	{ STATUS("7.5"), RULE_POLICY },
	{ STATUS("7.6"), RULE_POLICY },
	{ STATUS("7.7"), RULE_POLICY },
	{ STATUS("7.8"), RULE_RELAY_DENIED },	/* authentication, RFC 4954 */
	{ STATUS("7.9"), RULE_RELAY_DENIED },
	{ STATUS("7.10"), RULE_TLS_REQUIRED },	/* encryption needed */
	{ STATUS("7.11"), RULE_TLS_REQUIRED },
	{ STATUS("7.12"), RULE_RELAY_DENIED },
	{ STATUS("7.13"), RULE_MAILBOX_DISABLED }, /* RFC 5248 */
	{ STATUS("7.14"), RULE_RELAY_DENIED },	/* trust relationship */
	{ STATUS("7.15"), RULE_POLICY },	/* priority, RFC 6710 */
	{ STATUS("7.16"), RULE_TOO_LARGE },
	{ STATUS("7.17"), RULE_BAD_MAILBOX },	/* new owner, RFC 7293 */
	{ STATUS("7.18"), RULE_BAD_DOMAIN },
	{ STATUS("7.19"), RULE_POLICY },
	{ STATUS("7.20"), RULE_AUTH_FAILED },	/* DKIM, RFC 7372 */
	{ STATUS("7.21"), RULE_AUTH_FAILED },
	{ STATUS("7.22"), RULE_AUTH_FAILED },
	{ STATUS("7.23"), RULE_AUTH_FAILED },	/* SPF */
	{ STATUS("7.24"), RULE_AUTH_FAILED },
	{ STATUS("7.25"), RULE_NO_PTR },
	{ STATUS("7.26"), RULE_AUTH_FAILED },
	{ STATUS("7.27"), RULE_SENDER_REJECTED }, /* null MX, RFC 7505 */
	{ STATUS("7.28"), RULE_RATE_LIMITED },	/* mail flood */
	{ STATUS("7.29"), RULE_AUTH_FAILED },	/* ARC, RFC 8617 */
	{ STATUS("7.30"), RULE_TLS_REQUIRED },	/* REQUIRETLS, RFC 8689 */
	{ NULL, 0 },
};

static const struct known codes[] = {
	{ CODE("421"), RULE_SYSTEM },		/* shutting down */
	{ CODE("432"), RULE_SYSTEM },
	{ CODE("451"), RULE_SYSTEM },		/* local error */
	{ CODE("452"), RULE_SYSTEM },		/* insufficient storage */
	{ CODE("454"), RULE_TLS_REQUIRED },	/* RFC 3207 */
	{ CODE("455"), RULE_PROTOCOL },
	{ CODE("500"), RULE_PROTOCOL },
	{ CODE("501"), RULE_PROTOCOL },
	{ CODE("502"), RULE_PROTOCOL },
	{ CODE("503"), RULE_PROTOCOL },
	{ CODE("504"), RULE_PROTOCOL },
	{ CODE("521"), RULE_BAD_DOMAIN },	/* takes no mail, RFC 7504 */
	{ CODE("523"), RULE_TOO_LARGE },
	{ CODE("530"), RULE_RELAY_DENIED },
	{ CODE("534"), RULE_RELAY_DENIED },
	{ CODE("535"), RULE_RELAY_DENIED },
	{ CODE("538"), RULE_TLS_REQUIRED },
	{ CODE("551"), RULE_BAD_MAILBOX },	/* not local */
	{ CODE("552"), RULE_MAILBOX_FULL },
	{ CODE("553"), RULE_BAD_MAILBOX },	/* name not allowed */
	{ CODE("555"), RULE_PROTOCOL },
	{ CODE("556"), RULE_BAD_DOMAIN },	/* RFC 7504 */
	{ NULL, 0 },
};
/* clang-format on */

static const struct known *
find(const struct known *k, size_t skip, const char *s)
{
	for (; k->id; k++)
		if (!strcmp(k->id + skip, s))
			return k;
	return NULL;
}

uint8_t
ruledefault_find(unsigned int code, const char *status, const char **id_r)
{
	const struct known *k = NULL;
	char s[4];

	if (*status)
		k = find(statuses, strlen(STATUS("")), status + 2);
	if (!k && code >= 100 && code <= 999) {
		s[0] = (char)('0' + code / 100);
		s[1] = (char)('0' + code / 10 % 10);
		s[2] = (char)('0' + code % 10);
		s[3] = '\0';
		k = find(codes, strlen(CODE("")), s);
	}
	if (k) {
		*id_r = k->id;
		return k->class;
	}
	*id_r = code / 100 == 4 ? "default:4xx"
	    : code / 100 == 5	? "default:5xx"
				: "default";
	return RULE_UNKNOWN;
}
