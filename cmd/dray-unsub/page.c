#include <stddef.h>

#include "cmd/dray-unsub/page.h"

/* clang-format off */
#define HEAD(title) \
	"<!DOCTYPE html>\n" \
	"<html lang=\"en\">\n" \
	"<head>\n" \
	"<meta charset=\"utf-8\">\n" \
	"<meta name=\"viewport\" content=\"width=device-width\">\n" \
	"<title>" title "</title>\n" \
	"</head>\n" \
	"<body>\n" \
	"<main>\n" \
	"<h1>" title "</h1>\n"
#define BUTTON \
	"<form method=\"post\">\n" \
	"<input type=\"hidden\" name=\"List-Unsubscribe\" value=\"One-Click\">\n" \
	"<button type=\"submit\">Unsubscribe</button>\n" \
	"</form>\n"
#define TAIL \
	"</main>\n" \
	"</body>\n" \
	"</html>\n"

const char *const page_headers[] = {
	"Content-Type", "text/html; charset=utf-8",
	"Content-Security-Policy", "default-src 'none'; form-action 'self'; "
	    "base-uri 'none'; frame-ancestors 'none'",
	"Cache-Control", "no-store",
	"Referrer-Policy", "no-referrer",
	"X-Content-Type-Options", "nosniff",
	"X-Robots-Tag", "noindex",
	NULL
};

static const struct page ask = { 200,
	HEAD("Unsubscribe")
	"<p>You will get no more mail of this mailing list.</p>\n"
	BUTTON TAIL };
static const struct page left = { 200,
	HEAD("You are unsubscribed")
	"<p>You will get no more mail of this mailing list.</p>\n"
	TAIL };
static const struct page trouble = { 503,
	HEAD("Not yet")
	"<p>You could not be unsubscribed just now.  Please try again in a "
	"few minutes.</p>\n"
	BUTTON TAIL };
static const struct page unknown = { 404,
	HEAD("This link does not work")
	"<p>It is not complete, or too old.  Please use the link of a newer "
	"message.</p>\n"
	TAIL };
static const struct page empty = { 400,
	HEAD("Unsubscribe")
	"<p>Please press the button, and you will get no more mail of this "
	"mailing list.</p>\n"
	BUTTON TAIL };
static const struct page method = { 405,
	HEAD("Not so") TAIL };
static const struct page busy = { 429,
	HEAD("Too often")
	"<p>Please try again in a few minutes.</p>\n"
	TAIL };
/* clang-format on */

const struct page *
page_of(enum request_answer answer, int done)
{
	switch (answer) {
	case REQUEST_ASK:
		return &ask;
	case REQUEST_LEAVE:
		return done ? &left : &trouble;
	case REQUEST_EMPTY:
		return &empty;
	case REQUEST_METHOD:
		return &method;
	default:
		return &unknown;
	}
}

const struct page *
page_busy(void)
{
	return &busy;
}
