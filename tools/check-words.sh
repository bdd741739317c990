#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The actr authors
# SPDX-License-Identifier: Apache-2.0
# The tree speaks of itself alone: no path of somebody's machine, no host of a package registry.
set -euo pipefail
cd "$(dirname "$0")/.."
# Examples use /home/me.
paths='(?<![a-zA-Z0-9_.-])/(home/(?!me\b)|root/|work/|Users/|tmp/[a-z]+/)'
hosts='crates[.]io|npmjs[.](com|org)|pypi[.]org|proxy[.]golang[.]org|rubygems[.]org'
! git grep -nIP --untracked "$paths|$hosts" -- . ':!LICENSE' ':!tools/check-words.sh'
