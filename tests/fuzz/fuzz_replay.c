/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The harness as an ordinary program.
 *
 *   fuzz-NAME                    run the dummy, with and without failures
 *   fuzz-NAME CORPUS             run every input of a corpus file, the dummy too
 *   fuzz-NAME --input FILE...    run inputs that libFuzzer left in files of their own
 *   fuzz-NAME --unpack CORPUS FOLDER   write a corpus file's inputs, and the dummy, as files for
 * libFuzzer fuzz-NAME --pack CORPUS FILE...    write a corpus file from files
 *
 * A corpus file is inputs one behind the other, each with its length in 4 bytes, big endian, before
 * it.
 */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint8_t input_bytes[FUZZ_INPUT_MAX];

static FILE *file_open(const char *path, const char *mode)
{
    FILE *file = fopen(path, mode);

    if (file == NULL) {
        (void)fprintf(stderr, "%s: cannot be opened\n", path);
        exit(EXIT_FAILURE);
    }
    return file;
}

/* The next input of a corpus file into input_bytes; false at the end. */
static bool corpus_next(FILE *file, size_t *ret_len)
{
    uint8_t head[4];
    size_t len;

    if (fread(head, 1, sizeof(head), file) != sizeof(head))
        return false;
    len = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
    if (len > sizeof(input_bytes) || fread(input_bytes, 1, len, file) != len) {
        (void)fprintf(stderr, "this is no corpus file\n");
        exit(EXIT_FAILURE);
    }
    *ret_len = len;
    return true;
}

static void run_bytes(size_t len)
{
    uint8_t *exact = malloc(len > 0 ? len : 1);

    if (exact == NULL)
        exit(EXIT_FAILURE);
    memcpy(exact, input_bytes, len);
    fuzz_run(slice_of(exact, len));
    free(exact);
}

static size_t dummy_make(uint32_t seed)
{
    static struct fuzz_case dummy;

    case_dummy(&dummy);
    for (size_t i = 0; i < 4; i++)
        dummy.value[0][i] = (uint8_t)(seed >> (24 - 8 * i));
    return case_pack(&dummy, input_bytes, sizeof(input_bytes));
}

static int corpus_run(const char *path)
{
    FILE *file = path != NULL ? file_open(path, "rb") : NULL;
    size_t count = 0, len;

    for (uint32_t seed = 0; seed < 100; seed++)
        run_bytes(dummy_make(seed));
    while (file != NULL && corpus_next(file, &len)) {
        run_bytes(len);
        count++;
    }
    if (file != NULL)
        (void)fclose(file);
    (void)printf("%s: %zu inputs and the dummy\n", fuzz_harness.name, count);
    return path != NULL && count == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static size_t file_read(const char *path)
{
    FILE *file = file_open(path, "rb");
    size_t len = fread(input_bytes, 1, sizeof(input_bytes), file);

    (void)fclose(file);
    return len;
}

static void file_write(const char *folder, size_t number, size_t len)
{
    char path[512];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%05zu", folder, number);
    file = file_open(path, "wb");
    (void)fwrite(input_bytes, 1, len, file);
    (void)fclose(file);
}

static int corpus_unpack(const char *path, const char *folder)
{
    FILE *file = fopen(path, "rb"); /* there is none before the first run */
    size_t count = 0, len;

    file_write(folder, count++, dummy_make(0));
    while (file != NULL && corpus_next(file, &len))
        file_write(folder, count++, len);
    if (file != NULL)
        (void)fclose(file);
    return EXIT_SUCCESS;
}

static int corpus_pack(const char *path, char **files, int count)
{
    FILE *file = file_open(path, "wb");

    for (int i = 0; i < count; i++) {
        size_t len = file_read(files[i]);
        const uint8_t head[4] = { (uint8_t)(len >> 24), (uint8_t)(len >> 16), (uint8_t)(len >> 8),
                                  (uint8_t)len };

        (void)fwrite(head, 1, sizeof(head), file);
        (void)fwrite(input_bytes, 1, len, file);
    }
    return fclose(file) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : "";

    if (strcmp(word, "--unpack") == 0 && argc == 4)
        return corpus_unpack(argv[2], argv[3]);
    if (strcmp(word, "--pack") == 0 && argc > 3)
        return corpus_pack(argv[2], argv + 3, argc - 3);
    if (strcmp(word, "--input") != 0)
        return corpus_run(argc > 1 ? argv[1] : NULL);
    for (int i = 2; i < argc; i++)
        run_bytes(file_read(argv[i]));
    return EXIT_SUCCESS;
}
