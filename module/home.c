/* SPDX-License-Identifier: BSD-3-Clause */
#include "home.h"

#include "pages.h"

#include <stddef.h>
#include <unistd.h>

/* The page's one word: the process, and how far it is; 0 is nobody's. */
enum stage { STAGE_CLAIMED = 1, STAGE_SETTLED = 2 };

static long word_of_self(enum stage stage)
{
    return (long)getpid() * 4 + (long)stage;
}

static enum home_look word_judge(const struct home *home, long word)
{
    if (word == word_of_self(STAGE_SETTLED))
        return HOME_OURS;
    if (word == word_of_self(STAGE_CLAIMED))
        return HOME_CLAIMED;
    return word == 0 || !home->wiped_by_fork ? HOME_NOBODYS : HOME_SHARED;
}

enum home_look home_look(struct home *home)
{
    atomic_long *page = atomic_load(&home->page);

    return page == NULL ? HOME_NOBODYS : word_judge(home, atomic_load(page));
}

/* The page, made by the first that asks for it; NULL without memory. */
static atomic_long *page_have(struct home *home)
{
    atomic_long *page = atomic_load(&home->page), *fresh;
    bool wiped = false;

    if (page != NULL)
        return page;
    fresh = pages_of_process(sizeof(*fresh), &wiped);
    if (fresh == NULL)
        return NULL;
    if (wiped)
        home->wiped_by_fork = true; /* the same for every thread that comes here at once */
    if (atomic_compare_exchange_strong(&home->page, &page, fresh))
        return fresh;
    pages_free(fresh, sizeof(*fresh));
    return page;
}

enum home_look home_claim(struct home *home, bool *ret_inherited)
{
    atomic_long *page = page_have(home);
    enum home_look look;
    long word;

    if (page == NULL)
        return HOME_NO_MEMORY;
    word = atomic_load(page);
    look = word_judge(home, word);
    if (look != HOME_NOBODYS)
        return look;
    if (!atomic_compare_exchange_strong(page, &word, word_of_self(STAGE_CLAIMED)))
        return HOME_CLAIMED;
    *ret_inherited = home->lived_in;
    return HOME_NOBODYS;
}

void home_settle(struct home *home)
{
    home->lived_in = true;
    atomic_store(atomic_load(&home->page), word_of_self(STAGE_SETTLED));
}
