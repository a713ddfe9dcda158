#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The unit of "watch --notify" under a real systemd of a person: off until it is enabled, then started with the desktop."""
import ctypes
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import rig

CLONE_NEWCGROUP = 0x02000000
SYSTEMD = '/lib/systemd/systemd'
RUNTIME = f'/run/user/{os.geteuid()}'
UNIT = 'jpki-token-watch'
DESKTOP = '[Unit]\nDescription=A desktop\nBindsTo=graphical-session.target\nBefore=graphical-session.target\n'

check = rig.Checks()
card = rig.Card()


def skip(why):
    print('SKIPPED:', why)
    sys.exit(77)


def mounted(kind, place):
    words = ['mount', '-t', kind, kind, place]
    if subprocess.run(words, capture_output=True, check=False).returncode != 0:
        skip(f'{place} cannot be covered')


class Person:
    """A login with a systemd of its own and this project's unit installed."""

    def __init__(self, home):
        self.env = {'HOME': str(home), 'XDG_RUNTIME_DIR': RUNTIME, 'PATH': os.environ['PATH'], 'LANG': 'C.UTF-8',
                    'TEXTDOMAINDIR': os.environ['JPKI_BUILD'] + '/po'}
        units = home / '.config/systemd/user'
        units.mkdir(parents=True)
        text = (pathlib.Path(os.environ['JPKI_BUILD']) / f'tools/{UNIT}.service').read_text(encoding='utf-8')
        start = next(line for line in text.splitlines() if line.startswith('ExecStart='))
        # where it is installed is not here
        text = text.replace(start, f'ExecStart={rig.TOKEN} watch --notify')
        (units / f'{UNIT}.service').write_text(text, encoding='utf-8')
        (units / 'desktop.service').write_text(DESKTOP + '[Service]\nExecStart=/bin/sleep 600\n', encoding='utf-8')
        self.start_line = start
        self.systemd = subprocess.Popen([SYSTEMD, '--user'], env=self.env, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.env['DBUS_SESSION_BUS_ADDRESS'] = f'unix:path={RUNTIME}/bus'

    def systemctl(self, *words):
        done = subprocess.run(['systemctl', '--user', *words], env=self.env, text=True, capture_output=True, check=False)
        return (done.stdout + done.stderr).strip()

    def await_state(self, state):
        deadline = time.monotonic() + rig.PATIENCE
        while self.systemctl('is-active', UNIT) != state and time.monotonic() < deadline:
            time.sleep(0.2)
        return self.systemctl('is-active', UNIT)


def unit_follow(person):
    check.that('the unit starts the installed command', person.start_line.endswith('/bin/jpki-token watch --notify'),
               person.start_line)
    check.that('it is off', person.systemctl('is-enabled', UNIT) == 'disabled', person.systemctl('is-enabled', UNIT))
    person.systemctl('start', 'desktop')
    check.that('and stays off with a desktop', person.systemctl('is-active', UNIT) == 'inactive')
    said = person.systemctl('enable', '--now', UNIT)
    check.that('enabled, it runs', person.await_state('active') == 'active', said + person.systemctl('status', UNIT))
    person.systemctl('stop', 'desktop')
    person.systemctl('stop', 'graphical-session.target')
    check.that('it ends with the desktop', person.await_state('inactive') == 'inactive', person.systemctl('status', UNIT))
    person.systemctl('start', 'desktop')
    person.systemctl('start', 'graphical-session.target')
    check.that('and comes with the next one', person.await_state('active') == 'active', person.systemctl('status', UNIT))
    person.systemctl('disable', '--now', UNIT)
    check.that('and is off again', person.systemctl('is-enabled', UNIT) == 'disabled' and
               person.await_state('inactive') == 'inactive')


def main():
    if os.geteuid() != 0 or not os.path.exists(SYSTEMD) or shutil.which('systemctl') is None:
        skip('needs root in the rig, and systemd')
    if not (pathlib.Path(os.environ['JPKI_BUILD']) / f'tools/{UNIT}.service').is_file():
        skip('jpki-token was built without notices')
    mounted('tmpfs', '/run/systemd')
    os.mkdir('/run/systemd/system')     # systemd asks for it before it serves a person
    if ctypes.CDLL(None).unshare(CLONE_NEWCGROUP) != 0:
        skip('no cgroup namespace')
    mounted('cgroup2', '/sys/fs/cgroup')
    with tempfile.TemporaryDirectory() as home:
        person = Person(pathlib.Path(home))
        deadline = time.monotonic() + rig.PATIENCE
        while person.systemctl('is-active', 'sockets.target') != 'active' and time.monotonic() < deadline:
            time.sleep(0.2)
        if person.systemctl('is-active', 'sockets.target') != 'active':
            skip('no systemd for a person here')
        person.systemctl('start', 'dbus.socket')
        unit_follow(person)
        person.systemd.terminate()
        person.systemd.wait()
    check.end()


main()
