# SPDX-FileCopyrightText: 2026 The actr authors
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# stage NAME COMMAND…: run one step of a longer run, print one line with its result and time, keep
# its output in build-logs/NAME.log, and show the end of that when it fails. A command whose output
# ends with the line `N passed, N failed` counts as that many, any other as one. Status 77 says that
# it could not be done here: shown with what the command says about it, and not counted.
# stage_later NAME COMMAND…: the same beside others, as many at a time as there are processors;
# stage_wait waits for all of them.
# stage_summary: print the line `N passed, N failed` for all stages, and fail when any of them did.

stage_passed=0
stage_failed=0

stage()
{
    local name=$1 log status=0 began ended counts='' mark=ok
    shift
    mkdir -p build-logs
    log=build-logs/${name//[ \/]/-}.log
    began=$(date +%s%N)
    "$@" </dev/null >"$log" 2>&1 || status=$?
    ended=$(date +%s%N)

    if [ "$status" -eq 77 ]; then
        printf 'SKIP %s\n' "$name"
        sed 's/^/     | /' "$log"
        return
    fi
    counts=$(tail -n 1 "$log" | grep -xE '[0-9]+ passed, [0-9]+ failed' || true)
    if [ -n "$counts" ]; then
        local passed=${counts%% passed*} failed
        failed=${counts#*, } failed=${failed%% failed}
        # A command that fails although all that it counted has passed has failed once itself.
        [ "$status" -ne 0 ] && [ "$failed" -eq 0 ] && failed=1
        stage_passed=$((stage_passed + passed))
        stage_failed=$((stage_failed + failed))
        [ "$failed" -eq 0 ] || status=1
        counts="($counts)"
    elif [ "$status" -eq 0 ]; then
        stage_passed=$((stage_passed + 1))
    else
        stage_failed=$((stage_failed + 1))
    fi

    [ "$status" -eq 0 ] || mark=FAIL
    printf '%-4s %-22s %6d.%d s  %s\n' "$mark" "$name" \
        $(((ended - began) / 1000000000)) $(((ended - began) / 100000000 % 10)) "$counts"
    if [ "$status" -ne 0 ]; then
        grep -vE '^\[[0-9]+/[0-9]+\] (Compiling|Linking|Generating)' "$log" | tail -n 60 |
            sed 's/^/     | /'
        echo "     the whole output: $log"
    fi
}

stage_later()
{
    while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do
        wait -n || true
    done
    (
        stage_passed=0 stage_failed=0
        stage "$@"
        echo "$stage_passed $stage_failed" >>build-logs/later
    ) &
}

stage_wait()
{
    local passed failed
    wait
    while read -r passed failed; do
        stage_passed=$((stage_passed + passed))
        stage_failed=$((stage_failed + failed))
    done <build-logs/later
    rm build-logs/later
}

stage_summary()
{
    echo "$stage_passed passed, $stage_failed failed"
    [ "$stage_failed" -eq 0 ]
}
