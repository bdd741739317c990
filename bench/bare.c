// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The baseline of node_rss and node_anonymous: a program with nothing of ours in it, linked with
 * the libraries of the node, which opens those that an idle node has opened and uses each once.
 *
 *   libuv        a loop with a listening socket, run once
 *   OpenSSL      random bytes, SHA-1 (of a WebSocket's opening), an Ed25519 signature verified
 *   protobuf-c   one message unpacked
 *
 * SQLite, jansson, libstdc++ and the rest are loaded and not called: less than the node does, which
 * reads a TOML text. There is no TLS context, because the node that is measured, on ws://, makes
 * none; one takes 1.5 MB in either. Measured on Debian 12, x86-64: loaded alone 5.6 MB; opened like
 * this 8.0 MB.
 *
 * Prints a line when it is ready and lives until it is killed. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <uv.h>

#include "rpc.pb-c.h"

/* RFC 8032 §7.1, test 2. */
static const uint8_t public_key[32] = {
    0x3d, 0x40, 0x17, 0xc3, 0xe8, 0x43, 0x89, 0x5a, 0x92, 0xb7, 0x0a, 0xa7, 0x4d, 0x1b, 0x7e, 0xbc,
    0x9c, 0x98, 0x2c, 0xcf, 0x2e, 0xc4, 0x96, 0x8c, 0xc0, 0xcd, 0x55, 0xf1, 0x2a, 0xf4, 0x66, 0x0c};
static const uint8_t signature[64] = {
    0x92, 0xa0, 0x09, 0xa9, 0xf0, 0xd4, 0xca, 0xb8, 0x72, 0x0e, 0x82, 0x0b, 0x5f, 0x64, 0x25, 0x40,
    0xa2, 0xb2, 0x7b, 0x54, 0x16, 0x50, 0x3f, 0x8f, 0xb3, 0x76, 0x22, 0x23, 0xeb, 0xdb, 0x69, 0xda,
    0x08, 0x5a, 0xc1, 0xe4, 0x3e, 0x15, 0x99, 0x6e, 0x45, 0x8f, 0x36, 0x13, 0xd0, 0xf1, 0x1d, 0x8c,
    0x38, 0x7b, 0x2e, 0xae, 0xb4, 0x30, 0x2a, 0xee, 0xb0, 0x0d, 0x29, 0x16, 0x12, 0xbb, 0x0c, 0x00};

static bool open_crypto(void)
{
    static const uint8_t message[] = {0x72};
    uint8_t random[16], digest[EVP_MAX_MD_SIZE];
    unsigned digest_len;
    bool ok = RAND_bytes(random, sizeof(random)) == 1 &&
              EVP_Digest(random, sizeof(random), digest, &digest_len, EVP_sha1(), NULL) == 1;
    EVP_PKEY *key =
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, sizeof(public_key));
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    ok = ok && key && context && EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1 &&
         EVP_DigestVerify(context, signature, sizeof(signature), message, sizeof(message)) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return ok;
}

static bool open_protobuf(void)
{
    Actr__RpcEnvelope envelope = ACTR__RPC_ENVELOPE__INIT;
    uint8_t bytes[64];
    envelope.request_id.data = envelope.route_key.data = (uint8_t *)"a.B.C";
    envelope.request_id.len = envelope.route_key.len = 5;
    if (protobuf_c_message_get_packed_size(&envelope.base) > sizeof(bytes))
        return false;
    size_t len = protobuf_c_message_pack(&envelope.base, bytes);
    ProtobufCMessage *back =
        protobuf_c_message_unpack(&actr__rpc_envelope__descriptor, NULL, len, bytes);
    if (!back)
        return false;
    protobuf_c_message_free_unpacked(back, NULL);
    return true;
}

static void on_connection(uv_stream_t *listener, int status)
{
    (void)listener, (void)status; /* nobody connects */
}

static bool open_loop(uv_loop_t *loop, uv_tcp_t *listener)
{
    struct sockaddr_in address;
    return uv_loop_init(loop) == 0 && uv_tcp_init(loop, listener) == 0 &&
           uv_ip4_addr("127.0.0.1", 0, &address) == 0 &&
           uv_tcp_bind(listener, (const struct sockaddr *)&address, 0) == 0 &&
           uv_listen((uv_stream_t *)listener, 16, on_connection) == 0 &&
           uv_run(loop, UV_RUN_NOWAIT) != 0;
}

int main(void)
{
    uv_loop_t loop;
    uv_tcp_t listener;
    if (!open_loop(&loop, &listener) || !open_crypto() || !open_protobuf()) {
        fputs("bare: a library does not open\n", stderr);
        return 1;
    }
    puts("bare");
    fflush(stdout);
    pause();
    return 0;
}
