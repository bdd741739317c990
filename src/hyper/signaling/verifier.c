// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* One check: what costs nothing first (claims, expiry), then the key, then the signature. A
 * stranger who makes up a credential so costs the server a question only when everything but the
 * signature is in order.
 *
 * A check begins in a deferred task, so that its end never comes inside the call that began it. The
 * credential is decoded at each step anew: it is small, and views into an arena would have to be
 * kept alive while a key is fetched. */
#include "hyper/signaling/verifier.h"

#include "base/arena.h"
#include "base/err.h"
#include "hyper/signaling/credential_check.h"
#include "protocol/credential.h"

/* A credential comes in an HTTP header, so it is at most 16 KiB. */
#define CREDENTIAL_LEN_MAX ((size_t)16 * 1024)
#define CREDENTIAL_ARENA_MAX ((size_t)64 * 1024 + 16 * CREDENTIAL_LEN_MAX)
#define CHECK_NEEDS_KEY 1

void verifier_init(struct verifier *verifier, struct loop *loop, struct key_cache *keys)
{
    *verifier = (struct verifier){._loop = loop, ._keys = keys};
    list_init(&verifier->_checks);
}

void verifier_cancel(struct signaling_check *check)
{
    if (check->_verifier == NULL)
        return;
    key_cache_cancel(&check->_wait);
    loop_task_cancel(&check->_task);
    list_remove(&check->_link);
    actr_bytes_unref(check->_credential);
    check->_credential = (struct actr_bytes){0};
    check->_verifier = NULL;
}

void verifier_deinit(struct verifier *verifier)
{
    if (verifier->_loop == NULL)
        return;
    while (!list_is_empty(&verifier->_checks))
        verifier_cancel(container_of(verifier->_checks.next, struct signaling_check, _link));
}

static void check_end(struct signaling_check *check, int code, const char *detail)
{
    verifier_cancel(check);
    check->_fn(check, code, detail);
}

static int check_decoded(struct signaling_check *check, const struct credential *credential,
                         uint32_t *ret_key_id)
{
    struct verifier *verifier = check->_verifier;
    uint64_t expires_at_s;
    int r = credential_check_claims(credential, &check->_id, &expires_at_s);
    if (r < 0)
        return r;
    if (expires_at_s <= loop_wall_ms(verifier->_loop) / 1000)
        return err_origin(ACTR_EPERMISSION, "the credential has expired");
    const struct crypto_verifier *key = key_cache_find(verifier->_keys, credential->key_id);
    if (key == NULL) {
        *ret_key_id = credential->key_id;
        return CHECK_NEEDS_KEY;
    }
    return credential_check_signature(credential, key);
}

/* 0, the reason (ACTR_E…), or CHECK_NEEDS_KEY and which. */
static int check_run(struct signaling_check *check, uint32_t *ret_key_id)
{
    struct credential credential;
    struct arena arena;
    if (actr_bytes_failed(check->_credential))
        return err_origin(ACTR_ENOMEM, "out of memory");
    if (check->_credential.len > CREDENTIAL_LEN_MAX)
        return err_origin(ACTR_EPERMISSION, "the credential is too long");
    arena_init(&arena, CREDENTIAL_ARENA_MAX);
    int r = credential_decode(actr_bytes_view(check->_credential), &arena, &credential);
    if (r == 0)
        r = check_decoded(check, &credential, ret_key_id);
    else if (r == ACTR_EDECODE)
        r = err_origin(ACTR_EPERMISSION, "the credential is malformed");
    arena_deinit(&arena);
    return r;
}

static void check_on_key(struct key_wait *wait, int code, const char *detail)
{
    struct signaling_check *check = container_of(wait, struct signaling_check, _wait);
    uint32_t key_id;
    if (code == ACTR_ENOTFOUND)
        code = ACTR_EPERMISSION; /* signed by nobody */
    else if (code != 0 && code != ACTR_ETIMEDOUT && code != ACTR_ENOMEM && code != ACTR_ECANCELED)
        code = ACTR_EUNAVAILABLE;
    if (code != 0) {
        check_end(check, code, detail);
        return;
    }
    int r = check_run(check, &key_id);
    if (r == CHECK_NEEDS_KEY)
        check_end(check, ACTR_EUNAVAILABLE, "the key was pushed out of the cache");
    else
        check_end(check, r, r == 0 ? "" : actr_errmsg());
}

static void check_on_task(struct loop_task *task)
{
    struct signaling_check *check = container_of(task, struct signaling_check, _task);
    uint32_t key_id = 0;
    int r = check_run(check, &key_id);
    if (r == CHECK_NEEDS_KEY)
        key_cache_fetch(check->_verifier->_keys, &check->_wait, key_id, check_on_key);
    else
        check_end(check, r, r == 0 ? "" : actr_errmsg());
}

static void check_on_cancel(struct loop_task *task)
{
    struct signaling_check *check = container_of(task, struct signaling_check, _task);
    check_end(check, ACTR_ECANCELED, "signaling is stopping");
}

void verifier_check(struct verifier *verifier, struct signaling_check *check,
                    const struct actr_id *id, struct actr_bytes credential, signaling_check_fn *fn)
{
    *check = (struct signaling_check){
        ._verifier = verifier, ._fn = fn, ._id = *id, ._credential = credential};
    list_init(&check->_link);
    list_push(&verifier->_checks, &check->_link);
    loop_task_init(&check->_task, check_on_task);
    loop_defer(verifier->_loop, &check->_task);
}

void verifier_cancel_all(struct verifier *verifier)
{
    list_each(link, &verifier->_checks)
    {
        struct signaling_check *check = container_of(link, struct signaling_check, _link);
        key_cache_cancel(&check->_wait);
        loop_task_cancel(&check->_task);
        loop_task_init(&check->_task, check_on_cancel);
        loop_defer(verifier->_loop, &check->_task);
    }
}
