// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The parts that several messages share, between their generated and their plain form. Private to
 * protocol/.
 *
 * Decoders: ACTR_EDECODE (with a detail), ACTR_ENOMEM; views and arrays of the result live where
 * the generated message lives, or in arena. Encoders build into `build` and return NULL when memory
 * has run out, which message_pack() remembers. Pure; any thread. */
#pragma once

#include <actr/id.h>

#include "protocol/acl_rule.h"
#include "protocol/actr.pb-c.h"
#include "protocol/credential.h"
#include "protocol/error.h"
#include "protocol/message.h"
#include "protocol/service_spec.h"

/* Room in arena for `count` plain elements, at least one byte. NULL, with a detail: ACTR_ENOMEM. */
void *part_array(struct arena *arena, size_t count, size_t size);

int part_decode_type(const Actr__ActrType *message, struct actr_type *ret_type) ACTR_MUST_CHECK;
int part_decode_id(const Actr__ActrId *message, struct actr_id *ret_id) ACTR_MUST_CHECK;
void part_decode_credential(const Actr__AIdCredential *message, struct credential *ret_credential);
void part_decode_error(const Actr__ErrorResponse *message, struct error_response *ret_error);
int part_decode_texts(const ProtobufCBinaryData *texts, size_t count, struct arena *arena,
                      const struct actr_view **ret_texts) ACTR_MUST_CHECK;
int part_decode_spec(const Actr__ServiceSpec *message, struct arena *arena,
                     struct service_spec *ret_spec) ACTR_MUST_CHECK;
int part_decode_acl(const Actr__Acl *message, struct arena *arena,
                    const struct acl_rule **ret_rules, size_t *ret_count) ACTR_MUST_CHECK;

Actr__Realm *part_encode_realm(struct message_build *build, uint32_t realm);
Actr__ActrType *part_encode_type(struct message_build *build, const struct actr_type *type);
Actr__ActrId *part_encode_id(struct message_build *build, const struct actr_id *id);
Actr__AIdCredential *part_encode_credential(struct message_build *build,
                                            const struct credential *credential);
Actr__ErrorResponse *part_encode_error(struct message_build *build,
                                       const struct error_response *error);
ProtobufCBinaryData *part_encode_texts(struct message_build *build, const struct actr_view *texts,
                                       size_t count);
Actr__ServiceSpec *part_encode_spec(struct message_build *build, const struct service_spec *spec);
Actr__Acl *part_encode_acl(struct message_build *build, const struct acl_rule *rules, size_t count);
