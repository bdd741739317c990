// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Everything a program needs. */
#pragma once

#include <actr/bytes.h>
#include <actr/context.h>
#include <actr/error.h>
#include <actr/hook.h>
#include <actr/id.h>
#include <actr/node.h>
#include <actr/rendezvous.h>
#include <actr/reply.h>
#include <actr/workload.h>
