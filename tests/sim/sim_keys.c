/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim_keys.h"

#include "sim_cert.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PATH_MAX_SIM 512

static const char *const role_names[] = { [SIM_AUTH] = "auth", [SIM_SIGN] = "sign" };
static const char *const validity_names[] = {
    [SIM_VALID] = "valid",
    [SIM_EXPIRED] = "expired",
    [SIM_NOT_YET] = "notyet",
    [SIM_EXPIRING] = "expiring",
};

bool sim_keys_default_dir(char *ret_path, size_t size)
{
    const char *given = getenv("JPKI_SIM_KEYS");
    const char *cache = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");
    const char *tmp = getenv("TMPDIR");
    int len = 0;

    if (given != NULL && given[0] != '\0')
        len = snprintf(ret_path, size, "%s", given);
    else if (cache != NULL && cache[0] == '/')
        len = snprintf(ret_path, size, "%s/jpki-simcard", cache);
    else if (home != NULL && home[0] == '/')
        len = snprintf(ret_path, size, "%s/.cache/jpki-simcard", home);
    else
        len = snprintf(ret_path, size, "%s/jpki-simcard-%lu", tmp == NULL ? "/tmp" : tmp,
                       (unsigned long)getuid());
    return len > 0 && (size_t)len < size;
}

/* Make the folder and its parents; whatever is there must be a folder of ours. */
static bool dir_make(const char *dir)
{
    char path[PATH_MAX_SIM];
    struct stat st;

    if ((size_t)snprintf(path, sizeof(path), "%s", dir) >= sizeof(path))
        return false;
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(path, 0700);
        *slash = '/';
    }
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return false;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid();
}

/* A file under its own name in one step, so that nobody reads half of it; whoever comes second
 * uses the first one's. */
static bool file_publish(const char *path, EVP_PKEY *key, X509 *cert)
{
    char temp[PATH_MAX_SIM + 8];
    FILE *file = NULL;
    int fd = -1;
    bool done = false;

    snprintf(temp, sizeof(temp), "%s.XXXXXX", path);
    fd = mkstemp(temp);
    if (fd < 0)
        return false;
    file = fdopen(fd, "w");
    if (file == NULL) {
        close(fd);
        goto out;
    }
    done = key != NULL ? PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1
                       : PEM_write_X509(file, cert) == 1;
    done = fclose(file) == 0 && done;
    if (done && link(temp, path) != 0)
        done = errno == EEXIST;
out:
    unlink(temp);
    return done;
}

static EVP_PKEY *key_read(const char *path)
{
    FILE *file = fopen(path, "r");
    EVP_PKEY *key = NULL;

    if (file != NULL) {
        key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
        fclose(file);
    }
    return key;
}

static X509 *cert_read(const char *path)
{
    FILE *file = fopen(path, "r");
    X509 *cert = NULL;

    if (file != NULL) {
        cert = PEM_read_X509(file, NULL, NULL, NULL);
        fclose(file);
    }
    return cert;
}

static EVP_PKEY *key_load(const char *dir, const char *name, bool ec)
{
    char path[PATH_MAX_SIM];
    EVP_PKEY *key = NULL;

    snprintf(path, sizeof(path), "%s/%s-key.pem", dir, name);
    key = key_read(path);
    if (key == NULL) {
        EVP_PKEY *fresh = ec ? EVP_EC_gen("P-384") : EVP_RSA_gen(2048);
        if (fresh != NULL && file_publish(path, fresh, NULL))
            key = key_read(path);
        EVP_PKEY_free(fresh);
    }
    return key;
}

/* The certificate under that name; fresh is called for it, and the result kept, when there is
 * none. */
static X509 *cert_load(const struct sim_options *opt, const char *dir, const char *name,
                       X509 *fresh)
{
    char path[PATH_MAX_SIM];
    X509 *cert = NULL;

    snprintf(path, sizeof(path), "%s/%s.pem", dir, name);
    if (fresh != NULL && opt->certs != SIM_CERTS_RIGHT) /* kept for nobody */
        return X509_dup(fresh);
    cert = cert_read(path);
    if (cert == NULL && fresh != NULL && file_publish(path, NULL, fresh))
        cert = cert_read(path);
    return cert;
}

static bool cert_store(struct sim_identity *identity, enum sim_cert which, X509 *cert)
{
    uint8_t *at = identity->cert[which];
    int len = i2d_X509(cert, NULL);

    if (len <= 0 || len > SIM_DER_MAX)
        return false;
    identity->cert_len[which] = (size_t)i2d_X509(cert, &at);
    return true;
}

static bool key_is_ec(enum sim_role role, const struct sim_options *opt)
{
    return opt->ec || (role == SIM_SIGN && opt->ec_sign);
}

/* Certificates that are out of date are so from today on: their name has the day. */
static void holder_name(char *ret_name, size_t size, enum sim_role role,
                        const struct sim_options *opt)
{
    int len = snprintf(ret_name, size, "holder%u-%s-%s", opt->holder, role_names[role],
                       key_is_ec(role, opt) ? "ec" : "rsa");

    if (len > 0 && opt->validity != SIM_VALID) {
        snprintf(ret_name + len, size - (size_t)len, "-%s-%lu", validity_names[opt->validity],
                 (unsigned long)(time(NULL) / 86400));
    }
}

static bool role_load(struct sim_identity *identity, const char *dir, enum sim_role role,
                      const struct sim_options *opt)
{
    char name[64];
    EVP_PKEY *ca_key = NULL;
    X509 *ca = NULL, *holder = NULL, *fresh = NULL;
    bool done = false;

    snprintf(name, sizeof(name), "ca-%s", role_names[role]);
    ca_key = key_load(dir, name, false);
    if (ca_key == NULL)
        goto out;
    fresh = sim_cert_make_ca(role, opt, ca_key);
    ca = cert_load(opt, dir, name, fresh);
    X509_free(fresh);
    fresh = NULL;
    snprintf(name, sizeof(name), "holder%u-%s-%s", opt->holder, role_names[role],
             key_is_ec(role, opt) ? "ec" : "rsa");
    identity->key[role] = key_load(dir, name, key_is_ec(role, opt));
    if (ca == NULL || identity->key[role] == NULL)
        goto out;
    fresh = sim_cert_make_holder(role, opt, identity->key[role], ca, ca_key);
    holder_name(name, sizeof(name), role, opt);
    holder = cert_load(opt, dir, name, fresh);
    done = holder != NULL &&
           cert_store(identity, (enum sim_cert)((int)SIM_CERT_AUTH + (int)role), holder) &&
           cert_store(identity, (enum sim_cert)((int)SIM_CERT_AUTH_CA + (int)role), ca);
out:
    X509_free(fresh);
    X509_free(holder);
    X509_free(ca);
    EVP_PKEY_free(ca_key);
    return done;
}

struct sim_identity *sim_identity_load(const char *dir, const struct sim_options *opt)
{
    char path[PATH_MAX_SIM - 64];
    struct sim_identity *identity = NULL;

    if (dir == NULL) {
        if (!sim_keys_default_dir(path, sizeof(path)))
            return NULL;
        dir = path;
    }
    identity = calloc(1, sizeof(*identity));
    if (identity == NULL)
        return NULL;
    if (strlen(dir) >= sizeof(path) || !dir_make(dir) || !role_load(identity, dir, SIM_AUTH, opt) ||
        !role_load(identity, dir, SIM_SIGN, opt)) {
        fprintf(stderr, "simulated card: no keys and certificates can be kept in %s\n", dir);
        sim_identity_free(identity);
        return NULL;
    }
    return identity;
}

void sim_identity_free(struct sim_identity *identity)
{
    if (identity == NULL)
        return;
    EVP_PKEY_free(identity->key[SIM_AUTH]);
    EVP_PKEY_free(identity->key[SIM_SIGN]);
    free(identity);
}

bool sim_identity_export(const struct sim_identity *identity, const char *dir)
{
    static const char *const names[] = {
        [SIM_CERT_AUTH] = "auth",
        [SIM_CERT_SIGN] = "sign",
        [SIM_CERT_AUTH_CA] = "auth-ca",
        [SIM_CERT_SIGN_CA] = "sign-ca",
    };
    char path[PATH_MAX_SIM];
    bool done = true;

    for (int i = 0; i < SIM_CERTS; i++) {
        const unsigned char *at = identity->cert[i];
        X509 *cert = d2i_X509(NULL, &at, (long)identity->cert_len[i]);
        FILE *file = NULL;
        snprintf(path, sizeof(path), "%s/%s.pem", dir, names[i]);
        file = fopen(path, "w");
        done = done && cert != NULL && file != NULL && PEM_write_X509(file, cert) == 1;
        if (file != NULL)
            done = fclose(file) == 0 && done;
        X509_free(cert);
    }
    return done;
}
