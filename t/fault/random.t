#!/bin/sh
# Random daemons die while mail is under way.
TOP=$(cd "$(dirname "$0")/../.." && pwd)
command -v python3 >/dev/null || { echo "1..0 # SKIP no python3"; exit 0; }
exec "$TOP/scripts/fault" -t -x -r 10:2000 "${B:-$TOP/build}"
