#!/usr/bin/env bash
# On a Mac: the core for devices and the simulator, as Generated/Kapprum.xcframework, for Package.swift.
# Before it: cargo xtask bindings, which writes Generated/.
set -euo pipefail
ios=$(cd "$(dirname "$0")/.." && pwd)
cd "$ios/.."
[ "$(uname)" = Darwin ] || { echo "an XCFramework can only be made on a Mac, with Xcode" >&2; exit 1; }
[ -e "$ios/Generated/KapprumCoreFFI/KapprumCoreFFI.h" ] || { echo "run cargo xtask bindings first" >&2; exit 1; }
export IPHONEOS_DEPLOYMENT_TARGET=17.0
targets=(aarch64-apple-ios aarch64-apple-ios-sim x86_64-apple-ios)
rustup target add "${targets[@]}"
for target in "${targets[@]}"; do cargo build -p kapprum-bindings --lib --profile mobile --target "$target"; done
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
mkdir "$work/headers" "$work/simulator"
cp "$ios/Generated/KapprumCoreFFI/KapprumCoreFFI.h" "$work/headers/"
# In an XCFramework the map must be called module.modulemap.
cp "$ios/Generated/KapprumCoreFFI/module.modulemap" "$work/headers/module.modulemap"
lipo -create -output "$work/simulator/libkapprum.a" target/{aarch64-apple-ios-sim,x86_64-apple-ios}/mobile/libkapprum.a
rm -rf "$ios/Generated/Kapprum.xcframework"
xcodebuild -create-xcframework -output "$ios/Generated/Kapprum.xcframework" \
  -library target/aarch64-apple-ios/mobile/libkapprum.a -headers "$work/headers" \
  -library "$work/simulator/libkapprum.a" -headers "$work/headers"
