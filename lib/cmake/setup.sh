# The packages that a machine needs before the first build. apps/run.sh, apps/bench/*.sh, fuzz/run.sh, tests/run.sh and
# .ci/run source this file. It is POSIX sh.
#
#   need_build, need_node, need_tests, need_brokers, need_browser, need_site, need_clang, need_bench
#                                                                 note what is not there yet
#   install_needed                                                installs it: Debian, Ubuntu and their kin
#   build preset targets [cmake options...]                       configures, and builds with as many jobs as
#   memory allows; targets is one word, or several with spaces between them
#
# Nothing is asked of the network when nothing is missing.

say() { printf '%s\n' "$*"; }
die() {
  printf '%s\n' "$*" >&2
  exit 1
}

missing=''
boost_is_missing=no

has_command() { command -v "$1" >/dev/null 2>&1; }
has_package() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }
need_command() { has_command "$1" || missing="$missing $2"; }
need_package() { ! has_command dpkg-query || has_package "$1" || missing="$missing $1"; }

need_build() {
  need_command c++ g++
  need_command cmake cmake
  need_command ninja ninja-build
  need_package libssl-dev
  need_package zlib1g-dev
  need_package nlohmann-json3-dev
  need_package libhiredis-dev
  need_package libpq-dev
  need_package libcli11-dev
  has_boost || boost_is_missing=yes
}

need_node() {
  need_command node nodejs
  need_command npm npm
  need_package ca-certificates
}

need_tests() {
  need_package catch2
  need_command ccache ccache
  need_command curl curl
  need_command meson meson
  need_command pkg-config pkgconf
  need_command openssl openssl
  need_site
  need_brokers
}

# Brokers that the servers of a cluster share, and what stands in front of these servers.
need_brokers() {
  need_command redis-server redis-server
  need_package postgresql
  need_package nginx
  need_package haproxy
}

need_bench() {
  need_command strace strace
  need_command taskset util-linux
  need_command valgrind valgrind
}

# For docs/site.sh. Its Python packages are no packages of the system.
need_site() {
  need_command doxygen doxygen
  need_package python3-venv
}

need_clang() {
  need_command clang++-19 clang-19
  need_command llvm-symbolizer-19 llvm-19  # without it the reports of sanitizers name no function
  need_package libclang-rt-19-dev
}

# For the options of a sanitizer: what names the functions in its reports.
symbolizer() { echo "external_symbolizer_path=$(command -v llvm-symbolizer-19)"; }

has_browser() { has_command chromium || has_command chromium-browser || has_command google-chrome; }

# Ubuntu has Chromium as a snap only, which needs a running snapd: containers have none.
need_browser() {
  if has_browser; then return; fi
  if grep -q '^ID=ubuntu' /etc/os-release 2>/dev/null; then
    if [ -S /run/snapd.socket ]; then missing="$missing chromium-browser"; fi
  else
    missing="$missing chromium"
  fi
}

# Boost 1.81 or newer: the version that the system names by default, where that is new enough, or one that it also has.
boost_packages() { echo "libboost$1-dev libboost-json$1-dev libboost-url$1-dev"; }
boost_versions='1.81 1.83 1.88 1.90'
new_enough() { [ -n "$1" ] && dpkg --compare-versions "$1" ge 1.81; }

has_boost() {
  has_command dpkg-query || return 0
  for version in $boost_versions; do
    if has_packages "$version"; then return 0; fi
  done
  has_packages '' && new_enough "$(dpkg-query -W -f='${Version}' libboost-dev)"
}

has_packages() {
  for package in $(boost_packages "$1"); do
    has_package "$package" || return 1
  done
}

offered() { LC_ALL=C apt-cache policy "$1" | awk '$1 == "Candidate:" && $2 != "(none)" { print $2 }'; }

choose_boost() {
  if new_enough "$(offered libboost-url-dev)" && new_enough "$(offered libboost-dev)"; then boost_packages '' && return; fi
  for version in $boost_versions; do
    if [ -n "$(offered "libboost-url$version-dev")" ]; then boost_packages "$version" && return; fi
  done
  die "Boost 1.81 or newer is needed, and this system's packages offer none: no libboost-url-dev, no libboost-url1.81-dev."
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  else
    sudo "$@"
  fi
}

install_needed() {
  if [ -z "$missing" ] && [ "$boost_is_missing" = no ]; then return; fi
  [ "$boost_is_missing" = no ] || what="$missing Boost >= 1.81 (json, url)"
  has_command apt-get || die "Missing:${what:-$missing}. Without apt-get this script cannot install them; do it and run it again."
  [ "$(id -u)" = 0 ] || has_command sudo || die "Missing:${what:-$missing}. Run this as root once, or install them."

  say "Installing what is missing:${what:-$missing}"
  as_root apt-get update -qq || die "apt-get update failed: no package lists to install from."
  if [ "$boost_is_missing" = yes ]; then
    boost=$(choose_boost) || exit 1
    missing="$missing $boost"
  fi
  for package in $missing; do
    [ -n "$(offered "$package")" ] || die "This system's package sources do not offer $package."
  done
  # shellcheck disable=SC2086  # a list of words
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends --no-remove \
    -o DPkg::Lock::Timeout=300 $missing ||
    die "apt-get could not install:$missing. If it would have to remove other packages (another Boost, perhaps), decide that yourself."
  missing=''
  boost_is_missing=no
}

# One compiler needs up to 1.5 GB for a file full of coroutines. COSIO_JOBS in the environment decides instead.
jobs() {
  if [ -n "${COSIO_JOBS-}" ]; then echo "$COSIO_JOBS" && return; fi
  processors=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
  by_memory=$(awk '/^MemAvailable:/ { print int($2 / 1500000) + 1 }' /proc/meminfo 2>/dev/null || echo 1)
  [ "$by_memory" -lt "$processors" ] && echo "$by_memory" || echo "$processors"
}

# preset targets [cmake options...]; what is built runs under the command in $under, if there is one
under=''
build() {
  preset=$1
  targets_to_build=$2
  shift 2
  cmake --version | awk 'NR == 1 { split($3, v, "."); exit !(v[1] > 3 || v[1] == 3 && v[2] >= 25) }' ||
    die "CMake 3.25 or newer is needed; this is $(cmake --version | head -n 1)."
  # shellcheck disable=SC2086  # lists of words: nothing, or a command that runs another; targets
  cmake --preset "$preset" "$@" && $under cmake --build --preset "$preset" -j "$(jobs)" --target $targets_to_build
}
