"""dray-policy and long texts."""
import os
import shutil
import statistics
import subprocess
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))


def policy_text(base, lines):
    """Six lines a static route, eleven a route and its tenant, eight a
    provider."""
    part = lines // 3
    static = "".join("[static d%d.test]\nhosts = 192.0.2.1:2525\n"
                     "connections = 7\ndepth = 2\nmessage-rate = %d/min\n\n" %
                     (i, i + 1) for i in range(part // 6))
    routes = "".join("[route r%d]\nsources = %s.1*3 %s.2\ntenants = t%d\n"
                     "connections = 10\n\n[source %s.1]\n"
                     "helo = r%d.example.com\n\n" %
                     (i, net, net, i, net, i) for i, net in
                     ((i, "10.%d.%d" % divmod(i, 250))
                      for i in range(part // 11)))
    tenants = "".join("[tenant t%d]\nmessage-rate = 10/s\n\n" % i
                      for i in range(part // 11))
    providers = "".join("[provider p%d]\nmx = .mx%d.test mx.p%d.test\n"
                        "domains = p%d.test\nconnections = 5\n"
                        "messages-per-connection = 50\n"
                        "retry = 5m 10m 1h\n\n" % (i, i, i, i)
                        for i in range(part // 8))
    shutil.copytree(os.path.join(HERE, "../../common/policy"), base + "/etc")
    for name, text in (("routes/static", static), ("routes/routes", routes),
                       ("providers/all", providers)):
        with open("%s/etc/%s.conf" % (base, name), "w") as f:
            f.write(text)
    with open(base + "/etc/dray.conf", "a") as f:
        f.write("\n" + tenants)


def policy(a):
    for lines in 10000, 100000:
        base = tempfile.mkdtemp(prefix="dray-bench.", dir=a.scratch) + "/base"
        policy_text(base, lines)
        took = {}
        for _ in range(a.rounds):
            for what in (["check"], ["compile"],
                         ["explain", "--mx", "a.mx7.test", "x.test"]):
                start = time.monotonic()
                subprocess.run([a.build + "/bin/dray-policy", "-b", base] + what,
                               check=True, stdout=subprocess.DEVNULL)
                took.setdefault(what[0], []).append(time.monotonic() - start)
        print("policy of %6d lines, %4.1f MB as compiled:" %
              (lines, os.path.getsize(base + "/policy/policy.cdb") / 1e6) +
              "".join("  %s %.3f s" % (k, statistics.median(v))
                      for k, v in took.items()), flush=True)
        shutil.rmtree(os.path.dirname(base))
