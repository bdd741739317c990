// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The ledger: a file and, in memory, an open-addressed table of its ids. One thread at a time. */
#include "ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static struct ledger_entry *ledger_slot(const struct ledger *ledger, const char *id)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (int i = 0; i < LEDGER_ID_LEN; i++)
        hash = (hash ^ (uint8_t)id[i]) * 16777619u;
    for (;; hash++) {
        const struct ledger_entry *entry = &ledger->slots[hash % LEDGER_SLOTS];
        if (entry->place == 0 || memcmp(entry->id, id, LEDGER_ID_LEN) == 0)
            return (struct ledger_entry *)entry;
    }
}

static void ledger_note(struct ledger *ledger, char kind, const char *id)
{
    struct ledger_entry *entry = ledger_slot(ledger, id);
    if (kind != 'E') {
        ledger->repeats++;
        return;
    }
    if (entry->place == 0) {
        memcpy(entry->id, id, LEDGER_ID_LEN);
        entry->place = ++ledger->count;
    }
    entry->effects++;
}

static bool ledger_read(struct ledger *ledger)
{
    char line[LEDGER_LINE_LEN];
    off_t whole = 0;
    ssize_t got;
    while ((got = pread(ledger->file, line, sizeof(line), whole)) == (ssize_t)sizeof(line) &&
           ledger->count < LEDGER_ENTRIES_MAX) {
        ledger_note(ledger, line[0], line + 2);
        whole += got;
    }
    if (ledger->count == LEDGER_ENTRIES_MAX) {
        errno = EFBIG;
        return false;
    }
    return got >= 0 && ftruncate(ledger->file, whole) == 0;
}

bool ledger_open(struct ledger *ledger, const char *path)
{
    memset(ledger, 0, sizeof(*ledger));
    ledger->file = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (ledger->file < 0)
        return false;
    if (ledger_read(ledger))
        return true;
    ledger_close(ledger);
    return false;
}

void ledger_close(struct ledger *ledger)
{
    close(ledger->file);
}

const struct ledger_entry *ledger_find(const struct ledger *ledger, const char *id)
{
    const struct ledger_entry *entry = ledger_slot(ledger, id);
    return entry->place ? entry : NULL;
}

uint32_t ledger_add(struct ledger *ledger, const char *id)
{
    char line[LEDGER_LINE_LEN];
    const struct ledger_entry *entry = ledger_slot(ledger, id);
    if (entry->place == 0 && ledger->count == LEDGER_ENTRIES_MAX - 1)
        return 0;
    line[0] = entry->place ? 'R' : 'E';
    line[1] = ' ';
    memcpy(line + 2, id, LEDGER_ID_LEN);
    line[LEDGER_LINE_LEN - 1] = '\n';
    if (write(ledger->file, line, sizeof(line)) != (ssize_t)sizeof(line))
        return 0;
    ledger_note(ledger, line[0], id);
    return entry->place;
}
