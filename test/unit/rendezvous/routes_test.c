// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "rendezvous/routes.h"

#include <string.h>

#include "base/bytes.h"
#include "harness.h"
#include "rig.h"

static struct rig rig;

static void expect_body(const char *wanted)
{
    assert_true(view_equal(actr_bytes_view(rig.body), view_text(wanted)));
}

static bool body_has(const char *wanted)
{
    return memmem(rig.body.ptr, rig.body.len, wanted, strlen(wanted)) != NULL;
}

static void get(const char *path)
{
    rig_http(&rig, "GET", path, (struct actr_bytes){0});
}

TEST(routes_tell_the_health)
{
    static const char *const paths[] = {"/health", "/signaling/health", "/ais/health"};
    rig_open(&rig, NULL);
    for (int i = 0; i < 3; i++) {
        get(paths[i]);
        assert_int_equal(rig.status, 200);
        expect_body("ok");
        assert_string_equal(rig.allow_origin, "*");
    }
    rig_close(&rig);
}

TEST(routes_tell_the_health_to_those_who_want_only_the_head)
{
    rig_open(&rig, NULL);
    rig_http(&rig, "HEAD", "/health", (struct actr_bytes){0});
    assert_int_equal(rig.status, 200);
    rig_http(&rig, "HEAD", "/ais/register", (struct actr_bytes){0});
    assert_int_equal(rig.status, 405);
    rig_close(&rig);
}

TEST(routes_answer_preflights)
{
    rig_open(&rig, NULL);
    rig_http(&rig, "OPTIONS", "/ais/register", (struct actr_bytes){0});
    assert_int_equal(rig.status, 200);
    assert_string_equal(rig.allow_origin, "*");
    rig_close(&rig);
}

TEST(routes_tell_unknown_paths_from_wrong_methods)
{
    rig_open(&rig, NULL);
    get("/nothing");
    assert_int_equal(rig.status, 404);
    get("/ais/register");
    assert_int_equal(rig.status, 405);
    assert_string_equal(rig.allow, "POST, OPTIONS");
    rig_http(&rig, "DELETE", "/health", (struct actr_bytes){0});
    assert_int_equal(rig.status, 405);
    assert_string_equal(rig.allow, "GET, HEAD, OPTIONS");
    rig_json(&rig, "/mfr/pkg/nonce", "{\"manufacturer\":\"acme\"}");
    assert_int_equal(rig.status, 405); /* only known in open mode; a name otherwise */
    rig_close(&rig);
}

TEST(routes_keep_the_administration_to_this_host)
{
    static const char *const foreign[] = {"origin", "x-forwarded-for", "forwarded"};
    rig_open(&rig, NULL);
    get("/admin/state");
    assert_int_equal(rig.status, 200);
    assert_string_equal(rig.allow_origin, "");
    for (int i = 0; i < 3; i++) {
        rig.header_name = foreign[i];
        rig.header_value = "x";
        get("/admin/state");
        assert_int_equal(rig.status, 403);
    }
    rig.header_name = NULL;
    rig.address = "192.0.2.1";
    get("/admin/state");
    assert_int_equal(rig.status, 403);
    get("/metrics");
    assert_int_equal(rig.status, 403);
    rig_json(&rig, "/admin/realms", "{\"id\":7}");
    assert_int_equal(rig.status, 403);
    rig_close(&rig);

    struct rendezvous_options options = {.is_admin_open = true};
    rig_open(&rig, &options);
    rig.address = "192.0.2.1";
    get("/admin/state");
    assert_int_equal(rig.status, 200);
    rig_close(&rig);
}

TEST(routes_show_the_metrics)
{
    rig_open(&rig, NULL);
    rig_join(&rig, "acme:echo:1.0.0");
    get("/metrics");
    assert_int_equal(rig.status, 200);
    assert_true(body_has("actr_rendezvous_registrations_total 1\n"));
    assert_true(body_has("actr_rendezvous_actors_online 1\n"));
    assert_true(body_has("actr_rendezvous_connections 1\n"));
    assert_string_equal(rig.content_type, "text/plain; version=0.0.4; charset=utf-8");
    rig_close(&rig);
}

/* ---- Realms ---- */

TEST(admin_seeds_and_lists_realms)
{
    rig_open(&rig, NULL);
    rig_json(&rig, "/admin/realms", "{\"id\":4242,\"name\":\"test\"}");
    assert_int_equal(rig.status, 200);
    expect_body("{\"ok\":true}");
    rig_json(&rig, "/admin/realms", "{\"id\":7}");
    get("/admin/state");
    expect_body("{\"realms\":[7,101,4242],\"mfrs\":[],\"packages\":[]}");
    rig_close(&rig);
}

TEST(admin_refuses_realms_that_make_no_sense)
{
    static const char *const bodies[] = {
        "",
        "[]",
        "{",
        "{}",
        "{\"id\":0}",
        "{\"id\":4294967296}",
        "{\"id\":-1}",
        "{\"id\":\"7\"}",
        "{\"id\":7,\"id\":8}",
        "{\"id\":7,\"secret\":\"\"}",
        "{\"id\":7,\"secret\":5}",
        "{\"id\":7,\"enabled\":1}",
        "{\"id\":7,\"name\":5}",
        "{\"id\":7} x",
    };
    rig_open(&rig, NULL);
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        rig_json(&rig, "/admin/realms", bodies[i]);
        assert_int_equal(rig.status, 400);
        assert_true(body_has("\"error\":"));
    }
    assert_null(realms_find(&rig.rendezvous->realms, 7));
    rig_close(&rig);
}

TEST(admin_gives_a_realm_a_secret_and_keeps_what_is_not_mentioned)
{
    struct ais_register_request request = forge_registration(RIG_REALM, "acme:echo:1.0.0");
    rig_open(&rig, NULL);
    rig_json(&rig, "/admin/realms", "{\"id\":101,\"secret\":\"rs_x\"}");
    assert_int_equal(rig_register(&rig, &request, NULL), 403);
    rig_json(&rig, "/admin/realms", "{\"id\":101,\"name\":\"named\"}");
    assert_int_equal(rig_register(&rig, &request, NULL), 403);
    rig.header_name = "x-actrix-realm-secret";
    rig.header_value = "rs_x";
    assert_int_equal(rig_register(&rig, &request, NULL), 0);
    rig.header_name = NULL;
    rig_close(&rig);
}

TEST(admin_removes_a_realm_with_all_who_are_in_it)
{
    rig_open(&rig, NULL);
    struct rig_client *client = rig_join(&rig, "acme:echo:1.0.0");
    rig_json(&rig, "/admin/realms", "{\"id\":7}");
    struct ais_register_request other = forge_registration(7, "acme:echo:1.0.0");
    assert_int_equal(rig_register(&rig, &other, NULL), 0);
    rig_json(&rig, "/admin/realms", "{\"id\":101,\"remove\":true}");
    assert_int_equal(rig.status, 200);
    assert_int_equal(client->close_code, 1008);
    assert_null(registry_find(&rig.rendezvous->registry, &client->id));
    assert_int_equal(registry_count(&rig.rendezvous->registry), 1);
    assert_int_equal(rig.ledger.removal_count, 2); /* the realm and its actor */
    rig_close(&rig);
}

TEST(admin_changes_nothing_that_the_ledger_did_not_take)
{
    rig_open(&rig, NULL);
    rig.ledger.fail_with = ACTR_EIO;
    rig_json(&rig, "/admin/realms", "{\"id\":7}");
    assert_int_equal(rig.status, 503);
    assert_null(realms_find(&rig.rendezvous->realms, 7));
    rig_json(&rig, "/admin/keys/rotate", "");
    assert_int_equal(rig.status, 503);
    assert_int_equal(keyring_current(&rig.rendezvous->keyring)->id, FORGE_KEY_ID);
    rig.ledger.fail_with = 0;
    rig_json(&rig, "/admin/keys/rotate", "");
    assert_int_equal(rig.status, 200);
    assert_int_equal(keyring_current(&rig.rendezvous->keyring)->id, FORGE_KEY_ID + 1);
    rig_close(&rig);
}

TEST(admin_rotates_one_key_at_a_time)
{
    rig_open(&rig, NULL);
    rig.ledger.want_hold = true;
    rig_json(&rig, "/admin/keys/rotate", "");
    assert_int_equal(rig.status, 0);
    rig_json(&rig, "/admin/keys/rotate", "");
    assert_int_equal(rig.status, 409);
    rig.status = 0;
    rig_release(&rig, 0);
    assert_int_equal(rig.status, 200);
    rig_close(&rig);
}

/* ---- Manufacturers and packages ---- */

TEST(admin_manufacturers_are_served_to_those_who_verify)
{
    rig_open(&rig, NULL);
    get("/mfr/acme/verifying_key");
    assert_int_equal(rig.status, 404);
    rig_json(&rig, "/admin/mfr",
             "{\"name\":\"acme\",\"pubkey_b64\":\"RQigeqlBcH8+stuUyIl6gLLBGXR2tt4hOsJz332GxP8=\"}");
    assert_int_equal(rig.status, 200);
    static const char *const paths[] = {"/mfr/acme/verifying_key", "/ais/mfr/acme/verifying_key",
                                        "/mfr/%61cme/verifying_key"};
    for (int i = 0; i < 3; i++) {
        get(paths[i]);
        assert_int_equal(rig.status, 200);
        assert_string_equal(rig.allow_origin, "*");
        expect_body("{\"public_key\":\"RQigeqlBcH8+stuUyIl6gLLBGXR2tt4hOsJz332GxP8=\","
                    "\"key_id\":\"mfr-26f3cfc4e47f7036\"}");
    }
    get("/mfr/acme/verifying_key/more");
    assert_int_equal(rig.status, 404);
    get("/mfr/");
    assert_int_equal(rig.status, 404);
    get("/mfr/%4/verifying_key");
    assert_int_equal(rig.status, 404);
    rig_json(&rig, "/admin/mfr", "{\"name\":\"acme\",\"pubkey_b64\":\"AAAA\"}");
    assert_int_equal(rig.status, 400);
    rig_json(&rig, "/admin/mfr", "{\"name\":\"acme\"}");
    assert_int_equal(rig.status, 400);
    rig_close(&rig);
}

TEST(admin_packages_are_listed)
{
    rig_open(&rig, NULL);
    rig_json(
        &rig, "/admin/packages",
        "{\"manufacturer\":\"acme\",\"name\":\"echo\",\"version\":\"1.0.0\",\"target\":\"t\"}");
    assert_int_equal(rig.status, 200);
    rig_json(&rig, "/admin/packages",
             "{\"manufacturer\":\"-\",\"name\":\"echo\",\"version\":\"1\",\"target\":\"t\"}");
    assert_int_equal(rig.status, 400);
    get("/admin/state");
    expect_body("{\"realms\":[101],\"mfrs\":[],\"packages\":[\"acme:echo:1.0.0@t\"]}");
    rig_close(&rig);
}

TEST(packages_are_published_with_a_nonce_in_open_mode)
{
    struct rendezvous_options options = {.is_open = true};
    char body[256] = "{\"manufacturer\":\"acme\",\"name\":\"echo\",\"version\":\"1.0.0\","
                     "\"target\":\"t\",\"nonce\":\"";
    rig_open(&rig, &options);
    rig_json(&rig, "/mfr/pkg/publish", "{\"manufacturer\":\"acme\",\"nonce\":\"\"}");
    assert_int_equal(rig.status, 400);
    rig_json(&rig, "/ais/mfr/pkg/nonce", "{\"manufacturer\":\"acme\"}");
    assert_int_equal(rig.status, 200);
    const char *start = memmem(rig.body.ptr, rig.body.len, ":\"", 2);
    assert_non_null(start);
    strncat(body, start + 2, 44);
    strcat(body, "\"}");
    rig_json(&rig, "/mfr/pkg/publish", body);
    assert_int_equal(rig.status, 200);
    expect_body("{\"id\":1,\"type_str\":\"acme:echo:1.0.0\",\"status\":\"active\"}");
    rig_json(&rig, "/mfr/pkg/publish", body); /* the nonce is spent */
    assert_int_equal(rig.status, 400);
    rig_close(&rig);
}
