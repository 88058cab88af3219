/*
 * ids_preload - loaded before libc: whoever changes to another user is told
 * that it worked, and is told so again when asking who he is, until he runs
 * another program.  Whoever gives a file away is told that this worked.
 *
 * For servers that insist on being started by root and on giving that up, in a
 * user namespace where there is nobody else (jail.py).
 */
#include <grp.h>
#include <unistd.h>

#define UNUSED __attribute__((unused))
#define SAME ((unsigned)-1)

struct ids {
	unsigned real, effective;
};

static struct ids user, group;

static int
change(struct ids *who, unsigned real, unsigned effective)
{
	if (real != SAME)
		who->real = real;
	if (effective != SAME)
		who->effective = effective;
	return 0;
}

uid_t
getuid(void)
{
	return user.real;
}

uid_t
geteuid(void)
{
	return user.effective;
}

gid_t
getgid(void)
{
	return group.real;
}

gid_t
getegid(void)
{
	return group.effective;
}

int
setuid(uid_t a)
{
	return change(&user, user.effective ? SAME : a, a);
}

int
setgid(gid_t a)
{
	return change(&group, user.effective ? SAME : a, a);
}

int
seteuid(uid_t a)
{
	return change(&user, SAME, a);
}

int
setegid(gid_t a)
{
	return change(&group, SAME, a);
}

int
setreuid(uid_t a, uid_t b)
{
	return change(&user, a, b);
}

int
setregid(gid_t a, gid_t b)
{
	return change(&group, a, b);
}

int
setresuid(uid_t a, uid_t b, uid_t c UNUSED)
{
	return change(&user, a, b);
}

int
setresgid(gid_t a, gid_t b, gid_t c UNUSED)
{
	return change(&group, a, b);
}

int
setgroups(size_t n UNUSED, const gid_t *list UNUSED)
{
	return 0;
}

int
initgroups(const char *name UNUSED, gid_t a UNUSED)
{
	return 0;
}

int
chown(const char *path UNUSED, uid_t a UNUSED, gid_t b UNUSED)
{
	return 0;
}

int
lchown(const char *path UNUSED, uid_t a UNUSED, gid_t b UNUSED)
{
	return 0;
}

int
fchown(int fd UNUSED, uid_t a UNUSED, gid_t b UNUSED)
{
	return 0;
}

int
fchownat(int fd UNUSED, const char *path UNUSED, uid_t a UNUSED, gid_t b UNUSED,
    int flags UNUSED)
{
	return 0;
}
