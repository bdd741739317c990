// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The template that says where an actor keeps its files: `{data_dir}/{actr_type}` unless the
 * configuration says otherwise.
 *
 * Variables: {data_dir} {instance_id} {hostname} {manufacturer} {actr_name} {version} {actr_type}
 * (manufacturer/name/version) {realm_id} {env.NAME}. Pure; any thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <actr/id.h>

#define STORAGE_TEMPLATE_DEFAULT "{data_dir}/{actr_type}"

/* A schema_check_fn: a variable that does not exist, a brace without its partner, nothing at all.
 */
const char *storage_template_check(const char *text);

/* All borrowed. NULL: not known, an error when the template needs it. */
struct storage_template_values {
    const char *data_dir;
    const char *instance_id;
    const char *hostname;
    const struct actr_type *type;
    uint32_t realm_id;
    const char *(*env)(const char *name); /* NULL result: not set */
};

/* Writes the path into buf. ACTR_ECONFIG: the template is wrong, a value is not known, a name would
 * leave its folder ("..", a slash), or the path does not fit into cap bytes with its NUL; buf is
 * undefined then. */
int storage_template_expand(const char *text, const struct storage_template_values *values,
                            char *buf, size_t cap) ACTR_MUST_CHECK;
