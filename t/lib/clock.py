"""Another time of day for daemons, by clock_preload."""
import atexit
import os
import shutil
import tempfile

from line import BUILD

SANITIZED = bool(os.environ.get('DRAY_SANITIZED'))  # has to be loaded first
_dirs = []


def env(**names):
    """The environment of a daemon whose clock CLOCK_SHIFT or CLOCK_FILE
    sets."""
    if not _dirs:
        # LD_PRELOAD has no way to name a path with a blank in it.
        _dirs.append(tempfile.mkdtemp(prefix='dray-clock.', dir='/tmp'))
        atexit.register(shutil.rmtree, _dirs[0])
        shutil.copy(BUILD + '/t/lib/clock_preload.so', _dirs[0] + '/clock.so')
    return dict(os.environ, LD_PRELOAD=_dirs[0] + '/clock.so',
                **{k: str(v) for k, v in names.items()})
