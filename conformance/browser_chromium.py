# SPDX-License-Identifier: BSD-3-Clause
"""A real Chromium, driven by its developer tools."""
import json
import pathlib
import urllib.request

from browser_room import SERVERS, Failed, await_true, port_open

try:
    import websocket
except ImportError:
    websocket = None

DEVTOOLS = 9222
POLICY = pathlib.Path('/etc/chromium/policies/managed/jpki-test.json')
FLAGS = ('--no-sandbox', '--no-first-run', '--no-default-browser-check', '--disable-background-networking',
         '--disable-component-update', '--disable-sync', '--disable-quic', '--disable-gpu', '--disable-dev-shm-usage',
         '--password-store=basic', f'--remote-debugging-port={DEVTOOLS}', '--remote-allow-origins=*',
         '--window-size=1000,700')


class Chromium:
    """A Chromium with a user folder of its own, spoken to in the language of its developer tools."""
    pin_title = 'Security Device'
    pin_title_ja = 'セキュリティ'
    pss_in_tls12 = False        # it prefers PKCS#1 there
    forgets_refusals = False    # no certificate sent once: never sends one to that server again

    def __init__(self, room, module, ask):
        self.room = room
        self.database_make(module)
        policy = {'NetworkPredictionOptions': 2}    # or it opens connections nobody asked for, which are counted too
        if not ask:
            policy['AutoSelectCertificateForUrls'] = [json.dumps({'pattern': f'https://localhost:{port}', 'filter': {}})
                                                      for port, _ in SERVERS.values()]
        POLICY.parent.mkdir(parents=True, exist_ok=True)
        POLICY.write_text(json.dumps(policy), encoding='ascii')
        self.child = self.socket = None
        self.last_id = 0

    def database_make(self, module):
        self.room.nss_make(self.database_place(), module)

    def database_place(self):
        return self.room.home / '.pki/nssdb'

    def command(self):
        return ['chromium', f'--user-data-dir={self.room.place / "user"}']

    def speak_japanese(self):
        """With Debian's chromium-l10n."""
        self.room.env['LANGUAGE'] = 'ja'

    def start(self):
        self.child = self.room.start([*self.command(), *FLAGS, 'about:blank'], 'chromium')
        await_true(lambda: port_open(DEVTOOLS), 60, 'the developer tools of Chromium')
        url = await_true(self.target, 30, 'a page of Chromium')
        self.socket = websocket.create_connection(url, timeout=5, suppress_origin=True)

    @staticmethod
    def target():
        with urllib.request.urlopen(f'http://127.0.0.1:{DEVTOOLS}/json/list', timeout=5) as answer:
            pages = [item for item in json.load(answer) if item['type'] == 'page']
        return pages[0]['webSocketDebuggerUrl'] if pages else None

    def post(self, method, parameters):
        self.last_id += 1
        self.socket.send(json.dumps({'id': self.last_id, 'method': method, 'params': parameters}))
        return self.last_id

    def call(self, method, parameters, seconds):
        """Its result; None if there was no answer in time.  Events and late answers are skipped."""
        number = self.post(method, parameters)
        self.socket.settimeout(seconds)
        while True:
            try:
                answer = json.loads(self.socket.recv())
            except websocket.WebSocketTimeoutException:
                return None
            except websocket.WebSocketException as error:
                raise Failed(f'Chromium closed its connection: {error}') from error
            if answer.get('id') == number:
                return answer.get('result')

    def navigate(self, url):
        """Does not wait: while a PIN dialog is open nothing is answered."""
        self.post('Page.navigate', {'url': url})

    def page(self):
        """Text of the page when it is there, '' for an empty one, None while nobody knows."""
        script = ('document.readyState === "complete" && '
                  'document.URL + "\\n" + document.title + "\\n" + document.body.innerText')
        answer = self.call('Runtime.evaluate', {'expression': script, 'returnByValue': True}, 1)
        text = answer and answer.get('result', {}).get('value')
        if not text:
            return None
        return '' if text.startswith('about:blank') else text

    def stop(self):
        if self.child is not None:
            if self.socket is not None:     # it may never have come so far
                self.socket.close()
            self.socket = None
            self.child.terminate()
            self.child.wait(20)
            self.child = None
            await_true(lambda: not port_open(DEVTOOLS), 20, "Chromium's end")

