#!/usr/bin/env bash
# Debian trixie's aapt2 and the framework's resources for an older amd64 machine: fetched with apt into a private folder,
# unpacked, and given their own loader and libraries. Needs no root, chroot or container, and installs nothing.
# usage: aapt2.sh [DIR]     prints DIR once it is ready; a later call answers at once. DIR/aapt2 is the command.
set -euo pipefail
dir=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/kapprum/aapt2}
mkdir -p "$(dirname "$dir")"; exec 9>"$dir.lock"; flock 9
[ -e "$dir/ready" ] && { echo "$dir"; exit; }
rm -rf "$dir"; work=$(mktemp -d "$dir.XXXXXX"); trap 'rm -rf "$work"' EXIT
state=$work/apt; mkdir -p "$state/lists/partial" "$state/cache/archives/partial"; : > "$state/status"
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Component: main' 2>/dev/null | grep -E '/debian/?$' | sort -u | head -n 1)
[ -n "$mirror" ] || { echo "no Debian mirror in this machine's apt sources (run apt-get update)" >&2; exit 1; }
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" > "$state/sources.list"
printf '#clear APT::Update::Post-Invoke;\n#clear DPkg::Post-Invoke;\n' > "$state/conf"  # container images hook apt to empty the machine's own cache
apt=(apt-get -qq -c "$state/conf" -o Dir::State="$state" -o Dir::State::Lists="$state/lists" -o Dir::State::status="$state/status"
     -o Dir::Cache="$state/cache" -o Dir::Etc::sourcelist="$state/sources.list" -o Dir::Etc::sourceparts=/dev/null
     -o Dir::Etc::preferencesparts=/dev/null -o APT::Architecture=amd64 -o APT::Architectures=amd64 -o APT::Install-Recommends=false
     -o APT::Sandbox::User= -o Acquire::Languages=none -o Acquire::Retries=3 -o APT::Keep-Downloaded-Packages=true -o Debug::NoLocking=true)
"${apt[@]}" update >&2
"${apt[@]}" -y --download-only install aapt android-framework-res base-files >&2
root=$work/root; mkdir "$root"
dpkg-deb -x "$state"/cache/archives/base-files_*.deb "$root"  # first: it brings the links from /lib to usr/lib
for package in "$state"/cache/archives/*.deb; do
  dpkg-deb --fsys-tarfile "$package" | tar -x -C "$root" --keep-directory-symlink --no-same-owner --exclude='./usr/share/doc/*' --exclude='./usr/share/man/*'
done
mv "$root" "$dir"
cat > "$dir/aapt2" <<'RUN'
#!/bin/sh
# The loader of the same system starts it, so that the machine's own libraries stay out.
here=$(dirname "$(readlink -f "$0")") lib=$here/usr/lib/x86_64-linux-gnu
exec "$here/usr/lib64/ld-linux-x86-64.so.2" --library-path "$lib:$lib/android:$here/usr/lib/7zip" "$here/usr/bin/aapt2" "$@"
RUN
chmod +x "$dir/aapt2"
"$dir/aapt2" version >&2
touch "$dir/ready"; echo "$dir"
