// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Parsing and verifying identities.
 *
 * The query is application/x-www-form-urlencoded: a '+' is a space, so that base64 whose plus signs
 * were not escaped does not decode. Claims are verified as the bytes that came and decoded only
 * afterwards. Must never log the query, which carries a bearer credential.
 *
 * Loop thread. */
#include "admission.h"

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/text.h"
#include "protocol/id.h"

struct parameters {
    struct actr_view actor_id, key_id, claims, signature, role; /* decoded; ptr NULL: absent */
};

static struct actr_view *slot_of(struct parameters *parameters, struct actr_view name)
{
    struct {
        const char *name;
        struct actr_view *slot;
    } slots[] = {
        {"actor_id", &parameters->actor_id}, {"key_id", &parameters->key_id},
        {"claims", &parameters->claims},     {"signature", &parameters->signature},
        {"webrtc_role", &parameters->role},
    };
    for (size_t i = 0; i < sizeof(slots) / sizeof(slots[0]); i++)
        if (view_equal(name, view_text(slots[i].name)))
            return slots[i].slot;
    return NULL;
}

static int percent_decode(struct actr_view text, struct arena *arena, struct actr_view *ret_text)
{
    char *buf = arena_alloc(arena, text.len + 1);
    size_t len = 0;
    if (!buf)
        return err_origin(ACTR_ENOMEM, "query: out of memory");
    if (!text_percent_decode(text, buf, text.len + 1, &len))
        return err_origin(ACTR_EDECODE, "the query has a malformed percent escape");
    *ret_text = actr_view_of(buf, len);
    return 0;
}

/* One `name=value`. */
static int parse_pair(struct actr_view pair, struct arena *arena, struct parameters *parameters)
{
    const uint8_t *equals = pair.len ? memchr(pair.ptr, '=', pair.len) : NULL;
    size_t name_len = equals ? (size_t)(equals - pair.ptr) : pair.len;
    struct actr_view name = {0}, value = {0};
    int r = percent_decode(actr_view_of(pair.ptr, name_len), arena, &name);
    if (r == 0 && equals)
        r = percent_decode(actr_view_of(equals + 1, pair.len - name_len - 1), arena, &value);
    if (r < 0)
        return r;
    struct actr_view *slot = slot_of(parameters, name);
    if (slot)
        *slot = value;
    return 0;
}

static bool decode_base64(struct actr_view text, struct arena *arena, struct actr_view *ret_bytes)
{
    size_t len = 0;
    uint8_t *buf = text.ptr ? arena_alloc(arena, text.len + 1) : NULL;
    if (!buf || !text_base64_decode(text, buf, text.len, &len))
        return false;
    *ret_bytes = actr_view_of(buf, len);
    return true;
}

static void interpret(const struct parameters *parameters, struct arena *arena,
                      struct admission *admission)
{
    struct credential *credential = &admission->credential;
    admission->has_id =
        parameters->actor_id.ptr && id_parse(parameters->actor_id, &admission->id) == 0;
    admission->has_credential = parameters->key_id.ptr &&
                                text_u32(parameters->key_id, &credential->key_id) &&
                                decode_base64(parameters->claims, arena, &credential->claims) &&
                                decode_base64(parameters->signature, arena, &credential->signature);
    admission->want_answer = view_equal(parameters->role, view_text("answer"));
}

int admission_parse(const char *query, struct arena *arena, struct admission *ret_admission)
{
    struct parameters parameters = {0};
    struct actr_view rest = view_text(query);
    while (rest.len > 0) {
        const uint8_t *ampersand = memchr(rest.ptr, '&', rest.len);
        size_t len = ampersand ? (size_t)(ampersand - rest.ptr) : rest.len;
        int r = parse_pair(actr_view_of(rest.ptr, len), arena, &parameters);
        if (r < 0)
            return r;
        size_t step = ampersand ? len + 1 : len;
        rest = actr_view_of(rest.ptr + step, rest.len - step);
    }
    *ret_admission = (struct admission){0};
    interpret(&parameters, arena, ret_admission);
    return 0;
}

static int refuse(const char *why)
{
    (void)!err_origin(ACTR_EPERMISSION, "%s", why);
    return ADMISSION_REFUSED;
}

int admission_verify(const struct keyring *keyring, const struct credential *credential,
                     const struct actr_id *id, uint64_t now_s, struct arena *arena,
                     uint64_t *ret_expires_at_s)
{
    struct claims claims;
    char text[ACTR_ID_STR_MAX];
    int r = keyring_verify(keyring, credential, now_s);
    if (r == KEYRING_FORGED)
        return refuse("unknown key or wrong signature");
    if (r < 0)
        return r;
    r = claims_decode(credential->claims, arena, &claims);
    if (r == ACTR_ENOMEM)
        return r;
    if (r < 0)
        return refuse("the claims cannot be read");
    if (claims.expires_at_s <= now_s)
        return refuse("expired");
    if (claims.realm != id->realm)
        return refuse("issued for another realm");
    if (!view_equal(claims.actor_id, view_text(actr_id_format(id, text))))
        return refuse("issued for another actor");
    *ret_expires_at_s = claims.expires_at_s;
    return 0;
}
