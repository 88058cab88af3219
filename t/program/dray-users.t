#!/bin/sh
# dray-users: users come, change and go; what is wrong changes nothing.
. "$(dirname "$0")/../lib/lib.sh"

mkdir -p "$T/base/auth/count"
file=$T/base/auth/users.cdb

# With hashes that do not take long.
users() {
	dray-users -b "$T/base" "$@"
}
add() {
	echo secret | users -m 8M -t 1 add "$@"
}

check_out "" "nobody" users list
check "a user" add shop
check "one who may a lot" add 'app@x' stream=bulk route=r1 'tenant=a b' \
    'domains=Shop.example, *.shop.example <>' quota=1000 rate=60/min \
    recipients=50 x-dray=yes
check_out "app@x password=set
app@x stream=bulk
app@x route=r1
app@x tenant=a b
app@x domains=shop.example *.shop.example <>
app@x quota=1000
app@x rate=60/min
app@x recipients=50
app@x x-dray=yes
shop password=set" "are told, one fact a line" users list
check_out "shop password=set" "or one of them" users list shop
check "a change" users change app@x quota= stream=regular rate=none x-dray=no
check_out "app@x password=set
app@x stream=regular
app@x route=r1
app@x tenant=a b
app@x domains=shop.example *.shop.example <>
app@x recipients=50" "leaves the rest" users list app@x
check "a domain of another script" users change shop 'domains=bücher.example'
check_out "shop domains=xn--bcher-kva.example" "is one of ASCII" sh -c \
    'dray-users -b "$1/base" list shop | grep domains' - "$T"

hash=$(users -p list shop | sed -n 's/^shop password=//p')
case $hash in
'$argon2id$v=19$m=8192,t=1,p=1$'*) ;;
*) false ;;
esac
point $? "Argon2id, as it was asked for"
check "another password" sh -c \
    'echo other | dray-users -b "$1/base" -m 16M -t 1 passwd shop' - "$T"
new=$(users -p list shop | sed -n 's/^shop password=//p')
[ "$new" != "$hash" ] && [ "${new#*m=16384,t=1}" != "$new" ]
point $? "has another hash"
users list shop | grep -q xn--bcher
point $? "and the same facts"
check_out 640 "for dray-auth alone" stat -c %a "$file"
! grep -q secret "$file"
point $? "no password is in the file"

cp "$file" "$T/before"
wrong() {
	check_rc 100 "$@"
}
wrong "a user who is there" add shop
wrong "who is not" users change nobody quota=1
wrong "for a password" sh -c \
    'echo x | dray-users -b "$1/base" passwd nobody' - "$T"
wrong "removed" users remove shop nobody
wrong "shown" users list nobody
for f in quota quota=x quota=-1 rate=5 rate=5/y rate=0/s rate=1/2d \
    x-dray=maybe 'stream=a b' 'route=/' tenant=ä "tenant=$(printf %065d 0)" \
    domains=a..b 'domains=*x.example' recipients=9999999 what=1 =1 ''; do
	wrong "not a fact: $f" users change shop "$f"
done
wrong "a name with a blank" add 'a b'
wrong "an empty one" add ''
wrong "a long one" add "$(printf %0129d 0)"
wrong "no password" sh -c 'dray-users -b "$1/base" add x </dev/null' - "$T"
wrong "an empty one" sh -c 'echo | dray-users -b "$1/base" add x' - "$T"
wrong "a long one" sh -c \
    'printf "%0256d\n" 0 | dray-users -b "$1/base" add x' - "$T"
wrong "a control character" sh -c \
    'printf "a\001b\n" | dray-users -b "$1/base" add x' - "$T"
wrong "a zero octet" sh -c \
    'printf "a\000b\n" | dray-users -b "$1/base" add x' - "$T"
wrong "memory" users -m 1M add x
wrong "more of it" users -m 1G add x
wrong "passes" users -t 0 add x
wrong "no command" users
wrong "none that is known" users help
wrong "options of another one" users -m 8M list
cmp -s "$file" "$T/before"
point $? "nothing of that changed anything"
[ ! -e "$file.tmp" ]
point $? "or left anything over"
check "a password may be long" sh -c \
    'printf "%0255d\n" 0 | dray-users -b "$1/base" -m 8M -t 1 add long' - "$T"

# At the same time, and nobody is lost.
for i in 1 2 3 4 5 6 7 8; do
	add "u$i" >"$T/out$i" 2>&1 &
	pids="${pids-} $!"
done
rc=0
for p in $pids; do
	wait "$p" || rc=1
done
cat "$T"/out? >"$T/out"
point $rc "eight at the same time" "$T/out"
check_out 8 "are eight" sh -c \
    'dray-users -b "$1/base" list | grep -c "^u[1-8] password"' - "$T"
check "some are removed" users remove u1 u2 u3 u4 u5 u6 u7 u8
check_out 0 "and gone" sh -c \
    'dray-users -b "$1/base" list | grep -c "^u"' - "$T"
[ ! -e "$file.tmp" ]
point $? "nothing is left over"

printf xx | dd of="$file" bs=1 seek=2100 conv=notrunc 2>/dev/null
wrong "a damaged file" users list
wrong "is not written over" add new
rm "$file"
mkdir "$file"
check_rc 111 "no file" users list
check_rc 111 "no base" dray-users -b "$T/none" list

# From a terminal: twice, and nothing of it is shown.
rm -r "$file"
if python3 -c 'import pty; pty.openpty()' 2>/dev/null; then
	cat >"$T/term.py" <<'EOT'
import os, pty, sys
def run(*lines):
    pid, fd = pty.fork()
    if pid == 0:
        os.execvp('dray-users', ['dray-users', '-b', sys.argv[1], '-m', '8M',
                                 '-t', '1', 'add', 'tty'])
    out = b''
    for prompt, line in zip((b'word: ', b'more: '), lines):
        while prompt not in out:
            out += os.read(fd, 1000)
        os.write(fd, line + b'\n')
    try:
        while True:
            out += os.read(fd, 1000)
    except OSError:
        pass
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), out
code, out = run(b'sesame', b'other')
print(code, b'sesame' in out, b'two passwords' in out)
code, out = run(b'sesame', b'sesame')
print(code, b'sesame' in out)
EOT
	check_out "100 False True
0 False" "at a terminal" python3 "$T/term.py" "$T/base"
else
	point 0 "at a terminal # SKIP there is none"
fi
done_testing
