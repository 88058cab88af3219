#!/bin/sh
# A program links what it needs and nothing else: what is not there cannot be
# attacked.  Every library has its line here.
. "$(dirname "$0")/../lib/lib.sh"
cd "$TOP" || exit 1

command -v ldd >/dev/null || skip_all "there is no ldd"

# allowed PROGRAM - beyond libc and libskarnet
allowed() {
	case $1 in
	dray-inject) echo cdb sodium ;;
	dray-queue) ;;
	dray-campaign) echo cdb sodium idn2 unistring jansson csv psl ;;
	dray-queued) echo cdb ev sodium pthread idn2 unistring crypto ;;
	# GMime, and what it brings behind seccomp.
	dray-bounce) echo cdb ev sodium jansson pcre2 seccomp idn2 unistring \
	    gmime glib gobject gio gmodule ffi m z mount blkid selinux gpgme \
	    assuan gpg-error ;;
	dray-send) echo cdb ev sodium jansson m pcre2 seccomp idn2 unistring ;;
	dray-remote) echo ev seccomp ssl crypto ;;
	# libunbound brings all behind seccomp: there is one library for
	# crypto in Debian, nettle, and others elsewhere.
	dray-dns) echo cdb ev sodium seccomp unbound event hogweed nettle gmp \
	    ssl crypto nghttp2 ;;
	dray-log) echo ev seccomp ;;
	dray-policy) echo cdb sodium idn2 inih jansson pcre2 unistring ;;
	dray-stat) echo cdb jansson ;;
	dray-why) echo idn2 jansson unistring ;;
	dray-ctl) echo idn2 jansson unistring ;;
	dray-tail) ;;
	dray-tune) echo cdb sodium m seccomp idn2 unistring ;;
	dray-fsck) echo jansson ;;
	dray-check) echo cdb sodium idn2 unistring ;;
	dray-smtpd) echo cdb ev sodium seccomp idn2 unistring ssl crypto ;;
	dray-tlskey) echo cdb ev seccomp ssl crypto ;;
	dray-keys) echo sodium crypto idn2 unistring ;;
	dray-sign) echo ev seccomp pthread ssl crypto ;;
	dray-auth) echo cdb ev sodium seccomp pthread ;;
	dray-suppress) echo cdb sodium idn2 unistring ;;
	# libmicrohttpd brings all behind sodium, for TLS that is not used.
	dray-unsub) echo cdb ev seccomp idn2 unistring microhttpd sodium \
	    gnutls p11-kit tasn1 hogweed nettle gmp ffi ;;
	dray-users) echo cdb sodium idn2 unistring ;;
	dray-sink) echo ev m ssl crypto ;;
	*) echo none ;;
	esac
}

for d in cmd/*; do
	p=${d#cmd/}
	if ldd "$B/bin/$p" | grep -q -e libasan -e libubsan; then
		skip_all "the sanitizers bring libraries of their own"
	fi
	ldd "$B/bin/$p" >"$T/ldd" 2>&1
	: >"$T/extra"
	for lib in $(awk '$1 ~ /^lib/ { print $1 }' "$T/ldd" |
	    sed 's/^lib//; s/\.so.*//; s/-[0-9.]*$//'); do
		case " c skarnet $(allowed "$p" | tr '\n' ' ') " in
		*" $lib "*) ;;
		*) echo "lib$lib" >>"$T/extra" ;;
		esac
	done
	[ -s "$T/ldd" ] && [ ! -s "$T/extra" ]
	point $? "$p links only what it needs" "$T/extra"
	[ "$(allowed "$p")" != none ]
	point $? "$p has a line in this test"
done
done_testing
