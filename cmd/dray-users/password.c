#include <errno.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <skalibs/strerr.h>
#include <sodium.h>

#include "cmd/dray-users/password.h"
#include "common/account.h"

#define ROOM (ACCOUNT_PASSWORDMAX + 2) /* one too many, and the end */

_Static_assert(ACCOUNT_HASHMAX >= crypto_pwhash_STRBYTES, "room for a hash");

static struct termios before;

static void
restore(int sig)
{
	(void)tcsetattr(0, TCSAFLUSH, &before);
	if (sig) {
		signal(sig, SIG_DFL);
		raise(sig);
	}
}

/* One line, at most as much as a password may have and one octet; octet by
 * octet, so that what is behind it is left to others. */
static void
read_line(char *d)
{
	size_t n = 0;
	ssize_t r;
	char c;

	while ((r = read(0, &c, 1)) != 0) {
		if (r == -1 && errno == EINTR)
			continue;
		if (r == -1)
			strerr_diefusys(111, "read the password");
		if (c == '\n')
			break;
		if (n < ROOM - 1)
			d[n++] = c;
	}
	if (n && d[n - 1] == '\r')
		n--;
	d[n] = '\0';
	/* A zero octet would hide the rest. */
	if (strlen(d) != n || !account_password_ok(d, n))
		strerr_dief(100,
		    "a password has 1 to 255 octets, and no "
		    "control character");
}

static void
ask(char *d, const char *prompt)
{
	struct termios quiet = before;

	quiet.c_lflag &= ~(tcflag_t)ECHO;
	signal(SIGINT, restore);
	signal(SIGTERM, restore);
	signal(SIGHUP, restore);
	(void)tcsetattr(0, TCSAFLUSH, &quiet);
	(void)!write(2, prompt, strlen(prompt));
	read_line(d);
	(void)!write(2, "\n", 1);
	restore(0);
}

void
password_ask(char *d)
{
	char s[ROOM], again[ROOM];

	if (tcgetattr(0, &before) == -1) {
		read_line(s);
	} else {
		ask(s, "Password: ");
		ask(again, "The same once more: ");
		if (strcmp(s, again) != 0)
			strerr_dief(100, "these were two passwords");
		sodium_memzero(again, sizeof again);
	}
	memcpy(d, s, strlen(s) + 1);
	sodium_memzero(s, sizeof s);
}

void
password_hash(char *d, const char *s, uint64_t memory, uint64_t passes)
{
	if (crypto_pwhash_str_alg(d, s, strlen(s), passes, memory,
		crypto_pwhash_ALG_ARGON2ID13) == -1)
		strerr_diefusys(111, "make a hash");
}

/* "$argon2id$v=19$m=65536,t=2,p=1$SALT$HASH" */
int
password_likeness(const char *a, const char *b)
{
	size_t n = 0;
	int dollars = 0;

	while (a[n] && a[n] == b[n] && dollars < 4)
		dollars += a[n++] == '$';
	return dollars == 4;
}
