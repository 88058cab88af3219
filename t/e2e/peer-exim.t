#!/usr/bin/python3
# Mail of many shapes to a real server: t/lib/interop.py has the test.
import os
import sys
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
import interop

interop.main('exim')
