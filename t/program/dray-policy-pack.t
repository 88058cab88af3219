#!/bin/sh
# dray-policy pack and verify: packs are made one way, signatures are those of
# minisign in both directions, and nothing that was changed is taken.
. "$(dirname "$0")/../lib/policy.sh"
make_keys one two

D=$T/src
P=$T/a.pack
mkdir -p "$BASE/etc/packs" "$D/providers" "$D/rules"

named() {
	printf '[pack]\nname = %s\nversion = %s\n' "$1" "$2" >"$D/pack.conf"
}

named well-known 7
printf '[provider a]\nmx = .a.example\n' >"$D/providers/a.conf"
printf '# none yet' >"$D/rules/b.rules"
echo x >"$D/rules/b.rules~"
echo x >"$D/rules/.b.rules"
echo x >"$D/LICENSE"

# What it looks like.
check "pack" policy pack -s "$T/one.key" -o "$P" "$D"
check_out "dray-pack 1
name well-known
version 7
file providers/a.conf 29
[provider a]
mx = .a.example

file rules/b.rules 10
# none yet
end" "it is text" cat "$P"
check "again, with the options behind" \
    policy pack "$D" -s "$T/one.key" -o "$T/b.pack"
check "makes the same" cmp "$P" "$T/b.pack"
check "without a key" policy pack -o "$T/c.pack" "$D"
check "the same" cmp "$P" "$T/c.pack"
check "but for the signature" test ! -e "$T/c.pack.minisig"

# Ours, theirs.
check "minisign takes our signature" \
    minisign -V -m "$P" -p "$T/one.pub"
check "and our trusted comment" sh -c 'minisign -V -Q -m "$1" -p "$2" |
    grep -q "^timestamp:[0-9]*	pack:well-known	version:7	hashed$"' sh \
    "$P" "$T/one.pub"
policy verify -p "$T/one.pub" "$P" >"$T/out" 2>&1
check_out "name	well-known
version	7
key	$(sed -n '1s/.* //p' "$T/one.pub")
file	providers/a.conf	29
file	rules/b.rules	10" "so do we, and tell what is in it" \
    grep -v '^comment	timestamp:' "$T/out"
check "verify with the option behind" policy verify "$P" -p "$T/one.pub"
check_rc 1 "another key: minisign" minisign -V -m "$P" -p "$T/two.pub"
check_rc 100 "another key: we" policy verify -p "$T/two.pub" "$P"
cp "$T/.out" "$T/said"
check "which is said" grep -q 'which is not trusted' "$T/said"
sed "1s/.*/untrusted comment: x/; 2s/^......../$(sed -n \
    '2s/^\(........\).*/\1/p' "$T/one.pub" | sed 's,/,\\/,')/" \
    "$T/two.pub" >"$T/three.pub"
check_rc 100 "another key" policy verify -p "$T/three.pub" "$P"

# Theirs, ours.
minisign -S -s "$T/two.key" -m "$P" -t 'of two' >"$T/out" 2>&1
check_out "comment	of two" "we take minisign's signature" \
    sh -c 'dray-policy verify -p "$2" "$1" | grep ^comment' sh "$P" "$T/two.pub"
minisign -S -l -s "$T/two.key" -m "$P" >"$T/out" 2>&1
check "and one in its older format" policy verify -p "$T/two.pub" "$P"
sed 's/$/\r/' "$P.minisig" >"$T/crlf" && cat "$T/crlf" >"$P.minisig"
check "with CRLF" policy verify -p "$T/two.pub" "$P"
check_rc 100 "but not of another key" policy verify -p "$T/one.pub" "$P"

# Damage: each octet, each length.
cat >"$T/damage.py" <<'END'
import subprocess, sys
path, key = sys.argv[1:]
good = open(path, 'rb').read()
sign = open(path + '.minisig', 'rb').read()
taken = []

def attempt(what, file, octets):
    with open(file, 'wb') as f:
        f.write(octets)
    r = subprocess.run(['dray-policy', 'verify', '-p', key, path],
                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if r.returncode != 100 or r.stderr.count(b'\n') != 1:
        taken.append('%s: exit %d %r' % (what, r.returncode, r.stderr))

for i in range(len(good)):
    attempt('octet %d' % i, path, good[:i] + bytes([good[i] ^ 1]) + good[i + 1:])
for i in range(0, len(good), 5):
    attempt('cut at %d' % i, path, good[:i])
attempt('longer', path, good + b'\n')
with open(path, 'wb') as f:
    f.write(good)
first = sign.index(b'\n')
for i in range(0, len(sign), 3):    # t/unit/minisign.c has all
    if len(b'untrusted comment: ') <= i < first:
        continue    # nobody signs it
    attempt('octet %d of the signature' % i, path + '.minisig',
            sign[:i] + bytes([sign[i] ^ 1]) + sign[i + 1:])
for i in range(0, len(sign) - 2, 7):
    attempt('signature cut at %d' % i, path + '.minisig', sign[:i])
with open(path + '.minisig', 'wb') as f:
    f.write(sign)
print('\n'.join(taken[:20]))
sys.exit(bool(taken))
END
policy pack -s "$T/one.key" -o "$P" "$D"
check "no damage is taken" timeout 300 \
    python3 "$T/damage.py" "$P" "$T/one.pub"
check "without it, it is good" policy verify -p "$T/one.pub" "$P"

# A valid signature makes no pack.
sign() {
	minisign -S -s "$T/one.key" -m "$1" >"$T/out" 2>&1
}
not_a_pack() {
	sign "$T/bad.pack"
	check_rc 100 "signed, but $1" policy verify -p "$T/one.pub" "$T/bad.pack"
	cp "$T/.out" "$T/said"
	check "which is said" grep -q 'not a pack' "$T/said"
}
: >"$T/bad.pack"
not_a_pack "empty"
sed 's,rules/b,rules/../../b,' "$P" >"$T/bad.pack"
not_a_pack "a path that leads away"
sed 's/ 10$/ 100000/' "$P" >"$T/bad.pack"
not_a_pack "a size that is not so"
tar -C "$D" -cf "$T/bad.pack" .
not_a_pack "an archive"

# Files that are none.
check_rc 100 "no file" policy verify -p "$T/one.pub" "$T/none.pack"
check_rc 100 "no signature" policy verify -p "$T/one.pub" "$T/c.pack"
check_rc 100 "no key" policy verify -p "$T/none.pub" "$P"
check_rc 100 "a pack for a key" policy verify -p "$P" "$P"
check_rc 100 "a secret key for a key" policy verify -p "$T/one.key" "$P"
check_rc 100 "a directory" policy verify -p "$T/one.pub" "$D"
mkfifo "$T/fifo.pack"
check_rc 100 "a fifo" timeout 10 dray-policy verify -p "$T/one.pub" \
    "$T/fifo.pack"
truncate -s 9000000 "$T/large.pack"
check_rc 100 "a large file" policy verify -p "$T/one.pub" "$T/large.pack"
cp "$P" "$T/d.pack"
truncate -s 20000 "$T/d.pack.minisig"
check_rc 100 "a large signature" policy verify -p "$T/one.pub" "$T/d.pack"

# The keys of etc/packs.
check_rc 100 "no key in etc/packs" policy verify "$P"
cp "$T/two.pub" "$BASE/etc/packs/well-known.pub"
check_rc 100 "another key in etc/packs" policy verify "$P"
cp "$T/one.pub" "$BASE/etc/packs/other.pub"
check_rc 100 "the key of another name" policy verify "$P"
cp "$T/.out" "$T/said"
check "which is said" grep -q 'not trusted for a pack called well-known' \
    "$T/said"
cp "$T/one.pub" "$BASE/etc/packs/well-known.new.pub"
check "a second key" policy verify "$P"
echo junk >"$BASE/etc/packs/junk.pub"
check "a key that is none beside it" policy verify "$P"
mv "$BASE/etc/packs/well-known.new.pub" "$BASE/etc/packs/well-known"
check_rc 100 "a file that is not called .pub" policy verify "$P"

# Sources that are none.
wrong() {
	check_rc 100 "$2" policy pack -o "$T/w.pack" "$D"
	cp "$T/.out" "$T/said"
	check "with its place: $1" grep -qF "$D/$1" "$T/said"
}
named A 1
wrong pack.conf:2 "a name with a capital"
named a 0
wrong pack.conf:3 "version 0"
named a 1.2
wrong pack.conf:3 "version 1.2"
named a 1
echo 'nam = b' >>"$D/pack.conf"
wrong pack.conf:4 "an unknown key"
named a 1
echo 'name = b' >>"$D/pack.conf"
wrong pack.conf:4 "a name twice"
named a 1
echo '[packs]' >>"$D/pack.conf"
wrong pack.conf:4 "an unknown section"
echo 'name = a' >"$D/pack.conf"
wrong pack.conf:1 "a key before the section"
echo '[pack]' >"$D/pack.conf"
wrong pack.conf "no name"
rm "$D/pack.conf"
wrong pack.conf "no pack.conf"
named a 1
echo x >"$D/rules/a b.rules"
wrong 'rules/a b.rules' "a file with a blank in its name"
rm "$D/rules/a b.rules"
mkdir "$D/rules/d.rules"
wrong rules/d.rules "a directory"
rmdir "$D/rules/d.rules"
check "without them" policy pack -o "$T/w.pack" "$D"
check_rc 111 "an output that cannot be written" \
    policy pack -o "$T/none/w.pack" "$D"
check_rc 100 "a key that is none" \
    policy pack -s "$T/one.pub" -o "$T/x.pack" "$D"
check "makes no pack" test ! -e "$T/x.pack"
mv "$D/rules" "$D/providers" "$T"
check_rc 100 "an empty pack" policy pack -o "$T/x.pack" "$D"
mv "$T/rules" "$T/providers" "$D"
for args in "pack -o x" "pack $D" "verify" "verify a b" "pack -o x -z a" \
    "install" "install a b" "remove" "packs x" "verify -p" "-n packs"; do
	# shellcheck disable=SC2086
	check_rc 100 "usage: $args" policy $args
done

# A key with a lock.
free=$(awk '/^MemAvailable/ { print int($2 / 1024) }' /proc/meminfo)
if [ "${free:-0}" -lt 1500 ]; then
	echo "# less than 1500 MB free: no key with a lock is tried"
else
	printf 'pass word\npass word\n' |
	    minisign -G -f -p "$T/locked.pub" -s "$T/locked.key" >"$T/out" 2>&1
	check "a locked key" sh -c 'echo "pass word" |
	    dray-policy pack -s "$1" -o "$2" "$3"' sh \
	    "$T/locked.key" "$T/l.pack" "$D"
	check "minisign takes its signature" \
	    minisign -V -m "$T/l.pack" -p "$T/locked.pub"
	check_rc 100 "a wrong password" sh -c 'echo "pass words" |
	    dray-policy pack -s "$1" -o "$2" "$3"' sh \
	    "$T/locked.key" "$T/m.pack" "$D"
	check "makes no pack" test ! -e "$T/m.pack"
fi
done_testing
