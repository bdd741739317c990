// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* How an exchange with the identity service is made and understood.
 *
 * The service answers registrations with HTTP 200 even when they fail, and says so inside; renewals
 * carry the same code as HTTP status. Both are read the same way. The content type of an answer
 * means nothing. The realm secret goes with registrations only: a renewal proves itself by its
 * token.
 *
 * A grant is believed only when it holds together: the key it names is the one it brings, that key
 * signed the claims, and the claims name the id and the realm. Otherwise the node would go on with
 * a credential that every peer refuses. */
#include "hyper/signaling/ais_client.h"

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/url.h"
#include "hyper/signaling/credential_check.h"
#include "net/http.h"
#include "sys/crypto.h"

#define EXCHANGE_TIMEOUT_MS 10000
#define RESPONSE_LEN_MAX ((uint32_t)64 * 1024)
#define RESPONSE_ARENA_MAX ((size_t)64 * 1024 + 16 * (size_t)RESPONSE_LEN_MAX)
#define DETAIL_MAX 256
#define UPGRADE_REQUIRED 426 /* RFC 2817 §4.2 */

static char *client_join(struct actr_view base, const char *path)
{
    while (base.len > 0 && base.ptr[base.len - 1] == '/')
        base.len--;
    size_t size = base.len + strlen(path) + 1;
    char *url = mem_alloc(size);
    if (url != NULL) {
        struct text text;
        text_init(&text, url, size);
        text_append(&text, base);
        text_append(&text, view_text(path));
    }
    return url;
}

static int client_check_url(const char *text)
{
    struct url url;
    int r = url_parse(view_text(text), &url);
    if (r < 0)
        return err_context(ACTR_ECONFIG, "identity service: %s", text);
    if (url.scheme != URL_HTTP && url.scheme != URL_HTTPS)
        return err_origin(ACTR_ECONFIG, "identity service: %s: not http:// or https://", text);
    if (url.query.len > 0)
        return err_origin(ACTR_ECONFIG, "identity service: %s: a query has no place here", text);
    return 0;
}

int ais_client_init(struct ais_client *client, struct net *net, const char *url,
                    const char *realm_secret, uint32_t realm)
{
    *client = (struct ais_client){._net = net, ._realm = realm};
    int r = client_check_url(url);
    if (r < 0)
        return r;
    client->_register_url = client_join(view_text(url), "/register");
    client->_renew_url = client_join(view_text(url), "/renew");
    if (realm_secret != NULL)
        client->_realm_secret = mem_text(realm_secret, strlen(realm_secret));
    if (client->_register_url == NULL || client->_renew_url == NULL ||
        (realm_secret != NULL && client->_realm_secret == NULL))
        return err_origin(ACTR_ENOMEM, "identity service: its addresses");
    return 0;
}

void ais_client_deinit(struct ais_client *client)
{
    ais_client_cancel(client);
    mem_free(client->_register_url);
    mem_free(client->_renew_url);
    mem_free(client->_realm_secret);
    *client = (struct ais_client){0};
}

void ais_client_cancel(struct ais_client *client)
{
    if (client->_http == NULL)
        return;
    net_http_cancel(client->_http);
    client->_http = NULL;
}

static enum ais_verdict verdict_of(uint32_t code)
{
    switch (code) {
    case 400:
        return AIS_MALFORMED;
    case 401:
        return AIS_REJECTED;
    case 403:
        return AIS_FORBIDDEN;
    case UPGRADE_REQUIRED:
        return AIS_MISMATCH;
    case 429:
        return AIS_LIMITED;
    default:
        return code >= 500 && code <= 599 ? AIS_FAILED : AIS_CONFUSED;
    }
}

static int verdict_code(enum ais_verdict verdict)
{
    switch (verdict) {
    case AIS_GRANTED:
        return 0;
    case AIS_MALFORMED:
        return ACTR_EINVALID;
    case AIS_REJECTED:
    case AIS_FORBIDDEN:
        return ACTR_EPERMISSION;
    case AIS_MISMATCH:
        return ACTR_ECONFIG;
    case AIS_LIMITED:
    case AIS_FAILED:
        return ACTR_EUNAVAILABLE;
    case AIS_CONFUSED:
    case AIS_UNFIT:
        break;
    }
    return ACTR_EDECODE;
}

/* The key, the signature and the claims of a grant. 0, or why it is not to be believed. */
static int grant_check(const struct ais_client *client, const struct ais_registration *grant,
                       uint64_t *ret_expires_at_s)
{
    if (grant->id.realm != client->_realm)
        return err_origin(ACTR_EDECODE, "the id is of another realm");
    if (client->_is_renewal && !actr_id_equal(&grant->id, &client->_renewing))
        return err_origin(ACTR_EDECODE, "the renewal is another actor's");
    if (grant->signing_key_id != grant->credential.key_id)
        return err_origin(ACTR_EDECODE, "the key is not the credential's");
    if (grant->signing_pubkey.len != CRYPTO_PUBLIC_LEN)
        return err_origin(ACTR_EDECODE, "the key is not 32 bytes");
    int r = credential_check_claims(&grant->credential, &grant->id, ret_expires_at_s);
    if (r < 0)
        return r;
    struct crypto_verifier *verifier = NULL;
    r = crypto_verifier_new(grant->signing_pubkey.ptr, &verifier);
    if (r == 0)
        r = credential_check_signature(&grant->credential, verifier);
    crypto_verifier_free(verifier);
    return r;
}

/* Does the failure tell nothing about the answer? */
static bool is_ours(int code)
{
    return code == ACTR_ENOMEM || code == ACTR_EINTERNAL;
}

static void outcome_fail(struct ais_outcome *outcome, enum ais_verdict verdict, const char *detail)
{
    outcome->verdict = verdict;
    outcome->code = verdict_code(verdict);
    outcome->detail = detail;
}

static void outcome_read(const struct ais_client *client, const struct ais_response *response,
                         struct ais_outcome *outcome, char *buf)
{
    struct text text;
    switch (response->result) {
    case AIS_RESULT_SUCCESS: {
        int r = grant_check(client, &response->success, &outcome->expires_at_s);
        if (r == 0)
            outcome->registration = &response->success;
        else
            outcome_fail(outcome, is_ours(r) ? AIS_FAILED : AIS_UNFIT, actr_errmsg());
        return;
    }
    case AIS_RESULT_ERROR:
        text_init(&text, buf, DETAIL_MAX);
        text_printf(&text, "%u: ", response->error.code);
        text_append(&text, response->error.message);
        outcome_fail(outcome, verdict_of(response->error.code), buf);
        return;
    case AIS_RESULT_NONE:
        break;
    }
    outcome_fail(outcome, AIS_CONFUSED, "an answer without a result");
}

static void client_on_response(void *user, const struct net_http_response *response)
{
    struct ais_client *client = user;
    struct ais_outcome outcome = {.detail = "", .retry_after_s = response->retry_after_s};
    struct ais_response decoded;
    struct arena arena;
    char buf[DETAIL_MAX];
    client->_http = NULL;
    arena_init(&arena, RESPONSE_ARENA_MAX);
    if (response->error < 0) {
        bool is_mismatch = response->error == ACTR_ECONFIG;
        outcome_fail(&outcome, is_mismatch ? AIS_MISMATCH : AIS_FAILED, response->detail);
        outcome.code = response->error;
    } else if (response->status < 200 || response->status > 299) {
        struct text text;
        text_init(&text, buf, sizeof buf);
        text_printf(&text, "HTTP status %u%s", response->status,
                    response->status == UPGRADE_REQUIRED
                        ? ": the identity service speaks TLS; write https:// in ais_endpoint.url"
                        : "");
        outcome_fail(&outcome, verdict_of(response->status), buf);
    } else {
        int r = ais_response_decode(actr_bytes_view(response->body), &arena, &decoded);
        if (r == 0)
            outcome_read(client, &decoded, &outcome, buf);
        else
            outcome_fail(&outcome, is_ours(r) ? AIS_FAILED : AIS_CONFUSED, actr_errmsg());
    }
    client->_fn(client->_user, &outcome);
    arena_deinit(&arena);
}

static int client_start(struct ais_client *client, const char *url, struct actr_bytes body,
                        const char *realm_secret)
{
    const struct net_header headers[] = {
        {"content-type", "application/x-protobuf"},
        {"accept", "application/x-protobuf"},
        {"x-actrix-realm-secret", realm_secret},
    };
    const struct net_http_options options = {
        .url = url,
        .method = "POST",
        .headers = headers,
        .header_count = realm_secret != NULL ? 3 : 2,
        .body = body,
        .timeout_ms = EXCHANGE_TIMEOUT_MS,
        .response_len_max = RESPONSE_LEN_MAX,
    };
    assert(client->_http == NULL);
    return net_http_start(client->_net, &options, client_on_response, client, &client->_http);
}

int ais_client_register(struct ais_client *client, struct actr_bytes request, ais_client_fn *fn,
                        void *user)
{
    client->_fn = fn;
    client->_user = user;
    client->_is_renewal = false;
    return client_start(client, client->_register_url, request, client->_realm_secret);
}

int ais_client_renew(struct ais_client *client, const struct actr_id *id, struct actr_view token,
                     ais_client_fn *fn, void *user)
{
    const struct ais_renew_request request = {.id = *id, .renewal_token = token};
    client->_fn = fn;
    client->_user = user;
    client->_is_renewal = true;
    client->_renewing = *id;
    return client_start(client, client->_renew_url, ais_renew_request_encode(&request), NULL);
}
