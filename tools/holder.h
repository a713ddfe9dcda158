/* SPDX-License-Identifier: BSD-3-Clause */
/* Finding the card that is meant, and what is known of it before a PIN is asked for. */
#ifndef TOOLS_HOLDER_H
#define TOOLS_HOLDER_H

#include "command.h"
#include "guard.h"

/* Which card is meant: --reader (its name, or a part that only one has) and --serial; NULL where
 * nothing was said. */
struct place {
    const char *reader, *serial;
    /* a card newer than this version will do (profile_unknown's), to be asked for its files
     * alone */
    bool newer_too;
};

#define PLACE_OPTIONS(place) \
    { "reader", OPTION_TEXT, &(place)->reader, N_("NAME"), \
      N_("use the card in this reader (a part of its name is enough)") }, \
    { \
        "serial", OPTION_TEXT, &(place)->serial, N_("NUMBER"), \
            N_("use the card with this serial number") \
    }

/* A card with the serial number that the module gives its tokens too. */
struct holder {
    struct card card;
    char serial[CARD_SERIAL_ROOM];
};

/* The readers there are now, brought up to date; views has room for READER_MAX. */
enum jpki_err readers_list(struct reader_view *views, size_t *ret_count) MUST_CHECK;

/* Whether a reader's name is meant by --reader. */
bool reader_meant(const struct place *place, const char *name);

/*
 * Recognise the card in this reader (newer_too: as struct place has it).  On JPKI_OK the caller
 * ends it by holder_close; on an error there is nothing to end.
 */
enum jpki_err holder_open(const struct reader_view *view, bool newer_too,
                          struct holder *ret_holder) MUST_CHECK;
void holder_close(struct holder *holder);

/*
 * Find the one card that is meant.  CODE_OK: the caller ends it by holder_close.  Otherwise it was
 * said why there is none, or which ones there are to choose from.  The connection stays open, so
 * that a card that is pulled out and put back between two visits is never taken for the same one.
 */
int holder_find(const struct place *place, struct holder *ret_holder) MUST_CHECK;

/* "auth" or "sign"; false for any other word. */
bool role_read(const char *word, enum role *ret_role);

/* "auth", "sign"; and as a person reads it: "user authentication", "digital signature". */
const char *role_word(enum role role);
const char *role_name(enum role role);

/* What the PIN of a role is called: a PIN for authentication, a password for signatures. */
const char *pin_name(enum role role);

/* What a person calls such a card. */
const char *kind_name(const struct card_profile *profile);

#endif
