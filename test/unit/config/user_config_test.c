// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* user_config: defaults, two files over each other, and everything that is wrong in them. */
#include "config/user_config.h"

#include <stdio.h>
#include <string.h>

#include "harness.h"

#include "base/bytes.h"
#include "base/mem.h"

static struct user_config *config_new(const char *home)
{
    struct user_config *config = NULL;
    assert_int_equal(user_config_new(home, &config), 0);
    return config;
}

static struct source source_of(const char *text, const char *name, const char *dir)
{
    return (struct source){.text = view_text(text), .name = name, .dir = dir};
}

static void read_good(struct user_config *config, struct source source)
{
    struct report report = {0};
    if (user_config_read(config, &source, &report) != 0)
        fail_msg("%s", actr_errmsg());
    assert_int_equal(report.count, 0);
    report_deinit(&report);
}

TEST(defaults)
{
    struct user_config *config = config_new("/h/me");
    assert_int_equal(config->version, 1);
    assert_string_equal(config->mfr.manufacturer, "acme");
    assert_null(config->mfr.keychain);
    assert_string_equal(config->codegen.language, "c");
    assert_string_equal(config->codegen.output, "src/generated");
    assert_false(config->codegen.clean_before_generate);
    assert_string_equal(config->cache.dir, "/h/me/.actr/cache");
    assert_true(config->cache.auto_lock);
    assert_true(config->cache.prefer_cache);
    assert_string_equal(config->ui.format, "toml");
    assert_false(config->ui.verbose);
    assert_string_equal(config->ui.color, "auto");
    assert_false(config->ui.non_interactive);
    assert_string_equal(config->network.signaling_url, "ws://localhost:8081/signaling/ws");
    assert_string_equal(config->network.ais_endpoint, "http://localhost:8081/ais");
    assert_int_equal(config->network.realm_id, 1);
    assert_null(config->network.realm_secret);
    assert_string_equal(config->storage.hyper_data_dir, "/h/me/.actr/hyper");
    assert_null(user_config_free(config));
    assert_null(user_config_free(NULL));
}

TEST(without_a_home_there_are_no_folders_in_it)
{
    struct user_config *config = config_new(NULL);
    struct source source = source_of("[cache]\ndir = '~/c'\n", "f", "/d");
    struct report report = {0};
    assert_null(config->cache.dir);
    assert_null(config->storage.hyper_data_dir);
    assert_int_equal(user_config_read(config, &source, &report), ACTR_ECONFIG);
    assert_string_equal(
        report.entries[0].text,
        "f:2:7: cache.dir cannot be used; nothing says where ~ is: HOME is not set; "
        "write dir = \"~/.actr/cache\"");
    report_deinit(&report);
    user_config_free(config);
}

TEST(the_file_of_the_project_wins_key_by_key)
{
    struct user_config *config = config_new("/h/me");
    read_good(config, source_of("version = 1\n[mfr]\nmanufacturer = 'globex'\n"
                                "keychain = '~/keys/k.json'\n"
                                "[codegen]\nlanguage = 'rust'\nclean_before_generate = true\n"
                                "[cache]\ndir = 'c'\nauto_lock = false\n[network]\nrealm_id = 7\n"
                                "realm_secret = 'one'\n[install]\n",
                                "~/.actr/config.toml", "/h/me/.actr"));
    read_good(config, source_of("[codegen]\nlanguage = 'python'\noutput = './gen'\n"
                                "[ui]\nformat = 'json'\ncolor = 'never'\nverbose = true\n"
                                "non_interactive = true\n[cache]\nprefer_cache = false\n"
                                "[network]\nsignaling_url = 'wss://s'\nais_endpoint = 'https://a'\n"
                                "realm_secret = 'two'\n[storage]\nhyper_data_dir = 'data'\n",
                                ".actr/config.toml", "/project/.actr"));
    assert_string_equal(config->mfr.manufacturer, "globex");
    assert_string_equal(config->mfr.keychain, "/h/me/keys/k.json");
    assert_string_equal(config->codegen.language, "python");
    assert_string_equal(config->codegen.output, "./gen");
    assert_true(config->codegen.clean_before_generate);
    assert_string_equal(config->cache.dir, "/h/me/.actr/c");
    assert_false(config->cache.auto_lock);
    assert_false(config->cache.prefer_cache);
    assert_string_equal(config->ui.format, "json");
    assert_string_equal(config->ui.color, "never");
    assert_true(config->ui.verbose);
    assert_true(config->ui.non_interactive);
    assert_int_equal(config->network.realm_id, 7);
    assert_string_equal(config->network.realm_secret, "two");
    assert_string_equal(config->network.signaling_url, "wss://s");
    assert_string_equal(config->network.ais_endpoint, "https://a");
    assert_string_equal(config->storage.hyper_data_dir, "/project/.actr/data");
    user_config_free(config);
}

TEST(everything_wrong_is_an_error)
{
    static const struct {
        const char *text, *error;
    } rows[] = {
        {"version = 2\n", "f:1:11: version is 2; only 1 is known; write version = 1"},
        {"colour = 1\n", "f:1:1: unknown key colour; it would have no effect; remove it"},
        {"verson = 1\n",
         "f:1:1: unknown key verson; it would have no effect; did you mean version?"},
        {"[netwrk]\n",
         "f:1:2: unknown key netwrk; it would have no effect; did you mean [network]?"},
        {"[install]\nx = 1\n", "f:2:1: unknown key install.x; it would have no effect; remove it"},
        {"install = 1\n", "f:1:11: install is an integer; it must be a section; write [install]"},
        {"[cache]\n\"\" = 1\n", "f:2:1: unknown key cache.; it would have no effect; remove it"},
        {"[ui]\ndir = 1\n",
         "f:2:1: unknown key ui.dir; it would have no effect; did you mean cache.dir?"},
        {"[codegen]\nlanguage = 'C'\n",
         "f:2:12: codegen.language is not known; it must be one of c, rust, typescript, swift, "
         "kotlin, python, web; write language = \"c\""},
        {"[ui]\nformat = 'xml'\n", "f:2:10: ui.format is not known; it must be one of toml, json, "
                                   "yaml; write format = \"toml\""},
        {"[ui]\ncolor = true\n", "f:2:9: ui.color is a boolean; it must be a string; write color = "
                                 "\"auto\""},
        {"[network]\nrealm_id = 0\n", "f:2:12: network.realm_id is 0; it must be a number from 1 "
                                      "to 4294967295; write realm_id = "
                                      "1"},
        {"[network]\nrealm_secret = ''\n",
         "f:2:16: network.realm_secret cannot be used; it is empty; write realm_secret = \"the "
         "secret of the realm\""},
        {"[network]\nsignaling_url = 'http://h'\n",
         "f:2:17: network.signaling_url cannot be used; its scheme is neither ws:// nor wss://; "
         "write signaling_url = \"ws://localhost:8081/signaling/ws\""},
        {"[mfr]\nkeychain = ''\n", "f:2:12: mfr.keychain cannot be used; it is empty; write "
                                   "keychain = \"~/.actr/dev-key.json\""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct user_config *config = config_new("/h/me");
        struct source source = source_of(rows[i].text, "f", "/d");
        struct report report = {0};
        assert_int_equal(user_config_read(config, &source, &report), ACTR_ECONFIG);
        assert_int_equal(report.count, 1);
        assert_string_equal(report.entries[0].text, rows[i].error);
        report_deinit(&report);
        user_config_free(config);
    }
}

TEST(names_of_manufacturers)
{
    static const char *const bad[] = {"",
                                      "1a",
                                      "a:b",
                                      "a b",
                                      "a-",
                                      "12345678901234567890123456789012",
                                      "a2345678901234567890123456789012x"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct user_config *config = config_new(NULL);
        char text[128];
        struct report report = {0};
        snprintf(text, sizeof(text), "[mfr]\nmanufacturer = '%s'\n", bad[i]);
        struct source source = source_of(text, "f", "/d");
        assert_int_equal(user_config_read(config, &source, &report), ACTR_ECONFIG);
        report_deinit(&report);
        user_config_free(config);
    }
}

TEST(out_of_memory)
{
    struct source source =
        source_of("[mfr]\nmanufacturer = 'globex'\n[cache]\ndir = 'c'\nx = 1\n", "f", "/d");
    struct user_config *config = NULL;
    int r = ACTR_ENOMEM;
    for (size_t n = 1; r == ACTR_ENOMEM; n++) {
        mem_fail_at(n);
        r = user_config_new("/h/me", &config);
        mem_fail_at(0);
        assert_true(r == 0 || r == ACTR_ENOMEM);
    }
    r = ACTR_ENOMEM;
    for (size_t n = 1; r == ACTR_ENOMEM; n++) {
        struct report report = {0};
        mem_fail_at(n);
        r = user_config_read(config, &source, &report);
        mem_fail_at(0);
        report_deinit(&report);
    }
    assert_int_equal(r, ACTR_ECONFIG);
    user_config_free(config);
}
