// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Ids, types, credentials, errors, specifications and rules, between their generated and their
 * plain form.
 *
 * This is where names of peers are checked: a struct actr_type in this process always obeys the
 * rules of name.h, so its text form parses back to itself and the reserved destinations cannot be
 * named from outside. Everything else is taken as it is.
 *
 * Pure; any thread. Never allocates but in the arena it was given. */
#include "protocol/part.h"

#include "base/bytes.h"
#include "base/err.h"
#include "protocol/id.h"

void *part_array(struct arena *arena, size_t count, size_t size)
{
    void *array = count <= SIZE_MAX / size ? arena_alloc(arena, count * size) : NULL;
    if (!array)
        (void)err_origin(ACTR_ENOMEM, "out of memory for %zu elements", count);
    return array;
}

int part_decode_type(const Actr__ActrType *message, struct actr_type *ret_type)
{
    int r = id_make_type(message_text(message->manufacturer), message_text(message->name),
                         message_text(message->version), ret_type);
    return r < 0 ? err_context(ACTR_EDECODE, "ActrType") : 0;
}

int part_decode_id(const Actr__ActrId *message, struct actr_id *ret_id)
{
    int r = part_decode_type(message->type, &ret_id->type);
    if (r < 0)
        return r;
    ret_id->realm = message->realm->realm_id;
    ret_id->serial = message->serial_number;
    return 0;
}

void part_decode_credential(const Actr__AIdCredential *message, struct credential *ret_credential)
{
    *ret_credential = (struct credential){.key_id = message->key_id,
                                          .claims = message_text(message->claims),
                                          .signature = message_text(message->signature)};
}

void part_decode_error(const Actr__ErrorResponse *message, struct error_response *ret_error)
{
    *ret_error = (struct error_response){message->code, message_text(message->message)};
}

int part_decode_texts(const ProtobufCBinaryData *texts, size_t count, struct arena *arena,
                      const struct actr_view **ret_texts)
{
    struct actr_view *views = part_array(arena, count, sizeof(*views));
    if (!views)
        return ACTR_ENOMEM;
    for (size_t i = 0; i < count; i++)
        views[i] = message_text(texts[i]);
    *ret_texts = views;
    return 0;
}

int part_decode_spec(const Actr__ServiceSpec *message, struct arena *arena,
                     struct service_spec *ret_spec)
{
    const struct actr_view *tags;
    struct service_spec_file *files = part_array(arena, message->n_protobufs, sizeof(*files));
    if (!files)
        return ACTR_ENOMEM;
    int r = part_decode_texts(message->tags, message->n_tags, arena, &tags);
    if (r < 0)
        return r;
    for (size_t i = 0; i < message->n_protobufs; i++) {
        const Actr__ServiceSpec__Protobuf *file = message->protobufs[i];
        files[i] =
            (struct service_spec_file){message_text(file->package), message_text(file->content),
                                       message_text(file->fingerprint)};
    }
    *ret_spec = (struct service_spec){
        .name = message_text(message->name),
        .description = message_optional(message->has_description, message->description),
        .fingerprint = message_text(message->fingerprint),
        .files = files,
        .file_count = message->n_protobufs,
        .tags = tags,
        .tag_count = message->n_tags,
        .published_at_s = message->published_at,
        .has_published_at = message->has_published_at,
    };
    return 0;
}

static int part_decode_rule(const Actr__AclRule *message, struct acl_rule *ret_rule)
{
    *ret_rule = (struct acl_rule){.permission = (int32_t)message->permission};
    if (message->source_realm_case == ACTR__ACL_RULE__SOURCE_REALM_ANY_REALM) {
        ret_rule->realm_kind = message->any_realm ? ACL_RULE_REALM_ANY : ACL_RULE_REALM_NOT_ANY;
    } else if (message->source_realm_case == ACTR__ACL_RULE__SOURCE_REALM_REALM_ID) {
        ret_rule->realm_kind = ACL_RULE_REALM_ID;
        ret_rule->realm = message->realm_id;
    }
    return part_decode_type(message->from_type, &ret_rule->from_type);
}

int part_decode_acl(const Actr__Acl *message, struct arena *arena,
                    const struct acl_rule **ret_rules, size_t *ret_count)
{
    struct acl_rule *rules = part_array(arena, message->n_rules, sizeof(*rules));
    if (!rules)
        return ACTR_ENOMEM;
    for (size_t i = 0; i < message->n_rules; i++) {
        int r = part_decode_rule(message->rules[i], &rules[i]);
        if (r < 0)
            return r;
    }
    *ret_rules = rules;
    *ret_count = message->n_rules;
    return 0;
}

Actr__Realm *part_encode_realm(struct message_build *build, uint32_t realm)
{
    Actr__Realm *message = message_new(build, &actr__realm__descriptor);
    if (message)
        message->realm_id = realm;
    return message;
}

Actr__ActrType *part_encode_type(struct message_build *build, const struct actr_type *type)
{
    Actr__ActrType *message = message_new(build, &actr__actr_type__descriptor);
    if (!message)
        return NULL;
    message->manufacturer = message_data(view_text(type->manufacturer));
    message->name = message_data(view_text(type->name));
    message->version = message_data(view_text(type->version));
    return message;
}

Actr__ActrId *part_encode_id(struct message_build *build, const struct actr_id *id)
{
    Actr__ActrId *message = message_new(build, &actr__actr_id__descriptor);
    if (!message)
        return NULL;
    message->realm = part_encode_realm(build, id->realm);
    message->serial_number = id->serial;
    message->type = part_encode_type(build, &id->type);
    return message;
}

Actr__AIdCredential *part_encode_credential(struct message_build *build,
                                            const struct credential *credential)
{
    Actr__AIdCredential *message = message_new(build, &actr__aid_credential__descriptor);
    if (!message)
        return NULL;
    message->key_id = credential->key_id;
    message->claims = message_data(credential->claims);
    message->signature = message_data(credential->signature);
    return message;
}

Actr__ErrorResponse *part_encode_error(struct message_build *build,
                                       const struct error_response *error)
{
    Actr__ErrorResponse *message = message_new(build, &actr__error_response__descriptor);
    if (!message)
        return NULL;
    message->code = error->code;
    message->message = message_data(error->message);
    return message;
}

ProtobufCBinaryData *part_encode_texts(struct message_build *build, const struct actr_view *texts,
                                       size_t count)
{
    ProtobufCBinaryData *data = message_array(build, count, sizeof(*data));
    for (size_t i = 0; data && i < count; i++)
        data[i] = message_data(texts[i]);
    return data;
}

static Actr__ServiceSpec__Protobuf *part_encode_file(struct message_build *build,
                                                     const struct service_spec_file *file)
{
    Actr__ServiceSpec__Protobuf *message =
        message_new(build, &actr__service_spec__protobuf__descriptor);
    if (!message)
        return NULL;
    message->package = message_data(file->package);
    message->content = message_data(file->content);
    message->fingerprint = message_data(file->fingerprint);
    return message;
}

Actr__ServiceSpec *part_encode_spec(struct message_build *build, const struct service_spec *spec)
{
    Actr__ServiceSpec *message = message_new(build, &actr__service_spec__descriptor);
    if (!message)
        return NULL;
    message->name = message_data(spec->name);
    message->has_description = spec->description.ptr != NULL;
    message->description = message_data(spec->description);
    message->fingerprint = message_data(spec->fingerprint);
    message->has_published_at = spec->has_published_at;
    message->published_at = spec->published_at_s;
    message->n_tags = spec->tag_count;
    message->tags = part_encode_texts(build, spec->tags, spec->tag_count);
    message->n_protobufs = spec->file_count;
    message->protobufs = message_array(build, spec->file_count, sizeof(*message->protobufs));
    for (size_t i = 0; message->protobufs && i < spec->file_count; i++)
        message->protobufs[i] = part_encode_file(build, &spec->files[i]);
    return message;
}

static Actr__AclRule *part_encode_rule(struct message_build *build, const struct acl_rule *rule)
{
    Actr__AclRule *message = message_new(build, &actr__acl_rule__descriptor);
    if (!message)
        return NULL;
    message->permission = (Actr__AclRule__Permission)rule->permission;
    message->from_type = part_encode_type(build, &rule->from_type);
    switch (rule->realm_kind) {
    case ACL_RULE_REALM_ANY:
    case ACL_RULE_REALM_NOT_ANY:
        message->source_realm_case = ACTR__ACL_RULE__SOURCE_REALM_ANY_REALM;
        message->any_realm = rule->realm_kind == ACL_RULE_REALM_ANY;
        break;
    case ACL_RULE_REALM_ID:
        message->source_realm_case = ACTR__ACL_RULE__SOURCE_REALM_REALM_ID;
        message->realm_id = rule->realm;
        break;
    case ACL_RULE_REALM_ABSENT:
        break;
    }
    return message;
}

Actr__Acl *part_encode_acl(struct message_build *build, const struct acl_rule *rules, size_t count)
{
    Actr__Acl *message = message_new(build, &actr__acl__descriptor);
    if (!message)
        return NULL;
    message->n_rules = count;
    message->rules = message_array(build, count, sizeof(*message->rules));
    for (size_t i = 0; message->rules && i < count; i++)
        message->rules[i] = part_encode_rule(build, &rules[i]);
    return message;
}
