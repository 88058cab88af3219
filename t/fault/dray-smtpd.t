#!/bin/sh
# dray-smtpd dies, or its disk and sockets fail, in the middle of a run.
TOP=$(cd "$(dirname "$0")/../.." && pwd)
command -v python3 >/dev/null || { echo "1..0 # SKIP no python3"; exit 0; }
exec "$TOP/scripts/fault" -t -s 40 -r 0 -D dray-smtpd "${B:-$TOP/build}"
