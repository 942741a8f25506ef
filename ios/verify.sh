#!/usr/bin/env bash
# Proves the iOS shell on Linux: format, property lists, a build without a warning, every test over the real core.
# packages: ca-certificates debian-archive-keyring git tar util-linux
#
# usage: ios/verify.sh LIBRARY_DIR [--sanitize | --bench]
#   LIBRARY_DIR   the folder with libkapprum.so and kapprum-world (cargo xtask bindings, then target/debug)
#   --sanitize    the tests under the thread sanitizer
#   --bench       prints figures as "key value" lines, and nothing else on standard output
set -euo pipefail

usage() { sed -n '5,8s/^# //p' "$0" >&2; exit 2; }
missing() { echo "$1" >&2; exit 1; }
said() { echo "ios: $*" >&2; }

[ $# -ge 1 ] && [ $# -le 2 ] || usage
mode=${2:-}
case $mode in '' | --sanitize | --bench) ;; *) usage ;; esac
ios=$(cd "$(dirname "$0")" && pwd)
KAPPRUM_LIBRARY=$(realpath -e "$1") || missing "there is no folder $1"
export KAPPRUM_LIBRARY
[ "$(uname -sm)" = "Linux x86_64" ] || missing "the proof runs on Linux on x86_64; on a Mac build with Xcode, see ios/README.md"
for tool in apt-get dpkg-deb flock git tar; do
  command -v "$tool" >/dev/null || missing "$tool is missing: install what the line '# packages:' of ios/verify.sh names"
done
[ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || missing "debian-archive-keyring is missing: apt-get install debian-archive-keyring"
for file in libkapprum.so kapprum-world; do
  [ -e "$KAPPRUM_LIBRARY/$file" ] || missing "$KAPPRUM_LIBRARY/$file is missing: build it first (cargo xtask bindings)"
done
for file in KapprumCore/KapprumCore.swift KapprumCoreFFI/module.modulemap Design/Phrase.swift Resources/Localizable.xcstrings; do
  [ -e "$ios/Generated/$file" ] || missing "ios/Generated/$file is missing: cargo xtask bindings writes it"
done

export KAPPRUM_SWIFT=${KAPPRUM_SWIFT:-${XDG_CACHE_HOME:-$HOME/.cache}/kapprum/swift}
said "Swift's toolchain"
"$ios/tools/swift-toolchain.sh" "$KAPPRUM_SWIFT" >/dev/null
swift() { "$ios/tools/swift.sh" "$@"; }
strict=(-Xswiftc -warnings-as-errors)

if [ "$mode" = --bench ]; then
  KAPPRUM_SCRATCH=$ios/.build/bench swift build -c release --product KapprumBench >&2
  exec "$ios/.build/bench/release/KapprumBench" "$KAPPRUM_LIBRARY"
fi

said "format"
swift format lint --strict --recursive App Bench Linux Sources Tests Package.swift
said "property lists"
for file in App/Info.plist App/Kapprum.entitlements App/PrivacyInfo.xcprivacy; do
  (cd "$ios" && SDKROOT=$KAPPRUM_SWIFT "$KAPPRUM_SWIFT/usr/bin/plistutil" -i "$file" -o /dev/null) || missing "ios/$file is no property list"
done
said "rules of the sources"
# Views draw what the core says: no logs, and nothing of the system but what stands in App.
if grep -rnE '\b(print|debugPrint|NSLog|os_log|Logger)\(' "$ios/Sources" "$ios/App"; then missing "the app writes no logs"; fi
if grep -rnE '^ *import ' "$ios/Sources" | grep -vE 'import (Foundation|Observation|SwiftUI|KapprumCore|KapprumDesign|KapprumKit)$'; then missing "only App may import these"; fi

options=("${strict[@]}")
if [ "$mode" = --sanitize ]; then
  options+=(--sanitize=thread)
  export KAPPRUM_SCRATCH=$ios/.build/sanitize
fi
said "build and test${mode:+ under the thread sanitizer}"
log=$(mktemp); trap 'rm -f "$log"' EXIT
swift build --build-tests "${options[@]}" >"$log" 2>&1 || { cat "$log" >&2; missing "the build failed"; }
# A test that hangs fails: seconds are needed, minutes are given.
test=("$ios/tools/swift.sh" test --skip-build --disable-xctest "${options[@]}")
timeout --kill-after=10 600 "${test[@]}" >"$log" 2>&1 || { grep -vE '^(◇|✔)' "$log" >&2; missing "a test failed, or hung"; }
# A test that is silently not found would be no test: as many ran as are written.
written=$(grep -rhoE '@Test\b' "$ios/Tests" | wc -l)
ran=$(sed -nE 's/.*Test run with ([0-9]+) tests? passed.*/\1/p' "$log" | tail -n 1)
[ "${ran:-0}" -gt 0 ] && [ "$ran" -eq "$written" ] || missing "$written tests are written, but ${ran:-0} ran"
if grep -q 'ThreadSanitizer' "$log"; then grep -A 20 'ThreadSanitizer' "$log" >&2; missing "the thread sanitizer found a race"; fi
echo "ios: $ran tests passed${mode:+ under the thread sanitizer}"
