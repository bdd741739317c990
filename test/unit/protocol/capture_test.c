// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Every message of the captures, decoded and encoded again to the same bytes.
 *
 * A capture is text: a line that says what was seen, then its bytes as indented hex, then what they
 * mean. Of long data channel messages the capture has the first bytes, the length
 * and the meaning; of messages in two fragments not even that, so they are only counted. The counts
 * are part of the tests: a reader that finds nothing fails. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/cursor.h"
#include "base/text.h"
#include "protocol/ais.h"
#include "protocol/chunk.h"
#include "protocol/envelope.h"
#include "protocol/id.h"
#include "protocol/payload_type.h"
#include "protocol/signaling.h"
#include "protocol/vectors.h"

enum { CAPTURE_MAX = 8192 };

struct capture {
    char *text, *at;
    char line[4096]; /* the line that announced the message, cut if longer */
    uint8_t bytes[CAPTURE_MAX];
    size_t len;      /* of the bytes there are */
    size_t len_said; /* of the message */
};

static void capture_open(struct capture *capture, const char *name)
{
    char path[128];
    snprintf(path, sizeof(path), "captures/%s", name);
    capture->text = capture->at = harness_vector(path, NULL);
}

static void capture_close(struct capture *capture)
{
    harness_free(capture->text);
}

/* The next line, without its end; false at the end of the text. */
static bool capture_line(struct capture *capture, char **ret_line, size_t *ret_len)
{
    if (*capture->at == '\0')
        return false;
    *ret_line = capture->at;
    *ret_len = strcspn(capture->at, "\n");
    capture->at += *ret_len;
    if (*capture->at == '\n')
        capture->at++;
    return true;
}

/* What a line announces: the length of the message, or -1. */
static long capture_announced(const char *line)
{
    const char *found = NULL;
    if (line[0] == '[' && strstr(line, "(binary)"))
        found = strstr(line, " len=");
    else if (line[0] == '+' && strstr(line, " ppid=53 ") && strstr(line, "] frame header "))
        found = strstr(line, " len=");
    if (found)
        return strtol(found + 5, NULL, 10);
    if (line[0] == '[' && (found = strstr(line, "] body ")))
        return strtol(found + 7, NULL, 10);
    return -1;
}

static void capture_read_hex(struct capture *capture)
{
    char *line;
    size_t len;
    capture->len = 0;
    for (char *start = capture->at; capture_line(capture, &line, &len); start = capture->at) {
        size_t indent = strspn(line, " ");
        size_t digits = strspn(line + indent, "0123456789abcdef");
        char hex[512];
        if (indent == 0 || digits == 0 || indent + digits != len) {
            capture->at = start;
            return;
        }
        assert_true(digits < sizeof(hex));
        memcpy(hex, line + indent, digits);
        hex[digits] = '\0';
        capture->len += harness_hex(hex, capture->bytes + capture->len, CAPTURE_MAX - capture->len);
    }
}

/* The next message; its bytes are all there unless len < len_said. */
static bool capture_next(struct capture *capture)
{
    char *line;
    size_t len;
    while (capture_line(capture, &line, &len)) {
        size_t kept = len < sizeof(capture->line) ? len : sizeof(capture->line) - 1;
        memcpy(capture->line, line, kept);
        capture->line[kept] = '\0';
        long said = capture_announced(capture->line);
        if (said < 0)
            continue;
        capture->len_said = (size_t)said;
        capture_read_hex(capture);
        assert_true(capture->len <= capture->len_said);
        return true;
    }
    return false;
}

static struct actr_view capture_view(const struct capture *capture, size_t skip)
{
    assert_true(capture->len >= skip);
    return actr_view_of(capture->bytes + skip, capture->len - skip);
}

static const char *const signaling_files[] = {
    "signaling-server-offers.txt", "signaling-client-offers.txt", "signaling-ice-restart.txt",
    "direct-websocket-signaling.txt", "register-package.txt"};

/* Calls fn for each message of the signaling captures whose line has `mark` in it. */
static int capture_each(const char *mark, void (*fn)(const struct capture *capture, void *arg),
                        void *arg)
{
    int count = 0;
    struct capture *capture = malloc(sizeof(*capture));
    assert_non_null(capture);
    for (size_t i = 0; i < sizeof(signaling_files) / sizeof(signaling_files[0]); i++) {
        capture_open(capture, signaling_files[i]);
        while (capture_next(capture)) {
            assert_int_equal(capture->len, capture->len_said);
            if (!strstr(capture->line, mark))
                continue;
            fn(capture, arg);
            count++;
        }
        capture_close(capture);
    }
    free(capture);
    return count;
}

/* ---- Signaling ---- */

struct seen {
    int flows[16], requests[32], replies[32], relays[16];
};

static void see_envelope(const struct capture *capture, void *arg)
{
    struct seen *seen = arg;
    struct signaling_envelope envelope;
    struct actr_view bytes = capture_view(capture, 0);
    struct arena arena;

    arena_init(&arena, (size_t)1 << 20);
    assert_int_equal(signaling_decode(bytes, &arena, &envelope), 0);
    assert_int_equal(envelope.version, SIGNALING_VERSION);
    assert_bytes(signaling_encode(&envelope), bytes);
    seen->flows[envelope.flow]++;
    if (envelope.flow == SIGNALING_FLOW_ACTR_TO_SERVER)
        seen->requests[envelope.request.kind]++;
    if (envelope.flow == SIGNALING_FLOW_SERVER_TO_ACTR)
        seen->replies[envelope.reply.kind]++;
    if (envelope.flow == SIGNALING_FLOW_RELAY) {
        seen->relays[envelope.relay.kind]++;
        envelope.relay.raw.ptr = NULL; /* now from the fields, not from the bytes as they came */
        assert_bytes(signaling_encode(&envelope), bytes);
    }
    arena_deinit(&arena);
}

TEST(capture_signaling_envelopes)
{
    struct seen seen = {0};
    assert_int_equal(capture_each("(binary)", see_envelope, &seen), 121);
    assert_int_equal(seen.flows[SIGNALING_FLOW_ACTR_TO_SERVER], 30);
    assert_int_equal(seen.flows[SIGNALING_FLOW_SERVER_TO_ACTR], 30);
    assert_int_equal(seen.flows[SIGNALING_FLOW_RELAY], 61);

    assert_int_equal(seen.requests[SIGNALING_PING], 11);
    assert_int_equal(seen.requests[SIGNALING_ROUTE_CANDIDATES], 14);
    assert_int_equal(seen.requests[SIGNALING_UNREGISTER], 5);
    assert_int_equal(seen.replies[SIGNALING_PONG], 11);
    assert_int_equal(seen.replies[SIGNALING_CANDIDATES], 14);
    assert_int_equal(seen.replies[SIGNALING_UNREGISTERED], 5);

    assert_int_equal(seen.relays[RELAY_ICE_CANDIDATE], 22);
    assert_int_equal(seen.relays[RELAY_SESSION_DESCRIPTION], 24);
    assert_int_equal(seen.relays[RELAY_ROLE_NEGOTIATION], 4);
    assert_int_equal(seen.relays[RELAY_ROLE_ASSIGNMENT], 9);
    assert_int_equal(seen.relays[RELAY_ICE_RESTART_REQUEST], 2);
}

/* ---- Identity service ---- */

static void see_register_request(const struct capture *capture, void *arg)
{
    int *packages = arg;
    struct ais_register_request request;
    struct actr_view bytes = capture_view(capture, 0);
    struct arena arena;

    arena_init(&arena, (size_t)1 << 20);
    assert_int_equal(ais_register_request_decode(bytes, &arena, &request), 0);
    assert_string_equal(request.type.manufacturer, "interop");
    assert_int_equal(request.realm, 4242);
    assert_true(request.has_auth_mode);
    if (request.auth_mode == AIS_AUTH_PACKAGE) {
        assert_int_equal(request.mfr_signature.len, 64);
        assert_text(request.target, "wasm32-wasip2");
        (*packages)++;
    }
    assert_bytes(ais_register_request_encode(&request), bytes);
    arena_deinit(&arena);
}

static void see_register_response(const struct capture *capture, void *arg)
{
    struct ais_response response;
    struct actr_view bytes = capture_view(capture, 0);
    struct claims claims;
    struct arena arena;
    char id[ACTR_ID_STR_MAX];

    arena_init(&arena, (size_t)1 << 20);
    assert_int_equal(ais_response_decode(bytes, &arena, &response), 0);
    assert_int_equal(response.result, AIS_RESULT_SUCCESS);
    assert_bytes(ais_response_encode(&response), bytes);

    const struct ais_registration *ok = &response.success;
    assert_int_equal(ok->signing_pubkey.len, 32);
    assert_int_equal(ok->renewal_token.len, 32);
    assert_int_equal(ok->heartbeat_interval_s, 30);
    assert_int_equal(ok->credential.signature.len, 64);
    assert_int_equal(ok->credential.key_id, ok->signing_key_id);
    assert_int_equal(claims_decode(ok->credential.claims, &arena, &claims), 0);
    assert_int_equal(claims.realm, ok->id.realm);
    assert_text(claims.actor_id, actr_id_format(&ok->id, id));
    assert_int_equal(claims.expires_at_s, ok->credential_expires_at_s);
    assert_bytes(claims_encode(&claims), ok->credential.claims);
    arena_deinit(&arena);
}

TEST(capture_registrations)
{
    int packages = 0;
    assert_int_equal(capture_each("[C] body ", see_register_request, &packages), 9);
    assert_int_equal(capture_each("[S] body ", see_register_response, NULL), 9);
    assert_int_equal(packages, 1);
}

/* ---- What peers send each other ---- */

struct peer_seen {
    int directions[4], errors, chunks, cut_rpcs, cut_chunks, fragments;
};

static void see_rpc(struct actr_view bytes, struct peer_seen *seen)
{
    struct envelope envelope;
    assert_int_equal(envelope_decode(bytes, &envelope), 0);
    assert_bytes(envelope_encode(&envelope), bytes);
    assert_int_equal(envelope.request_id.len, 36);
    assert_true((envelope.timeout_ms > 0) == (envelope.direction == ENVELOPE_REQUEST));
    if (envelope.direction == ENVELOPE_RESPONSE)
        assert_true(envelope.has_payload != envelope.has_error);
    seen->directions[envelope.direction]++;
    seen->errors += envelope.has_error;
}

static void see_chunk(struct actr_view bytes, struct peer_seen *seen)
{
    struct chunk chunk;
    assert_int_equal(chunk_decode(bytes, &chunk), 0);
    assert_bytes(chunk_encode(&chunk), bytes);
    assert_int_equal(chunk.timestamp_ms != 0, chunk.has_timestamp);
    seen->chunks++;
}

/* What the capture says about a field of the message just read: the rest of its line, quotes off;
 * false when it says nothing. */
static bool said(const struct capture *capture, const char *label, char *buf, size_t cap)
{
    const char *end = strstr(capture->at, "\n\n");
    const char *found = strstr(capture->at, label);
    if (!found || (end && found > end))
        return false;
    found += strlen(label);
    size_t len = strcspn(found, "\n");
    if (*found == '"') {
        found++;
        len -= 2;
    }
    assert_true(len < cap);
    memcpy(buf, found, len);
    buf[len] = '\0';
    return true;
}

static long long said_number(const struct capture *capture, const char *label)
{
    char buf[32];
    assert_true(said(capture, label, buf, sizeof(buf)));
    return strtoll(buf, NULL, 10);
}

/* Our encoding of a message of which the capture has the beginning, the length and the meaning. */
static void assert_begins(const struct capture *capture, struct actr_bytes encoded)
{
    assert_int_equal(encoded.len, capture->len_said - 8);
    assert_memory_equal(encoded.ptr, capture->bytes + 8, capture->len - 8);
    actr_bytes_unref(encoded);
}

/* The payload that all the long messages carry, as long as the bytes after `skip` say. */
static struct actr_view cut_payload(const struct capture *capture, size_t skip, uint8_t key,
                                    uint8_t *buf, size_t cap)
{
    struct cursor cursor = cursor_of(capture_view(capture, skip));
    assert_int_equal(cursor_u8(&cursor), key);
    size_t len = (size_t)cursor_varint(&cursor);
    assert_true(!cursor.failed && len <= cap);
    for (size_t i = 0; i < len; i++)
        buf[i] = (uint8_t)(31 * i);
    return actr_view_of(buf, len);
}

static void see_cut_chunk(const struct capture *capture, struct peer_seen *seen)
{
    static uint8_t payload[CAPTURE_MAX];
    char stream_id[64], key[32], value[32];
    assert_true(said(capture, "stream_id: ", stream_id, sizeof(stream_id)));
    assert_true(said(capture, "key: ", key, sizeof(key)));
    assert_true(said(capture, "value: ", value, sizeof(value)));
    struct chunk_metadata entry = {view_text(key), view_text(value)};
    struct chunk chunk = {.stream_id = view_text(stream_id),
                          .sequence = (uint64_t)said_number(capture, "sequence: "),
                          .metadata = &entry,
                          .metadata_count = 1,
                          .has_timestamp = true,
                          .timestamp_ms = said_number(capture, "timestamp_ms: ")};
    size_t skip = 8 + 2 + chunk.stream_id.len + 2;
    chunk.payload = cut_payload(capture, skip, 0x1a, payload, sizeof(payload));
    assert_begins(capture, chunk_encode(&chunk));
    seen->cut_chunks++;
}

static void see_cut_rpc(const struct capture *capture, struct peer_seen *seen)
{
    static uint8_t payload[65536];
    char route[64], request_id[64], direction[64];
    assert_true(said(capture, "route_key: ", route, sizeof(route)));
    assert_true(said(capture, "request_id: ", request_id, sizeof(request_id)));
    assert_true(said(capture, "direction: ", direction, sizeof(direction)));
    struct envelope envelope = {.route = view_text(route),
                                .request_id = view_text(request_id),
                                .has_payload = true,
                                .timeout_ms = said_number(capture, "timeout_ms: ")};
    envelope.direction = strstr(direction, "REQUEST")    ? ENVELOPE_REQUEST
                         : strstr(direction, "RESPONSE") ? ENVELOPE_RESPONSE
                                                         : ENVELOPE_TELL;
    size_t skip = 8 + 2 + envelope.route.len;
    envelope.payload = cut_payload(capture, skip, 0x12, payload, sizeof(payload));
    assert_begins(capture, envelope_encode(&envelope));
    seen->cut_rpcs++;
}

/* One data channel message: 8 bytes of frame header, then the body. */
static void see_channel_message(const struct capture *capture, struct peer_seen *seen)
{
    bool is_stream = strstr(capture->line, "[STREAM_") != NULL;
    if (memcmp(capture->bytes + 4, "\0\0\0\1", 4) != 0) { /* not fragment 0 of 1 */
        seen->fragments++;
        return;
    }
    if (capture->len < capture->len_said) {
        if (is_stream)
            see_cut_chunk(capture, seen);
        else
            see_cut_rpc(capture, seen);
        return;
    }
    if (is_stream)
        see_chunk(capture_view(capture, 8), seen);
    else
        see_rpc(capture_view(capture, 8), seen);
}

static void see_channel_file(const char *name, struct peer_seen *seen)
{
    struct capture *capture = malloc(sizeof(*capture));
    assert_non_null(capture);
    capture_open(capture, name);
    while (capture_next(capture))
        see_channel_message(capture, seen);
    capture_close(capture);
    free(capture);
}

TEST(capture_data_channels)
{
    struct peer_seen seen = {0};
    see_channel_file("datachannel-server-offers.txt", &seen);
    see_channel_file("datachannel-client-offers.txt", &seen);
    see_channel_file("datachannel-early-answerer-send.txt", &seen);
    see_channel_file("rpc-errors-tell-streams.txt", &seen);
    assert_int_equal(seen.directions[ENVELOPE_UNSPECIFIED], 0);
    assert_int_equal(seen.directions[ENVELOPE_REQUEST], 54);
    assert_int_equal(seen.directions[ENVELOPE_RESPONSE], 53);
    assert_int_equal(seen.directions[ENVELOPE_TELL], 30);
    assert_int_equal(seen.chunks, 8);
    assert_int_equal(seen.cut_rpcs, 186);
    assert_int_equal(seen.cut_chunks, 32);
    assert_int_equal(seen.fragments, 8);
    assert_int_equal(seen.errors, 12);
}

TEST(capture_direct_websocket)
{
    struct peer_seen seen = {0};
    struct capture *capture = malloc(sizeof(*capture));
    assert_non_null(capture);
    capture_open(capture, "direct-websocket.txt");
    while (capture_next(capture)) {
        assert_int_equal(capture->len, capture->len_said);
        uint8_t type = capture->bytes[0];
        assert_true(payload_type_is_valid(type));
        if (payload_type_is_stream((enum actr_payload_type)type))
            see_chunk(capture_view(capture, 5), &seen);
        else
            see_rpc(capture_view(capture, 5), &seen);
    }
    capture_close(capture);
    free(capture);
    assert_int_equal(seen.directions[ENVELOPE_REQUEST], 5);
    assert_int_equal(seen.directions[ENVELOPE_RESPONSE], 2);
    assert_int_equal(seen.directions[ENVELOPE_TELL], 10);
}

/* ---- Identity in headers and URLs ---- */

/* The text after `label` in the next line that has it, NUL-terminated in place; NULL at the end. */
static char *capture_value(struct capture *capture, const char *label)
{
    char *line;
    size_t len;
    while (capture_line(capture, &line, &len)) {
        line[len] = '\0';
        char *found = strstr(line, label);
        if (found)
            return found + strlen(label);
    }
    return NULL;
}

TEST(capture_identity_headers)
{
    struct capture *capture = malloc(sizeof(*capture));
    struct arena arena;
    int count = 0;
    assert_non_null(capture);
    arena_init(&arena, (size_t)1 << 20);
    capture_open(capture, "direct-websocket.txt");
    for (const char *value; (value = capture_value(capture, "x-actr-credential: ")); count++) {
        uint8_t buf[512];
        size_t len;
        struct credential credential;
        struct claims claims;
        struct actr_id id;
        char id_text[ACTR_ID_STR_MAX];

        assert_true(text_base64_decode(view_text(value), buf, sizeof(buf), &len));
        assert_int_equal(credential_decode(actr_view_of(buf, len), &arena, &credential), 0);
        assert_bytes(credential_encode(&credential), actr_view_of(buf, len));
        assert_int_equal(claims_decode(credential.claims, &arena, &claims), 0);

        value = capture_value(capture, "x-actr-source-id: ");
        assert_non_null(value);
        len = harness_hex(value, buf, sizeof(buf));
        assert_int_equal(id_decode(actr_view_of(buf, len), &id), 0);
        assert_bytes(id_encode(&id), actr_view_of(buf, len));
        assert_text(claims.actor_id, actr_id_format(&id, id_text));
    }
    assert_int_equal(count, 3);
    capture_close(capture);
    arena_deinit(&arena);
    free(capture);
}

TEST(capture_identity_queries)
{
    struct capture *capture = malloc(sizeof(*capture));
    struct arena arena;
    int count = 0;
    assert_non_null(capture);
    arena_init(&arena, (size_t)1 << 20);
    for (size_t i = 0; i < sizeof(signaling_files) / sizeof(signaling_files[0]); i++) {
        capture_open(capture, signaling_files[i]);
        for (const char *value; (value = capture_value(capture, "query actor_id = ")); count++) {
            uint8_t buf[512];
            struct actr_id id;
            struct claims claims;
            char id_text[ACTR_ID_STR_MAX];

            assert_int_equal(actr_id_parse(value, &id), 0);
            assert_string_equal(actr_id_format(&id, id_text), value);
            value = capture_value(capture, "claims hex = ");
            assert_non_null(value);
            size_t len = harness_hex(value, buf, sizeof(buf));
            assert_int_equal(claims_decode(actr_view_of(buf, len), &arena, &claims), 0);
            assert_bytes(claims_encode(&claims), actr_view_of(buf, len));
            assert_text(claims.actor_id, id_text);
        }
        capture_close(capture);
    }
    assert_int_equal(count, 8);
    arena_deinit(&arena);
    free(capture);
}
