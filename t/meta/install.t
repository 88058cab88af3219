#!/bin/sh
# make install and dray-setup, for an ordinary user, in a path with a space.
. "$(dirname "$0")/../lib/lib.sh"
cd "$TOP" || exit 1

check "install" scripts/install "$B" "$T/dest" /usr/local "$T/base"
for p in cmd/*; do
	p=${p#cmd/}
	ls "$T/dest/usr/local/bin/$p" "$T/dest/usr/local/sbin/$p" \
	    >"$T/where" 2>/dev/null
	[ "$(wc -l <"$T/where")" -eq 1 ]
	point $? "$p is installed once" "$T/where"
done
check "dray-setup is installed" test -x "$T/dest/usr/local/sbin/dray-setup"
check "so are the manual pages" test -e "$T/dest/usr/local/share/man/man7/dray.7"
check "install again" scripts/install "$B" "$T/dest" /usr/local "$T/base"

# Without DESTDIR, so that what is written into dray-setup is where it is.
check "install where it stays" scripts/install "$B" "" "$T/it's" "$T/base"
setup="$T/it's/sbin/dray-setup"
me=$(id -u)
check "dray-setup -n makes nothing" "$setup" -n -u "$me"
check "really" test ! -e "$T/base"
check "dray-setup" "$setup" -u "$me"
for f in etc/dray.conf etc/packs/dray/providers policy/policy.cdb spool/trigger overrides sock log/dray-send \
    service/dray-send/run; do
	check "it made $f" test -e "$T/base/$f"
done
check_out 700 "the spool is its owner's alone" stat -c %a "$T/base/spool"
check_out "$me" "and that is the user" stat -c %u "$T/base/spool"

printf '[provider google]\nconnections = 3\n' >"$T/base/etc/providers/my.conf"
echo '# mine' >>"$T/base/etc/dray.conf"
cksum <"$T/base/etc/dray.conf" >"$T/before"
check "dray-setup again" "$setup" -u "$me"
check_out "$(cat "$T/before")" "keeps what the operator wrote" \
    sh -c 'cksum <"$1"' sh "$T/base/etc/dray.conf"
check "and what ships is under what the operator wrote" sh -c '
	"$1/sbin/dray-policy" -b "$2" show |
	grep -q "^provider/google/connections	3	etc/providers/my.conf:2$"' \
    sh "$T/it's" "$T/base"
echo 'nonsense' >>"$T/base/etc/dray.conf"
check_rc 100 "dray-setup with a mistake in the policy" "$setup" -u "$me"
check_rc 100 "dray-setup with an argument too many" "$setup" -u "$me" x
check "dray-setup -r only tells" "$setup" -r -u "$me"
check "really" test -e "$T/base/spool"

# The three places that list what there is list all of it.
listed() {
	grep -qE "(^|[^A-Za-z0-9_-])$2([^A-Za-z0-9_-]|\$)" "$1"
}
# shellcheck source=scripts/packages.sh
. ./scripts/packages.sh
# shellcheck disable=SC2154
for p in $packages_build; do
	check "INSTALL names the package $p" listed INSTALL "$p"
done
users=$(sed -n 's/^[[:space:]]*make_user \([a-z]*\)$/\1/p' scripts/setup)
for u in $users; do
	check "INSTALL names the user $u" listed INSTALL "$u"
	check "so does dray-setup(8)" listed man/dray-setup.8 "$u"
done
for d in "$T/base"/*; do
	d=${d##*/}
	check "INSTALL names the directory $d" listed INSTALL "BASE/$d"
	check "so does dray-setup(8)" listed man/dray-setup.8 "It Pa $d"
	check "and dray(7)" listed man/dray.7 "It Pa $d"
done
sed -n '/^\.It Pa sock$/,/^\.It Pa log/p' man/dray.7 >"$T/sockets7"
sed -n '/BASE\/sock/,/BASE\/log/p' INSTALL >"$T/sockets"
for s in $(grep -rhoE '"sock/[a-z/]+"' cmd common | tr -d '"' | sort -u); do
	check "INSTALL names $s" listed "$T/sockets" "${s#sock/}"
	check "so does dray(7)" listed "$T/sockets7" "${s#sock/}"
done

for r in "$T/base/service"/*/run "$T/base/service"/*/log/run \
    "$T/base/service"/*/finish; do
	check "${r#"$T/base/"} is filled in" sh -c \
	    'sh -n "$1" && ! grep -q "@[A-Z]" "$1"' sh "$r"
done
done_testing
