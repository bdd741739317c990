// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Call chains: text in, text out.
 *
 * The hash has a fixed key, because every node must come to the same one. A peer that invents a
 * chain can only have a wait refused that its own call would have caused; what it writes is never
 * read as anything but digits to compare. Pure; nothing is allocated. */
#include "hyper/workload/call_chain.h"

#include <stdint.h>
#include <string.h>

#include "base/hash.h"

static const struct hash_key call_chain_key = {{3}};

void call_chain_id(const struct actr_id *id, bool is_host, char ret_id[CALL_CHAIN_ID_LEN])
{
    uint64_t words[] = {id->realm, id->serial, is_host};
    uint8_t bytes[sizeof(words)];
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(words[i / 8] >> (i % 8 * 8));
    uint64_t hash = hash_bytes(&call_chain_key, bytes, sizeof(bytes));
    for (int i = 0; i < CALL_CHAIN_ID_LEN; i++)
        ret_id[i] = "0123456789abcdef"[hash >> (60 - 4 * i) & 15];
}

void call_chain_extend(struct call_chain *ret_chain, struct actr_view outer,
                       const char id[CALL_CHAIN_ID_LEN])
{
    const size_t room = sizeof(ret_chain->text) - CALL_CHAIN_ID_LEN;
    if (outer.len % CALL_CHAIN_ID_LEN != 0 || outer.len > sizeof(ret_chain->text))
        outer.len = 0;
    size_t skip = outer.len > room ? outer.len - room : 0;
    size_t len = outer.len - skip;
    if (len)
        memcpy(ret_chain->text, outer.ptr + skip, len);
    memcpy(ret_chain->text + len, id, CALL_CHAIN_ID_LEN);
    ret_chain->len = len + CALL_CHAIN_ID_LEN;
}

bool call_chain_has(const struct call_chain *chain, const char id[CALL_CHAIN_ID_LEN])
{
    for (size_t at = 0; at < chain->len; at += CALL_CHAIN_ID_LEN) {
        if (memcmp(chain->text + at, id, CALL_CHAIN_ID_LEN) == 0)
            return true;
    }
    return false;
}
