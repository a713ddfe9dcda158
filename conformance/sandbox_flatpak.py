# SPDX-License-Identifier: BSD-3-Clause
"""Firefox and Chromium in a real Flatpak (conformance/sandbox-flatpak made it), registered by jpki-token."""
import os
import pathlib
import subprocess

from browser_chromium import Chromium
from browser_firefox import Firefox
from sandbox_room import Sandboxed, mount


class Flatpak(Sandboxed):
    files_for_socket = {'libjpki-pkcs11-forward.so'}

    def app_start(self):
        return ['flatpak', 'run', '--user', f'{self.app}//test']

    def stop(self):
        subprocess.run(['flatpak', 'kill', self.app], env=self.room.env, capture_output=True, check=False, timeout=30)
        super().stop()

    def place_set(self, room):
        room.env['FLATPAK_USER_DIR'] = os.environ['JPKI_FLATPAK']
        overrides = pathlib.Path(os.environ['JPKI_FLATPAK'], 'overrides')   # of this person alone
        overrides.mkdir(exist_ok=True)
        mount('tmpfs', overrides)
        if os.path.isdir('/var/lib/flatpak'):
            mount('tmpfs', '/var/lib/flatpak')
        self.room = room
        self.own = room.home / '.var/app' / self.app
        self.pcscd_command = f'flatpak override --user --socket=pcsc {self.app}'


class FlatpakFirefox(Flatpak, Firefox):
    """The profile lies where Flatpak's ~/.mozilla is kept."""
    word, app, process = 'firefox', 'org.mozilla.firefox', 'firefox-esr'
    unit, system_library = 'jpki-org.mozilla.firefox', '/app/etc/firefox/jpki/'

    def __init__(self, room, module, ask):
        self.place_set(room)
        super().__init__(room, None, ask)
        (self.profile.parent / 'profiles.ini').write_text('[Profile0]\nName=test\nIsRelative=1\nPath=test.default\n',
                                                          encoding='ascii')
        self.registered()

    def profile_place(self):
        return self.own / '.mozilla/firefox/test.default'

    def command(self):
        return [*self.app_start(), '--profile', self.room.home / '.mozilla/firefox/test.default']


class FlatpakChromium(Flatpak, Chromium):
    """It sees the home: without a ~/.pki/nssdb in it, it uses its own."""
    word, app, process = 'chromium', 'org.chromium.Chromium', 'chromium'
    shared = False

    def __init__(self, room, module, ask):
        self.place_set(room)
        super().__init__(room, None, ask)
        self.registered()

    def database_place(self):
        return self.room.home / '.pki/nssdb' if self.shared else self.own / 'data/pki/nssdb'

    def outside(self):
        """The machine's Chromium, which has the same database."""
        self.room.outside_show()
        return OtherChromium(self.room, None, False)

    def command(self):
        return [*self.app_start(), f'--user-data-dir={self.own / "config/chromium"}']


class OtherChromium(Chromium):
    """In a database that is there already."""

    def database_make(self, module):
        pass
