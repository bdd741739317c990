// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Two sessions of OpenSSL with each other; with the keys that are derived from one of them, what it
 * seals opens, and what is sealed in its place is read by the other. */
#include "hyper/wire/webrtc/dtls_keys.h"

#include "ssl_peer.h"

static struct ssl_peer client, server;

static void open_with(const char *suites)
{
    ssl_peer_begin(&client, false, suites);
    ssl_peer_begin(&server, true, suites);
    SSL_do_handshake(client.ssl);
    for (bool moved = true; moved;) {
        const struct ssl_peer_datagram *datagram = ssl_peer_next(&client);
        struct ssl_peer *to = datagram ? &server : &client;
        if (!datagram)
            datagram = ssl_peer_next(&server);
        moved = datagram != NULL;
        if (moved)
            ssl_peer_receive(to, datagram->bytes, datagram->len);
    }
    assert_true(SSL_is_init_finished(client.ssl));
    assert_true(SSL_is_init_finished(server.ssl));
}

static void end(void)
{
    ssl_peer_end(&client);
    ssl_peer_end(&server);
}

/* In place of one of the two, beside the other. */
static void stand_in(struct ssl_peer *self, struct ssl_peer *other)
{
    static const size_t lens[] = {1, 16, 100, 1000, 1131};
    struct dtls_record_key out_key, in_key;
    struct dtls_record_out out;
    struct dtls_record_in in;
    uint8_t plain[1131], record[1131 + DTLS_RECORD_OVERHEAD];
    static uint8_t opened[DTLS_RECORD_PLAIN_MAX];

    assert_int_equal(dtls_keys_derive(self->ssl, &out_key, &in_key), 0);
    assert_int_equal(dtls_record_out_init(&out, &out_key, 1000, 77), 0);
    assert_int_equal(dtls_record_in_init(&in, &in_key), 0);
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        struct dtls_record_head head;
        size_t len;
        memset(plain, (int)(i + 1), sizeof plain);
        assert_int_equal(SSL_write(other->ssl, plain, (int)lens[i]), (int)lens[i]);
        const struct ssl_peer_datagram *datagram = ssl_peer_next(other);
        assert_true(dtls_record_open(&in, actr_view_of(datagram->bytes, datagram->len), &head,
                                     opened, &len));
        assert_int_equal(head.type, DTLS_RECORD_DATA);
        assert_int_equal(len, lens[i]);
        assert_memory_equal(opened, plain, len);

        assert_int_equal(
            dtls_record_seal(&out, DTLS_RECORD_DATA, actr_view_of(plain, lens[i]), record, &len),
            0);
        unsigned before = other->data_count;
        ssl_peer_receive(other, record, len);
        assert_int_equal(other->data_count, before + 1);
        assert_int_equal(other->data_len, lens[i]);
        assert_memory_equal(other->data, plain, lens[i]);
    }
    dtls_record_out_deinit(&out);
    dtls_record_in_deinit(&in);
    dtls_keys_wipe(&out_key, &in_key);
    for (size_t i = 0; i < sizeof out_key; i++)
        assert_int_equal(((const uint8_t *)&out_key)[i] | ((const uint8_t *)&in_key)[i], 0);
}

TEST(openssl_and_the_derived_keys_understand_each_other)
{
    static const struct {
        const char *name;
        enum dtls_record_suite suite;
    } suites[] = {
        {"ECDHE-ECDSA-AES128-GCM-SHA256", DTLS_RECORD_AES_128_GCM},
        {"ECDHE-ECDSA-AES256-GCM-SHA384", DTLS_RECORD_AES_256_GCM},
        {"ECDHE-ECDSA-CHACHA20-POLY1305", DTLS_RECORD_CHACHA20_POLY1305},
    };
    for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++) {
        struct dtls_record_key out, in, peer_out, peer_in;
        open_with(suites[i].name);
        assert_int_equal(dtls_keys_derive(client.ssl, &out, &in), 0);
        assert_int_equal(dtls_keys_derive(server.ssl, &peer_out, &peer_in), 0);
        assert_int_equal(out.suite, suites[i].suite);
        assert_memory_equal(&out, &peer_in, sizeof out);
        assert_memory_equal(&in, &peer_out, sizeof in);
        assert_memory_not_equal(out.key, in.key, 16);
        stand_in(&client, &server);
        stand_in(&server, &client);
        end();
    }
}

TEST(suites_without_records_of_ours_and_sessions_without_keys_give_none)
{
    struct dtls_record_key out = {.suite = DTLS_RECORD_AES_256_GCM}, in = out, before = out;

    open_with("ECDHE-ECDSA-AES128-CCM");
    assert_int_equal(dtls_keys_derive(client.ssl, &out, &in), ACTR_ENOTIMPL);
    end();
    ssl_peer_begin(&client, false, "ECDHE-ECDSA-AES128-GCM-SHA256");
    assert_int_equal(dtls_keys_derive(client.ssl, &out, &in), ACTR_ENOTIMPL);
    ssl_peer_end(&client);
    assert_memory_equal(&out, &before, sizeof out);
    assert_memory_equal(&in, &before, sizeof in);
}
