/*
 * merge - a message for each recipient, made of a program and a row of values.
 *
 * The program is what mergecompile.h makes of a template (dray-merge(7) has
 * the language), the row what mergerow.h makes of a recipient's fields.  Both
 * come from whoever sends the mail, and may hold any octets: what is malformed
 * is found here, and nothing that they say costs more than the limits below.
 *
 *   merge_open(s, n)   looks at a program of n octets, all of it, and makes it
 *       ready; who has many rows keeps it.  s has to stay where it is until
 *       merge_close.  This takes up to 20 MB of memory, and as many as three
 *       times MERGE_TEXTMAX once a text has to be quoted-printable.
 *       NULL: errno is EPROTO, the program is malformed, of another version,
 *       or over a limit
 *   merge_close(m)     NULL is good
 *
 *   merge_render(m, row, n, job, flags, out)
 *       appends a message to out: lines of at most 998 octets that end in
 *       CRLF, no dot stuffed, no NUL.  0, or -1 with errno, and out is as it
 *       was; then this row has no message, now or later:
 *         EPROTO    the row is malformed, or not of this program
 *         EMSGSIZE  over MERGE_OUTMAX octets, or a line that cannot be folded
 *         ELOOP     over MERGE_STEPS, or sections and partials within each
 *                   other over MERGE_DEPTH
 *         EINVAL    an address field has no valid address
 *       A name without a value renders as nothing.
 *   flags: MERGE_8BIT  the server takes 8BITMIME.  Without it, text that is
 *       not ASCII becomes quoted-printable.
 *
 *   merge_check(m, row, n, job, fault_r)   what merge_render would do, without
 *       the message, for whoever takes rows in: 0; or -1 with errno as above,
 *       or ENOENT, a name that would be rendered has no value and no default;
 *       fault_r says which.  If the caller set fault_r->lenient that is no
 *       error.  A row for which this is 0 can be rendered.
 *
 *   merge_names(m)            how many names of a row the program uses
 *   merge_name(m, i, name_r)  the one with the number i
 *
 * job is what a row cannot know: {{dray.token}}, {{dray.recipient}} and
 * {{dray.date}}.  The token is of letters, digits and . _ - alone (anything
 * else is dropped); recipient is an address; date is in seconds since 1970, as
 * the message is to have it.
 *
 * One struct merge serves one thread.  Nothing here opens a file, asks for the
 * locale or converts a character set.
 */
#ifndef DRAY_MERGE_H
#define DRAY_MERGE_H

#include <stddef.h>
#include <stdint.h>

#include <skalibs/stralloc.h>

#define MERGE_VERSION 1
#define MERGE_PROGRAMMAX (32u << 20)
#define MERGE_OUTMAX (48u << 20)
#define MERGE_ROWMAX 65535
#define MERGE_NAMES 1024 /* of a program */
#define MERGE_NAMEMAX 255 /* octets of one, with its dots */
#define MERGE_TEXTS 4096 /* parts, fields and partials with tags */
#define MERGE_TEXTMAX (8u << 20) /* octets of these */
#define MERGE_OPS (1u << 18) /* tags in them, and what is between */
#define MERGE_ITEMS (1u << 15) /* parts, fields with tags, what is between */
#define MERGE_DEPTH 64
#define MERGE_STEPS (1u << 16) /* tags, items of lists, keys looked at */
#define MERGE_TOKENMAX 64

#define MERGE_8BIT 1u

/* How a program uses a name of a row. */
#define MERGE_VALUE 1u /* as a value, in no section: it is always needed */
#define MERGE_TEST 2u /* as a section */
#define MERGE_INNER 4u /* as a value inside a section */

struct merge;

struct merge_job {
	const char *token;
	size_t token_len;
	const char *recipient;
	size_t recipient_len;
	uint64_t date;
};

struct merge_name {
	const char *s;
	size_t len;
	unsigned int uses;
	const char *dflt; /* NULL: there is no default */
	size_t dflt_len;
};

struct merge_fault {
	char what[MERGE_NAMEMAX + 1]; /* a name (ENOENT), a field (EINVAL) */
	int lenient;
};

struct merge *merge_open(const char *s, size_t n);
void merge_close(struct merge *m);
int merge_render(struct merge *m, const char *row, size_t n,
    const struct merge_job *job, unsigned int flags, stralloc *out)
    __attribute__((warn_unused_result));
int merge_check(struct merge *m, const char *row, size_t n,
    const struct merge_job *job, struct merge_fault *fault_r)
    __attribute__((warn_unused_result));
size_t merge_names(const struct merge *m);
void merge_name(const struct merge *m, size_t i, struct merge_name *name_r);

#endif
