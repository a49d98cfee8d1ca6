#!/bin/sh
# Builds the fuzz targets and runs them, with a summary of the finds. Measures the coverage of the corpora, and keeps
# the corpora small. See docs/fuzzing.md.
set -eu
cd "$(dirname "$0")/.."
. lib/cmake/setup.sh

usage() {
  cat <<'END'
usage: sh fuzz/run.sh [options] [targets...]       without targets: all of them

  --minutes N    how long each target runs (20)
  --seconds N    the same in seconds
  --jobs N       targets that run at once; otherwise one per processor
  --no-install   do not install packages, use what is there
  --coverage     run nothing new: print what the corpora reach of each source file in lib
  --minimise     run nothing new: put inputs that reach more than the seeds into fuzz/corpus, few and small
  --list         name the targets

What a run discovers is kept in build/fuzz/corpus, and the next run goes on from there. A target stops at its first find; then the
status is 1, and the last lines say how to repeat each find.
END
}

seconds=1200
processes=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
install=yes
what=run
while [ $# -gt 0 ]; do
  case $1 in
    --minutes) seconds=$((${2:?--minutes wants a number} * 60)) && shift ;;
    --seconds) seconds=${2:?--seconds wants a number} && shift ;;
    --jobs) processes=${2:?--jobs wants a number} && shift ;;
    --no-install) install=no ;;
    --coverage) what=coverage ;;
    --minimise) what=minimise ;;
    --list) what=list ;;
    -h | --help) usage && exit ;;
    -*) usage >&2 && exit 2 ;;
    *) break ;;
  esac
  shift
done

all_targets=$(for folder in fuzz/corpus/*/; do basename "$folder"; done)
targets=${*:-$all_targets}
for target in $targets; do
  [ -d "fuzz/corpus/$target" ] || die "There is no target $target; --list names them."
done
[ "$what" != list ] || { say "$all_targets" && exit; }

if [ "$install" = yes ]; then
  need_build
  need_clang
  [ "$what" != coverage ] || need_command llvm-cov-19 llvm-19
  install_needed
fi

export ASAN_OPTIONS="detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1:$(symbolizer)"
export UBSAN_OPTIONS=print_stacktrace=1
grown=build/fuzz/corpus
finds=build/fuzz/finds
logs=build/fuzz/logs

programs() { for target in $targets; do printf 'fuzz_%s\n' "$target"; done; }

build_targets() { # preset
  build "$1" "$(programs)" >&2
}

# Inputs that a target needs to reach its limits may be longer than libFuzzer's own guess.
options_of() {
  case $1 in
    socket_packet) echo "-max_len=4200" ;;
    session | client_session | handshake) echo "-max_len=2000" ;;
  esac
  [ ! -f "fuzz/$1.dict" ] || echo "-dict=fuzz/$1.dict"
}

# ---------------------------------------------------------------- running

start_target() {
  mkdir -p "$grown/$1" "$finds/$1" "$logs"
  # shellcheck disable=SC2046  # options
  "build/fuzz/fuzz/fuzz_$1" -max_total_time="$seconds" -print_final_stats=1 -timeout=25 -rss_limit_mb=2000 \
    -artifact_prefix="$finds/$1/" $(options_of "$1") "$grown/$1" "fuzz/corpus/$1" >"$logs/$1.log" 2>&1 &
  running="$running $1:$!"
  [ -t 1 ] || say "$(date +%H:%M:%S) $1 runs"
}

# Takes targets that have ended off the list.
collect() {
  still=''
  for one in $running; do
    if kill -0 "${one#*:}" 2>/dev/null; then
      still="$still $one"
    else
      status=0
      wait "${one#*:}" || status=$?
      [ "$status" = 0 ] || failed="$failed ${one%:*}"
      clear_progress
      say "$(date +%H:%M:%S) ${one%:*}: $(last_line "${one%:*}")$([ "$status" = 0 ] || echo ', STOPPED BY A FIND')"
    fi
  done
  running=$still
}

# The last figures of libFuzzer: executions, edges, features, inputs in the corpus, executions in a second.
figures_of() {
  awk '/^#[0-9]+.* cov: / { n = substr($1, 2); for (i = 2; i < NF; i++) { if ($i == "cov:") cov = $(i + 1); if ($i == "ft:") ft = $(i + 1)
         if ($i == "corp:") { corp = $(i + 1); sub(/\/.*/, "", corp) } if ($i == "exec/s:") rate = $(i + 1) } }
       /^stat::number_of_executed_units:/ { n = $2 }
       /^stat::average_exec_per_sec:/ { rate = $2 }
       END { print n + 0, cov + 0, ft + 0, corp + 0, rate + 0 }' "$logs/$1.log"
}

last_line() {
  figures_of "$1" | awk '{ printf "%d executions, %d edges, %d features, %d inputs, %d/s", $1, $2, $3, $4, $5 }'
}

lines_shown=0
clear_progress() {
  while [ "$lines_shown" -gt 0 ]; do
    printf '\033[1A\033[2K'
    lines_shown=$((lines_shown - 1))
  done
}
show_progress() {
  [ -t 1 ] || return 0
  clear_progress
  for one in $running; do
    printf '  %-16s %s\n' "${one%:*}" "$(last_line "${one%:*}")"
    lines_shown=$((lines_shown + 1))
  done
}

count() { echo $#; }

summary() {
  printf '\n%-16s %13s %9s %7s %9s %7s %6s\n' target executions exec/s edges features inputs finds
  for target in $targets; do
    if [ ! -f "$logs/$target.log" ]; then continue; fi
    new=0
    case " $failed " in *" $target "*) new=1 ;; esac
    # shellcheck disable=SC2046  # figures
    set -- $(figures_of "$target")
    printf '%-16s %13s %9s %7s %9s %7s %6s\n' "$target" "$1" "$5" "$2" "$3" "$4" "$new"
  done
}

say_finds() {
  for target in $failed; do
    say ''
    grep -m 1 -E '^property|ERROR: |^==.*SUMMARY|^terminate' "$logs/$target.log" || tail -n 5 "$logs/$target.log"
    find=$(sed -n 's/.*Test unit written to //p' "$logs/$target.log" | tail -n 1)
    say "$target found ${find:-something without an input, see $logs/$target.log}; repeat it with"
    say "  build/fuzz/fuzz/fuzz_$target ${find:-fuzz/corpus/$target/*}"
  done
}

stop_all() {
  for one in $running; do kill -INT "${one#*:}" 2>/dev/null || true; done
  waiting=''
}

run() {
  build_targets fuzz || exit
  for target in $targets; do rm -f "$logs/$target.log"; done
  # shellcheck disable=SC2086  # a list
  say "$(count $targets) targets, $seconds seconds each, $processes at once"
  running=''
  failed=''
  waiting=$targets
  trap 'stop_all' INT TERM
  while [ -n "$running$waiting" ]; do
    for target in $waiting; do
      # shellcheck disable=SC2086  # a list
      if [ "$(count $running)" -ge "$processes" ]; then break; fi
      start_target "$target"
      waiting=$(echo "$waiting" | tr ' ' '\n' | grep -vx "$target" || true)
    done
    sleep 1
    show_progress
    collect
  done
  summary
  say_finds
  [ -z "$failed" ]
}

# ---------------------------------------------------------------- coverage

coverage() {
  build_targets fuzz-coverage || exit
  dir=build/fuzz-coverage
  objects=''
  for target in $targets; do
    mkdir -p "$grown/$target"
    program=$dir/fuzz/fuzz_$target
    LLVM_PROFILE_FILE="$dir/$target.profraw" "$program" -runs=0 "$grown/$target" "fuzz/corpus/$target" >"$dir/$target.log" 2>&1 ||
      die "$target fails on its corpus: see $dir/$target.log"
    objects="$objects ${objects:+-object }$program"
  done
  # shellcheck disable=SC2046  # a list
  llvm-profdata-19 merge -sparse $(for target in $targets; do echo "$dir/$target.profraw"; done) -o "$dir/all.profdata"
  # shellcheck disable=SC2086  # a list
  llvm-cov-19 report $objects -instr-profile="$dir/all.profdata" -ignore-filename-regex='/usr/|/fuzz/[^/]*$|/tests/|/build/' 2>/dev/null |
    awk 'BEGIN { printf "%-40s %8s %9s %10s\n", "file of lib", "lines", "regions", "branches" }
         /^-/ || /^Filename/ || NF < 13 { next }
         $1 == "TOTAL" { last = sprintf("%-40s %8s %9s %10s", "all of these", $10, $4, $13); next }
         $8 == $9 { next }
         { sub(/^.*lib\//, "", $1); printf "%-40s %8s %9s %10s\n", $1, $10, $4, $13 }
         END { print last }'
}

# ---------------------------------------------------------------- corpora

# The name of an input that libFuzzer has made is its hash. Inputs with other names are ours, and stay. The limits of
# number and bytes:
most_inputs=60
most_bytes=40000

minimise() {
  build_targets fuzz || exit
  dir=$(mktemp -d)
  trap 'rm -rf "$dir"' EXIT
  for target in $targets; do
    mkdir -p "$grown/$target" "$dir/$target/seeds" "$dir/$target/new"
    for input in fuzz/corpus/"$target"/*; do
      case $(basename "$input") in
        *[!0-9a-f]* | ?????????????????????????????????????????*) cp "$input" "$dir/$target/seeds/" ;;
        ????????????????????????????????????????) mv "$input" "$grown/$target/" ;;
        *) cp "$input" "$dir/$target/seeds/" ;;
      esac
    done
    # Edges only: how often each is passed makes ten times as many inputs.
    "build/fuzz/fuzz/fuzz_$target" -set_cover_merge=1 -use_counters=0 "$dir/$target/seeds" "$grown/$target" >"$dir/$target/log" 2>&1 ||
      die "$target fails on its corpus: $(tail -n 3 "$dir/$target/log")"
    (cd "$dir/$target/seeds" && find . -type f -size -8k -printf '%s %f\n') | sort -n | awk -v n="$most_inputs" -v b="$most_bytes" '
      length($2) == 40 && $2 !~ /[^0-9a-f]/ && (sum += $1) <= b && ++taken <= n { print $2 }' >"$dir/$target/chosen"
    while read -r input; do cp "$dir/$target/seeds/$input" "fuzz/corpus/$target/"; done <"$dir/$target/chosen"
    say "$target: $(find "fuzz/corpus/$target" -type f | wc -l) inputs, $(cat fuzz/corpus/"$target"/* | wc -c) bytes"
  done
  say "together $(find fuzz/corpus -type f -printf '%s\n' | awk '{ sum += $1 } END { print NR " inputs, " sum " bytes" }')"
}

"$what"
