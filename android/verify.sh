#!/usr/bin/env bash
# Compiles the shell, links its resources, and runs its tests against the real core.
# packages: default-jdk-headless maven libgl1 libfontconfig1 libfreetype6 fontconfig fonts-noto-core
# usage: verify.sh LIBRARY_DIR [--pictures DIR] [--bench] [maven arguments]
#   LIBRARY_DIR holds libkapprum.so and kapprum-world; android/generated holds what `cargo xtask bindings` writes.
#   --pictures DIR draws every screen in every look into DIR, with an index.html
#   --bench        measures instead of testing; prints one "key value" a line
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 1 ] || { sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2; }
library=$(cd "$1" && pwd); shift
pictures='' bench=''
rest=()
while [ $# -gt 0 ]; do
  case $1 in
    --pictures) mkdir -p "$2"; pictures=$(cd "$2" && pwd); shift 2;;
    --bench) bench=yes; shift;;
    *) rest+=("$1"); shift;;
  esac
done

missing=()
for command in java mvn fc-list dpkg-deb; do command -v "$command" >/dev/null || missing+=("$command"); done
for part in libGL.so.1 libfontconfig.so.1 libfreetype.so.6; do ldconfig -p | grep "$part" >/dev/null || missing+=("$part"); done
[ -e /usr/share/fonts/truetype/noto/NotoSans-Regular.ttf ] || missing+=(fonts-noto-core)
if [ ${#missing[@]} -gt 0 ]; then
  echo "verify.sh: missing ${missing[*]}; install: $(sed -n 's/^# packages: //p' "$0")" >&2; exit 3
fi
for file in "$library/libkapprum.so" "$library/kapprum-world" "$here/generated/res/values/strings.xml" "$here/generated/kotlin" "$here/generated/app"; do
  [ -e "$file" ] || { echo "verify.sh: $file is missing; run \`cargo xtask bindings\` first" >&2; exit 3; }
done

# Manifest and resources, linked as a build would. Package and versions stand in build.gradle.kts, so they are put in here.
linked=$here/target/linked
manifest=$here/target/AndroidManifest.xml
aapt2=$("$here/tools/aapt2.sh" 2>/dev/null) || { "$here/tools/aapt2.sh"; exit 3; }
rm -rf "$linked" && mkdir -p "$linked/java"
sed 's|<manifest |<manifest package="se.kapprum.app" android:versionCode="1" android:versionName="1.0" |; s|</manifest>|<uses-sdk android:minSdkVersion="26" android:targetSdkVersion="36" /></manifest>|' \
  "$here/app/src/main/AndroidManifest.xml" > "$manifest"
"$aapt2/aapt2" compile --dir "$here/app/src/main/res" -o "$linked/own.zip"
"$aapt2/aapt2" compile --dir "$here/generated/res" -o "$linked/generated.zip"
"$aapt2/aapt2" link -o "$linked/resources.apk" -I "$aapt2/usr/share/android-framework-res/framework-res.apk" \
  --manifest "$manifest" --java "$linked/java" "$linked/own.zip" "$linked/generated.zip"

cd "$here"
if [ -n "$bench" ]; then
  mvn -q -pl verify test-compile dependency:build-classpath -Dmdep.outputFile="$here/target/classpath" -Dkapprum.library="$library" "${rest[@]}" >&2
  exec java -Djava.awt.headless=true -Djna.library.path="$library" -Dkapprum.library="$library" -Dkapprum.android="$here" \
    -cp "verify/target/test-classes:verify/target/classes:$(cat target/classpath)" se.kapprum.verify.BenchKt
fi
exec mvn test -Dkapprum.library="$library" -Dkapprum.pictures="$pictures" "${rest[@]}"
