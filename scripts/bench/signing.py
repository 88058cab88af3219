"""dray-sign beside what OpenSSL does by itself."""
import os
import re
import subprocess

from sign import ED25519, RSA, Sign

WHAT = (("rsa2048", RSA, "rsa", "rsa", 20000),
        ("ed25519", ED25519, "ed", "ed25519", 100000))


def openssl(name, threads):
    """Signatures a second."""
    argv = ["openssl", "speed", "-seconds", "3"]
    if threads > 1:
        argv += ["-multi", str(threads)]
    out = subprocess.run(argv + [name], check=True, stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL, text=True).stdout
    line = [x for x in out.splitlines() if re.match(r" *(rsa|253)", x)][-1]
    numbers = re.findall(r"[0-9.]+(?!s)\b", line)
    return float(numbers[-2])


def dray(a, s, alg, selector, count):
    out = subprocess.run(
        [a.build + "/t/lib/dkimsign", "-n", str(count), s.base + "/sock/sign",
         "%d:brand.example:%s" % (alg, selector)],
        check=True, stdout=subprocess.PIPE, text=True).stdout
    return float(out)


def sign(a):
    threads = len(os.sched_getaffinity(0))
    s = Sign()
    for _, _, selector, kind, _ in WHAT:
        s.key("brand.example", selector, kind)
    s.start()
    for r in range(a.rounds or 3):
        for name, alg, selector, _, count in WHAT:
            one = openssl(name, threads)
            two = dray(a, s, alg, selector, a.messages or count)
            print("sign     %s, %d threads: dray-sign %.0f/s, openssl speed "
                  "%.0f/s: %.0f %%" % (name, threads, two, one,
                                       two / one * 100), flush=True)
    s.stop()
