// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Actors between memory and ledger.
 *
 * A row is named by the id's text form and holds the profile as it was encoded at registration, so
 * that an actor that is loaded joins the group it was in. Renewal tokens are kept as digests and
 * never as they are.
 *
 * Loop thread. */
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "protocol/id.h"
#include "registry.h"

void registry_entry_of(const struct registry_actor *actor, struct registry_entry *ret_entry)
{
    registry_id(actor, &ret_entry->id);
    ret_entry->profile = actor->group->encoded;
    ret_entry->ws_address = actor->ws_address;
    ret_entry->expires_at_s = registry_expiry(actor);
    memcpy(ret_entry->tokens, actor->tokens, sizeof(ret_entry->tokens));
}

static struct ledger_row *add_row(const struct actr_id *id, struct ledger_write *write)
{
    char text[ACTR_ID_STR_MAX];
    struct ledger_row *row = ledger_add(write, LEDGER_ACTOR);
    if (row)
        row->cells[LEDGER_ACTOR_ID] = ledger_bytes(text, strlen(actr_id_format(id, text)));
    return row;
}

static void put_token(const struct registry_token *token, struct ledger_cell *digest,
                      struct ledger_cell *expires_at)
{
    if (token->expires_at_s == 0)
        return;
    *digest = ledger_bytes(token->digest, sizeof(token->digest));
    *expires_at = ledger_number((int64_t)token->expires_at_s);
}

int registry_write(const struct registry_entry *entry, struct ledger_write *write)
{
    struct ledger_row *row = add_row(&entry->id, write);
    if (!row)
        return err_origin(ACTR_ENOMEM, "registry: out of memory");
    row->cells[LEDGER_ACTOR_PROFILE].bytes = actr_bytes_ref(entry->profile);
    row->cells[LEDGER_ACTOR_WS_ADDRESS].bytes = actr_bytes_ref(entry->ws_address);
    row->cells[LEDGER_ACTOR_EXPIRES_AT] = ledger_number((int64_t)entry->expires_at_s);
    put_token(&entry->tokens[0], &row->cells[LEDGER_ACTOR_TOKEN],
              &row->cells[LEDGER_ACTOR_TOKEN_EXPIRES_AT]);
    put_token(&entry->tokens[1], &row->cells[LEDGER_ACTOR_OLD_TOKEN],
              &row->cells[LEDGER_ACTOR_OLD_TOKEN_EXPIRES_AT]);
    return 0;
}

int registry_write_removal(const struct actr_id *id, struct ledger_write *write)
{
    struct ledger_row *row = add_row(id, write);
    if (!row)
        return err_origin(ACTR_ENOMEM, "registry: out of memory");
    row->is_removal = true;
    return 0;
}

static bool load_token(const struct ledger_cell *digest, const struct ledger_cell *expires_at,
                       struct registry_token *ret_token)
{
    *ret_token = (struct registry_token){0};
    if (digest->bytes.len == 0)
        return true;
    if (digest->bytes.len != sizeof(ret_token->digest) || expires_at->number < 0)
        return false;
    memcpy(ret_token->digest, digest->bytes.ptr, sizeof(ret_token->digest));
    ret_token->expires_at_s = (uint64_t)expires_at->number;
    return true;
}

int registry_load(struct registry *registry, const struct ledger_row *row)
{
    const struct ledger_cell *cells = row->cells;
    struct registry_entry entry = {
        .profile = cells[LEDGER_ACTOR_PROFILE].bytes,
        .ws_address = cells[LEDGER_ACTOR_WS_ADDRESS].bytes,
        .expires_at_s = (uint64_t)cells[LEDGER_ACTOR_EXPIRES_AT].number,
    };
    struct registry_actor *actor = NULL;
    if (id_parse(actr_bytes_view(cells[LEDGER_ACTOR_ID].bytes), &entry.id) < 0 ||
        !load_token(&cells[LEDGER_ACTOR_TOKEN], &cells[LEDGER_ACTOR_TOKEN_EXPIRES_AT],
                    &entry.tokens[0]) ||
        !load_token(&cells[LEDGER_ACTOR_OLD_TOKEN], &cells[LEDGER_ACTOR_OLD_TOKEN_EXPIRES_AT],
                    &entry.tokens[1]))
        return err_origin(ACTR_EDECODE, "a stored actor makes no sense");
    return registry_add(registry, &entry, &actor);
}
