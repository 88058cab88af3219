#!/bin/sh
# adapter.sh install | setup | start | stop | qsize | info - dray, as it is
# installed, for a harness that measures mail servers on the same work.
#
#   BENCH_DIR    a directory of its own
#   BENCH_PORT   where to take mail on 127.0.0.1, for everywhere
#   BENCH_BULK   where mail to every domain goes but to fast.test (BENCH_FAST),
#                big.test (BENCH_BIG) and dead.test (BENCH_DEAD)
#   BENCH_CONNS  connections to a destination at most; empty: our default
#   BENCH_OPT    words with commas between them: multi (d0.bulk.test to
#                d999.bulk.test are destinations of their own, 127.0.2.0 to
#                127.0.5.249), verp (one recipient a delivery)
#   BUILD        the directory of the build, by default build/
#
# It runs under s6 with the service tree of dray-setup, all durable.
set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd) || exit 111
: "${BENCH_DIR:?}" "${BENCH_PORT:?}"
BUILD=${BUILD:-$TOP/build}
BIN=$BUILD/bin
BASE=$BENCH_DIR/dray

has() {
	case ,${BENCH_OPT:-}, in
	*,$1,*) return 0 ;;
	esac
	return 1
}

conf() {
	cat <<EOT
[node]
hostname = bench.test
[retry]
schedule = 300s
[smtpd]
recipients = 10000
[listener bench]
role = relay
port = $BENCH_PORT
[limits]
private-addresses = yes
EOT
	[ -z "${BENCH_CONNS:-}" ] || echo "connections = $BENCH_CONNS"
	! has verp || echo "recipients-per-message = 1"
}

routes() {
	cat <<EOT
[static fast.test]
hosts = 127.0.0.1:$BENCH_FAST
[static big.test]
hosts = 127.0.0.1:$BENCH_BIG
[static dead.test]
hosts = 127.0.0.1:$BENCH_DEAD
[static *]
hosts = 127.0.0.1:$BENCH_BULK
EOT
	! has multi || awk -v port="$BENCH_BULK" 'BEGIN {
		for (n = 0; n < 1000; n++)
			printf "[static d%d.bulk.test]\nhosts = 127.0.%d.%d:%d\n",
			    n, 2 + int(n / 250), n % 250, port
	}'
}

setup() {
	rm -rf "$BASE"
	mkdir -p "$BASE/etc/routes"
	conf >"$BASE/etc/dray.conf"
	routes >"$BASE/etc/routes/bench.conf"
	"$TOP/scripts/setup" -b "$BASE" -p "$BIN" -u "$(id -u)"
}

start() {
	s6-svscan "$BASE/service" >"$BENCH_DIR/svscan.log" 2>&1 </dev/null &
	echo $! >"$BENCH_DIR/svscan.pid"
}

# What is in work is finished first; dray-log goes last.
stop() {
	pid=$(cat "$BENCH_DIR/svscan.pid") || exit 111
	kill -TERM "$pid" || exit 111
	i=0
	while kill -0 "$pid" 2>/dev/null && [ $i -lt 300 ]; do
		i=$((i + 1))
		sleep 0.1
	done
}

qsize() {
	"$BIN/dray-stat" -b "$BASE" --json | tr -d ' \t\n' |
	    sed -n 's/.*"messages":\([0-9]*\).*/\1/p'
}

case ${1:-} in
install)
	# shellcheck source=scripts/packages.sh
	. "$TOP/scripts/packages.sh"
	cd "$TOP" || exit 111
	# shellcheck disable=SC2086
	packages_get $packages_build
	make B="$BUILD"
	;;
setup) setup ;;
start) start ;;
stop) stop ;;
qsize) qsize ;;
info) git -C "$TOP" describe --always --dirty 2>/dev/null | sed 's/^/dray /' ;;
*)
	echo "usage: adapter.sh install | setup | start | stop | qsize | info" >&2
	exit 100
	;;
esac
