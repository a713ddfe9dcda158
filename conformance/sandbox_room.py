# SPDX-License-Identifier: BSD-3-Clause
"""The room of a browser in a sandbox: a person with a home, a runtime folder and a systemd of their own, in which
jpki-token registers the browser as that person would.
"""
import ctypes
import os
import pathlib
import subprocess

from browser_room import Room, Skip, await_true, expect

CLONE_NEWCGROUP = 0x02000000
OUTSIDE = ('/usr/bin/firefox', '/usr/lib/firefox-esr/firefox-esr', '/usr/bin/chromium')
SYSTEM_PLACES = ('var/lib/flatpak/extension/**/*', 'etc/firefox/**/*', 'etc/pkcs11/modules/libjpki*',
                 'etc/systemd/user/**/jpki-*')
RUNTIME = pathlib.Path('/run/user/0')


def mount(kind, place):
    done = subprocess.run(['mount', '-t', kind, '-o', 'mode=755' if kind == 'tmpfs' else 'rw', kind, str(place)],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Skip(f'{place} cannot be covered: {done.stderr.strip()}')


class SandboxRoom(Room):
    """What is written to /home, /run/user, /run/systemd and /sys/fs/cgroup here is seen by nobody else."""

    def folders_make(self):
        for place in ('/home', '/run/user', '/run/systemd'):
            mount('tmpfs', place)
        for program in map(pathlib.Path, OUTSIDE):      # this person has the browser in a sandbox alone
            if program.exists():
                subprocess.run(['mount', '--bind', '/dev/null', str(program)], check=True)
        home = pathlib.Path('/home') / 'holder'
        home.mkdir()
        RUNTIME.mkdir(mode=0o700)
        pathlib.Path('/run/systemd/system').mkdir()     # systemd asks for it before it serves a person
        if ctypes.CDLL(None).unshare(CLONE_NEWCGROUP) != 0:
            raise Skip('no cgroup namespace')
        mount('cgroup2', '/sys/fs/cgroup')
        return home, RUNTIME

    def __init__(self, shots):
        super().__init__(shots)
        self.token = pathlib.Path(os.environ['JPKI_MODULE']).parent.parent / 'tools/jpki-token'
        self.start(['/lib/systemd/systemd', '--user'], 'systemd')
        self.env['DBUS_SESSION_BUS_ADDRESS'] = f'unix:path={RUNTIME}/bus'
        await_true(lambda: self.succeeds(['systemctl', '--user', 'is-active', 'sockets.target']), 30, 'the systemd')

    def succeeds(self, words):
        return subprocess.run([str(word) for word in words], env=self.env, stdin=subprocess.DEVNULL, check=False,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60).returncode == 0

    def token_run(self, *words, status=0):
        """What jpki-token says; it must end with this status."""
        done = subprocess.run([str(self.token), *words, '--module', os.environ['JPKI_MODULE']], env=self.env, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=60)
        with open(self.place / 'token.log', 'a', encoding='utf-8') as log:
            log.write(f'$ {" ".join(words)}\n{done.stdout}{done.stderr}-> {done.returncode}\n')
        expect(done.returncode == status, f'jpki-token {words[0]} ended with {done.returncode}: {done.stdout}{done.stderr}')
        return done.stdout + done.stderr

    def files(self):
        """Every file below the home, for a look at what is left."""
        return {str(path.relative_to(self.home)) for path in self.home.rglob('*') if not path.is_dir()}

    def processes_named(self, name):
        """Process ids, of the rig alone, whose program's path ends with the name."""
        found = []
        for link in pathlib.Path('/proc').glob('[0-9]*/exe'):
            try:
                if os.readlink(link).rsplit('/', 1)[-1] == name:
                    found.append(int(link.parent.name))
            except OSError:
                continue
        return found

    def outside_show(self):
        """The machine's browsers are there again."""
        for program in OUTSIDE:
            subprocess.run(['umount', program], capture_output=True, check=False)

    def stop(self):
        subprocess.run(['systemctl', '--user', 'exit'], env=self.env, capture_output=True, check=False, timeout=20)
        super().stop()


class Sandboxed:
    """What a browser in a sandbox does otherwise than outside.  Comes before the browser in the order of classes."""
    room_kind = SandboxRoom
    word = app = process = ''       # for jpki-token; of the sandbox; the browser's program
    pcscd_command = ''              # what register says where only copies are possible
    files_for_socket = set()        # of ours in the sandbox's folder, where the socket serves it
    unit = system_library = ''      # what "--system" has: the name of its socket's unit, how its entry's file begins

    def stop(self):
        """Until it is gone: it holds the lock of its profile until then."""
        super().stop()
        await_true(lambda: not self.room.processes_named(self.process), 30, f'the end of {self.process}')

    @staticmethod
    def system_files():
        """What "--system" has put on the machine, with the times of its files."""
        return {str(path): path.lstat().st_mtime_ns for place in SYSTEM_PLACES for path in pathlib.Path('/').glob(place)
                if not path.is_dir()}

    def registered(self, times=1):
        """The person registers the browser: says what jpki-token said the last time."""
        said = ''
        for _ in range(times):
            said = self.room.token_run('register', self.word)
        return said


def unit_states(room):
    """The units of ours that systemd knows."""
    return room.run(['systemctl', '--user', 'list-units', '--all', '--plain', '--no-legend', 'jpki-*'], check=False)
