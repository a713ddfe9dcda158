# SPDX-License-Identifier: BSD-3-Clause
"""A real Thunderbird, driven by Marionette: pages in its tabs, and mails that it signs and sends to a server of ours."""
import os
import pathlib
import socket
import threading

from browser_firefox import PREFERENCES, Firefox
from browser_room import await_true, expect

SMTP = 2525
SENDER, RECEIVER, TEXT = 'hanako@jpki-test.invalid', 'taro@jpki-test.invalid', 'JPKI-TEST message'
IDENTITY = 'mail.identity.id1'
SERVER = 'mail.smtpserver.smtp1'
MAIL_PREFERENCES = {
    'mail.provider.suppress_dialog_on_startup': True,
    'mail.shell.checkDefaultClient': False,
    'mail.spotlight.firstRunDone': True,
    'mail.warn_on_send_accel_key': False,
    'mailnews.start_page.enabled': False,
    'mail.accountmanager.accounts': 'account1',
    'mail.account.account1.server': 'server1',
    'mail.account.account1.identities': 'id1',
    'mail.server.server1.type': 'none',
    'mail.server.server1.hostname': 'Local Folders',
    'mail.server.server1.name': 'Local Folders',
    'mail.server.server1.userName': 'nobody',
    f'{IDENTITY}.useremail': SENDER,
    f'{IDENTITY}.fullName': 'Hanako',
    f'{IDENTITY}.valid': True,
    f'{IDENTITY}.fcc': False,
    f'{IDENTITY}.compose_html': False,
    f'{IDENTITY}.sign_mail': True,
    f'{IDENTITY}.smtpServer': 'smtp1',
    'mail.smtpservers': 'smtp1',
    f'{SERVER}.hostname': '127.0.0.1',
    f'{SERVER}.port': SMTP,
    f'{SERVER}.try_ssl': 0,
    f'{SERVER}.authMethod': 1,
}
# What its window is told.  A page is read by a script in the page's process: its text is there with the next question.
OPEN = '''let [url] = arguments;
window.jpkiText = null;
if (!window.jpkiTab) {
    window.jpkiTab = document.getElementById("tabmail").openTab("contentTab", {url}).browser;
} else {
    let triggeringPrincipal = Services.scriptSecurityManager.getSystemPrincipal();
    window.jpkiTab.fixupAndLoadURIString(url, {triggeringPrincipal});
}'''
PAGE = '''let tab = window.jpkiTab;
if (!tab || tab.webProgress.isLoadingDocument) return null;
let ask = `sendAsyncMessage("jpki:text", [content.document.documentURI, content.document.title,
    content.document.body && content.document.body.innerText].join("\\\\n"))`;
window.jpkiHear ??= message => { window.jpkiText = message.data; };
tab.messageManager.addMessageListener("jpki:text", window.jpkiHear); // another process, another manager
tab.messageManager.loadFrameScript("data:," + encodeURIComponent(ask), false);
let said = window.jpkiText, spec = tab.currentURI.spec;
if (spec === "about:blank") return spec;
return said && (said.startsWith(spec) || /^about:(cert|net)error/.test(said)) ? said : null;'''
# Usage 4 is signing mail.  What the page of settings does with the answer.
CHOOSE = '''let [sender] = arguments;
setTimeout(() => {
    let picker = Cc["@mozilla.org/user_cert_picker;1"].getService(Ci.nsIUserCertPicker);
    try {
        let found = picker.pickByUsage(window, "", 4, false, true, sender, {});
        Services.prefs.setStringPref("mail.identity.id1.signing_cert_name", found.displayName);
        Services.prefs.setStringPref("mail.identity.id1.signing_cert_dbkey", found.dbKey);
        window.jpkiChosen = found.tokenName;
    } catch (error) {
        window.jpkiChosen = String(error);
    }
}, 0);'''
COMPOSE = '''let [receiver, text] = arguments;
const {MailServices} = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
let params = Cc["@mozilla.org/messengercompose/composeparams;1"].createInstance(Ci.nsIMsgComposeParams);
let fields = Cc["@mozilla.org/messengercompose/composefields;1"].createInstance(Ci.nsIMsgCompFields);
fields.to = receiver; fields.subject = "JPKI-TEST"; fields.body = text + "\\n";
params.type = Ci.nsIMsgCompType.New;
params.format = Ci.nsIMsgCompFormat.PlainText;
params.identity = MailServices.accounts.allIdentities[0];
params.composeFields = fields;
setTimeout(() => MailServices.compose.OpenComposeWindowWithParams(null, params), 0);'''


class Sink:
    """A mail server that takes everything, and keeps it."""

    def __init__(self):
        self.mails = []
        self.listener = socket.create_server(('127.0.0.1', SMTP))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return
            with connection, connection.makefile('rwb') as lines:
                self.talk(lines)

    def talk(self, lines):
        def say(text):
            lines.write(text + b'\r\n')
            lines.flush()
        say(b'220 sink')
        for line in lines:
            word = line.strip().upper()
            if word == b'DATA':
                say(b'354 go on')
                body = iter(lines.readline, b'.\r\n')
                self.mails.append(b''.join(line.removeprefix(b'.') for line in body))
            say(b'221 end' if word == b'QUIT' else b'250 sink')
            if word == b'QUIT':
                return


class Thunderbird(Firefox):
    """The browsers' module comes into its profile by jpki-token register, the full one by modutil."""
    preferences = {**PREFERENCES, **MAIL_PREFERENCES}

    def __init__(self, room, module, ask):
        registered = module.name.endswith('-auth.so')
        super().__init__(room, None if registered else module, ask)
        (room.home / '.thunderbird/profiles.ini').write_text(
            '[Profile0]\nName=card\nIsRelative=1\nPath=card.default\nDefault=1\n', encoding='ascii')
        for role in ('auth', 'sign'):
            authority = room.cards[0].export / f'{role}-ca.pem'
            room.run(['certutil', '-A', '-d', f'sql:{self.profile}', '-n', f'{role}-ca', '-t', 'C,C,', '-i', authority])
        if registered:
            said = self.token('register', 'thunderbird', '--module', module)
            expect(f'registered: {self.profile}' in said, f'register said: {said}')
        self.sink = Sink()

    def token(self, *words):
        """jpki-token, as the person types it."""
        tools = pathlib.Path(os.environ['JPKI_MODULE']).parent.parent / 'tools'
        return self.room.run([tools / 'jpki-token', *words])

    def profile_place(self):
        return self.room.home / '.thunderbird/card.default'

    def command(self):
        return ['thunderbird', '--profile', self.profile]

    def start(self):
        super().start()
        self.call('Marionette:SetContext', {'value': 'chrome'}, 30)
        found = await_true(lambda: self.call('WebDriver:GetWindowHandles', {}, 10), 30, 'a window of Thunderbird')
        self.call('WebDriver:SwitchToWindow', {'handle': found[0], 'focus': True}, 10)
        await_true(lambda: self.ask('return document.readyState === "complete" && !!window.gTabmail'), 120, 'its tabs')

    def ask(self, script, *words, seconds=5):
        """What a script in its window returns; None while a prompt is open."""
        answer = self.call('WebDriver:ExecuteScript', {'script': script, 'args': words, 'sandbox': 'system'}, seconds)
        return answer and answer.get('value')

    def navigate(self, url):
        self.post('WebDriver:ExecuteScript', {'script': OPEN, 'args': [url], 'sandbox': 'system'})

    def page(self):
        text = self.ask(PAGE, seconds=1)
        return '' if text and text.startswith('about:blank') else text

    def certificate_choose(self):
        self.ask(CHOOSE, SENDER)

    def certificate_chosen(self):
        return self.ask('return window.jpkiChosen')

    def compose(self):
        self.ask(COMPOSE, RECEIVER, TEXT)

    def stop(self):
        super().stop()
        self.sink.listener.close()
