// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A service specification alone. */
#include "protocol/service_spec.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "protocol/vectors.h"

static struct service_spec sample(void)
{
    static struct service_spec_file files[2];
    static struct actr_view tags[2];
    files[0] = (struct service_spec_file){view_text("p"), view_text("c"), view_text("f")};
    files[1] = (struct service_spec_file){view_text(""), view_text(""), view_text("")};
    tags[0] = view_text("a");
    tags[1] = view_text("");
    return (struct service_spec){.name = view_text("N"),
                                 .description = view_text(""),
                                 .fingerprint = view_text("F"),
                                 .files = files,
                                 .file_count = 2,
                                 .tags = tags,
                                 .tag_count = 2,
                                 .published_at_s = -1,
                                 .has_published_at = true};
}

static const char sample_hex[] = "0a014e 1200 1a0146 2209 0a0170 120163 1a0166 2206 0a00 1200 1a00"
                                 "28ffffffffffffffffff01 320161 3200";

TEST(service_spec_round_trip)
{
    uint8_t buf[128];
    struct service_spec spec = sample(), back;
    struct actr_view wanted = {buf, harness_hex(sample_hex, buf, sizeof(buf))};
    struct arena arena;
    arena_init(&arena, (size_t)1 << 20);
    assert_bytes(service_spec_encode(&spec), wanted);
    assert_int_equal(service_spec_decode(wanted, &arena, &back), 0);
    assert_bytes(service_spec_encode(&back), wanted);
    assert_text(back.name, "N");
    assert_text(back.description, "");
    assert_int_equal(back.file_count, 2);
    assert_text(back.files[0].content, "c");
    assert_int_equal(back.tag_count, 2);
    assert_text(back.tags[0], "a");
    assert_true(back.has_published_at && back.published_at_s == -1);
    arena_deinit(&arena);
}

TEST(service_spec_least)
{
    static const uint8_t wanted[] = {0x0a, 0x00, 0x1a, 0x00};
    struct service_spec spec = {0}, back;
    struct arena arena;
    arena_init(&arena, (size_t)1 << 20);
    assert_bytes(service_spec_encode(&spec), actr_view_of(wanted, sizeof(wanted)));
    assert_int_equal(service_spec_decode(actr_view_of(wanted, sizeof(wanted)), &arena, &back), 0);
    assert_null(back.description.ptr);
    assert_int_equal(back.file_count + back.tag_count, 0);
    assert_false(back.has_published_at);
    arena_deinit(&arena);
}

TEST(service_spec_refused)
{
    static const char *const cases[] = {
        "", "0a00", "1a00", "0a00 1a00 2200", "0a00 1a00 2a00", "0a00 1a00 2206 0a00 1200 2800"};
    struct service_spec spec = {.file_count = 9};
    struct arena arena;
    arena_init(&arena, (size_t)1 << 20);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t buf[32];
        struct actr_view bytes = {buf, harness_hex(cases[i], buf, sizeof(buf))};
        assert_int_equal(service_spec_decode(bytes, &arena, &spec), ACTR_EDECODE);
    }
    assert_int_equal(spec.file_count, 9);
    arena_deinit(&arena);
}

TEST(service_spec_out_of_memory)
{
    uint8_t buf[128];
    struct service_spec spec = sample();
    struct actr_view bytes = {buf, harness_hex(sample_hex, buf, sizeof(buf))};
    for (size_t max = 0; max < 1024; max += 16) {
        struct arena arena;
        struct service_spec back;
        arena_init(&arena, max);
        int r = service_spec_decode(bytes, &arena, &back);
        arena_deinit(&arena);
        if (r == 0) {
            assert_true(max > 256); /* many smaller arenas were refused */
            return;
        }
        assert_int_equal(r, ACTR_ENOMEM);
    }
    (void)spec;
    fail_msg("1 KiB is too little");
}
