// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Candidates that came too early.
 *
 * One list in the order of arrival, so that the oldest is in front for the bound and for the age.
 * What a peer may cause costs at most CANDIDATES_PEER_MAX entries for it and CANDIDATES_TOTAL_MAX
 * for the node, whoever pretends to be how many peers.
 *
 * Pure: texts are not looked into, time is an argument. */
#include "hyper/wire/webrtc/candidates.h"

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"

struct candidates_entry {
    struct list link;
    uint64_t kept_us;
    size_t ufrag_len, text_len;
    char bytes[]; /* ufrag, text */
};

static struct actr_view candidates_ufrag(const struct candidates_entry *entry)
{
    return actr_view_of(entry->bytes, entry->ufrag_len);
}

static struct candidates_entry *candidates_entry_of(struct list *link)
{
    return container_of(link, struct candidates_entry, link);
}

static void candidates_drop(struct candidates *candidates, struct candidates_entry *entry)
{
    list_remove(&entry->link);
    candidates->count--;
    candidates->_total->count--;
    mem_free(entry);
}

void candidates_init(struct candidates *candidates, struct candidates_total *total)
{
    *candidates = (struct candidates){._total = total};
    list_init(&candidates->_kept);
}

void candidates_deinit(struct candidates *candidates)
{
    while (!list_is_empty(&candidates->_kept))
        candidates_drop(candidates, candidates_entry_of(candidates->_kept.next));
}

static bool candidates_is_old(const struct candidates *candidates, struct actr_view ufrag)
{
    for (size_t i = 0; i < CANDIDATES_OLD_MAX; i++) {
        if (view_equal(ufrag, view_text(candidates->_old[i])))
            return true;
    }
    return false;
}

int candidates_keep(struct candidates *candidates, struct actr_view ufrag, struct actr_view text,
                    uint64_t now_us)
{
    if (ufrag.len == 0 || ufrag.len > CANDIDATES_UFRAG_MAX || text.len > CANDIDATES_TEXT_MAX ||
        candidates_is_old(candidates, ufrag))
        return err_origin(ACTR_EINVALID, "candidate: of no description");
    if (candidates->count >= CANDIDATES_PEER_MAX)
        candidates_drop(candidates, candidates_entry_of(candidates->_kept.next));
    if (candidates->_total->count >= CANDIDATES_TOTAL_MAX)
        return err_origin(ACTR_EUNAVAILABLE, "candidate: too many wait for their descriptions");
    struct candidates_entry *entry = mem_alloc_raw(sizeof(*entry) + ufrag.len + text.len);
    if (!entry)
        return err_origin(ACTR_ENOMEM, "candidate: no memory");
    entry->kept_us = now_us;
    entry->ufrag_len = ufrag.len;
    entry->text_len = text.len;
    memcpy(entry->bytes, ufrag.ptr, ufrag.len);
    if (text.len > 0)
        memcpy(entry->bytes + ufrag.len, text.ptr, text.len);
    list_init(&entry->link);
    list_push(&candidates->_kept, &entry->link);
    candidates->count++;
    candidates->_total->count++;
    return 0;
}

bool candidates_take(struct candidates *candidates, struct actr_view ufrag,
                     char ret_text[CANDIDATES_TEXT_MAX + 1])
{
    list_each(link, &candidates->_kept)
    {
        struct candidates_entry *entry = candidates_entry_of(link);
        if (!view_equal(candidates_ufrag(entry), ufrag))
            continue;
        memcpy(ret_text, entry->bytes + entry->ufrag_len, entry->text_len);
        ret_text[entry->text_len] = '\0';
        candidates_drop(candidates, entry);
        return true;
    }
    return false;
}

void candidates_retire(struct candidates *candidates, struct actr_view ufrag)
{
    struct list *link, *next;

    if (ufrag.len == 0 || ufrag.len > CANDIDATES_UFRAG_MAX || candidates_is_old(candidates, ufrag))
        return;
    char *slot = candidates->_old[candidates->_old_next];
    memcpy(slot, ufrag.ptr, ufrag.len);
    slot[ufrag.len] = '\0';
    candidates->_old_next = (candidates->_old_next + 1) % CANDIDATES_OLD_MAX;
    for (link = candidates->_kept.next; link != &candidates->_kept; link = next) {
        next = link->next;
        if (view_equal(candidates_ufrag(candidates_entry_of(link)), ufrag))
            candidates_drop(candidates, candidates_entry_of(link));
    }
}

uint64_t candidates_expire(struct candidates *candidates, uint64_t now_us)
{
    while (!list_is_empty(&candidates->_kept)) {
        struct candidates_entry *entry = candidates_entry_of(candidates->_kept.next);
        if (now_us < entry->kept_us + CANDIDATES_TTL_US)
            return entry->kept_us + CANDIDATES_TTL_US;
        candidates_drop(candidates, entry);
    }
    return UINT64_MAX;
}
