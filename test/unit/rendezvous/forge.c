// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What a server's counterpart needs, honest or not. */
#include "forge.h"

#include <string.h>

#include "base/bytes.h"
#include "base/text.h"
#include "harness.h"
#include "sys/crypto.h"

const uint8_t forge_seed[32] = {1, 2, 3, 4, 5, 6, 7, 8};
const uint8_t forge_other_seed[32] = {8, 7, 6, 5, 4, 3, 2, 1};

struct forged forge_credential(const uint8_t seed[32], const char *actor_id, uint32_t realm,
                               uint64_t expires_at_s)
{
    struct crypto_signer *signer = NULL;
    struct forged forged = {0};
    struct claims claims = {realm, view_text(actor_id), expires_at_s};
    forged.claims = claims_encode(&claims);
    assert_false(actr_bytes_failed(forged.claims));
    assert_int_equal(crypto_signer_new(seed, &signer), 0);
    assert_int_equal(crypto_sign(signer, actr_bytes_view(forged.claims), forged.signature), 0);
    crypto_signer_free(signer);
    forged.key_id = FORGE_KEY_ID;
    return forged;
}

struct forged forge_good(const struct actr_id *id, uint64_t expires_at_s)
{
    char text[ACTR_ID_STR_MAX];
    return forge_credential(forge_seed, actr_id_format(id, text), id->realm, expires_at_s);
}

struct credential forged_credential(const struct forged *forged)
{
    return (struct credential){forged->key_id, actr_bytes_view(forged->claims),
                               actr_view_of(forged->signature, sizeof(forged->signature))};
}

void forged_deinit(struct forged *forged)
{
    actr_bytes_unref(forged->claims);
}

static void append_base64(struct text *text, struct actr_view view)
{
    char encoded[512];
    assert_true(TEXT_BASE64_SIZE(view.len) <= sizeof(encoded));
    text_base64_encode(view.ptr, view.len, encoded);
    text_percent_encode(text, view_text(encoded));
}

void forge_query(const char *actor_id, const struct credential *credential, char *buf, size_t cap)
{
    struct text text;
    text_init(&text, buf, cap);
    text_printf(&text, "actor_id=");
    text_percent_encode(&text, view_text(actor_id));
    text_printf(&text, "&key_id=%u&claims=", credential->key_id);
    append_base64(&text, credential->claims);
    text_printf(&text, "&signature=");
    append_base64(&text, credential->signature);
    assert_false(text.is_cut);
}

void forge_key_row(struct ledger_row *row)
{
    struct crypto_signer *signer = NULL;
    uint8_t public_key[CRYPTO_PUBLIC_LEN];
    assert_int_equal(crypto_signer_new(forge_seed, &signer), 0);
    crypto_signer_public(signer, public_key);
    crypto_signer_free(signer);
    row->table = LEDGER_SIGNING_KEY;
    row->cells[LEDGER_KEY_ID] = ledger_number(FORGE_KEY_ID);
    row->cells[LEDGER_KEY_SEED] = ledger_bytes(forge_seed, sizeof(forge_seed));
    row->cells[LEDGER_KEY_PUBLIC] = ledger_bytes(public_key, sizeof(public_key));
}

void forge_row_deinit(struct ledger_row *row)
{
    for (size_t i = 0; i < LEDGER_CELLS_MAX; i++)
        actr_bytes_unref(row->cells[i].bytes);
}

struct actr_id forge_id(const char *text)
{
    struct actr_id id = {0};
    assert_int_equal(actr_id_parse(text, &id), 0);
    return id;
}

struct actr_type forge_type(const char *text)
{
    struct actr_type type = {{0}, {0}, {0}};
    assert_int_equal(actr_type_parse(text, &type), 0);
    return type;
}

struct ais_register_request forge_registration(uint32_t realm, const char *type)
{
    return (struct ais_register_request){.type = forge_type(type),
                                         .realm = realm,
                                         .has_auth_mode = true,
                                         .auth_mode = AIS_AUTH_LINKED};
}

struct signaling_envelope forge_request(const struct actr_id *source,
                                        const struct credential *credential,
                                        enum signaling_request_kind kind)
{
    return (struct signaling_envelope){
        .version = SIGNALING_VERSION,
        .id = view_text("e1"),
        .flow = SIGNALING_FLOW_ACTR_TO_SERVER,
        .request = {.source = *source, .credential = *credential, .kind = kind}};
}

struct signaling_envelope forge_relay(const struct actr_id *source,
                                      const struct credential *credential,
                                      const struct actr_id *target, enum relay_kind kind)
{
    struct signaling_envelope envelope = {
        .version = SIGNALING_VERSION,
        .id = view_text("e1"),
        .flow = SIGNALING_FLOW_RELAY,
        .relay = {.source = *source, .credential = *credential, .target = *target, .kind = kind}};
    if (kind == RELAY_ROLE_NEGOTIATION)
        envelope.relay.role_negotiation =
            (struct relay_role_negotiation){*source, *target, source->realm};
    return envelope;
}
