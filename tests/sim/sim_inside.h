/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The inside of the simulated card, for the files that make it up: sim_card (life), sim_dispatch
 * (APDUs), sim_files, sim_pins, sim_sign.  Tests use sim_card.h.
 */
#ifndef SIM_INSIDE_H
#define SIM_INSIDE_H

#include "sim_card.h"

#define SIM_FILE_MAX 24

enum sim_app {
    SIM_APP_ISD,
    SIM_APP_JPKI,
    SIM_APP_VISUAL,
    SIM_APP_TEXT,
    SIM_APP_JUKI,
    SIM_APP_COMMON,
    SIM_APP_OPENPGP
};

enum sim_file_kind { SIM_FILE_DATA, SIM_FILE_PIN, SIM_FILE_KEY };
enum sim_guard { SIM_FREE, SIM_NEEDS_PIN, SIM_NEVER };

struct sim_file {
    uint16_t fid;
    enum sim_file_kind kind;
    enum sim_guard guard;
    enum sim_role role;
    bool has_key;  /* a key or PIN that stands for the role; the others exist and do nothing */
    uint8_t *data; /* owned; NULL without contents */
    size_t size;
};

struct sim_card {
    struct sim_options opt;
    struct sim_identity *identity;
    char keys_dir[512], state_path[512];
    struct sim_file files[SIM_FILE_MAX];
    size_t file_count;

    bool powered, fresh; /* fresh: nothing was sent since the power came */
    enum sim_app app;
    struct sim_file *current; /* NULL: no EF is current */
    bool verified[SIM_ROLES];
    uint8_t pending[256]; /* for GET RESPONSE */
    size_t pending_len;

    struct sim_stats stats;
    unsigned long last_us;
    FILE *trace;
};

struct sim_command {
    uint8_t cla, ins, p1, p2;
    const uint8_t *data;
    size_t lc, le; /* le: the most bytes wanted; 0 with has_le false */
    bool has_le, extended;
};

struct sim_answer {
    uint8_t data[SIM_ANSWER_MAX];
    size_t len;
};

/* A command's work: fills answer->data and returns the status word. */
typedef uint16_t sim_handler(struct sim_card *card, const struct sim_command *cmd,
                             struct sim_answer *answer);

sim_handler sim_select, sim_read_binary, sim_verify, sim_change, sim_compute_signature;

/* Make the files that the options and the identity describe; false without memory.  Drops what
 * is current. */
bool sim_files_build(struct sim_card *card);
void sim_files_free(struct sim_card *card);
struct sim_file *sim_file_find(struct sim_card *card, uint16_t fid);

/*
 * The file that P2 of VERIFY, CHANGE or COMPUTE SIGNATURE means: 80 the current one, 80|n the short
 * EF id n, which then becomes current.  Returns 9000 and *ret_file, or what the card refuses with.
 */
uint16_t sim_file_by_p2(struct sim_card *card, uint8_t p2, bool short_ids, enum sim_file_kind kind,
                        struct sim_file **ret_file);

/* Whether the guard of a file lets it be read now. */
bool sim_file_readable(const struct sim_card *card, const struct sim_file *file);

/* Leave for another application: no EF is current, nothing is verified. */
void sim_app_enter(struct sim_card *card, enum sim_app app);

/* One exchange without statistics and trace. */
uint16_t sim_dispatch(struct sim_card *card, const uint8_t *cmd, size_t len,
                      struct sim_answer *answer);

/* Write the state file if there is one. */
void sim_state_save(struct sim_card *card);

#endif
