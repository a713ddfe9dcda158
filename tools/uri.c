/* SPDX-License-Identifier: BSD-3-Clause */
/* uri: PKCS#11 URIs (RFC 7512) of the card's objects, spelt by p11-kit */
#define CRYPTOKI_GNU 1
#include "command.h"
#include "holder.h"
#include "text.h"

#include <p11-kit/pkcs11.h>
#include <p11-kit/uri.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The objects of a role that a URI is wanted of. */
static const struct uri_row {
    ck_object_class_t class;
    const char *word;
} rows[] = { { CKO_CERTIFICATE, "cert" }, { CKO_PRIVATE_KEY, "key" } };

static void token_fill(struct ck_token_info *info, const struct holder *holder, enum role role)
{
    pad_text(info->label, sizeof(info->label), role_names[role].token);
    pad_text(info->manufacturer_id, sizeof(info->manufacturer_id), CARD_MANUFACTURER);
    pad_text(info->model, sizeof(info->model), holder->card.facts.id.profile->name);
    pad_text(info->serial_number, sizeof(info->serial_number), holder->serial);
}

/* The URI of a row, or with row NULL of the whole token; the caller frees it. */
static char *uri_make(const struct holder *holder, enum role role, const struct uri_row *row)
{
    P11KitUri *uri = p11_kit_uri_new();
    char *text = NULL;
    ck_object_class_t class = 0;
    unsigned char id = 0;

    if (uri == NULL)
        return NULL;
    token_fill(p11_kit_uri_get_token_info(uri), holder, role);
    if (row != NULL) {
        struct ck_attribute attributes[] = { { CKA_CLASS, &class, sizeof(class) },
                                             { CKA_ID, &id, sizeof(id) } };
        class = row->class;
        id = role_names[role].id;
        (void)p11_kit_uri_set_attributes(uri, attributes,
                                         sizeof(attributes) / sizeof(attributes[0]));
    }
    if (p11_kit_uri_format(uri,
                           row == NULL ? P11_KIT_URI_FOR_TOKEN : P11_KIT_URI_FOR_OBJECT_ON_TOKEN,
                           &text) != P11_KIT_URI_OK)
        text = NULL;
    p11_kit_uri_free(uri);
    return text;
}

static void uri_show(struct json *json, bool as_json, enum role role, const char *word, char *text)
{
    if (as_json) {
        json_object(json, NULL);
        json_text(json, "role", role_word(role));
        json_text(json, "object", word);
        json_text(json, "uri", text);
        json_end(json);
    } else {
        text_line(stdout, "%s", text == NULL ? "" : text);
    }
    free(text);
}

static int uris_show(const struct holder *holder, bool as_json, const char *role_wanted,
                     const char *object)
{
    struct json json = { .depth = 0 };
    size_t shown = 0;

    if (as_json)
        json_list(&json, NULL);
    for (enum role role = ROLE_AUTH; role < ROLE_COUNT; role++) {
        if (!holder->card.facts.has_role[role] ||
            (role_wanted != NULL && strcmp(role_wanted, role_word(role)) != 0))
            continue;
        shown++;
        if (object == NULL || strcmp(object, "token") == 0)
            uri_show(&json, as_json, role, "token", uri_make(holder, role, NULL));
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            if (object == NULL || strcmp(object, rows[i].word) == 0)
                uri_show(&json, as_json, role, rows[i].word, uri_make(holder, role, &rows[i]));
        }
    }
    if (as_json)
        json_end(&json);
    return shown > 0 ? CODE_OK : error_explain(JPKI_ERR_NOT_FOUND);
}

int command_uri(int argc, char **argv)
{
    struct place place = { .reader = NULL };
    bool as_json = false;
    const char *object = NULL;
    const struct option_row options[] = {
        PLACE_OPTIONS(&place),
        { "object", OPTION_TEXT, &object, N_("token|cert|key"), N_("only the URI of this") },
        { "json", OPTION_FLAG, &as_json, NULL, N_("print JSON") },
        { .name = NULL },
    };
    const struct usage usage = {
        "uri [auth|sign] [options]",
        N_("Print the PKCS#11 URIs by which other programs are told of a token, a certificate or a key."),
        options
    };
    struct holder holder;
    enum role role;
    int code;

    if (!options_take(&usage, &argc, argv, &code))
        return code;
    if (argc > 2 || (argc == 2 && !role_read(argv[1], &role)))
        return usage_complain(&usage, _("what is '%s'?"), argv[argc - 1]);
    if (object != NULL && strcmp(object, "token") != 0 && strcmp(object, "cert") != 0 &&
        strcmp(object, "key") != 0)
        return usage_complain(&usage, _("what is '%s'?"), object);
    code = holder_find(&place, &holder);
    if (code != CODE_OK)
        return code;
    code = uris_show(&holder, as_json, argc == 2 ? argv[1] : NULL, object);
    holder_close(&holder);
    return code;
}
