#!/bin/sh
# dray-sign, and dray-remote beside it, die in the middle of a run while all
# mail is signed: nothing is lost, and nothing leaves unsigned.
TOP=$(cd "$(dirname "$0")/../.." && pwd)
command -v python3 >/dev/null || { echo "1..0 # SKIP no python3"; exit 0; }
exec "$TOP/scripts/fault" -t -S -s 3 -r 0 -H before \
    -D dray-sign,dray-remote "${B:-$TOP/build}"
