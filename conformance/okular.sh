#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# package: okular
# long: a display, and waiting for windows
# Okular signs a PDF with the signature key, as a person does it: Tools, Digitally Sign, the password, a rectangle, the
# certificate, the name.  pdfsig and OpenSSL check what it wrote.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=lib-pdf.sh
. "$(dirname "$0")/lib-pdf.sh"
needs okular Xvfb openbox xdotool dbus-run-session pdfsig python3 openssl certutil modutil setpriv
card_enter

hand_made
mv hand-short.pdf letter.pdf
mkdir -p home/db home/.config home/run
chmod 700 home/run
certutil -N -d sql:home/db --empty-password
certutil -A -d sql:home/db -n sign-ca -t CT,C,C -i "$JPKI_CARD_EXPORT/sign-ca.pem"
modutil -dbdir sql:home/db -add jpki -libfile "$JPKI_MODULE" -force >/dev/null 2>&1
# what its settings write (PDF, Signature database)
printf '[Signatures]\nUseDefaultCertDB=false\nDBCertificatePath=file://%s\n' "$place/home/db" \
    >home/.config/okular-generator-popplerrc
user_prepare

window_await() { # window_await TITLE
    for _ in $(seq 100); do
        if xdotool search --onlyvisible --name "$1" >/dev/null 2>&1; then
            sleep 1
            return 0
        fi
        sleep 0.2
    done
    echo "no window: $1"
    return 1
}

okular_drive() { # okular_drive PIN...: the menu, and a PIN for each question
    window_await 'letter.pdf'
    sleep 2
    xdotool key alt+t
    sleep 1
    xdotool key d
    local pin
    for pin in "$@"; do
        window_await 'Enter Password'
        xdotool type "$pin"
        xdotool key Return
        sleep 1
    done
}

# The rest of it: where, with what, under which name.  The order is the version's.
rectangle_draw() {
    sleep 1
    xdotool mousemove 400 350 mousedown 1 mousemove 450 380 mousemove 550 450 mouseup 1
}

file_save() {
    window_await 'Save Signed File As'
    xdotool key Return
    for _ in $(seq 50); do
        [ ! -s letter_signed.pdf ] || break
        sleep 0.2
    done
    sleep 1
}

rectangle_first() { # as 22.12 goes about it
    rectangle_draw
    window_await '^Question' # "may be too small to read"
    xdotool key alt+i
    window_await 'Select certificate'
    xdotool key Return
}

certificate_first() { # as 25.04 goes about it
    window_await '^Certificates'
    # none is selected, and OK alone asks for a password that no password answers
    xdotool mousemove --window "$(xdotool search --onlyvisible --name '^Certificates')" 150 47 click 1
    sleep 1
    xdotool key Return
    rectangle_draw
    sleep 2
    xdotool key alt+n # Finish Signing, a button above the page
}

okular_start() {
    rm -f letter_signed.pdf display
    as_user Xvfb -displayfd 3 -screen 0 1000x800x24 -nolisten tcp 3>display 2>/dev/null &
    started=($!)
    for _ in $(seq 100); do
        [ ! -s display ] || break
        sleep 0.1
    done
    DISPLAY=:$(cat display)
    export DISPLAY
    as_user openbox 2>/dev/null &
    started+=($!)
    # it logs in to every token at its first look, so it is shown the signature token alone
    as_user XDG_RUNTIME_DIR="$place/home/run" JPKI_PKCS11_OPTIONS=slots=sign dbus-run-session -- okular "$place/letter.pdf" &
    started+=($!)
}

okular_end() {
    kill "${started[@]}" 2>/dev/null || true
    wait || true
}

sign() { # sign PIN...
    trap okular_end EXIT
    okular_start
    okular_drive "$@"
    $way
    file_save
}

sign_and_check() {
    sign "$@"
    pdf_judge letter_signed.pdf
}

wrong() {
    trap okular_end EXIT
    okular_start
    okular_drive WRONG123 WRONG123
    sleep 1
    [ ! -e letter_signed.pdf ]
}

case $(QT_QPA_PLATFORM=offscreen as_user okular --version 2>/dev/null) in
'okular 22.'*) way=rectangle_first takes=41 ;;
*) way=certificate_first takes=36 ;;
esac
step 'signs a PDF from its menu' $takes sign sign_and_check "$sign_pin"
tries_sign=4 step 'a wrong password, typed twice, costs one try' 14 sign wrong
step 'the right one brings them back' $takes sign sign_and_check "$sign_pin"
finish
