# shellcheck shell=bash
# Sourced by scripts; defines one function.
#
#   install_packages SECTION…   makes the packages of these sections of packages.txt be there
#
# It asks apt for nothing when all of them are installed, so that a second run needs neither root nor a network. No
# service of theirs is started or enabled.
# Needs Debian or a relative of it, and root or sudo only when something is missing.

install_packages() {
  local list wanted package alternative chosen as_root=()
  local missing=()
  list=$(dirname "${BASH_SOURCE[0]}")/packages.txt
  wanted=$(awk -v sections=" $* " '
    /^\[/ { gsub(/[][]/, ""); inside = index(sections, " " $0 " ") > 0; next }
    /^#/ || NF == 0 { next }
    inside && !seen[$1]++ { print $1 }' "$list")

  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    printf 'This is no Debian: install by other means what these are called here, then use --no-install:\n%s\n' "$wanted" >&2
    return 1
  fi

  local installed
  installed=$(dpkg-query -W -f='${db:Status-Abbrev} ${Package}\n' | awk '$1 == "ii" { print $2 }')
  for package in $wanted; do
    chosen=
    for alternative in ${package//|/ }; do
      case $alternative in
        /*) if command -v "${alternative#/}" >/dev/null; then chosen=$alternative; fi ;;
        *) if grep -qxF -- "$alternative" <<<"$installed"; then chosen=$alternative; fi ;;
      esac
    done
    [ -n "$chosen" ] || missing+=("$package")
  done
  if [ ${#missing[@]} -eq 0 ]; then return 0; fi

  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      printf 'Missing, and neither root nor sudo to install them:\n  %s\n' "${missing[*]}" >&2
      return 1
    fi
    as_root=(sudo)
  fi
  printf 'installing: %s\n' "${missing[*]}"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq || return 1

  local names=()
  for package in "${missing[@]}"; do
    chosen=
    for alternative in ${package//|/ }; do
      if [ -z "$chosen" ] && apt-cache show "$alternative" >/dev/null 2>&1; then chosen=$alternative; fi
    done
    if [ -z "$chosen" ]; then
      printf 'No package %s in this release of Debian; Debian 12 has it.\n' "$package" >&2
      return 1
    fi
    names+=("$chosen")
  done
  install_quietly "${names[@]}"
}

# install_quietly PACKAGE…: installs them without starting the services that some bring along (prometheus does); their
# programs are what we want. Uses as_root of install_packages.
install_quietly() (
  policy=/usr/sbin/policy-rc.d
  if [ ! -e $policy ]; then
    trap '"${as_root[@]}" rm -f $policy' EXIT
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee $policy >/dev/null || exit 1
    "${as_root[@]}" chmod 755 $policy
  fi
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    -o Dpkg::Use-Pty=0 "$@" </dev/null || exit 1
  # … and without letting the next start of the system start them.
  command -v systemctl >/dev/null || exit 0
  dpkg -L "$@" | sed -n 's|^.*/lib/systemd/system/\([^/@]*\.service\)$|\1|p' | while read -r unit; do
    "${as_root[@]}" systemctl disable --quiet "$unit" || true
  done
)
