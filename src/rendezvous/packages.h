// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What hosts and makers of packages ask for, in JSON.
 *
 *     GET  /mfr/{name}/verifying_key   {"public_key": base64, "key_id": s}
 *     POST /mfr/pkg/nonce              {"manufacturer": s} → {"nonce": base64}
 *     POST /mfr/pkg/publish            → {"id": n, "type_str": "m:n:v", "status": "active"}
 *
 * The latter two exist in open mode only: nothing that is published is verified. Loop thread. */
#pragma once

#include "net/http.h"
#include "rendezvous.h"

void packages_verifying_key(struct rendezvous *rendezvous, struct net_request *request,
                            const struct net_request_info *info);
void packages_nonce(struct rendezvous *rendezvous, struct net_request *request,
                    const struct net_request_info *info);
void packages_publish(struct rendezvous *rendezvous, struct net_request *request,
                      const struct net_request_info *info);
