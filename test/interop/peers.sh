#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The actr authors
# SPDX-License-Identifier: Apache-2.0
# peers.sh FOLDER [NAME…]: brings the other WebRTC stacks into FOLDER, from the package registries
# of their languages; without names all of them. What is there already is not fetched again.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/peers" && pwd)
folder=$1
shift
names=("$@")
[ ${#names[@]} -gt 0 ] || names=(libwebrtc libdatachannel pion chromium aiortc werift webrtc-rs)
mkdir -p "$folder"
cd "$folder"

need()
{
    command -v "$1" >/dev/null || { echo "peers.sh: $1 is missing${2:+: $2}" >&2; return 1; }
}

# All packages of node come by one list; its stamp is the list itself.
bring_node()
{
    need npm || return
    cmp -s "$here/package.json" package.json && [ -d node_modules ] && return
    cp "$here/package.json" package.json
    npm install --no-package-lock --no-audit --no-fund --loglevel=error || { rm package.json; return 1; }
}

bring_python()
{
    need python3 || return
    [ -x python/bin/python ] && cmp -s "$here/requirements.txt" requirements.txt && return
    python3 -m venv python && python/bin/pip install -q -r "$here/requirements.txt" &&
        cp "$here/requirements.txt" requirements.txt
}

bring_go()
{
    need go 'Pion needs Go 1.24 or newer' || return
    mkdir -p pion-source
    cp "$here/pion/main.go" "$here/pion/go.mod" pion-source/
    (cd pion-source && go mod tidy && go build -o ../pion .)
}

bring_rust()
{
    need cargo 'webrtc-rs needs Rust' || return
    mkdir -p webrtc-rs-source/src
    cp "$here/webrtc-rs/Cargo.toml" webrtc-rs-source/
    cp "$here/webrtc-rs/src/main.rs" webrtc-rs-source/src/
    (cd webrtc-rs-source && cargo build -q && cp target/debug/actr-interop-webrtc-rs ../webrtc-rs)
}

for name in "${names[@]}"; do
    case $name in
    libwebrtc | libdatachannel | werift) bring_node ;;
    aiortc) bring_python ;;
    pion) bring_go ;;
    webrtc-rs) bring_rust ;;
    chromium) need node && need chromium 'install the package chromium' ;;
    *) echo "peers.sh: no such stack: $name" >&2; exit 2 ;;
    esac
done
