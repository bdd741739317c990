// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Verifies the credentials of peers, with keys from the cache or from the server. The functions are
 * those of signaling.h. Loop thread. */
#pragma once

#include <actr/bytes.h>
#include <actr/id.h>

#include "base/list.h"
#include "hyper/signaling/signaling.h"

struct verifier {
    struct loop *_loop;
    struct key_cache *_keys;
    struct list _checks;
};

void verifier_init(struct verifier *verifier, struct loop *loop, struct key_cache *keys);
/* No fn runs. Zeroed is fine. */
void verifier_deinit(struct verifier *verifier);

/* See signaling_verify(). The credential has been copied already and is consumed. */
void verifier_check(struct verifier *verifier, struct signaling_check *check,
                    const struct actr_id *id, struct actr_bytes credential, signaling_check_fn *fn);
void verifier_cancel(struct signaling_check *check);
/* Every check ends with ACTR_ECANCELED; never inside. */
void verifier_cancel_all(struct verifier *verifier);
