// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* cmocka wants this header; wasm32 has nothing to put into it. */
#pragma once
