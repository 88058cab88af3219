"""Returned messages: how many a second are understood."""
import glob
import os
import resource
import subprocess
import tempfile

import comeback

CORPUS = os.environ.get("DRAY_CORPUS", comeback.TOP + "/../shared/corpus")
AT_A_TIME = 5000    # files in one run, each of them many times


def cpu(args):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(args, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime +
            after.ru_stime - before.ru_stime)


def measure(a, base, name, files):
    if not files:
        return
    program = [os.path.join(a.build, "bin/dray-bounce"), "-b", base, "--parse"]
    size = sum(os.path.getsize(f) for f in files) / len(files)
    for _ in range(a.rounds):
        args = (files * (AT_A_TIME // len(files) + 1))[:AT_A_TIME]
        print("%-10s %.0f messages/s of CPU, of %.1f KB" % (
            name, AT_A_TIME / cpu(program + args), size / 1000), flush=True)


def returned(a):
    with tempfile.TemporaryDirectory(prefix="dray-bench.",
                                     dir=a.scratch) as base:
        comeback.make_base(base, a.build)
        files = []
        for i, (m, _, _) in enumerate(comeback.SAMPLES.values()):
            files.append("%s/%d" % (base, i))
            with open(files[-1], "w") as f:
                f.write(m)
        measure(a, base, "samples", files)
        measure(a, base, "bounces",
                sorted(glob.glob(CORPUS + "/bounces/*.eml")))
