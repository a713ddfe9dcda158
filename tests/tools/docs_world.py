# SPDX-License-Identifier: BSD-3-Clause
"""What the commands of docs/ meet: files to sign, and the servers of example.org, on this machine's loopback alone.

A block "sh run NAME" needs the part of this name; part_make(NAME) is why it cannot be had, or None.
"""
import functools
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import time
import zipfile

import rig

PLACE = pathlib.Path(os.environ['JPKI_RIG']) / 'example.org'
SERVERS = pathlib.Path(os.environ['JPKI_BUILD']) / 'servers/bin'
SERVER_PATIENCE = 60
HOSTS = ('git.example.org', 'vpn.example.org')
PINENTRY = """#!/bin/sh
echo 'OK ready'
while read -r word rest; do
    case $word in GETPIN) printf 'D 1234\\nOK\\n' ;; *) echo OK ;; esac
done
"""
NGINX = """daemon off; pid {0}/pid; error_log {0}/log; user root; worker_processes 1;
events {{}}
http {{ access_log off; client_body_temp_path {0}/t1; proxy_temp_path {0}/t2; fastcgi_temp_path {0}/t3;
uwsgi_temp_path {0}/t4; scgi_temp_path {0}/t5;
server {{ listen 127.0.0.1:443 ssl; ssl_certificate {0}/server.crt; ssl_certificate_key {0}/server.key;
ssl_client_certificate {0}/ca.pem; ssl_verify_client on; root {0}/www; }} }}
"""
OCSERV = """auth = "certificate"
listen-host = 127.0.0.2
tcp-port = 443
socket-file = {0}/socket
server-cert = {0}/server.crt
server-key = {0}/server.key
ca-cert = {0}/ca.pem
cert-user-oid = 2.5.4.3
run-as-user = root
run-as-group = root
isolate-workers = false
device = vpns
ipv4-network = 192.0.2.0/24
use-occtl = false
pid-file = {0}/ocserv.pid
"""


def program_find(name):
    return shutil.which(name, path=f'{os.environ["PATH"]}:/usr/sbin:{SERVERS}')


def covered(path, text):
    """Another file in its place, seen in here alone."""
    own = PLACE / path.name
    own.write_bytes(text)
    own.chmod(0o644)
    subprocess.run(['mount', '--bind', own, path], check=True)


def manifest():
    """An AndroidManifest.xml in its binary form: one element, of no attributes."""
    def chunk(kind, head, body):
        return struct.pack('<HHI', kind, 8 + len(head), 8 + len(head) + len(body)) + head + body
    text = b'\x08\x00' + 'manifest'.encode('utf-16-le') + b'\0\0'
    text += b'\0' * (-len(text) % 4)
    pool = chunk(1, struct.pack('<5I', 1, 0, 0, 32, 0), struct.pack('<I', 0) + text)
    node = struct.pack('<II', 1, 0xFFFFFFFF)
    begin = chunk(0x102, node, struct.pack('<IIHHHHHH', 0xFFFFFFFF, 0, 20, 20, 0, 0, 0, 0))
    return chunk(3, b'', pool + begin + chunk(0x103, node, struct.pack('<II', 0xFFFFFFFF, 0)))


def files_make(home):
    pathlib.Path(home, 'letter.pdf').write_bytes(rig.document())
    with zipfile.ZipFile(pathlib.Path(home, 'app.apk'), 'w') as app:
        app.writestr('AndroidManifest.xml', manifest())
        app.writestr('classes.dex', 'letters')
    if shutil.which('objcopy'):
        subprocess.run(['objcopy', '-O', 'pei-x86-64', shutil.which('true'), pathlib.Path(home, 'program.exe')], check=False,
                       capture_output=True)


TRUSTED = pathlib.Path('/etc/ssl/certs/ca-certificates.crt')


def example_org_make():
    """Its names, its certificate, which this machine trusts, and the authority of the cards that it lets in."""
    if PLACE.is_dir():
        return
    PLACE.mkdir()
    covered(pathlib.Path('/etc/hosts'), b'127.0.0.1 localhost git.example.org\n127.0.0.2 vpn.example.org\n')
    words = ['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30',
             '-subj', '/O=JPKI-TEST/CN=example.org', '-keyout', PLACE / 'server.key', '-out', PLACE / 'server.crt',
             '-addext', 'subjectAltName=' + ','.join('DNS:' + host for host in HOSTS)]
    subprocess.run(words, check=True, capture_output=True)
    covered(TRUSTED, TRUSTED.read_bytes() + (PLACE / 'server.crt').read_bytes())
    (PLACE / 'ca.pem').write_bytes((rig.Card().export / 'auth-ca.pem').read_bytes())


def server_start(words, name, config, address):
    """Returns when it listens."""
    (PLACE / (name + '.conf')).write_text(config.format(PLACE), encoding='utf-8')
    with open(PLACE / (name + '.out'), 'wb') as out:
        server = subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    deadline = time.monotonic() + SERVER_PATIENCE
    while server.poll() is None and time.monotonic() < deadline:
        with socket.socket() as client:
            if client.connect_ex((address, 443)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(f'{name} does not listen:\n' + (PLACE / (name + '.out')).read_text(errors='replace'))


def git_make():
    if program_find('nginx') is None:
        return 'nginx'
    if not TRUSTED.exists():
        return 'ca-certificates'
    example_org_make()
    letters, own = PLACE / 'www/letters.git', PLACE / 'letters'
    git = ['git', '-c', 'user.name=Taro', '-c', 'user.email=taro@example.org', '-c', 'init.defaultBranch=main']
    for words in (['init', '-q', '--bare', letters], ['clone', '-q', letters, own],
                  ['-C', own, 'commit', '-q', '--allow-empty', '-m', 'a letter'], ['-C', own, 'push', '-q'],
                  ['-C', letters, 'update-server-info']):
        subprocess.run([*git, *words], check=True, capture_output=True)
    server_start([program_find('nginx'), '-e', PLACE / 'log', '-c', PLACE / 'nginx.conf'], 'nginx', NGINX,
                 '127.0.0.1')
    return None


def vpn_make():
    missing = [name for name in ('openconnect', 'ocserv') if program_find(name) is None]
    missing += [] if TRUSTED.exists() else ['ca-certificates']
    if missing:
        return missing[0]
    example_org_make()
    server_start([program_find('ocserv'), '-f', '-c', PLACE / 'ocserv.conf'], 'ocserv', OCSERV, '127.0.0.2')
    return None


def gpg_make(home):
    """The person's own pinentry is a window; here it is somebody who knows the PIN."""
    missing = [name for name in ('gpg-connect-agent', 'gnupg-pkcs11-scd') if program_find(name) is None]
    if missing:
        return missing[0]
    folder = pathlib.Path(home, '.gnupg')
    folder.mkdir(mode=0o700)
    (folder / 'pinentry').write_text(PINENTRY, encoding='ascii')
    (folder / 'pinentry').chmod(0o755)
    (folder / 'gpg-agent.conf').write_text(f'pinentry-program {folder}/pinentry\n', encoding='utf-8')
    return None


@functools.cache
def server_make(name):
    """A server runs on for the next page that needs it."""
    return {'git': git_make, 'vpn': vpn_make}[name]()


def remembered(home):
    """Where a helper of git's wrote down what was typed: the page has to keep the PIN from it."""
    return [path.name for path in [pathlib.Path(home, '.git-credentials')] if path.exists()]


def part_make(name, home):
    if name == 'git':
        pathlib.Path(home, '.gitconfig').write_text('[credential]\n\thelper = store\n', encoding='ascii')
    if name in ('git', 'vpn'):
        return server_make(name)
    if name == 'gpg':
        return gpg_make(home)
    return None if program_find(name) else name
