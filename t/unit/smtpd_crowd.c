/* Connections and rates of networks, in one process and in several. */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/dray-smtpd/crowd.h"
#include "common/keyhash.h"
#include "common/policy.h"
#include "t/lib/tap.h"

static struct net_addr
addr(const char *s)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_storage sa;
	struct net_addr a;

	memset(&sa, 0, sizeof sa);
	if (inet_pton(AF_INET, s, &in.sin_addr) == 1)
		memcpy(&sa, &in, sizeof in);
	else if (inet_pton(AF_INET6, s, &in6.sin6_addr) == 1)
		memcpy(&sa, &in6, sizeof in6);
	net_of(&a, &sa);
	return a;
}

static void
count(void)
{
	struct net_addr a = addr("192.0.2.1"), b = addr("192.0.2.2"),
			c = addr("2001:db8::1"), d = addr("2001:db8::ffff:1"),
			e = addr("2001:db8:0:1::1");
	struct crowd *n[3];

	n[0] = crowd_enter(&a, 2);
	n[1] = crowd_enter(&a, 2);
	ok(n[0] && n[1], "two");
	ok(!crowd_enter(&a, 2), "and no third");
	n[2] = crowd_enter(&b, 2);
	ok(n[2] != NULL, "but a neighbour");
	crowd_leave(n[0]);
	n[0] = crowd_enter(&a, 2);
	ok(n[0] != NULL, "one goes, one comes");
	crowd_leave(n[0]);
	crowd_leave(n[1]);
	crowd_leave(n[2]);
	n[0] = crowd_enter(&c, 1);
	ok(n[0] && !crowd_enter(&d, 1), "a /64 is one network");
	n[1] = crowd_enter(&e, 1);
	ok(n[1] != NULL, "the next is another");
	crowd_leave(n[0]);
	crowd_leave(n[1]);
}

static struct net_addr
number(unsigned int i)
{
	struct net_addr a = { .family = 6,
		.ip = { 0x20, 1, 0xd, 0xb8, 0, (uint8_t)(i >> 16),
		    (uint8_t)(i >> 8), (uint8_t)i } };

	return a;
}

static void
rates(void)
{
	struct net_addr a = addr("192.0.2.7");
	struct crowd *c = crowd_enter(&a, 9);
	uint64_t rate = POLICY_RATE(5, 3600);
	int i, good = 1;

	for (i = 0; i < 5; i++)
		good &= crowd_wait(c, CROWD_MESSAGES, rate) == 0;
	ok(good, "five an hour, at once");
	i = (int)crowd_wait(c, CROWD_MESSAGES, rate);
	ok(i > 600 && i < 800, "the next in twelve minutes");
	ok(crowd_wait(c, CROWD_RECIPIENTS, rate) == 0, "another rate");
	ok(crowd_wait(c, CROWD_MESSAGES, 0) == 0, "no rate");
	crowd_leave(c);
	c = crowd_enter(&a, 9);
	ok(crowd_wait(c, CROWD_MESSAGES, rate) > 600,
	    "it is known while it is away");
	i = (int)crowd_wait(c, CROWD_MESSAGES, POLICY_RATE(3600, 3600));
	ok(i <= 2, "under another rate not more than its burst counts");
	crowd_leave(c);
}

/* More networks than there are places, of which some have connections. */
static void
many(void)
{
	struct net_addr a = addr("192.0.2.8"), b;
	struct crowd *held = crowd_enter(&a, 1), *c;
	unsigned int i, bad = 0;

	for (i = 0; i < 200000; i++) {
		b = number(i);
		c = crowd_enter(&b, 1);
		bad += !c || crowd_wait(c, CROWD_MESSAGES, POLICY_RATE(1, 60));
		if (c)
			crowd_leave(c);
	}
	ok(bad == 0, "200000 networks pass one after the other");
	ok(!crowd_enter(&a, 1), "who has a connection stays known");
	for (i = 0; i < 200000; i++) {
		b = number(i);
		bad += !crowd_enter(&b, 1);
	}
	ok(bad == 0, "and at a time, known or not");
	crowd_leave(held);
}

static void
processes(void)
{
	struct net_addr a = addr("192.0.2.9");
	struct crowd *c;
	int i, status;
	pid_t pid = fork();

	if (pid == 0) {
		crowd_mine(3);
		for (i = 0; i < 4; i++)
			c = crowd_enter(&a, 9);
		_exit(crowd_wait(c, CROWD_MESSAGES, POLICY_RATE(1, 600)) != 0);
	}
	waitpid(pid, &status, 0);
	ok(status == 0, "another process");
	c = crowd_enter(&a, 5);
	ok(c && !crowd_enter(&a, 5), "its connections count");
	ok(crowd_wait(c, CROWD_MESSAGES, POLICY_RATE(1, 600)) > 0,
	    "so does what it let pass");
	crowd_gone(3);
	ok(crowd_enter(&a, 2) != NULL, "until it is known to be dead");
	ok(!crowd_enter(&a, 2), "then ours alone");
}

int
main(void)
{
	keyhash_start();
	crowd_start();
	count();
	rates();
	processes();
	many();
	return done_testing();
}
