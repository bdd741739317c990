// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Manufacturers' keys for those who check packages, and, in open mode, publishing as test servers
 * do it: a nonce is asked for and must come back, and nothing else is looked at.
 *
 * A manufacturer has at most one nonce outstanding; it is spent by the first attempt, good or bad.
 *
 * Loop thread. */
#include "packages.h"

#include <stdio.h>
#include <string.h>

#include "admin.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/text.h"
#include "json.h"
#include "sys/crypto.h"

#define NONCE_LEN 32

/* The name in /mfr/{name}/verifying_key; false: the path is another. */
static bool name_of(const char *path, char *buf, size_t cap, struct actr_view *ret_name)
{
    static const char tail[] = "/verifying_key";
    const char *start = strstr(path, "/mfr/");
    const char *end = start ? strstr(start + 5, tail) : NULL;
    size_t len = 0;
    if (!end || end[sizeof(tail) - 1] != '\0')
        return false;
    start += 5;
    if (!text_percent_decode(actr_view_of(start, (size_t)(end - start)), buf, cap, &len))
        return false;
    *ret_name = actr_view_of(buf, len);
    return true;
}

/* The number that manifests call a key by: "mfr-" and the first 16 hex digits of its SHA-256. */
static int key_id(struct actr_view key, char buf[21])
{
    uint8_t digest[CRYPTO_SHA256_LEN];
    int r = crypto_sha256(key, digest);
    if (r < 0)
        return r;
    memcpy(buf, "mfr-", 4);
    text_hex_encode(digest, 8, buf + 4);
    return 0;
}

void packages_verifying_key(struct rendezvous *rendezvous, struct net_request *request,
                            const struct net_request_info *info)
{
    char name[CATALOG_NAME_MAX], encoded[TEXT_BASE64_SIZE(CRYPTO_PUBLIC_LEN)], id[21];
    struct actr_view wanted = {0}, key = {0};
    if (name_of(info->path, name, sizeof(name), &wanted))
        key = catalog_find(&rendezvous->manufacturers, wanted);
    if (key.len != CRYPTO_PUBLIC_LEN) {
        json_send_error(request, 404, "no such manufacturer", false);
        return;
    }
    if (key_id(key, id) < 0) {
        json_send_error(request, 503, "out of memory", false);
        return;
    }
    text_base64_encode(key.ptr, key.len, encoded);
    json_send(request, 200, json_pack("{s:s, s:s}", "public_key", encoded, "key_id", id), false);
}

void packages_nonce(struct rendezvous *rendezvous, struct net_request *request,
                    const struct net_request_info *info)
{
    uint8_t nonce[NONCE_LEN];
    char encoded[TEXT_BASE64_SIZE(NONCE_LEN)];
    json_t *body = json_read(request, info);
    if (!body)
        return;
    const char *manufacturer = json_text(body, "manufacturer");
    loop_random(rendezvous->base.loop, nonce, sizeof(nonce));
    text_base64_encode(nonce, sizeof(nonce), encoded);
    struct catalog_item item = {.name = view_text(manufacturer ? manufacturer : ""),
                                .value = view_text(encoded)};
    if (catalog_put(&rendezvous->nonces, &item) < 0)
        json_send_error(request, 400, actr_errmsg(), false);
    else
        json_send(request, 200, json_pack("{s:s}", "nonce", encoded), false);
    json_decref(body);
}

/* True once for each nonce that was given out. */
static bool spend_nonce(struct rendezvous *rendezvous, const json_t *body)
{
    const char *manufacturer = json_text(body, "manufacturer"), *nonce = json_text(body, "nonce");
    if (!manufacturer)
        return false;
    struct catalog_item spent = {.name = view_text(manufacturer)};
    struct actr_view outstanding = catalog_find(&rendezvous->nonces, spent.name);
    bool is_good = nonce && outstanding.len > 0 && view_equal(outstanding, view_text(nonce));
    return (outstanding.len == 0 || catalog_put(&rendezvous->nonces, &spent) == 0) && is_good;
}

void packages_publish(struct rendezvous *rendezvous, struct net_request *request,
                      const struct net_request_info *info)
{
    char name[CATALOG_NAME_MAX + 1];
    json_t *body = json_read(request, info);
    if (!body)
        return;
    const char *manifest = json_text(body, "manifest");
    struct catalog_item item = {.value = view_text(manifest ? manifest : "")};
    if (!spend_nonce(rendezvous, body)) {
        json_send_error(request, 400, "unknown or spent nonce", false);
    } else if (!admin_package_name(body, name, sizeof(name))) {
        json_send_error(request, 400, "manufacturer, name, version and target are needed", false);
    } else {
        item.name = view_text(name);
        int r = catalog_put(&rendezvous->packages, &item);
        *strchr(name, '@') = '\0'; /* a type has no '@' in manufacturer or name */
        if (r < 0)
            json_send_error(request, 400, actr_errmsg(), false);
        else
            json_send(request, 200,
                      json_pack("{s:I, s:s, s:s}", "id",
                                (json_int_t)catalog_count(&rendezvous->packages), "type_str", name,
                                "status", "active"),
                      false);
    }
    json_decref(body);
}
