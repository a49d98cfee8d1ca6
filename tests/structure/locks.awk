# Locks that Clang's thread safety analysis can see: the rules of lib/base/guarded.hpp that can be read off the text.
#
# A mutex is declared in a block (a class, as a rule). An annotation for it must stand in the same block, so that each
# mutex says what it guards. Comments and literals are left out; it is no parser.

FNR == 1 {
  end_of_file()
  file = FILENAME
  is_wrapper = file ~ /base\/(guarded|small_mutex)\.hpp$/
  depth = blocks = in_comment = count = 0
  block[0] = 0
  split("", guarded)
}

{
  line = plain($0)
  if (!is_wrapper && line ~ /std::((recursive_|shared_)?(timed_)?mutex|lock_guard|unique_lock|scoped_lock|shared_lock)([^A-Za-z0-9_]|$)/)
    complain(FNR, "std's locks are invisible to the analysis: use base::mutex, base::small_mutex and base::lock_guard")
  scan(line)
}

END { end_of_file(); exit bad }

function complain(at, why) { print file ":" at ": " why; bad = 1 }

function end_of_file(    i) {
  for (i = 1; i <= count; i++)
    if (!(guarded[where[i], name[i]]))
      complain(declared[i], name[i] " guards nothing: annotate its members with COSIO_GUARDED_BY(" name[i] ")")
}

# One brace, declaration or annotation at a time.
function scan(text,    sign) {
  while (match(text, /[{}]|(^|[^A-Za-z0-9_:])(base::)?(small_|recursive_)?mutex [A-Za-z0-9_]+( *=[^;]*)?;|COSIO_(PT_)?GUARDED_BY\([^()]*\)|COSIO_REQUIRES\([^()]*\)/)) {
    sign = substr(text, RSTART, RLENGTH)
    text = substr(text, RSTART + RLENGTH)
    if (sign == "{") block[++depth] = ++blocks
    else if (sign == "}") { if (depth > 0) depth-- }
    else if (sign ~ /^COSIO/) annotation(sign)
    else if (!is_wrapper) declaration(sign)
  }
}

function declaration(text) {
  sub(/( *=.*)?;$/, "", text)
  sub(/.*mutex /, "", text)
  name[++count] = text
  where[count] = block[depth]
  declared[count] = FNR
}

function annotation(text,    list, n, i) {
  sub(/^[A-Z_]*\(/, "", text)
  sub(/\)$/, "", text)
  n = split(text, list, /, */)
  for (i = 1; i <= n; i++) guarded[block[depth], list[i]] = 1
}
