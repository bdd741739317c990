// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "hyper/wire/webrtc/ice/stun.h"

#include <string.h>

#include "base/bytes.h"
#include "harness.h"
#include "sys/crypto.h"

/* RFC 5769 §2: the key of all three, their transaction, and the messages. */
#define KEY "VOkJxbRl1RmTxUk/WvJxBt"
#define TRANSACTION "b7e7a701bc34d686fa87dfae"

static const char request_hex[] =
    "000100582112a442" TRANSACTION "802200105354554e207465737420636c69656e74"
    "002400046e0001ff80290008932ff9b151263b36"
    "000600096576746a3a68367659202020000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2"
    "80280004e57a3bcf";
static const char ipv4_hex[] =
    "0101003c2112a442" TRANSACTION "8022000b7465737420766563746f7220002000080001a147e112a643"
    "000800142b91f599fd9e90c38c7489f92af9ba53f06be7d780280004c07d4c96";
static const char ipv6_hex[] = "010100482112a442" TRANSACTION "8022000b7465737420766563746f7220"
                               "002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9"
                               "00080014a382954e4be67bf11784c97c8292c275bfe3ed4180280004c8fb0b4c";

/* RFC 5769 §2.4 and RFC 8489 appendix B: long-term credentials, by SHA-1 and by SHA-256. The second
 * is printed with a length that counts the header too (0x9c), and its digest is over that. */
#define LONG_TERM_TRANSACTION "78ad3433c6ad72c029da412e"
static const char long_term_hex[] =
    "000100602112a442" LONG_TERM_TRANSACTION "00060012e3839ee38388e383aae38383e382afe382b90000"
    "0015001c662f2f3439396b39353464364f4c33346f4c39465354767936347341"
    "0014000b6578616d706c652e6f72670000080014f67024656dd64a3e02b8e0712e85c9a28ca89666";
static const char sha256_hex[] =
    "000100882112a442" LONG_TERM_TRANSACTION
    "001e00204a3cf38fef6992bda952c6780417da0f24819415569e60b205c46e41407f1704"
    "001500296f624d61744a6f7332414141"
    "43662f2f3439396b39353464364f4c33346f4c39465354767936347341000000"
    "0014000b6578616d706c652e6f726700"
    "001c0020234112fbd4e27f983eb4032836f998216f5b23f8d927753fbc4f882bfbdf0dec";
static const char printed_digest_hex[] =
    "e4686c8f0edeb59013e07090010a93efccbccc544c0a45d9f830aa6d6f735a01";
/* MD5 of "マトリックス:example.org:TheMatrIX". */
static const char long_term_key_hex[] = "e8ca7ad59d5eb0518e312911d2dab2a9";

static const struct net_address mapped_ipv4 = {.bytes = {192, 0, 2, 1}, .port = 32853};
static const struct net_address mapped_ipv6 = {.bytes = {0x20, 0x01, 0x0d, 0xb8, 0x12, 0x34, 0x56,
                                                         0x78, 0, 0x11, 0x22, 0x33, 0x44, 0x55,
                                                         0x66, 0x77},
                                               .port = 32853,
                                               .is_ipv6 = true};

static struct actr_view bytes_of(const char *hex, uint8_t buf[STUN_PACKET_MAX])
{
    return actr_view_of(buf, harness_hex(hex, buf, STUN_PACKET_MAX));
}

static struct stun_message parsed(struct actr_view packet)
{
    struct stun_message message;
    assert_int_equal(stun_parse(packet, &message), 0);
    return message;
}

static void expect_refused(const char *hex)
{
    uint8_t buf[STUN_PACKET_MAX];
    struct stun_message message;
    assert_int_equal(stun_parse(bytes_of(hex, buf), &message), ACTR_EDECODE);
}

static void expect_text(const struct stun_message *message, uint16_t type, const char *text)
{
    struct actr_view value;
    assert_true(stun_find(message, type, &value));
    assert_true(view_equal(value, view_text(text)));
}

/* What was written is what the vector says. */
static void expect_written(struct stun_writer *writer, const char *hex)
{
    uint8_t wanted[STUN_PACKET_MAX];
    size_t len = harness_hex(hex, wanted, sizeof(wanted));
    struct actr_view written = stun_end(writer);
    assert_int_equal(written.len, len);
    assert_memory_equal(written.ptr, wanted, len);
}

static void begin(struct stun_writer *writer, uint8_t buf[STUN_PACKET_MAX], enum stun_class class,
                  const char *transaction_hex)
{
    uint8_t transaction[STUN_TRANSACTION_LEN];
    harness_hex(transaction_hex, transaction, sizeof(transaction));
    stun_begin(writer, buf, STUN_PACKET_MAX, class, STUN_BINDING, transaction);
}

/* The vectors pad with spaces where we pad with zeros. */
static void pad_with_spaces(struct stun_writer *writer, size_t len)
{
    memset(writer->buf + writer->len - len, ' ', len);
}

TEST(stun_reads_the_sample_request)
{
    uint8_t buf[STUN_PACKET_MAX];
    uint32_t priority;
    uint64_t tie_breaker;
    struct stun_message message = parsed(bytes_of(request_hex, buf));
    assert_int_equal(message.class, STUN_REQUEST);
    assert_int_equal(message.method, STUN_BINDING);
    assert_int_equal(message.unknown_count, 0);
    assert_true(message.fingerprint_at != 0);
    expect_text(&message, STUN_SOFTWARE, "STUN test client");
    expect_text(&message, STUN_USERNAME, "evtj:h6vY");
    assert_true(stun_find_u32(&message, STUN_PRIORITY, &priority));
    assert_int_equal(priority, 0x6e0001ff);
    assert_true(stun_find_u64(&message, STUN_ICE_CONTROLLED, &tie_breaker));
    assert_true(tie_breaker == 0x932ff9b151263b36);
    assert_true(stun_verify(&message, view_text(KEY)));
    assert_false(stun_verify(&message, view_text(KEY "x")));
    assert_false(stun_verify_sha256(&message, view_text(KEY)));
    assert_false(stun_find_u32(&message, STUN_ICE_CONTROLLED, &priority));
    assert_false(stun_find_u64(&message, STUN_PRIORITY, &tie_breaker));
}

TEST(stun_writes_the_sample_request)
{
    uint8_t buf[STUN_PACKET_MAX];
    struct stun_writer writer;
    begin(&writer, buf, STUN_REQUEST, TRANSACTION);
    stun_put(&writer, STUN_SOFTWARE, view_text("STUN test client"));
    stun_put_u32(&writer, STUN_PRIORITY, 0x6e0001ff);
    stun_put_u64(&writer, STUN_ICE_CONTROLLED, 0x932ff9b151263b36);
    stun_put(&writer, STUN_USERNAME, view_text("evtj:h6vY"));
    pad_with_spaces(&writer, 3);
    stun_put_integrity(&writer, view_text(KEY));
    stun_put_fingerprint(&writer);
    expect_written(&writer, request_hex);
}

static void check_response(const char *hex, const struct net_address *mapped)
{
    uint8_t buf[STUN_PACKET_MAX], again[STUN_PACKET_MAX];
    struct net_address address;
    struct stun_writer writer;
    struct stun_message message = parsed(bytes_of(hex, buf));
    assert_int_equal(message.class, STUN_SUCCESS);
    expect_text(&message, STUN_SOFTWARE, "test vector");
    assert_true(stun_find_address(&message, STUN_XOR_MAPPED_ADDRESS, &address));
    assert_true(net_address_equal(&address, mapped));
    assert_true(stun_verify(&message, view_text(KEY)));

    begin(&writer, again, STUN_SUCCESS, TRANSACTION);
    stun_put(&writer, STUN_SOFTWARE, view_text("test vector"));
    pad_with_spaces(&writer, 1);
    stun_put_address(&writer, STUN_XOR_MAPPED_ADDRESS, mapped);
    stun_put_integrity(&writer, view_text(KEY));
    stun_put_fingerprint(&writer);
    expect_written(&writer, hex);
}

TEST(stun_reads_and_writes_the_sample_responses)
{
    check_response(ipv4_hex, &mapped_ipv4);
    check_response(ipv6_hex, &mapped_ipv6);
}

TEST(stun_reads_and_writes_long_term_credentials)
{
    uint8_t buf[STUN_PACKET_MAX], again[STUN_PACKET_MAX], key[16];
    static const char user[] = "マトリックス";
    struct stun_writer writer;
    harness_hex(long_term_key_hex, key, sizeof(key));
    struct stun_message message = parsed(bytes_of(long_term_hex, buf));
    expect_text(&message, STUN_USERNAME, user);
    expect_text(&message, STUN_NONCE, "f//499k954d6OL34oL9FSTvy64sA");
    expect_text(&message, STUN_REALM, "example.org");
    assert_true(stun_verify(&message, actr_view_of(key, sizeof(key))));
    assert_int_equal(message.fingerprint_at, 0);

    begin(&writer, again, STUN_REQUEST, LONG_TERM_TRANSACTION);
    stun_put(&writer, STUN_USERNAME, view_text(user));
    stun_put(&writer, STUN_NONCE, view_text("f//499k954d6OL34oL9FSTvy64sA"));
    stun_put(&writer, STUN_REALM, view_text("example.org"));
    stun_put_integrity(&writer, actr_view_of(key, sizeof(key)));
    expect_written(&writer, long_term_hex);
}

TEST(stun_reads_and_writes_sha256_and_userhash)
{
    uint8_t buf[STUN_PACKET_MAX], again[STUN_PACKET_MAX];
    uint8_t key[CRYPTO_SHA256_LEN], userhash[CRYPTO_SHA256_LEN];
    static const char nonce[] = "obMatJos2AAACf//499k954d6OL34oL9FSTvy64sA";
    struct stun_writer writer;
    struct actr_view value;
    assert_int_equal(crypto_sha256(view_text("マトリックス:example.org:TheMatrIX"), key), 0);
    assert_int_equal(crypto_sha256(view_text("マトリックス:example.org"), userhash), 0);
    struct stun_message message = parsed(bytes_of(sha256_hex, buf));
    assert_true(stun_find(&message, STUN_USERHASH, &value));
    assert_true(view_equal(value, actr_view_of(userhash, sizeof(userhash))));
    expect_text(&message, STUN_NONCE, nonce);
    assert_true(stun_verify_sha256(&message, actr_view_of(key, sizeof(key))));
    assert_false(stun_verify_sha256(&message, view_text(KEY)));
    assert_false(stun_verify(&message, actr_view_of(key, sizeof(key))));

    begin(&writer, again, STUN_REQUEST, LONG_TERM_TRANSACTION);
    stun_put(&writer, STUN_USERHASH, actr_view_of(userhash, sizeof(userhash)));
    stun_put(&writer, STUN_NONCE, view_text(nonce));
    stun_put(&writer, STUN_REALM, view_text("example.org"));
    stun_put_integrity_sha256(&writer, actr_view_of(key, sizeof(key)));
    expect_written(&writer, sha256_hex);

    uint8_t digest[CRYPTO_SHA256_LEN], printed[CRYPTO_SHA256_LEN];
    again[3] = 0x9c;
    harness_hex(printed_digest_hex, printed, sizeof(printed));
    assert_int_equal(crypto_hmac_sha256(actr_view_of(key, sizeof(key)),
                                        actr_view_of(again, message.integrity_sha256_at), digest),
                     0);
    assert_memory_equal(digest, printed, sizeof(digest));
}

TEST(stun_accepts_a_truncated_sha256)
{
    uint8_t buf[STUN_PACKET_MAX], digest[CRYPTO_SHA256_LEN];
    struct stun_writer writer;
    struct stun_message message;
    begin(&writer, buf, STUN_REQUEST, TRANSACTION);
    stun_put(&writer, STUN_USERNAME, view_text("a:b"));
    size_t covered = writer.len;
    buf[3] = (uint8_t)(covered - STUN_HEADER_LEN + 4 + 16);
    assert_int_equal(crypto_hmac_sha256(view_text(KEY), actr_view_of(buf, covered), digest), 0);
    stun_put(&writer, STUN_MESSAGE_INTEGRITY_SHA256, actr_view_of(digest, 16));
    message = parsed(stun_end(&writer));
    assert_true(stun_verify_sha256(&message, view_text(KEY)));
    buf[writer.len - 1] ^= 1;
    assert_false(stun_verify_sha256(&message, view_text(KEY)));
    expect_refused("000100102112a442" TRANSACTION "001c000c000102030405060708090a0b");
    expect_refused("000100182112a442" TRANSACTION
                   "001c0011000102030405060708090a0b0c0d0e0f10000000");
}

/* The first checks of two nodes of the existing system; they sign with the receiver's password,
 * which the capture does not hold, so that only frame, fingerprint and attributes are compared. */
TEST(stun_reads_and_writes_captured_checks)
{
    size_t len;
    unsigned count = 0;
    char *text = harness_vector("captures/stun-first-checks.txt", &len);
    char *save = NULL, hex[1024] = "";
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        if (strncmp(line, "    000", 7) == 0 || strncmp(line, "    010", 7) == 0 ||
            (hex[0] && strncmp(line, "    ", 4) == 0 && strlen(line) > 60)) {
            strncat(hex, line + 4, sizeof(hex) - strlen(hex) - 1);
            continue;
        }
        if (!hex[0])
            continue;
        uint8_t buf[STUN_PACKET_MAX], again[STUN_PACKET_MAX];
        struct stun_writer writer;
        struct stun_message message = parsed(bytes_of(hex, buf));
        assert_true(message.integrity_at != 0 && message.fingerprint_at != 0);
        assert_int_equal(message.unknown_count, 0);
        stun_begin(&writer, again, sizeof(again), message.class, message.method,
                   message.transaction);
        for (size_t at = STUN_HEADER_LEN; at < message.fingerprint_at;) {
            size_t value_len = buf[at + 3];
            uint16_t type = (uint16_t)(buf[at] << 8 | buf[at + 1]);
            stun_put(&writer, type, actr_view_of(buf + at + 4, value_len));
            at += 4 + (value_len + 3) / 4 * 4;
        }
        stun_put_fingerprint(&writer);
        expect_written(&writer, hex);
        hex[0] = '\0';
        count++;
    }
    harness_free(text);
    assert_int_equal(count, 8);
}

TEST(stun_shows_nothing_that_follows_the_integrity)
{
    uint8_t buf[STUN_PACKET_MAX];
    struct stun_writer writer;
    struct actr_view value;
    begin(&writer, buf, STUN_REQUEST, TRANSACTION);
    stun_put(&writer, STUN_USERNAME, view_text("a:b"));
    stun_put_integrity(&writer, view_text(KEY));
    stun_put(&writer, STUN_USE_CANDIDATE, actr_view_of(NULL, 0));
    stun_put(&writer, 0x7777, view_text("what is this?"));
    stun_put_integrity_sha256(&writer, view_text(KEY));
    stun_put_integrity(&writer, view_text("forged"));
    stun_put_fingerprint(&writer);
    struct stun_message message = parsed(stun_end(&writer));
    assert_false(stun_find(&message, STUN_USE_CANDIDATE, &value));
    assert_int_equal(message.unknown_count, 0);
    assert_true(stun_verify(&message, view_text(KEY)));
    assert_false(stun_verify(&message, view_text("forged")));
    assert_true(stun_verify_sha256(&message, view_text(KEY)));
}

TEST(stun_finds_the_first_of_equal_attributes)
{
    uint8_t buf[STUN_PACKET_MAX];
    struct stun_writer writer;
    begin(&writer, buf, STUN_REQUEST, TRANSACTION);
    stun_put(&writer, STUN_USERNAME, view_text("first"));
    stun_put(&writer, STUN_USERNAME, view_text("second"));
    struct stun_message message = parsed(stun_end(&writer));
    expect_text(&message, STUN_USERNAME, "first");
}

TEST(stun_notes_unknown_attributes_that_must_be_understood)
{
    uint8_t buf[STUN_PACKET_MAX];
    struct stun_writer writer;
    begin(&writer, buf, STUN_REQUEST, TRANSACTION);
    stun_put(&writer, 0x8fff, view_text("optional"));
    for (uint16_t i = 0; i < 20; i++)
        stun_put_u32(&writer, (uint16_t)(0x7000 + i), i);
    struct stun_message message = parsed(stun_end(&writer));
    assert_int_equal(message.unknown_count, 8);
    assert_int_equal(message.unknown[0], 0x7000);
    assert_int_equal(message.unknown[7], 0x7007);
}

TEST(stun_refuses_what_is_malformed)
{
    expect_refused("");
    expect_refused("0001");
    expect_refused("000100002112a44278ad3433c6ad72c029da41");          /* a byte short */
    expect_refused("000100002112a443" TRANSACTION);                    /* another cookie */
    expect_refused("400100002112a442" TRANSACTION);                    /* not STUN */
    expect_refused("000100042112a442" TRANSACTION);                    /* longer than it is */
    expect_refused("000100002112a442" TRANSACTION "8022000000000000"); /* shorter */
    expect_refused("000100032112a442" TRANSACTION "802200");           /* not a multiple of 4 */
    expect_refused("000100042112a442" TRANSACTION "80220001");         /* leaves the message */
    expect_refused("000100082112a442" TRANSACTION "8022ffff00000000"); /* by far */
    expect_refused("000100082112a442" TRANSACTION "802800040badc0de"); /* wrong fingerprint */
    expect_refused("0001000c2112a442" TRANSACTION "000800080001020304050607"); /* short digest */
}

TEST(stun_refuses_anything_after_the_fingerprint)
{
    uint8_t buf[STUN_PACKET_MAX];
    struct stun_writer writer;
    struct stun_message message;
    begin(&writer, buf, STUN_REQUEST, TRANSACTION);
    stun_put_fingerprint(&writer);
    stun_put(&writer, STUN_SOFTWARE, view_text("late"));
    assert_int_equal(stun_parse(stun_end(&writer), &message), ACTR_EDECODE);
}

TEST(stun_notices_each_bit_that_changed)
{
    uint8_t buf[STUN_PACKET_MAX];
    struct stun_message message;
    struct actr_view packet = bytes_of(request_hex, buf);
    for (size_t bit = 0; bit < 8 * packet.len; bit++) {
        buf[bit / 8] ^= (uint8_t)(1u << bit % 8);
        bool is_read = stun_parse(packet, &message) == 0;
        /* A change may hide the fingerprint: the integrity stands then, before which all lies. */
        assert_true(!is_read || !message.fingerprint_at);
        assert_true(!is_read || bit / 8 >= packet.len - 8 ||
                    !stun_verify(&message, view_text(KEY)));
        buf[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

TEST(stun_classes_and_methods_are_interleaved)
{
    static const enum stun_class classes[] = {STUN_REQUEST, STUN_INDICATION, STUN_SUCCESS,
                                              STUN_ERROR};
    uint8_t buf[STUN_PACKET_MAX];
    static const uint8_t transaction[STUN_TRANSACTION_LEN] = {1};
    struct stun_writer writer;
    for (unsigned method = 0; method < 0x100; method++) { /* those of RFC 7983 §7 */
        for (size_t i = 0; i < 4; i++) {
            stun_begin(&writer, buf, sizeof(buf), classes[i], (uint16_t)method, transaction);
            struct stun_message message = parsed(stun_end(&writer));
            assert_int_equal(message.class, classes[i]);
            assert_true(stun_is_request(message.packet) == (classes[i] == STUN_REQUEST));
            assert_int_equal(message.method, method);
        }
    }
    /* RFC 8489 §5, in the order of the classes. */
    static const uint8_t types[4][2] = {{0x00, 0x01}, {0x00, 0x11}, {0x01, 0x01}, {0x01, 0x11}};
    for (size_t i = 0; i < 4; i++) {
        stun_begin(&writer, buf, sizeof(buf), classes[i], STUN_BINDING, transaction);
        assert_memory_equal(buf, types[i], 2);
    }
}

TEST(stun_reads_and_writes_errors)
{
    uint8_t buf[STUN_PACKET_MAX];
    unsigned code;
    struct actr_view reason;
    struct stun_writer writer;
    begin(&writer, buf, STUN_ERROR, TRANSACTION);
    stun_put_error(&writer, 487, "Role Conflict");
    struct stun_message message = parsed(stun_end(&writer));
    assert_true(stun_find_error(&message, &code, &reason));
    assert_int_equal(code, 487);
    assert_true(view_equal(reason, view_text("Role Conflict")));
    buf[STUN_HEADER_LEN + 4 + 2] = 7; /* the hundreds */
    assert_false(stun_find_error(&message, &code, &reason));
    buf[STUN_HEADER_LEN + 4 + 2] = 4;
    buf[STUN_HEADER_LEN + 4 + 3] = 100;
    assert_false(stun_find_error(&message, &code, &reason));
}

TEST(stun_addresses_that_are_not_xored)
{
    uint8_t buf[STUN_PACKET_MAX];
    struct net_address address;
    struct stun_writer writer;
    begin(&writer, buf, STUN_SUCCESS, TRANSACTION);
    stun_put_address(&writer, STUN_MAPPED_ADDRESS, &mapped_ipv4);
    stun_put_address(&writer, STUN_ALTERNATE_SERVER, &mapped_ipv6);
    struct stun_message message = parsed(stun_end(&writer));
    assert_memory_equal(buf + STUN_HEADER_LEN + 8, mapped_ipv4.bytes, 4);
    assert_true(stun_find_address(&message, STUN_MAPPED_ADDRESS, &address));
    assert_true(net_address_equal(&address, &mapped_ipv4));
    assert_true(stun_find_address(&message, STUN_ALTERNATE_SERVER, &address));
    assert_true(net_address_equal(&address, &mapped_ipv6));
    buf[STUN_HEADER_LEN + 5] = 3; /* a family that does not exist */
    assert_false(stun_find_address(&message, STUN_MAPPED_ADDRESS, &address));
    buf[STUN_HEADER_LEN + 5] = 2; /* one that is longer */
    assert_false(stun_find_address(&message, STUN_MAPPED_ADDRESS, &address));
}

TEST(stun_writer_without_room_fails_for_good)
{
    uint8_t buf[64];
    struct stun_writer writer;
    static const uint8_t transaction[STUN_TRANSACTION_LEN] = {1};
    for (size_t size = 0; size < sizeof(buf); size++) {
        memset(buf, 0x5a, sizeof(buf));
        stun_begin(&writer, buf, size, STUN_REQUEST, STUN_BINDING, transaction);
        stun_put(&writer, STUN_USERNAME, view_text("someone"));
        stun_put_integrity(&writer, view_text(KEY));
        stun_put_fingerprint(&writer);
        struct actr_view written = stun_end(&writer);
        assert_true((written.ptr != NULL) == (size >= STUN_HEADER_LEN + 12 + 24 + 8));
        for (size_t i = size; i < sizeof(buf); i++)
            assert_int_equal(buf[i], 0x5a);
    }
    stun_begin(&writer, buf, sizeof(buf), STUN_REQUEST, STUN_BINDING, transaction);
    stun_put(&writer, STUN_USERNAME, actr_view_of(buf, SIZE_MAX - 1));
    assert_null(stun_end(&writer).ptr);
}
