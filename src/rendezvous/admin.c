// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Administration.
 *
 * A change is made in memory once the ledger has it, and answered then. Answers are private: no
 * script of another origin reads them. Must never show a secret, nor log one.
 *
 * Loop thread. */
#include "admin.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "answer.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "json.h"
#include "protocol/id.h"

struct change;
/* Makes a change whose rows are safe (result 0), or gives it up. */
typedef int change_fn(struct change *change, int result);

struct change {
    struct rendezvous *rendezvous;
    struct answer_later later;
    change_fn *apply;
    struct realm realm;
    struct catalog *catalog;
    struct actr_bytes name, value, note;
};

static void change_free(struct change *change)
{
    if (!change)
        return;
    actr_bytes_unref(change->name);
    actr_bytes_unref(change->value);
    actr_bytes_unref(change->note);
    mem_free(change);
}

static void send_error(struct net_request *request, int error)
{
    unsigned status = error == ACTR_EINVALID ? 400 : error == ACTR_ESTATE ? 409 : 503;
    json_send_error(request, status, actr_errmsg(), true);
}

static void on_kept(void *owner, int result)
{
    struct change *change = owner;
    struct rendezvous *rendezvous = change->rendezvous;
    struct net_request *request = answer_resume(&change->later);
    if (result < 0) {
        rendezvous->counters.ledger_failures++;
        log_error(rendezvous->base.log, "ledger.failed", "what=administration reason=%s",
                  actr_strerror(result));
        (void)!err_origin(result, "the change could not be stored");
    }
    int r = change->apply(change, result);
    if (request && r < 0)
        send_error(request, r);
    else if (request)
        json_send(request, 200, json_pack("{s:b}", "ok", 1), true);
    change_free(change);
}

/* A change and the write that its rows go into; both or, without memory, neither. */
static int change_new(struct rendezvous *rendezvous, change_fn *apply, struct change **ret_change,
                      struct ledger_write **ret_write)
{
    struct change *change = mem_alloc(sizeof(*change));
    struct ledger_write *write = change ? ledger_write_new(on_kept, change) : NULL;
    if (!write) {
        mem_free(change);
        return err_origin(ACTR_ENOMEM, "out of memory");
    }
    change->rendezvous = rendezvous;
    change->apply = apply;
    *ret_change = change;
    *ret_write = write;
    return 0;
}

/* Hands a change to the ledger, or answers why it cannot be. */
static void submit(struct net_request *request, struct change *change, struct ledger_write *write,
                   int result)
{
    if (result < 0) {
        ledger_write_free(write);
        change_free(change);
        send_error(request, result);
        return;
    }
    assert(change && write);
    answer_defer(&change->later, change->rendezvous, request);
    ledger_submit(change->rendezvous->base.ledger, write);
}

/* ---- Realms ---- */

static int apply_realm(struct change *change, int result)
{
    return result < 0 ? result : realms_put(&change->rendezvous->realms, &change->realm);
}

static int apply_realm_removal(struct change *change, int result)
{
    if (result < 0)
        return result;
    realms_remove(&change->rendezvous->realms, change->realm.id);
    rendezvous_forget_realm(change->rendezvous, change->realm.id);
    return 0;
}

static int read_flag(const json_t *body, const char *name, bool *flag)
{
    const json_t *value = json_object_get(body, name);
    if (value && !json_is_boolean(value))
        return err_origin(ACTR_EINVALID, "%s is true or false", name);
    if (value)
        *flag = json_is_true(value);
    return 0;
}

static int read_realm_name(const json_t *body, struct realm *realm)
{
    const json_t *value = json_object_get(body, "name");
    const char *name = json_string_value(value);
    if (!value || json_is_null(value))
        return 0;
    if (!name || strlen(name) > REALM_NAME_MAX)
        return err_origin(ACTR_EINVALID, "name is text of at most %d bytes", REALM_NAME_MAX);
    memcpy(realm->name, name, strlen(name) + 1);
    return 0;
}

static int read_realm_secret(const json_t *body, uint64_t now_s, struct realm *realm)
{
    const json_t *value = json_object_get(body, "secret");
    const char *secret = json_string_value(value);
    if (!value || json_is_null(value))
        return 0;
    return realm_set_secret(realm, view_text(secret ? secret : ""), now_s);
}

/* The realm as the request wants it: what it leaves out stays. */
static int read_realm(const struct rendezvous *rendezvous, const json_t *body,
                      struct realm *ret_realm, bool *ret_is_removal)
{
    const json_t *id = json_object_get(body, "id");
    json_int_t number = json_integer_value(id);
    if (!json_is_integer(id) || number < 1 || number > UINT32_MAX)
        return err_origin(ACTR_EINVALID, "id is a number from 1 to 4294967295");
    const struct realm *known = realms_find(&rendezvous->realms, (uint32_t)number);
    realm_init(ret_realm, (uint32_t)number);
    if (known)
        *ret_realm = *known;
    *ret_is_removal = false;
    int r = read_realm_name(body, ret_realm);
    if (r == 0)
        r = read_realm_secret(body, rendezvous_now_s(rendezvous), ret_realm);
    if (r == 0)
        r = read_flag(body, "enabled", &ret_realm->is_enabled);
    if (r == 0)
        r = read_flag(body, "remove", ret_is_removal);
    if (r == 0 && !known && realms_count(&rendezvous->realms) >= REALMS_MAX)
        r = err_origin(ACTR_ESTATE, "there are %d realms already", REALMS_MAX);
    return r;
}

void admin_realms(struct rendezvous *rendezvous, struct net_request *request,
                  const struct net_request_info *info)
{
    struct realm realm;
    bool is_removal = false;
    struct change *change = NULL;
    struct ledger_write *write = NULL;
    json_t *body = json_read(request, info);
    if (!body)
        return;
    int r = read_realm(rendezvous, body, &realm, &is_removal);
    json_decref(body);
    if (r == 0)
        r = change_new(rendezvous, is_removal ? apply_realm_removal : apply_realm, &change, &write);
    if (r == 0) {
        change->realm = realm;
        r = realm_write(&realm, is_removal, write);
    }
    if (r == 0)
        log_info(rendezvous->base.log, "admin.realm", "realm=%" PRIu32 " enabled=%d removed=%d",
                 realm.id, realm.is_enabled, is_removal);
    submit(request, change, write, r);
}

/* ---- Manufacturers and packages ---- */

static int apply_item(struct change *change, int result)
{
    struct catalog_item item = {actr_bytes_view(change->name), actr_bytes_view(change->value),
                                actr_bytes_view(change->note)};
    return result < 0 ? result : catalog_put(change->catalog, &item);
}

static void put_item(struct rendezvous *rendezvous, struct net_request *request,
                     struct catalog *catalog, const struct catalog_item *item)
{
    struct change *change = NULL;
    struct ledger_write *write = NULL;
    int r = catalog_check(catalog, item);
    if (r == 0)
        r = change_new(rendezvous, apply_item, &change, &write);
    if (r == 0) {
        change->catalog = catalog;
        change->name = actr_bytes_copy(item->name);
        change->value = actr_bytes_copy(item->value);
        change->note = actr_bytes_copy(item->note);
        r = catalog_write(catalog, item, write);
    }
    if (r == 0 && (actr_bytes_failed(change->name) || actr_bytes_failed(change->value) ||
                   actr_bytes_failed(change->note)))
        r = err_origin(ACTR_ENOMEM, "out of memory");
    submit(request, change, write, r);
}

void admin_manufacturers(struct rendezvous *rendezvous, struct net_request *request,
                         const struct net_request_info *info)
{
    uint8_t key[CRYPTO_PUBLIC_LEN];
    size_t len = 0;
    json_t *body = json_read(request, info);
    if (!body)
        return;
    const char *name = json_text(body, "name"), *pubkey = json_text(body, "pubkey_b64");
    const char *contact = json_text(body, "contact");
    struct catalog_item item = {.name = view_text(name ? name : ""),
                                .value = actr_view_of(key, sizeof(key)),
                                .note = view_text(contact ? contact : "")};
    if (!pubkey || !text_base64_decode(view_text(pubkey), key, sizeof(key), &len) ||
        len != sizeof(key))
        json_send_error(request, 400, "pubkey_b64 is not the base64 of 32 bytes", true);
    else
        put_item(rendezvous, request, &rendezvous->manufacturers, &item);
    json_decref(body);
}

void admin_packages(struct rendezvous *rendezvous, struct net_request *request,
                    const struct net_request_info *info)
{
    char name[CATALOG_NAME_MAX + 1];
    json_t *body = json_read(request, info);
    if (!body)
        return;
    const char *manifest = json_text(body, "manifest");
    struct catalog_item item = {.value = view_text(manifest ? manifest : "")};
    if (!admin_package_name(body, name, sizeof(name))) {
        json_send_error(request, 400, "manufacturer, name, version and target are needed", true);
    } else {
        item.name = view_text(name);
        put_item(rendezvous, request, &rendezvous->packages, &item);
    }
    json_decref(body);
}

bool admin_package_name(const json_t *body, char *buf, size_t cap)
{
    const char *manufacturer = json_text(body, "manufacturer"), *name = json_text(body, "name");
    const char *version = json_text(body, "version"), *target = json_text(body, "target");
    struct actr_type type;
    struct text text;
    char type_text[ACTR_TYPE_STR_MAX];
    if (!manufacturer || !name || !version || !target ||
        id_make_type(view_text(manufacturer), view_text(name), view_text(version), &type) < 0)
        return false;
    text_init(&text, buf, cap);
    text_printf(&text, "%s@%s", actr_type_format(&type, type_text), target);
    return !text.is_cut;
}

/* ---- Keys ---- */

static int apply_key(struct change *change, int result)
{
    struct rendezvous *rendezvous = change->rendezvous;
    if (result < 0) {
        keyring_key_deinit(&rendezvous->next_key);
        return result;
    }
    keyring_adopt(&rendezvous->keyring, &rendezvous->next_key, rendezvous_now_s(rendezvous));
    log_info(rendezvous->base.log, "admin.key", "key=%" PRIu32,
             keyring_current(&rendezvous->keyring)->id);
    return 0;
}

void admin_rotate_key(struct rendezvous *rendezvous, struct net_request *request,
                      const struct net_request_info *info)
{
    struct change *change = NULL;
    struct ledger_write *write = NULL;
    int r = rendezvous->next_key.id == 0
                ? change_new(rendezvous, apply_key, &change, &write)
                : err_origin(ACTR_ESTATE, "another key is on its way already");
    if (r == 0)
        r = keyring_prepare(&rendezvous->keyring, NULL, rendezvous_now_s(rendezvous), write,
                            &rendezvous->next_key);
    submit(request, change, write, r);
}

/* ---- Questions ---- */

static json_t *list_names(struct rendezvous *rendezvous, const struct catalog *catalog)
{
    size_t count = catalog_count(catalog);
    struct actr_view *names = arena_alloc(&rendezvous->arena, count * sizeof(names[0]));
    json_t *list = names ? json_array() : NULL;
    if (!list)
        return NULL;
    catalog_list(catalog, names);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_stringn((const char *)names[i].ptr, names[i].len));
    return list;
}

static json_t *list_realms(struct rendezvous *rendezvous)
{
    size_t count = realms_count(&rendezvous->realms);
    uint32_t *ids = arena_alloc(&rendezvous->arena, count * sizeof(ids[0]));
    json_t *list = ids ? json_array() : NULL;
    if (!list)
        return NULL;
    realms_list(&rendezvous->realms, ids);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_integer(ids[i]));
    return list;
}

void admin_state(struct rendezvous *rendezvous, struct net_request *request,
                 const struct net_request_info *info)
{
    json_t *state = json_pack("{s:o, s:o, s:o}", "realms", list_realms(rendezvous), "mfrs",
                              list_names(rendezvous, &rendezvous->manufacturers), "packages",
                              list_names(rendezvous, &rendezvous->packages));
    json_send(request, 200, state, true);
}

void admin_metrics(struct rendezvous *rendezvous, struct net_request *request,
                   const struct net_request_info *info)
{
    const struct counters_gauge gauges[] = {
        {"connections", "Signaling sockets open.", rendezvous->visitor_count},
        {"actors", "Actors registered.", registry_count(&rendezvous->registry)},
        {"actors_online", "Of these: connected.", rendezvous->registry.online_count},
        {"realms", "Realms.", realms_count(&rendezvous->realms)},
        {"subscriptions", "Subscriptions to arrivals.", rendezvous->subscriptions.count},
    };
    struct actr_bytes text =
        counters_text(&rendezvous->counters, gauges, sizeof(gauges) / sizeof(gauges[0]));
    answer_send(request, &(struct answer){.status = 200,
                                          .content_type = ANSWER_METRICS,
                                          .body = text,
                                          .is_private = true});
}
