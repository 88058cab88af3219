"""Certificates for tests of TLS, made with the openssl command.

    c = Certs(directory)        makes a CA: c.ca is the file with its certificate
    c.good("mx.example")        a certificate for this name, or several, by the
                                CA; what is no name but an address works too
    c.expired("mx.example")     the same, out of date since yesterday
    c.own("mx.example")         self-signed
    c.rsa("mx.example")         self-signed, with an RSA key
    c.stranger("mx.example")    by another CA, of which nobody has heard

Each gives the name of one file that has both the certificate and its key, as
dray-sink's -T takes it; asked again, it gives the same file.  For shell tests:
certs.py DIRECTORY NAME makes ca.pem, good.pem, expired.pem, own.pem,
stranger.pem and other.pem (which is for other.invalid).
"""
import os
import re
import subprocess
import sys


def openssl(*args):
    r = subprocess.run(["openssl"] + list(args), stdin=subprocess.DEVNULL,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if r.returncode:
        raise SystemExit("openssl %s: %s" % (args[0], r.stdout.decode()))


def alternatives(names):
    return "subjectAltName=" + ",".join(
        ("IP:" if re.fullmatch(r"[0-9.]+|[0-9a-f:]*:[0-9a-f:]*", n)
         else "DNS:") + n for n in names)


class Certs:
    def __init__(self, where):
        self.where = where
        self.made = {}
        os.makedirs(where, exist_ok=True)
        self.ca = self.authority("ca")

    def path(self, name):
        return os.path.join(self.where, name)

    def authority(self, name):
        self.request(name, ["An authority for tests: " + name], "-x509",
                     "-days", "30", "-out", self.path(name + ".pem"),
                     "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        return self.path(name + ".pem")

    def request(self, name, names, *args, kind=("ec", "-pkeyopt",
                                                "ec_paramgen_curve:P-256")):
        openssl("req", "-new", "-newkey", *kind, "-nodes", "-keyout",
                self.path(name + ".key"), "-subj", "/CN=" + names[0][:64],
                *args)

    def together(self, name, cert):
        """The certificate and its key in one file."""
        with open(self.path(name + ".pem"), "w") as f:
            for part in (cert, self.path(name + ".key")):
                with open(part) as g:
                    f.write(g.read())
        return self.path(name + ".pem")

    def signed(self, kind, names, days, authority="ca"):
        key = (kind,) + tuple(names)
        if key in self.made:
            return self.made[key]
        name = "%s-%d" % (kind, len(self.made))
        at = self.path(name)
        self.request(name, names, "-out", at + ".csr", "-addext",
                     alternatives(names))
        openssl("x509", "-req", "-in", at + ".csr", "-out", at + ".crt",
                "-CA", self.path(authority + ".pem"), "-CAkey",
                self.path(authority + ".key"), "-CAcreateserial", "-days",
                str(days), "-copy_extensions", "copy")
        self.made[key] = self.together(name, at + ".crt")
        return self.made[key]

    def good(self, *names):
        return self.signed("good", names, 30)

    def expired(self, *names):
        return self.signed("expired", names, -1)

    def stranger(self, *names):
        if not os.path.exists(self.path("nobody.pem")):
            self.authority("nobody")
        return self.signed("stranger", names, 30, "nobody")

    def rsa(self, *names):
        return self.own(*names, kind=("rsa:2048",))

    def own(self, *names, **kind):
        key = ("own", str(kind)) + tuple(names)
        if key not in self.made:
            name = "own-%d" % len(self.made)
            self.request(name, names, "-x509", "-days", "30", "-out",
                         self.path(name + ".crt"), "-addext",
                         alternatives(names), **kind)
            self.made[key] = self.together(name, self.path(name + ".crt"))
        return self.made[key]


def main():
    c = Certs(sys.argv[1])
    host = sys.argv[2]
    for name, made in (("good", c.good(host)), ("expired", c.expired(host)),
                       ("own", c.own(host)), ("stranger", c.stranger(host)),
                       ("other", c.good("other.invalid"))):
        os.rename(made, c.path(name + ".pem"))


if __name__ == "__main__":
    main()
