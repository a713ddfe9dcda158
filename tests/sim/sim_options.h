/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What one simulated card is like.  Everything that is not certain of the real card is a switch
 * here, so that a test can ask for either answer.  All of it can be written as words "key=value"
 * (sim_options_help prints the list); a profile is a name for a row of such words.
 *
 * The PINs and their counters stand here too: they are the part of a card that outlives its power.
 */
#ifndef SIM_OPTIONS_H
#define SIM_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SIM_PIN_MAX 16
#define SIM_ATR_MAX 33
#define SIM_SAYS 12

enum sim_role { SIM_AUTH, SIM_SIGN, SIM_ROLES };

/* Reads that begin inside a file and end behind it. */
enum sim_eof { SIM_EOF_SHORT, SIM_EOF_YES, SIM_EOF_6B00, SIM_EOF_6700, SIM_EOF_6CXX };

/* EF 0008: there, missing, or one byte long. */
enum sim_0008 { SIM_0008_NO, SIM_0008_YES, SIM_0008_SHORT };

/* What the file of a missing certificate is: none, readable filler, or refused whatever was
 * verified. */
enum sim_no_cert { SIM_NO_CERT_6A82, SIM_NO_CERT_FF, SIM_NO_CERT_6982 };

/* Certificates whose first bytes lie. */
enum sim_cert_form {
    SIM_CERT_TRUE,
    SIM_CERT_LONGER,
    SIM_CERT_SHORTER,
    SIM_CERT_BEYOND,
    SIM_CERT_NOT_DER
};

enum sim_validity { SIM_VALID, SIM_EXPIRED, SIM_NOT_YET, SIM_EXPIRING };

/*
 * What is wrong with the certificates: names that steer a terminal; a CA that is none, is out of
 * date, or must not sign certificates; a holder's key that must not sign.
 */
enum sim_certs {
    SIM_CERTS_RIGHT,
    SIM_CERTS_ODD_NAMES,
    SIM_CERTS_NO_CA,
    SIM_CERTS_OLD_CA,
    SIM_CERTS_CA_USE,
    SIM_CERTS_USE
};

struct sim_role_options {
    bool exists;       /* the card has this key, PIN and pair of certificate files */
    bool cert;         /* the holder's certificate was issued */
    bool cert_private; /* it is read after the PIN only */
    bool pin_set;      /* false: no PIN was ever set (no_pin_sw) */
    char pin[SIM_PIN_MAX + 1];
    unsigned tries;     /* left now */
    unsigned cert_form; /* enum sim_cert_form */
};

/* A command that begins with head, and would be answered by natural, is answered by this. */
struct sim_say {
    uint8_t head[5];
    size_t head_len;
    uint16_t natural, answer;
};

struct sim_options {
    char profile[24];
    char label[33], serial_info[17], model[17];
    uint8_t atr[SIM_ATR_MAX];
    size_t atr_len;
    /* which card: two numbers are two persons with keys of their own; 1 and more */
    unsigned holder;
    struct sim_role_options role[SIM_ROLES];

    bool jpki, openpgp, card_manager; /* which applications the card has */
    bool read_short_ids, pin_short_ids, key_short_ids, partial_aid;
    bool pss, ec, extended;
    bool ec_sign; /* the key for signatures alone is an elliptic curve's */
    unsigned ef0008, strict_eof, no_cert, validity;
    unsigned certs; /* enum sim_certs */
    /* of the certificate files: bytes, and the byte behind the certificate */
    unsigned ef_size, filler;
    unsigned slow_ms; /* so much longer each exchange takes, where time is really spent */

    /* no: the reader's power off and reset are a SELECT MF, as with a phone for a reader */
    bool power_cut;
    bool warm_reset_keeps, first_6f00, le_6c, get_response;
    bool wrong_length_costs, wrong_verify_clears, query_needs_le, torn_verify_costs, torn_acts;
    uint16_t blocked_sw, query_blocked, no_pin_sw, wrong_length_sw, change_bad_sw, short_id_sw,
        past_end_sw, sign_length_sw;
    struct sim_say says[SIM_SAYS];
    size_t say_count;
};

/* The normal card: everything as far as it is known, holder 1, PINs 1234 and ABC123. */
void sim_options_init(struct sim_options *opt);

/*
 * Apply one word "key=value", or "profile=NAME" (which first goes back to the normal card but keeps
 * the holder).  False, with opt unchanged, for a key or value that does not exist.
 */
bool sim_options_set(struct sim_options *opt, const char *word);

/* Apply words separated by blanks; false at the first bad one, with opt unchanged. */
bool sim_options_parse(struct sim_options *opt, const char *words);

/* Print every key with its values, and every profile with its words. */
void sim_options_help(FILE *out);

/* The name of the i-th profile, NULL behind the last. */
const char *sim_profile_name(size_t i);

/* The full counter of a PIN. */
unsigned sim_tries_max(enum sim_role role);

/* Whether len bytes have the form the card demands of this PIN. */
bool sim_pin_form(enum sim_role role, const uint8_t *pin, size_t len);

#endif
