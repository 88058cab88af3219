# Sourced by quickstart and check: the Debian packages that dray wants, and
# how to get those that are missing.  The caller sets TOP.
#
#   packages_build      to compile and run it
#   packages_test       to test it
#   packages_peers      to test it with, unpacked and never installed: they
#                       would push each other out
#   packages_get NAME...    names what is missing and installs it.  0 when
#                       everything is there at the end; 1 otherwise, having
#                       said what to run.

packages_build="gcc libc6-dev make skalibs-dev libev-dev libcdb-dev \
libsodium-dev libidn2-dev libssl-dev libinih-dev libjansson-dev \
libseccomp-dev libpcre2-dev libunbound-dev dns-root-data ca-certificates \
uthash-dev libcsv-dev libpsl-dev libmicrohttpd-dev libgmime-3.0-dev pkg-config s6 execline \
zstd"

packages_test="chromium perl python3 python3-dkim python3-nacl opendkim-tools \
libmail-dkim-perl openssl nsd ldnsutils binutils minisign \
swaks libnet-ssleay-perl mandoc shellcheck cppcheck clang clang-format \
clang-tidy"

packages_peers="postfix libsasl2-modules exim4-daemon-light opensmtpd"

# The sanitizers' and the fuzzer's runtime for clang bears clang's version.
if grep -q '^VERSION_ID="12"' /etc/os-release 2>/dev/null; then
	packages_test="$packages_test libclang-rt-14-dev"
fi

packages_missing() {
	for p in "$@"; do
		dpkg-query -W -f '${Status}\n' "$p" 2>/dev/null |
		    grep -q ' ok installed$' || printf ' %s' "$p"
	done
}

packages_apt() {
	DEBIAN_FRONTEND=noninteractive
	export DEBIAN_FRONTEND
	$packages_root apt-get -qq -o DPkg::Lock::Timeout=120 "$@" \
	    </dev/null >"$packages_log" 2>&1
}

packages_install() {
	packages_log=$(mktemp "${TMPDIR:-/tmp}/dray-apt.XXXXXX") || return 1
	packages_apt update || echo "apt-get update failed; trying all the same"
	# shellcheck disable=SC2086
	if packages_apt install -y --no-install-recommends $1; then
		rm -f "$packages_log"
		return 0
	fi
	tail -n 20 "$packages_log"
	rm -f "$packages_log"
	return 1
}

packages_get() {
	if ! command -v dpkg-query >/dev/null 2>&1; then
		echo "This is no Debian system.  dray wants what Debian calls:"
		echo "  $*"
		return 1
	fi
	packages_want=$(packages_missing "$@")
	[ -n "$packages_want" ] || return 0
	echo "missing Debian packages:$packages_want"
	if [ "$(id -u)" -eq 0 ]; then
		packages_root=
	elif command -v sudo >/dev/null 2>&1 &&
	    { sudo -n true 2>/dev/null || { [ -t 0 ] && sudo -v; }; }; then
		packages_root="sudo -n env DEBIAN_FRONTEND=noninteractive"
	else
		echo "You are neither root nor allowed to use sudo.  As root, run:"
		echo "  apt-get install --no-install-recommends$packages_want"
		return 1
	fi
	echo "installing them with apt-get"
	packages_install "$packages_want" || {
		echo "That did not work.  As root, run:"
		echo "  apt-get install --no-install-recommends$packages_want"
		return 1
	}
}
