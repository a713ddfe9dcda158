# SPDX-License-Identifier: BSD-3-Clause
"""Firefox and Chromium in a sandbox of a Snap's shape, registered by jpki-token.

snapd cannot run in a test.  What a Snap sees is shown by bubblewrap: the files of another suite in the place of the
machine's /usr, HOME and runtime folder of the Snap, p11-kit's client where the GNOME content snap has it, no /run/pcscd.
"""
import ctypes
import os
import pathlib

from browser_chromium import POLICY, Chromium
from browser_firefox import Firefox
from browser_room import Skip, expect
from sandbox_room import Sandboxed, SandboxRoom

SYS_PIVOT_ROOT = 155    # of x86_64
MS_BIND, MS_REC = 0x1000, 0x4000
CONTENT = 'gnome-test-platform'
YAML = '''name: {name}
base: core-test
plugs:
  {content}:
    interface: content
    target: $SNAP/gnome-platform
    default-provider: {content}
'''


# "snap connections" and "sudo snap connect", of which the sandbox's words (wrap) take notice
PROGRAMS = {'sudo': '#!/bin/sh\nexec "$@"\n', 'snap': '''#!/bin/sh
if [ "$1" = connect ]; then echo :pcscd >"${0%/*}/slot"; exit; fi
printf 'Interface Plug Slot Notes\\npcscd %s:pcscd %s -\\n' "$2" "$(cat "${0%/*}/slot" 2>/dev/null || echo -)"
'''}


class SnapRoom(SandboxRoom):
    """Has a /snap, which the machine has not: the root is a new one with everything of the old in it."""

    def folders_make(self):
        libc = ctypes.CDLL(None, use_errno=True)
        root = self.place / 'root'
        root.mkdir()
        if libc.mount(b'tmpfs', bytes(root), b'tmpfs', 0, b'mode=755') != 0:
            raise Skip('no new root can be made')
        for entry in os.scandir('/'):
            place = root / entry.name
            if entry.is_symlink():
                place.symlink_to(os.readlink(entry.path))
            elif entry.is_dir():
                place.mkdir()
                libc.mount(entry.path.encode(), bytes(place), b'', MS_BIND | MS_REC, None)
        (root / 'snap').mkdir()
        (root / 'old').mkdir()
        if libc.syscall(SYS_PIVOT_ROOT, bytes(root), bytes(root / 'old')) != 0:
            raise Skip('the root cannot be changed')
        os.chdir('/')
        libc.umount2(b'/old', 2)
        return super().folders_make()

    def snap_make(self, name):
        """The Snap, its base and its content snap, as they lie on the machine."""
        tree = pathlib.Path(os.environ['JPKI_SNAP_TREE'])
        programs = self.place / 'programs'
        programs.mkdir()
        for program, text in PROGRAMS.items():
            (programs / program).write_text(text, encoding='ascii')
            (programs / program).chmod(0o755)
        self.env['PATH'] = f'{programs}:{self.env["PATH"]}'
        snap = pathlib.Path('/snap')
        for part, meta in ((name, YAML.format(name=name, content=CONTENT)), (CONTENT, ''), ('core-test', '')):
            (snap / part / '1/meta').mkdir(parents=True)
            (snap / part / 'current').symlink_to('1')
            (snap / part / '1/meta/snap.yaml').write_text(meta, encoding='ascii')
        (snap / 'core-test/1/usr').symlink_to(tree / 'usr')
        (snap / name / '1/gnome-platform').mkdir()
        client = next(tree.glob('usr/lib/*/pkcs11/p11-kit-client.so'))
        content = snap / CONTENT / '1' / client.parent.relative_to(tree)
        content.mkdir(parents=True)
        (content / client.name).write_bytes(client.read_bytes())
        return tree

    def wrap(self, name, tree, home):
        """The words before the browser's own."""
        runtime = f'{self.runtime}/snap.{name}'
        pathlib.Path(runtime).mkdir(exist_ok=True)
        words = ['bwrap', '--die-with-parent', '--ro-bind', tree / 'usr', '/usr', '--ro-bind', tree / 'etc', '/etc']
        if POLICY.parent.is_dir() and (tree / 'etc/chromium').is_dir():
            words += ['--tmpfs', '/etc/chromium', '--ro-bind', POLICY.parent, POLICY.parent]
        pathlib.Path(tree, 'etc/firefox').mkdir(exist_ok=True)      # of the machine's /etc it sees this alone
        pathlib.Path('/etc/firefox').mkdir(exist_ok=True)
        words += ['--ro-bind', '/etc/firefox', '/etc/firefox']
        for link in ('bin', 'lib', 'lib64', 'sbin'):
            words += ['--symlink', f'usr/{link}', f'/{link}']
        words += ['--proc', '/proc', '--dev', '/dev', '--ro-bind', '/sys', '/sys', '--tmpfs', '/tmp',
                  '--ro-bind', '/tmp/.X11-unix', '/tmp/.X11-unix', '--tmpfs', '/run', '--bind', runtime, runtime,
                  '--ro-bind', f'/snap/{name}', f'/snap/{name}',
                  '--ro-bind', f'/snap/{CONTENT}/current', f'/snap/{name}/1/gnome-platform',
                  '--bind', self.home / 'snap' / name, self.home / 'snap' / name,
                  '--setenv', 'HOME', home, '--setenv', 'XDG_RUNTIME_DIR', runtime, '--setenv', 'SNAP_NAME', name,
                  '--unsetenv', 'DBUS_SESSION_BUS_ADDRESS', '--chdir', home]
        if (self.place / 'programs/slot').exists():
            words += ['--bind', '/run/pcscd', '/run/pcscd']
        return words


class Snap(Sandboxed):
    room_kind = SnapRoom

    def place_set(self, room):
        self.room = room
        self.tree = room.snap_make(self.app)
        self.pcscd_command = f'sudo snap connect {self.app}:pcscd'
        self.own = room.home / 'snap' / self.app
        (self.own / 'common').mkdir(parents=True)
        (self.own / '1').mkdir()
        (self.own / 'current').symlink_to('1')

    def registered(self, times=1):
        said = super().registered(times)
        text = (self.database_place() / 'pkcs11.txt').read_text(encoding='utf-8')
        expect(f'library=/snap/{self.app}/current/gnome-platform/usr/lib/' in text, text)
        return said


class SnapFirefox(Snap, Firefox):
    """Its HOME is "common".  Its first start copied the profile of the person, with the host's path of the module in it."""
    word, app, process = 'firefox', 'firefox', 'firefox-esr'
    unit, system_library = 'jpki-snap.firefox', '/snap/firefox/current/gnome-platform/usr/lib/'

    def __init__(self, room, module, ask):
        self.place_set(room)
        super().__init__(room, None, ask)
        room.run(['modutil', '-force', '-dbdir', f'sql:{self.profile}', '-add', 'libjpki-pkcs11', '-libfile', module])
        (self.profile.parent / 'profiles.ini').write_text('[Profile0]\nName=test\nIsRelative=1\nPath=test.default\n',
                                                          encoding='ascii')
        self.registered()

    def profile_place(self):
        return self.own / 'common/.mozilla/firefox/test.default'

    def command(self):
        return [*self.room.wrap(self.app, self.tree, self.own / 'common'), '/usr/lib/firefox-esr/firefox-esr', '--profile',
                self.profile]


class SnapChromium(Snap, Chromium):
    """Its HOME is "current"."""
    word, app, process = 'chromium', 'chromium', 'chromium'

    def __init__(self, room, module, ask):
        self.place_set(room)
        super().__init__(room, None, ask)
        self.registered()

    def database_place(self):
        return self.own / 'current/.pki/nssdb'

    def command(self):
        return [*self.room.wrap(self.app, self.tree, self.own / 'current'), '/usr/lib/chromium/chromium',
                f'--user-data-dir={self.own / "common/chromium"}']
