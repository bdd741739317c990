// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Our HTTP client against a foreign server (peer.h, `serve` alone), plain and TLS. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <actr/error.h>

#include "harness.h"
#include "peer.h"

#define LARGE 1000000

static struct rig rig;
static struct peer peer;
static char base[64]; /* scheme, host and port */

static struct {
    bool is_done;
    int error;
    unsigned status;
    int64_t retry_after_s;
    struct actr_bytes body;
    char detail[128];
} got;

static void on_response(void *user, const struct net_http_response *response)
{
    (void)user;
    got.is_done = true;
    got.error = response->error;
    got.status = response->status;
    got.retry_after_s = response->retry_after_s;
    got.body = actr_bytes_ref(response->body);
    snprintf(got.detail, sizeof(got.detail), "%s", response->detail);
}

static void ask(const char *method, const char *path, struct actr_bytes body)
{
    static const struct net_header headers[] = {{"x-interop", "actr"}};
    char url[128];
    struct net_http *http;
    struct net_http_options options = {
        .url = url, .method = method, .headers = headers, .header_count = 1, .body = body};
    snprintf(url, sizeof(url), "%s%s", base, path);
    actr_bytes_unref(got.body);
    memset(&got, 0, sizeof(got));
    assert_int_equal(net_http_start(rig.net, &options, on_response, NULL, &http), 0);
    RIG_UNTIL(&rig, got.is_done);
}

/* A GET that is answered so; text NULL: with the large body. */
static void expect(const char *path, unsigned status, const char *text)
{
    ask("GET", path, (struct actr_bytes){0});
    if (got.error < 0)
        fail_msg("%s: %s", path, got.detail);
    assert_int_equal(got.status, status);
    struct actr_bytes wanted = text ? actr_bytes_str(text) : peer_pattern(false, LARGE);
    assert_true(view_equal(actr_bytes_view(got.body), actr_bytes_view(wanted)));
    actr_bytes_unref(wanted);
}

static void everything(void)
{
    expect("/length", 200, NULL);
    expect("/chunked", 200, NULL);
    expect("/to-the-end", 200, NULL);
    expect("/nothing", 204, "");
    expect("/early", 200, "hints aside");
    expect("/header", 200, "actr");
    expect("/elsewhere", 302, "elsewhere"); /* not followed */
    expect("/busy", 503, "");
    assert_int_equal(got.retry_after_s, 7);

    ask("HEAD", "/length", (struct actr_bytes){0});
    assert_int_equal(got.error, 0);
    assert_int_equal(got.status, 200);
    assert_int_equal(got.body.len, 0);

    struct actr_bytes body = peer_pattern(false, LARGE);
    ask("POST", "/", actr_bytes_ref(body));
    assert_int_equal(got.error, 0);
    assert_int_equal(got.status, 201);
    assert_true(view_equal(actr_bytes_view(got.body), actr_bytes_view(body)));
    actr_bytes_unref(body);

    ask("GET", "/cut", (struct actr_bytes){0});
    assert_int_equal(got.error, ACTR_EUNAVAILABLE);
}

static void with_server(bool tls)
{
    const char *vectors = getenv("ACTR_TEST_VECTORS");
    char ca[512];
    unsigned port = 0;
    snprintf(ca, sizeof(ca), "%s/tls/ca.pem", vectors);
    setenv("SSL_CERT_FILE", ca, 1);
    rig_open(&rig);
    peer_start(&peer, &rig);
    if (tls)
        peer_say(&peer, "serve %s/tls/server.pem %s/tls/server.key", vectors, vectors);
    else
        peer_say(&peer, "serve");
    assert_int_equal(sscanf(peer_hear(&peer), "port %u", &port), 1);
    snprintf(base, sizeof(base), "%s://127.0.0.1:%u", tls ? "https" : "http", port);
    everything();
    if (tls) { /* an end without close_notify may be anybody's (RFC 9112 §9.8) */
        ask("GET", "/torn-off", (struct actr_bytes){0});
        assert_int_equal(got.error, ACTR_EUNAVAILABLE);
    }
    actr_bytes_unref(got.body);
    got.body = (struct actr_bytes){0};
    rig_close(&rig);
    peer_end(&peer);
}

TEST(exchanges_with_a_foreign_server)
{
    with_server(false);
}

TEST(exchanges_with_a_foreign_server_over_tls)
{
    with_server(true);
}
