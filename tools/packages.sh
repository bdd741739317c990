# SPDX-FileCopyrightText: 2026 The actr authors
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# packages_need GROUP…: make sure that the Debian packages of these groups of tools/packages are
# there. Installs what is missing when it may (root, or sudo without a password); otherwise says
# which command to type and fails. On a system without dpkg it leaves the matter to Meson.

packages_missing()
{
    local group wanted=() have
    for group in "$@"; do
        # shellcheck disable=SC2207
        wanted+=($(sed -n "s/^$group://p" tools/packages))
    done
    # It fails when it does not know one of them.
    have=$({ dpkg-query -W -f='${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null || true; } |
        sed -n 's/^installed //p')
    printf '%s\n' "${wanted[@]}" | sort -u | grep -vxF -e "$have" || true
}

packages_need()
{
    command -v dpkg-query >/dev/null || return 0
    local missing as_root=()
    mapfile -t missing < <(packages_missing "$@")
    [ "${#missing[@]}" -eq 0 ] && return 0

    if [ "$(id -u)" -ne 0 ]; then
        if ! sudo -n true 2>/dev/null; then
            printf 'missing packages; type this, then run the command again:\n' >&2
            printf '  sudo apt-get update && sudo apt-get install -y %s\n' "${missing[*]}" >&2
            return 1
        fi
        as_root=(sudo -n)
    fi
    echo "installing: ${missing[*]}"
    local install=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive
        apt-get install -y -qq --no-install-recommends "${missing[@]}")
    mkdir -p build-logs
    if ! "${install[@]}" </dev/null >build-logs/packages.log 2>&1; then
        if ! { "${as_root[@]}" apt-get update -qq && "${install[@]}"; } \
            </dev/null >build-logs/packages.log 2>&1; then
            tail -n 20 build-logs/packages.log >&2
            return 1
        fi
    fi
}
