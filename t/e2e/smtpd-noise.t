#!/usr/bin/python3
# Noise at the door of dray-smtpd, for six seconds; scripts/noise has it for ten
# minutes.
import os
import sys
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
import noise
from line import run
from tap import done


def short():
    noise.run(6)


run([short])
done()
