"""DKIM signatures as others see them: dkimpy, libopendkim and Perl's Mail::DKIM,
with keys from a dictionary in the place of DNS.

    keys = {'s1._domainkey.brand.example': 'v=DKIM1; k=rsa; p=...'}
    by(keys, message)     what each that is here says of each signature, from the
                          first on: {'dkimpy': [True, True], ...}; None: it
                          does not know that algorithm
    by_perl_all(keys, messages)  what Perl says of each, DomainKeys too
    record(pem, kind)     the record for a private key in a file
"""
import base64
import ctypes
import ctypes.util
import os
import subprocess
import tempfile

try:
    import dkim
except ImportError:
    dkim = None


def record(pem, kind):
    der = subprocess.run(['openssl', 'pkey', '-in', pem, '-pubout', '-outform',
                          'DER'], check=True, stdout=subprocess.PIPE).stdout
    if kind == 'ed25519':
        der = der[-32:]
    return 'v=DKIM1; k=%s; p=%s' % (kind, base64.b64encode(der).decode())


def count(message):
    head = message.split(b'\r\n\r\n')[0].lower()
    return (b'\r\n' + head).count(b'\r\ndkim-signature:')


def by_dkimpy(keys, message):
    def txt(name, timeout=5):
        name = name.decode() if isinstance(name, bytes) else name
        return keys.get(name.rstrip('.'), '').encode() or None

    out = []
    for i in range(count(message)):
        try:
            d = dkim.DKIM(message, minkey=512)
            out.append(bool(d.verify(idx=i, dnsfunc=txt)))
        except dkim.DKIMException as e:
            out.append(str(e))
    return out


# From dkim.h of libopendkim 2.11.
QUERYMETHOD, QUERYINFO, QUERY_FILE, SETOPT, PASSED = 6, 7, 1, 1, 4
_lib = None


def opendkim():
    global _lib
    if _lib is None:
        name = ctypes.util.find_library('opendkim')
        if not name:
            return None
        _lib = ctypes.CDLL(name)
        _lib.dkim_init.restype = ctypes.c_void_p
        _lib.dkim_verify.restype = ctypes.c_void_p
        _lib.dkim_sig_geterrorstr.restype = ctypes.c_char_p
        _lib.dkim_libfeature.argtypes = [ctypes.c_void_p, ctypes.c_uint]
    return _lib


def by_opendkim(keys, message):
    lib = opendkim()
    h = ctypes.c_void_p(lib.dkim_init(None, None))
    with tempfile.NamedTemporaryFile('w', suffix='.keys') as f:
        for name, text in keys.items():
            f.write('%s %s\n' % (name, text))
        f.flush()
        method = ctypes.c_int(QUERY_FILE)
        lib.dkim_options(h, SETOPT, QUERYMETHOD, ctypes.byref(method),
                         ctypes.c_size_t(ctypes.sizeof(method)))
        path = ctypes.create_string_buffer(f.name.encode())
        lib.dkim_options(h, SETOPT, QUERYINFO, path,
                         ctypes.c_size_t(len(f.name)))
        st = ctypes.c_int()
        d = ctypes.c_void_p(lib.dkim_verify(h, b'test', None,
                                            ctypes.byref(st)))
        lib.dkim_chunk(d, message, ctypes.c_size_t(len(message)))
        lib.dkim_chunk(d, None, ctypes.c_size_t(0))
        lib.dkim_eom(d, None)
        sigs = ctypes.POINTER(ctypes.c_void_p)()
        n = ctypes.c_int()
        lib.dkim_getsiglist(d, ctypes.byref(sigs), ctypes.byref(n))
        out = []
        for i in range(n.value):
            s = ctypes.c_void_p(sigs[i])
            lib.dkim_sig_process(d, s)
            good = lib.dkim_sig_getflags(s) & PASSED and \
                lib.dkim_sig_getbh(s) == 0
            e = lib.dkim_sig_geterror(s)
            out.append(True if good else
                       (lib.dkim_sig_geterrorstr(e) or b'?').decode())
        lib.dkim_free(d)
    lib.dkim_close(h)
    return out


PERL = r'''
use Mail::DKIM::Verifier;
my %k;
open my $f, '<', shift or die;
while (<$f>) { chomp; my ($n, $t) = split / /, $_, 2; $k{$n} = $t }
Mail::DKIM::DNS::resolver(bless {}, 'Keys');
local $/;
for (@ARGV) {
    my $v = Mail::DKIM::Verifier->new;
    open my $m, '<:raw', $_ or die;
    $v->PRINT(<$m>);
    $v->CLOSE;
    print join("\t", map { $_->algorithm . ' ' . $_->result_detail }
        $v->signatures), "\n";
}
package Keys;
sub send { my ($s, $n) = @_; bless [$k{$n}], 'Answer' }
sub errorstring { 'NXDOMAIN' }
sub can { $_[0]->SUPER::can($_[1]) }
package Answer;
sub header { bless [], 'Head' }
sub answer { $_[0][0] ? bless([$_[0][0]], 'TXT') : () }
package Head;
sub rcode { 'NOERROR' }
package TXT;
sub type { 'TXT' }
sub txtdata { $_[0][0] }
sub char_str_list { ($_[0][0]) }
'''


def perl():
    return subprocess.run(['perl', '-MMail::DKIM::Verifier', '-e', '1'],
                          stderr=subprocess.DEVNULL).returncode == 0


def by_perl_all(keys, messages):
    with tempfile.TemporaryDirectory() as top:
        with open(top + '/keys', 'w') as f:
            for name, text in keys.items():
                f.write('%s %s\n' % (name, text))
        files = ['%s/%d' % (top, i) for i in range(len(messages))]
        for name, m in zip(files, messages):
            with open(name, 'wb') as f:
                f.write(m)
        r = subprocess.run(['perl', '-e', PERL, top + '/keys'] + files,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    lines = r.stdout.decode().splitlines()
    if r.returncode or len(lines) != len(messages):
        return [[r.stderr.decode()]] * len(messages)
    return [[True if x.endswith(' pass') else
             None if 'unsupported algorithm' in x else x
             for x in line.split('\t') if x] for line in lines]


def by_perl(keys, message):
    return by_perl_all(keys, [message])[0]


def here():
    """Those that can be asked."""
    out = {}
    if dkim:
        out['dkimpy'] = by_dkimpy
    if opendkim():
        out['opendkim'] = by_opendkim
    if perl():
        out['perl'] = by_perl
    return out


def by(keys, message):
    return {name: f(keys, message) for name, f in here().items()}
