// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The child of webrtc_long_fat; argument: a number of enum pair_stack. */
#pragma once

int webrtc_far_role(const char *argument);
