#!/usr/bin/env bash
# Swift in ios/, linked with the core's shared library.
# usage: swift.sh test|build|run|format ...
#   KAPPRUM_LIBRARY   the folder with libkapprum.so and kapprum-world (default ../target/debug)
#   KAPPRUM_SCRATCH   where it builds (default .build)
set -euo pipefail
ios=$(cd "$(dirname "$0")/.." && pwd)
toolchain=$("$ios/tools/swift-toolchain.sh" "${KAPPRUM_SWIFT:-${XDG_CACHE_HOME:-$HOME/.cache}/kapprum/swift}")
command=$1; shift
flags=()
case $command in
test | build | run)
  KAPPRUM_LIBRARY=$(realpath -e "${KAPPRUM_LIBRARY:-$ios/../target/debug}")
  export KAPPRUM_LIBRARY
  flags=(-Xlinker "-L$KAPPRUM_LIBRARY" -Xlinker "-rpath=$KAPPRUM_LIBRARY" --scratch-path "${KAPPRUM_SCRATCH:-$ios/.build}")
  ;;
esac
export SDKROOT=$toolchain PATH=$toolchain/usr/libexec/swift/bin:$PATH
unset LD_LIBRARY_PATH
cd "$ios"
exec swift "$command" "${flags[@]}" "$@"
