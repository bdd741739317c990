// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* storage_template: what each variable becomes, what is refused. */
#include "config/storage_template.h"

#include <string.h>

#include "harness.h"

static const struct actr_type echo = {"acme", "Echo", "1.0.0"};

static const char *env(const char *name)
{
    if (strcmp(name, "HOME") == 0)
        return "/h/me";
    return strcmp(name, "EMPTY") == 0 ? "" : NULL;
}

static const struct storage_template_values all = {
    .data_dir = "/data",
    .instance_id = "i-1",
    .hostname = "host",
    .type = &echo,
    .realm_id = 4294967295,
    .env = env,
};

TEST(variables)
{
    static const char *const rows[][2] = {
        {STORAGE_TEMPLATE_DEFAULT, "/data/acme/Echo/1.0.0"},
        {"{data_dir}", "/data"},
        {"{instance_id}", "i-1"},
        {"{hostname}", "host"},
        {"{manufacturer}-{actr_name}-{version}", "acme-Echo-1.0.0"},
        {"{actr_type}", "acme/Echo/1.0.0"},
        {"{realm_id}", "4294967295"},
        {"{env.HOME}/x", "/h/me/x"},
        {"{env.EMPTY}/x", "/x"},
        {"no variable", "no variable"},
        {"a{realm_id}b{realm_id}c", "a4294967295b4294967295c"},
        {"%s%n", "%s%n"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char path[64];
        assert_null(storage_template_check(rows[i][0]));
        assert_int_equal(storage_template_expand(rows[i][0], &all, path, sizeof(path)), 0);
        assert_string_equal(path, rows[i][1]);
    }
}

TEST(wrong_templates)
{
    static const char *const rows[][2] = {
        {"", "it is empty"},
        {"{", "it has a { without a }"},
        {"a{data_dir", "it has a { without a }"},
        {"{data_dir{realm_id}}", "it has a { without a }"},
        {"}", "it has a } without a {"},
        {"{data_dir}}", "it has a } without a {"},
        {"{}", "it has a variable other than data_dir, "},
        {"{data_dirs}", "it has a variable other than data_dir, "},
        {"{data}", "it has a variable other than data_dir, "},
        {"{DATA_DIR}", "it has a variable other than data_dir, "},
        {"{ data_dir }", "it has a variable other than data_dir, "},
        {"{env.}", "it has a variable other than data_dir, "},
        {"{env}", "it has a variable other than data_dir, "},
        {"{realm_id}/{x}", "it has a variable other than data_dir, "},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char path[64];
        const char *why = storage_template_check(rows[i][0]);
        assert_non_null(why);
        assert_memory_equal(why, rows[i][1], strlen(rows[i][1]));
        assert_int_equal(storage_template_expand(rows[i][0], &all, path, sizeof(path)),
                         ACTR_ECONFIG);
    }
}

TEST(long_names_of_environment_variables)
{
    char text[256] = "{env.";
    char path[64];
    memset(text + 5, 'X', 127);
    strcpy(text + 5 + 127, "}");
    assert_null(storage_template_check(text));
    assert_int_equal(storage_template_expand(text, &all, path, sizeof(path)), ACTR_ECONFIG);
    assert_non_null(strstr(actr_errmsg(), "is not set in the environment"));
    memset(text + 5, 'X', 128);
    strcpy(text + 5 + 128, "}");
    assert_non_null(storage_template_check(text));
}

TEST(what_is_not_known_is_an_error)
{
    static const char *const templates[] = {"{data_dir}",  "{instance_id}",  "{hostname}",
                                            "{actr_type}", "{manufacturer}", "{actr_name}",
                                            "{version}",   "{env.NOT_SET}"};
    struct storage_template_values none = {.env = env};
    char path[64];
    for (size_t i = 0; i < sizeof(templates) / sizeof(templates[0]); i++)
        assert_int_equal(storage_template_expand(templates[i], &none, path, sizeof(path)),
                         ACTR_ECONFIG);
}

/* A version is any text; as a folder it must stay one. */
TEST(names_cannot_leave_their_folder)
{
    static const char *const versions[] = {"..", ".", "", "../../etc", "/etc", "1/2"};
    static const char *const templates[] = {"{version}", "{actr_type}", "{data_dir}/{version}"};
    for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
        struct actr_type type = echo;
        struct storage_template_values values = all;
        strcpy(type.version, versions[i]);
        values.type = &type;
        for (size_t k = 0; k < sizeof(templates) / sizeof(templates[0]); k++) {
            char path[64];
            assert_int_equal(storage_template_expand(templates[k], &values, path, sizeof(path)),
                             ACTR_ECONFIG);
            assert_non_null(strstr(actr_errmsg(), "names no folder"));
        }
    }
    struct storage_template_values values = all;
    char path[64];
    values.hostname = "../h";
    assert_int_equal(storage_template_expand("{hostname}", &values, path, sizeof(path)),
                     ACTR_ECONFIG);
    values.instance_id = "..";
    assert_int_equal(storage_template_expand("{instance_id}", &values, path, sizeof(path)),
                     ACTR_ECONFIG);
}

TEST(a_path_that_does_not_fit_is_an_error)
{
    char path[22];
    assert_int_equal(storage_template_expand(STORAGE_TEMPLATE_DEFAULT, &all, path, 22), 0);
    assert_int_equal(storage_template_expand(STORAGE_TEMPLATE_DEFAULT, &all, path, 21),
                     ACTR_ECONFIG);
}
