#!/usr/bin/env bash
# The Debian package: builds it, looks at what is in it, and runs the daemon from where the package puts it.
# usage: package_test.sh BUILD_DIRECTORY

set -euo pipefail
build=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }

cpack -G DEB --config "$build/CPackConfig.cmake" -B "$scratch/packages" >"$scratch/cpack.txt" 2>&1 ||
  { cat "$scratch/cpack.txt" >&2; fail "cpack"; }
package=$(find "$scratch/packages" -maxdepth 1 -name 'millrace_*.deb')
[ -f "$package" ] || fail "no package was made"

dpkg-deb --contents "$package" | awk '{ print $6 }' >"$scratch/contents.txt"
for path in usr/bin/millraced usr/bin/millrace etc/millrace/millrace.toml usr/lib/systemd/system/millrace.service \
  usr/share/man/man1/millrace.1 usr/share/man/man8/millraced.8 usr/share/doc/millrace/copyright usr/share/doc/millrace/README.md usr/share/millrace/samples/earthquakes.jsonl; do
  grep -qx "\./$path" "$scratch/contents.txt" || fail "the package lacks $path"
done
if grep -vE '^\./((usr|etc)/.*)?$|^\./(usr|etc)/?$' "$scratch/contents.txt"; then fail "the package holds something else"; fi
if grep -E '^\./usr/(local|include)|\.a$|\.hpp$' "$scratch/contents.txt"; then fail "the package holds build leftovers"; fi

depends=$(dpkg-deb --field "$package" Depends)
for library in libc6 libisal2 libzstd1 liblz4-1 libsnappy1v5 zlib1g libssl3 libspdlog librdkafka1; do
  grep -qF "$library" <<<"$depends" || fail "the package does not depend on $library: $depends"
done

dpkg-deb --raw-extract "$package" "$scratch/root"
[ "$(cat "$scratch/root/DEBIAN/conffiles")" = /etc/millrace/millrace.toml ] || fail "the configuration is no conffile"
for script in postinst prerm postrm; do
  [ -x "$scratch/root/DEBIAN/$script" ] || fail "$script cannot be run"
  sh -n "$scratch/root/DEBIAN/$script"
done

daemon=$scratch/root/usr/bin/millraced
version=$(dpkg-deb --field "$package" Version)
[ "$("$daemon" --version)" = "millraced $version" ] || fail "millraced says $("$daemon" --version), the package $version"
HOME=$scratch "$daemon" --config "$scratch/root/etc/millrace/millrace.toml" --check-config ||
  fail "the shipped configuration is refused"
if file "$daemon" | grep -q 'not stripped'; then fail "the daemon is not stripped"; fi

unit=$scratch/root/usr/lib/systemd/system/millrace.service
grep -qx 'ExecStart=/usr/bin/millraced --config /etc/millrace/millrace.toml' "$unit" || fail "ExecStart names other places"
if command -v systemd-analyze >/dev/null; then
  # The program is not installed here, so verify the unit with the one that was extracted.
  mkdir "$scratch/units"
  sed "s#/usr/bin/millraced#$daemon#" "$unit" >"$scratch/units/millrace.service"
  systemd-analyze verify --man=no "$scratch/units/millrace.service" 2>"$scratch/verify.txt" || true
  if grep -F millrace.service "$scratch/verify.txt"; then fail "systemd does not like the unit"; fi
  # Exposure in tenths; the goal is 1.5.
  systemd-analyze security --offline=yes --threshold=15 "$scratch/units/millrace.service" >"$scratch/exposure.txt" 2>&1 ||
    { tail -n 5 "$scratch/exposure.txt" >&2; fail "the unit is more exposed than 1.5"; }
  tail -n 1 "$scratch/exposure.txt"
else
  printf 'left out: systemd-analyze is not here, so the unit was not judged\n'
fi
printf 'package is fine: %s\n' "$(basename "$package")"
