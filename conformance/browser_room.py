# SPDX-License-Identifier: BSD-3-Clause
"""The room a browser is tested in: a display, a window manager, three TLS servers and the simulated card.

Everything lives inside the namespaces of scripts/with-card; /etc is a throw-away layer over the machine's, so that
options of the module and policies of the browsers can be written where the programs look for them.
"""
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import time

NEEDED = ('Xvfb', 'openbox', 'xdotool', 'import', 'nginx', 'certutil', 'modutil', 'openssl')
SERVERS = {'tls12': (9112, 'TLSv1.2'), 'tls13': (9113, 'TLSv1.3'), 'both': (9114, 'TLSv1.2 TLSv1.3')}
AUTH_PIN = '1234'
POLL = 0.1
SOURCE = pathlib.Path(__file__).resolve().parent.parent
AS_CALLER = SOURCE / 'scripts/as-caller'
# servers: the system's, or those that scripts/install-deps unpacked
SERVER_PATH = f'{os.environ.get("PATH", "")}:/usr/sbin:{os.environ.get("JPKI_BUILD") or SOURCE / "build"}/servers/bin'
SCREEN = '1100x800x24'


class Skip(Exception):
    """This machine cannot run the browser."""


class Failed(Exception):
    """The browser, the module or the card did something else than expected."""


def expect(true, what):
    if not true:
        raise Failed(what)


def await_true(question, seconds, what):
    """Ask until the answer is true; its value."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = question()
        if answer:
            return answer
        time.sleep(POLL)
    raise Failed(f'{what}: not within {seconds} s')


def needed_check(programs):
    for program in (*NEEDED, *programs):
        if shutil.which(program, path=SERVER_PATH) is None:
            raise Skip(f'{program} is not installed')


def url_of(server):
    return f'https://localhost:{SERVERS[server][0]}/'


def etc_overlay(place):
    """
    Write to /etc without changing the machine's.  A folder of the machine's cannot be written to by an ordinary user, who is
    no root of it; one of the layer can.
    """
    (place / 'etc/chromium/policies/managed').mkdir(parents=True)
    (place / 'etc-work').mkdir()
    words = ['mount', '-t', 'overlay', 'overlay', '-o',
             f'lowerdir=/etc,upperdir={place / "etc"},workdir={place / "etc-work"}', '/etc']
    if subprocess.run(words, stderr=subprocess.DEVNULL, check=False).returncode != 0:
        raise Skip('this machine has no overlay mounts to hide /etc with')


class Card:
    """The simulated card, governed and asked over its control socket."""

    def __init__(self, suffix=''):
        self.control = os.environ['JPKI_CARD_CTL' + suffix]
        self.export = pathlib.Path(os.environ['JPKI_CARD_EXPORT' + suffix])

    def tell(self, *words):
        done = subprocess.run([os.environ['JPKI_SIMCARD'], '--ctl', self.control, *words], capture_output=True, text=True,
                              check=False, timeout=30)
        expect(done.returncode == 0, f'the card does not understand {" ".join(words)}: {done.stdout}{done.stderr}')
        return done.stdout

    def stats(self):
        return json.loads(self.tell('stats'))

    def tries(self):
        tries = self.stats()['tries']
        return tries['auth'], tries['sign']

    def serial(self):
        """The number of its authentication certificate, as nginx writes it."""
        words = ['openssl', 'x509', '-in', str(self.export / 'auth.pem'), '-noout', '-serial']
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip().partition('=')[2]


class Room:
    """Its processes end with the namespace; stop() ends them sooner."""

    def __init__(self, shots):
        self.place = pathlib.Path(os.environ['JPKI_RIG']) / 'room'
        self.place.mkdir()
        self.shots = shots
        self.shots.mkdir(parents=True, exist_ok=True)
        self.shot_count = 0
        self.processes, self.pcscd_words = [], []
        self.home, self.runtime = self.folders_make()
        etc_overlay(self.place)
        self.log = self.place / 'module.log'
        pathlib.Path('/etc/jpki-pkcs11.conf').write_text(f'log={self.log}\n', encoding='ascii')
        self.cards = [Card()] + ([Card('2')] if 'JPKI_CARD_CTL2' in os.environ else [])
        self.env = {'HOME': str(self.home), 'PATH': SERVER_PATH, 'LANG': 'C.UTF-8', 'TZ': 'UTC',
                    'XDG_RUNTIME_DIR': str(self.runtime), 'NO_AT_BRIDGE': '1'}
        self.display_start()
        self.servers_start()

    def folders_make(self):
        """The home and the runtime folder of the person here."""
        home = self.place / 'home'
        home.mkdir()
        return home, home

    def start(self, words, name, **more):
        with open(self.place / (name + '.log'), 'ab') as out:
            child = subprocess.Popen([str(word) for word in words], env=self.env, stdin=subprocess.DEVNULL, stdout=out,
                                     stderr=out, cwd=self.home, start_new_session=True, **more)
        self.processes.append(child)
        return child

    def run(self, words, check=True):
        done = subprocess.run([str(word) for word in words], env=self.env, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, check=False, timeout=60)
        expect(not check or done.returncode == 0, f'{words[0]} ended with {done.returncode}: {done.stdout}{done.stderr}')
        return done.stdout

    # ---- display

    def display_start(self):
        number = ''
        for _ in range(5):  # another room's server may take the number at the same moment
            read_end, write_end = os.pipe()
            self.start(['Xvfb', '-displayfd', write_end, '-screen', '0', SCREEN, '-nolisten', 'tcp'], 'xvfb',
                       pass_fds=[write_end])
            os.close(write_end)
            with os.fdopen(read_end) as answer:
                number = answer.readline().strip()
            if number:
                break
        expect(number, 'Xvfb did not start')
        self.env['DISPLAY'] = ':' + number
        self.start(['openbox', '--sm-disable'], 'openbox')

    def windows(self, title):
        """Ids of the visible windows whose title contains TITLE (a pattern)."""
        return self.run(['xdotool', 'search', '--onlyvisible', '--name', title], check=False).split()

    def keys(self, *words):
        self.run(['xdotool', *words])

    def shot(self, name):
        """Keep a picture of the screen, numbered in order of time."""
        self.shot_count += 1
        path = self.shots / f'{self.shot_count:02}-{name}.png'
        self.run(['import', '-window', 'root', path], check=False)

    # ---- servers

    def identity_make(self):
        """The servers' key and certificate, by an authority of their own (Firefox takes no authority's as a server's)."""
        own, key, cert = (self.place / name for name in ('authority.key', 'server.key', 'server.crt'))
        self.server_authority = self.place / 'authority.crt'
        new = ['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30']
        self.run([*new, '-keyout', own, '-out', self.server_authority, '-subj', '/O=JPKI-TEST/CN=Server Authority'])
        self.run([*new, '-keyout', key, '-out', cert, '-subj', '/O=JPKI-TEST/CN=localhost', '-CA', self.server_authority,
                  '-CAkey', own, '-addext', 'subjectAltName=DNS:localhost', '-addext', 'basicConstraints=critical,CA:FALSE'])
        return key, cert

    def servers_start(self):
        key, cert = self.identity_make()
        authorities = self.place / 'authorities.pem'
        authorities.write_text(''.join({(card.export / 'auth-ca.pem').read_text(encoding='ascii') for card in self.cards}),
                               encoding='ascii')
        folder = self.place / 'nginx'
        folder.mkdir()
        blocks = ''.join(SERVER_BLOCK.format(port=port, protocols=protocols) for port, protocols in SERVERS.values())
        text = NGINX_CONF.format(folder=folder, cert=cert, key=key, authorities=authorities, blocks=blocks)
        (folder / 'conf').write_text(text, encoding='ascii')
        self.start([AS_CALLER, 'nginx', '-e', folder / 'error.log', '-c', folder / 'conf'], 'nginx')
        for port, _ in SERVERS.values():
            await_true(lambda port=port: port_open(port), 10, f'nginx on port {port}')

    # ---- NSS

    def nss_make(self, folder, module):
        """A certificate database that trusts the server and loads the module (None: does not)."""
        folder.mkdir(parents=True, exist_ok=True)
        self.run(['certutil', '-N', '-d', f'sql:{folder}', '--empty-password'])
        self.run(['certutil', '-A', '-d', f'sql:{folder}', '-n', 'server', '-t', 'C,,', '-i', self.server_authority])
        if module is not None:
            self.module_register(folder, module)
            text = (folder / 'pkcs11.txt').read_text(encoding='utf-8')
            expect(str(module) in text, 'the module was not added')

    def module_register(self, folder, module):
        """By NSS's own tool, whatever the command does; by README's words where JPKI_TOKEN is the installed command."""
        if 'JPKI_TOKEN' in os.environ:
            self.run([os.environ['JPKI_TOKEN'], 'register', 'all'], check=False)   # of browsers never started it complains
        else:
            self.run(['modutil', '-force', '-dbdir', f'sql:{folder}', '-add', 'JPKI', '-libfile', module])

    # ---- the rig's pcscd

    def pcscd_stop(self):
        """End the private pcscd, and with it every reader; the card program goes on waiting for one."""
        for entry in pathlib.Path('/proc').glob('[0-9]*/comm'):
            if entry.read_text(encoding='ascii', errors='replace').strip() == 'pcscd':
                words = (entry.parent / 'cmdline').read_bytes().split(b'\0')
                if os.fsencode(os.environ['JPKI_RIG']) in b' '.join(words):
                    self.pcscd_words = [os.fsdecode(word) for word in words if word]
                    os.kill(int(entry.parent.name), 15)
        expect(self.pcscd_words, 'no pcscd of this rig')
        await_true(lambda: not pathlib.Path('/run/pcscd/pcscd.comm').exists(), 10, "pcscd's end")

    def pcscd_start(self):
        self.start(self.pcscd_words, 'pcscd')
        await_true(lambda: '"power_ons":0' not in self.cards[0].tell('stats'), 30, 'a card under power')

    # ---- what happened

    def log_text(self):
        return self.log.read_text(encoding='utf-8', errors='replace') if self.log.exists() else ''

    def signatures(self):
        """P1 of each signature the module asked of a card and got: 00 PKCS#1, 04 PSS."""
        return re.findall(r'apdu 80 2A (\w\w) .*-> 9000 \((?!0 )', self.log_text())

    def stop(self):
        for child in self.processes:
            child.terminate()
        for child in self.processes:
            try:
                child.wait(5)
            except subprocess.TimeoutExpired:
                child.kill()


def port_open(port):
    with socket.socket() as sock:
        return sock.connect_ex(('127.0.0.1', port)) == 0


# keepalive_timeout 0: each page is a connection of its own, so that what one connection costs can be counted.
# client_header_timeout covers the handshake, and with it the time a person needs for a PIN.
NGINX_CONF = '''daemon off;
worker_processes 1;
pid {folder}/pid;
events {{ }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    ssl_certificate {cert};
    ssl_certificate_key {key};
    ssl_client_certificate {authorities};
    ssl_verify_client on;
    ssl_session_cache off;
    ssl_session_tickets off;
    keepalive_timeout 0;
    client_header_timeout 600s;
{blocks}}}
'''
SERVER_BLOCK = '''    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_protocols {protocols};
        default_type text/html;
        location / {{
            return 200 '<title>LOGIN $ssl_client_verify</title><link rel="icon" href="data:,">
<p>verify=$ssl_client_verify</p><p>protocol=$ssl_protocol</p><p>serial=$ssl_client_serial</p><p>$ssl_client_s_dn</p>';
        }}
    }}
'''

if __name__ == '__main__':
    sys.exit('this is a part of conformance/firefox and conformance/chromium')
