/* SPDX-License-Identifier: BSD-3-Clause */
/* What sign does to files, before the card is asked and after it: the content in, the message in
 * its place, the checks. */
#ifndef TOOLS_SIGN_WORK_H
#define TOOLS_SIGN_WORK_H

#include "outfile.h"
#include "pdf.h"
#include "sign_cms.h"

/* A message beside the content, around it, or in the PDF that it signs. */
enum sign_form { FORM_BESIDE, FORM_AROUND, FORM_PDF };

struct sign_wish {
    enum sign_form form;
    bool pem;
    const char *in, *out; /* "-": standard input and output; out NULL: beside the input */
    struct pdf_words words;
};

struct sign_work {
    const struct sign_wish *wish;
    int in;
    struct stat input;
    char *name; /* of the result */
    struct outfile out;
    BIO *writer; /* on out */
    off_t len;   /* of the content */
    /* SHA-256 of the content, and of what the signature is over */
    uint8_t content[DIGEST_LEN], covered[DIGEST_LEN];
    struct pdf_place place;
};

/*
 * Read the content, refuse what cannot be signed, and write the result up to its message.  Always
 * ended by work_drop; otherwise than CODE_OK it was said why.
 */
int work_begin(const struct sign_wish *wish, struct sign_work *ret_work) MUST_CHECK;

/* Put the message in; read the result again and check it; give it its name. */
int work_end(struct sign_work *work, struct slice message, X509 *cert) MUST_CHECK;
void work_drop(struct sign_work *work);

/* What a person sees before the password is asked for: what is signed, what that discloses,
 * where it goes. */
void work_show(const struct sign_work *work, bool counts);

#endif
