// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What a text in a configuration file must look like; each is a schema_check_fn (schema.h): NULL
 * for a good text, else why it is none. Pure; any thread. */
#pragma once

const char *check_not_empty(const char *text);

/* URLs without user name and password, by scheme: ws wss; http https; stun stuns; turn turns; and
 * either http https, or a path that begins with '/'. */
const char *check_url_ws(const char *text);
const char *check_url_http(const char *text);
const char *check_url_stun(const char *text);
const char *check_url_turn(const char *text);
const char *check_url_or_path(const char *text);

/* An address, IPv4 or IPv6 without brackets. */
const char *check_ip(const char *text);

/* What may stand for the host in a URL: a name, an IPv4 address, an IPv6 address in brackets. */
const char *check_host(const char *text);

/* The value of an HTTP header: printable ASCII, not empty. */
const char *check_header(const char *text);

/* `manufacturer:name:version`. */
const char *check_type(const char *text);

/* An actor or manufacturer name. */
const char *check_name(const char *text);

/* 32 bytes in base64. */
const char *check_key(const char *text);

/* "allow" or "deny", in any case. */
const char *check_permission(const char *text);
