# A new Debian in a folder, for scripts that try things there: tests/debian13.sh, packages.sh and containers.sh source
# this file, behind lib/cmake/setup.sh. It is POSIX sh.
#
#   read_options words...         sets keep and mirror by --keep and --mirror URL, and answers --help
#   need_root                     refuses what cannot work: no root, no debootstrap
#   own_namespace script args...  goes on as that script, with mounts and processes that end with it
#   use_root name                 the root is $dir/<name>; what is left of an earlier one is removed
#   make_root                     base system, package sources of this machine, the committed tree in /cosio
#   inside command...             becomes that command in the root, in /cosio
#   step name command...          with its time; the output goes to $dir/$suite.<name>.log
#
# The script sets: dir, suite. It has the functions usage, and own_option words... for all other options and arguments:
# that takes the first word, or as many as it writes into the variable words, and returns 1 when it does not know it.

summary=''
keep=no
mirror=''  # empty: that of this machine's apt

read_options() {
  while [ $# -gt 0 ]; do
    words=1
    case $1 in
      --keep) keep=yes ;;
      --mirror) [ $# -gt 1 ] || die "--mirror needs a URL"; mirror=$2; words=2 ;;
      -h | --help) usage; exit ;;
      *) own_option "$@" || { usage >&2; exit 2; } ;;
    esac
    shift "$words"
  done
}

need_root() {
  [ "$(id -u)" = 0 ] || die "Run this as root: it makes a file system of devices and changes into it."
  for command in debootstrap curl git unshare; do
    has_command "$command" || die "Missing: $command (apt-get install debootstrap curl git util-linux)."
  done
}

# Mounts and processes live in namespaces of their own: whatever ends this script, the kernel removes both.
own_namespace() {
  [ "${COSIO_IN_NAMESPACE-}" != yes ] || return 0
  exec unshare --mount --pid --fork --kill-child --mount-proc env COSIO_IN_NAMESPACE=yes sh "$@"
}

clean_up() {
  umount -R "$root/dev" 2>/dev/null || true
  umount "$root/proc" 2>/dev/null || true
  for mounted in "$root/dev" "$root/proc"; do
    ! mountpoint -q "$mounted" || die "Still mounted: $mounted. Nothing is removed."
  done
  rm -rf "$root"
}
at_end() {
  if [ $$ = 1 ]; then kill -KILL -1 2>/dev/null || true; fi  # all processes of the namespace but this one
  if [ "$keep" = yes ]; then say "Left: $root" && return; fi
  clean_up
}

use_root() {
  root=$dir/$1
  mkdir -p "$dir"
  clean_up
  trap at_end EXIT
  trap 'exit 130' INT TERM
}

took() {
  summary="$summary
  $1: $(($(date +%s) - $2)) s${3+, $3}"
}

# The addresses that this machine's apt has: of the archive, and of its security updates.
# shellcheck disable=SC2016  # apt's fields
archives() { apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | sort -u; }

make_root() {
  [ -n "$mirror" ] || mirror=$(archives | grep -v security | head -n 1)
  [ -n "$mirror" ] || die "This machine's apt names no mirror: use --mirror."
  # debootstrap knows proxies by the environment only.
  if [ -z "${http_proxy-}" ]; then eval "$(apt-config shell http_proxy Acquire::http::Proxy)"; fi
  if [ -n "${http_proxy-}" ]; then export http_proxy; fi
  debootstrap --variant=minbase --include=ca-certificates "$suite" "$root" "$mirror"

  security=$(archives | grep security | head -n 1)
  {
    echo "deb $mirror $suite main"
    if [ "$suite" != sid ]; then
      echo "deb $mirror $suite-updates main"
      [ -z "$security" ] || echo "deb $security $suite-security main"
    fi
  } >"$root/etc/apt/sources.list"
  apt-config dump | grep -E '^Acquire::(http|https|Retries|ForceIPv[46])\b' >"$root/etc/apt/apt.conf.d/90host" || true
  cat /etc/resolv.conf >"$root/etc/resolv.conf"
  cat /etc/hosts >"$root/etc/hosts"

  mount --rbind /dev "$root/dev"
  mount -t proc proc "$root/proc"
  for certificate in /usr/local/share/ca-certificates/*.crt; do
    if [ -f "$certificate" ]; then cp -L "$certificate" "$root/usr/local/share/ca-certificates"; fi
  done
  chroot "$root" update-ca-certificates

  mkdir "$root/cosio"
  git archive HEAD | tar -x -C "$root/cosio"
}

# inside command...: becomes that command in the new system. Its environment has only what the network needs.
# shellcheck disable=SC2016  # the inner shell's
inside() {
  set -- chroot "$root" sh -c 'cd /cosio && exec "$@"' sh "$@"
  set -- NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt "$@"
  for name in $(env | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/\1/p' |
    grep -iE '^((https?|ftp|all|no)_proxy|npm_config_.*|cosio_jobs)$'); do
    eval "set -- \"$name=\$$name\" \"\$@\""
  done
  if has_command npm; then
    for setting in registry proxy https-proxy noproxy; do
      value=$(npm config get "$setting" 2>/dev/null)
      case $value in '' | null | undefined) ;; *) set -- "npm_config_$(echo "$setting" | tr - _)=$value" "$@" ;; esac
    done
  fi
  exec env -i HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

# step name command...: with its time; what it writes goes to a file
step() {
  name=$1
  log=$dir/$suite.$(echo "$1" | tr ' ' _).log
  shift
  say "=== $name ($log)"
  begun=$(date +%s)
  ("$@") >"$log" 2>&1 &  # a shell goes on after errors in a command that stands in a condition
  wait $! || failed "$name" "$log"
}
failed() {
  tail -n 40 "$2"
  die "=== failed: $1 (all of it: $2)"
}
