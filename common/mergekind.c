#include <stddef.h>

#include "common/mergekind.h"

static const struct {
	const char *name;
	enum mergekind kind;
} kinds[] = {
	{ "From", MERGEKIND_MAILBOXES },
	{ "Sender", MERGEKIND_MAILBOXES },
	{ "Reply-To", MERGEKIND_MAILBOXES },
	{ "To", MERGEKIND_MAILBOXES },
	{ "Cc", MERGEKIND_MAILBOXES },
	{ "Resent-From", MERGEKIND_MAILBOXES },
	{ "Resent-Sender", MERGEKIND_MAILBOXES },
	{ "Resent-To", MERGEKIND_MAILBOXES },
	{ "Resent-Cc", MERGEKIND_MAILBOXES },
	{ "Disposition-Notification-To", MERGEKIND_MAILBOXES },
	{ "Errors-To", MERGEKIND_MAILBOXES },
	{ "List-Unsubscribe", MERGEKIND_URIS },
	{ "List-Help", MERGEKIND_URIS },
	{ "List-Subscribe", MERGEKIND_URIS },
	{ "List-Post", MERGEKIND_URIS },
	{ "List-Owner", MERGEKIND_URIS },
	{ "List-Archive", MERGEKIND_URIS },
	{ "Message-ID", MERGEKIND_OURS },
	{ "Date", MERGEKIND_OURS },
	{ "References", MERGEKIND_OURS },
	{ "In-Reply-To", MERGEKIND_OURS },
	{ "Resent-Message-ID", MERGEKIND_OURS },
	{ "Resent-Date", MERGEKIND_OURS },
	{ "MIME-Version", MERGEKIND_FIXED },
	{ "List-Id", MERGEKIND_FIXED },
	{ "List-Unsubscribe-Post", MERGEKIND_FIXED },
	{ "Received", MERGEKIND_FIXED },
	{ "Auto-Submitted", MERGEKIND_FIXED },
	{ "DKIM-Signature", MERGEKIND_FIXED },
	{ "DomainKey-Signature", MERGEKIND_FIXED },
	{ "Authentication-Results", MERGEKIND_FIXED },
	{ "Bcc", MERGEKIND_DROPPED },
	{ "Resent-Bcc", MERGEKIND_DROPPED },
	{ "Return-Path", MERGEKIND_DROPPED },
};

enum mergekind
mergekind_of(const struct header_field *f)
{
	size_t i;

	for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (header_is(f, kinds[i].name))
			return kinds[i].kind;
	if (header_starts(f, "X-Dray-"))
		return MERGEKIND_DROPPED;
	if (header_starts(f, "Content-") || header_starts(f, "ARC-"))
		return MERGEKIND_FIXED;
	return MERGEKIND_TEXT;
}
