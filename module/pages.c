/* SPDX-License-Identifier: BSD-3-Clause */
#include "pages.h"

#include "bytes.h"
#include "log.h"

#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

static size_t whole_pages(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    return (size + page - 1) / page * page;
}

/* Each protection is asked for by itself: where one is not to be had the others still count. */
static void pages_protect(void *pages, size_t size)
{
    if (mlock(pages, size) != 0)
        log_line("memory for secrets cannot be locked; it could be written to swap");
    if (madvise(pages, size, MADV_DONTDUMP) != 0)
        log_line("memory for secrets cannot be kept out of core dumps");
    if (madvise(pages, size, MADV_WIPEONFORK) != 0)
        log_line("memory for secrets cannot be hidden from forked children");
}

static void *pages_map(size_t size)
{
    void *pages =
        mmap(NULL, whole_pages(size), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return pages == MAP_FAILED ? NULL : pages;
}

void *pages_new(size_t size)
{
    void *pages = pages_map(size);

    if (pages != NULL)
        pages_protect(pages, whole_pages(size));
    return pages;
}

void *pages_with_key(size_t size)
{
    void *pages = pages_new(size);

    if (pages != NULL && getrandom(pages, PAGES_KEY_LEN, 0) == PAGES_KEY_LEN)
        return pages;
    pages_free(pages, size);
    return NULL;
}

void *pages_of_process(size_t size, bool *ret_wiped)
{
    void *pages = pages_map(size);

    *ret_wiped = pages != NULL && madvise(pages, whole_pages(size), MADV_WIPEONFORK) == 0;
    return pages;
}

void pages_free(void *pages, size_t size)
{
    if (pages == NULL)
        return;
    wipe(pages, size);
    munmap(pages, whole_pages(size));
}
