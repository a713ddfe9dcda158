# SPDX-License-Identifier: BSD-3-Clause
"""A real Firefox, driven by Marionette."""
import json
import socket

from browser_room import Failed, await_true, port_open

MARIONETTE = 2828
ASK, AUTOMATIC = 'Ask Every Time', 'Select Automatically'
PREFERENCES = {
    'browser.shell.checkDefaultBrowser': False,
    'browser.startup.homepage_override.mstone': 'ignore',
    'browser.startup.page': 0,
    'browser.aboutwelcome.enabled': False,
    'browser.chrome.site_icons': False,
    'datareporting.policy.dataSubmissionEnabled': False,
    'termsofuse.acceptedVersion': 999,
    'browser.preonboarding.enabled': False,
    'app.update.enabled': False,
    'network.captive-portal-service.enabled': False,
    'network.connectivity-service.enabled': False,
    'network.http.speculative-parallel-limit': 0,
    'network.trr.mode': 5,
    'security.OCSP.enabled': 0,
    'security.sandbox.content.level': 0,
    'toolkit.telemetry.reportingpolicy.firstRun': False,
}


class Firefox:
    """A Firefox with a profile of its own, spoken to in Marionette's language: length, colon, JSON."""
    preferences = PREFERENCES
    pin_title = 'Password Required'
    pin_title_ja = 'パスワード'
    pss_in_tls12 = True         # it prefers PSS wherever the server allows it
    forgets_refusals = True     # no certificate sent once: asks again the next time
    full_pins = (None, '1234')  # the signature's is asked first, the other when its key is used

    def __init__(self, room, module, ask):
        self.room = room
        self.profile = self.profile_place()
        self.profile.mkdir(parents=True, exist_ok=True)
        # as its first start writes it
        (self.profile.parent / 'profiles.ini').write_text(
            f'[Profile0]\nName=test\nIsRelative=1\nPath={self.profile.name}\n', encoding='ascii')
        room.nss_make(self.profile, module)
        values = dict(self.preferences, **{'security.default_personal_cert': ASK if ask else AUTOMATIC})
        (self.profile / 'user.js').write_text(
            ''.join(f'user_pref({json.dumps(key)}, {json.dumps(value)});\n' for key, value in values.items()),
            encoding='ascii')
        self.child = self.sock = None
        self.data = b''
        self.last_id = 0

    def profile_place(self):
        return self.room.home / '.mozilla/firefox/test.default'

    def database_place(self):
        return self.profile_place()

    def command(self):
        return ['firefox-esr', '--profile', self.profile]

    def speak_japanese(self):
        """With Debian's firefox-esr-l10n-ja."""
        with open(self.profile / 'user.js', 'a', encoding='ascii') as preferences:
            preferences.write('user_pref("intl.locale.requested", "ja");\n')

    def start(self):
        words = [*self.command(), '--no-remote', '--new-instance', '--marionette', '--remote-allow-system-access']
        self.child = self.room.start(words, 'firefox')
        await_true(lambda: port_open(MARIONETTE), 60, 'Marionette of Firefox')
        self.sock = socket.create_connection(('127.0.0.1', MARIONETTE))
        self.message(30)
        self.call('WebDriver:NewSession', {'pageLoadStrategy': 'none', 'unhandledPromptBehavior': 'ignore',
                                           'acceptInsecureCerts': False}, 30)

    def message(self, seconds):
        """The next message, or None if there is none in time."""
        self.sock.settimeout(seconds)
        try:
            while True:
                head, colon, rest = self.data.partition(b':')
                if colon and len(rest) >= int(head):
                    self.data = rest[int(head):]
                    return json.loads(rest[:int(head)])
                more = self.sock.recv(65536)
                if not more:
                    raise Failed('Firefox closed its connection')
                self.data += more
        except TimeoutError:
            return None

    def post(self, command, parameters):
        self.last_id += 1
        text = json.dumps([0, self.last_id, command, parameters]).encode()
        self.sock.sendall(str(len(text)).encode() + b':' + text)
        return self.last_id

    def call(self, command, parameters, seconds):
        """Its result; None if there was no answer in time or an error.  Late answers to earlier calls are skipped."""
        number = self.post(command, parameters)
        while True:
            answer = self.message(seconds)
            if answer is None:
                return None
            if answer[1] == number:
                return None if answer[2] else answer[3]

    def navigate(self, url):
        """Does not wait: while a PIN dialog is open nothing is answered."""
        self.post('WebDriver:Navigate', {'url': url})

    def page(self):
        """Text of the page when it is there, '' for an empty one, None while nobody knows."""
        # an error page never gets complete
        script = ('return (document.readyState === "complete" || /^about:(cert|net)error/.test(document.documentURI)) && '
                  'document.documentURI + "\\n" + document.title + "\\n" + document.body.innerText')
        answer = self.call('WebDriver:ExecuteScript', {'script': script, 'args': []}, 1)
        text = answer and answer.get('value')
        if not text:
            return None
        return '' if text.startswith('about:blank') else text

    def stop(self):
        if self.child is not None:
            if self.sock is not None:   # it may never have come so far
                self.sock.close()
            self.sock = None
            self.data = b''
            self.child.terminate()
            self.child.wait(20)
            self.child = None

