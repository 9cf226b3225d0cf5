#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
#
# Reads Python's clocks a hundred times a second, until there is a file "end";
# complains of each that went back, and prints how it was. (Processor time begins
# anew with a restart.)

import os
import time

CLOCKS = (time.time, time.monotonic, time.perf_counter,
          lambda: time.clock_gettime(time.CLOCK_BOOTTIME))

last = [clock() for clock in CLOCKS]
ticks = wrong = 0
while not os.path.exists('end'):
    time.sleep(0.01)
    now = [clock() for clock in CLOCKS]
    for then, t in zip(last, now):
        if t < then:
            print('back from', then, 'to', t, flush=True)
            wrong += 1
    last = now
    ticks += 1
    if ticks == 10:
        print('running', flush=True)
print('wrong' if wrong else 'ok', flush=True)
