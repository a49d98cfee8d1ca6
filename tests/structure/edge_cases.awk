# Finds the tests that prove the rows of docs/edge-cases.md. Reads test files; prints lines of row, file and name,
# separated by tabs.
#
#   // edge 12, 30-32     alone on its line, above a test: that test (comments, `for` and `describe` may lie between)
#   … // edge 12          at the end of a line, and "edge 12: …" as the name of a table's row: the test around it
#   # edge 12             in a shell script: the script
#
# "edge case 12" and "edge cases 12" are the same. Rows of a table in front of all tests belong to no test.
#
# A test is TEST_CASE("name" in C++, and test("name" or it("name" in JavaScript. t.test("name" inside of another is a
# test of its own when the comment stands above it.

FNR == 1 { settle(); file = FILENAME; top = ""; unnamed = 0; script = file ~ /\.sh$/; cpp = file ~ /\.cpp$/ }

script { if (/^ *#/ && numbers($0)) emit(found, ""); next }

unnamed {
  name = quoted($0)
  if (name != "") named(name)
}

{
  start = test_start($0)
  has = numbers($0)
  alone = /^ *\/\//
}

start {
  nested = $0 ~ /(^|[^A-Za-z_])t\.test\(/
  name = quoted(substr($0, start))
  unnamed = 1
  if (has) waiting = waiting " " found
  if (name != "") named(name)
  next
}

has && alone { waiting = waiting " " found; next }
alone || /^ *(for \(|describe\(|\/\*\*|\*)/ { next }
waiting != "" && !unnamed { settle() }
has && top == "" && $0 !~ /\/\// { next }
has { if (unnamed) waiting = waiting " " found; else emit(found, top) }

END { settle(); exit bad }

# Comments that no test followed belong to the test around them.
function settle() {
  if (waiting != "") emit(waiting, top)
  waiting = ""
}

function named(name) {
  unnamed = 0
  if (!nested) top = name
  if (waiting != "") emit(waiting, name)
  waiting = ""
}

# Where a test begins in this line, behind its parenthesis; 0 when none does.
function test_start(line) {
  if (cpp) return match(line, /(^|_)TEST_CASE\(/) ? RSTART + RLENGTH : 0
  return match(line, /(^|[^A-Za-z_])(test|it)\(/) ? RSTART + RLENGTH : 0
}

# The first string of a line, without its quotes.
function quoted(text,    quote, i, c, out) {
  if (!match(text, /["`]/)) return ""
  if (substr(text, 1, RSTART - 1) !~ /^ *$/) return ""
  quote = substr(text, RSTART, 1)
  for (i = RSTART + 1; i <= length(text); i++) {
    c = substr(text, i, 1)
    if (c == "\\") { i++; out = out substr(text, i, 1); continue }
    if (c == quote) return out
    out = out c
  }
  return ""
}

# Puts the rows that a line names into `found`, ranges resolved.
function numbers(line,    part, list, n, i, ends) {
  found = ""
  while (match(line, /(^|[^A-Za-z])edges?( cases?)? [0-9][0-9, -]*/)) {
    part = substr(line, RSTART, RLENGTH)
    line = substr(line, RSTART + RLENGTH)
    sub(/^.*edges?( cases?)? /, "", part)
    n = split(part, list, /, */)
    for (i = 1; i <= n; i++) {
      if (list[i] ~ /^[0-9]+-[0-9]+ *$/) {
        split(list[i], ends, /-/)
        for (; ends[1] + 0 <= ends[2] + 0; ends[1]++) found = found " " ends[1] + 0
      } else if (list[i] ~ /^[0-9]+ *-? *$/) found = found " " list[i] + 0
    }
  }
  return found != ""
}

function emit(rows, name,    list, n, i) {
  n = split(rows, list, " ")
  for (i = 1; i <= n; i++) {
    if (name == "" && !script) { print file ": edge " list[i] " is above no test" > "/dev/stderr"; bad = 1 }
    else print list[i] "\t" file "\t" name
  }
}
