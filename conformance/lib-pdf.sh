# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# Documents for those who sign PDFs, by the programs that people use; what this machine has no program for is left out, and
# said.  And a judge of signed ones.

documents_make() { # documents_make FOLDER: *.pdf into it
    mkdir -p "$1"
    (
        cd "$1" || exit
        hand_made
        program_made
        qpdf_made
        rm -f ./*.tex ./*.aux ./*.log ./*.out ./*.toc ./*.ps ./*.txt
    ) >&2
}

# Forms of files that the programs below do not write.
hand_made() {
    python3 - <<'PY'
def make(name, objects, eol=b'\n', behind=b''):
    text, at = b'%PDF-1.4' + eol, {}
    for number, body in objects.items():
        at[number] = len(text)
        text += b'%d 0 obj' % number + eol + body + eol + b'endobj' + eol
    end = b' \n' if eol == b'\n' else b' \r' if eol == b'\r' else eol
    rows = b''.join((b'%010d 00000 n' % at[number] if number in at else b'0000000000 65535 f') + end
                    for number in range(max(at) + 1))
    open(name + '.pdf', 'wb').write(
        text + b'xref' + eol + b'0 %d' % (max(at) + 1) + eol + rows + b'trailer' + eol + b'<</Root 1 0 R /Size %d>>'
        % (max(at) + 1) + eol + b'startxref' + eol + b'%d' % len(text) + eol + b'%%EOF' + behind)


def simple(root=b'', page=b'', **more):
    return {1: b'<</Type/Catalog/Pages 2 0 R' + root + b'>>', 2: b'<</Type/Pages/Kids[3 0 R]/Count 1>>',
            3: b'<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]' + page + b'>>'}


TEXT = b'<</Type/Annot/Subtype/Widget/FT/Tx/T(Signature1)/Rect[0 0 9 9]/V(x)/P 3 0 R>>'
make('hand-short', simple())
make('hand-cr', simple(), b'\r')
make('hand-crlf', simple(), b'\r\n')
make('hand-zeros-behind', simple(), behind=b'\n\0\0\0\0')
make('hand-gap', {**simple(), 1000: b'(far)'})
make('hand-form-without-fields', simple(b'/AcroForm<<>>'))
make('hand-form-fields-nowhere', simple(b'/AcroForm<</Fields 9 0 R>>'))
make('hand-form-nowhere', simple(b'/AcroForm 9 0 R'))
make('hand-form-indirect', {**simple(b'/AcroForm 4 0 R', b'/Annots 6 0 R'), 4: b'<</Fields 5 0 R/DA(/Helv 0 Tf)>>',
                            5: b'[7 0 R]', 6: b'[7 0 R]', 7: TEXT})
make('hand-field-to-be-signed', {**simple(b'/AcroForm<</Fields[4 0 R]>>', b'/Annots[4 0 R]'),
                                 4: b'<</Type/Annot/Subtype/Widget/FT/Sig/T(Tenant)/Rect[10 10 99 50]/F 4/P 3 0 R>>'})
make('refused-xfa', simple(b'/AcroForm<</Fields[]/XFA(x)>>'))
make('refused-closed', simple(b'/Perms<</DocMDP<</Reference[<</TransformParams<</P 1>>>>]>>>>'))
make('refused-pageless', {**simple(), 2: b'<</Type/Pages/Kids[]/Count 0>>'})
make('refused-numbers-used-up', {**simple(b'', b'/Annots 4 0 R'), 4: b'[99999999999 0 R]'})
open('refused-begins-twice.pdf', 'wb').write(b'%PDF-' + open('hand-short.pdf', 'rb').read())
open('refused-damaged.pdf', 'wb').write(open('hand-short.pdf', 'rb').read()[:-30])
PY
}

program_has() { # program_has PROGRAM
    command -v "$1" >/dev/null || { echo "no documents by $1: it is not installed"; return 1; }
}

office_export() { # office_export FILTER
    soffice --headless "-env:UserInstallation=file://$PWD/office" --convert-to "$1" --outdir . text.txt
}

program_made() {
    seq -f 'Clause %g of a contract.' 200 >text.txt
    if program_has soffice; then
        office_export pdf && mv text.pdf libreoffice.pdf
        office_export 'pdf:writer_pdf_Export:{"SelectPdfVersion":{"type":"long","value":"2"}}' &&
            mv text.pdf libreoffice-pdfa.pdf
        rm -rf office
    fi
    if program_has gs; then
        printf '%%!PS\n/Helvetica findfont 20 scalefont setfont\n' >page.ps
        printf '72 700 moveto (%s) show showpage\n' One Two >>page.ps
        gs -q -dBATCH -dNOPAUSE -sDEVICE=pdfwrite -sOutputFile=ghostscript.pdf page.ps
        gs -q -dBATCH -dNOPAUSE -dPDFA=2 -sDEVICE=pdfwrite -sOutputFile=ghostscript-pdfa.pdf page.ps
    fi
    if program_has pdflatex; then
        cat >tex-form.tex <<'TEX'
\documentclass{article}
\usepackage{hyperref}
\begin{document}
\section{One}\begin{Form}\TextField[name=who]{Name}\end{Form}\newpage\section{Two}\href{https://example.org}{link}
\end{document}
TEX
        pdflatex -interaction=batchmode tex-form.tex
    fi
    if program_has pdftocairo; then
        pdftocairo -pdf hand-short.pdf poppler-cairo.pdf
        pdfseparate -f 1 -l 1 poppler-cairo.pdf poppler-separate.pdf
        [ ! -e tex-form.pdf ] || pdfunite poppler-cairo.pdf tex-form.pdf poppler-unite.pdf
    fi
}

qpdf_made() {
    local from=hand-form-indirect.pdf
    [ ! -e tex-form.pdf ] || from=tex-form.pdf
    program_has qpdf || return
    qpdf --object-streams=generate "$from" object-streams.pdf
    qpdf --linearize "$from" linearised.pdf
    qpdf --linearize --object-streams=generate "$from" linearised-object-streams.pdf
    qpdf --encrypt '' owner 256 -- "$from" refused-encrypted.pdf
    qpdf --encrypt user owner 256 -- "$from" refused-password.pdf
}

letter_make() { # letter.pdf: one empty page, which cairo makes a whole document of
    hand_made
    pdftocairo -pdf hand-short.pdf letter.pdf 2>/dev/null
}

# pdfsig's judgement, then OpenSSL's of what it takes out of the file.
pdf_judge() { # pdf_judge FILE [OPTION OF pdfsig...]
    local file=$1 ranges='s/.*Signed Ranges: \[0 - \([0-9]*\)], \[\([0-9]*\) - [0-9]*].*/\1 \2/p' first second
    shift
    pdfsig "$@" -nocert "$file" >shown
    cat shown
    grep -q 'Signature is Valid' shown
    grep -q 'Total document signed' shown
    read -r first second < <(sed -n "$ranges" shown)
    head -c "$first" "$file" >covered
    tail -c "+$((second + 1))" "$file" >>covered
    pdfsig "$@" -dump "$file"
    openssl cms -verify -binary -inform DER -in "$file.sig0" -content covered \
        -CAfile "$JPKI_CARD_EXPORT/sign-ca.pem" -purpose any -out /dev/null
}
