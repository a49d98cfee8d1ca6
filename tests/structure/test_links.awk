# Checks pages in which a test proves every row. Reads Markdown; paths are relative to the page. docs.awk only checks
# that a file has a test of the name.
#
#   | … | proof |                           the head of a table; there is no other kind
#   | … | [a](path): "name", "name"; … |    each row below it: links to tests, each with names, and nothing else
#
# The name of a test occurs once in its file. The file belongs to the test programs (tests/*/*_test.cpp,
# tests/*/*.test.js). The test is neither hidden (Catch's [.] and [!…] tags) nor skipped. No row is there twice.

FNR == 1 { row_of = ""; page = FILENAME; folder = page; if (!sub(/[^\/]*$/, "", folder)) folder = "" }

!/^\|/ { row_of = ""; next }
/^\|[-|: ]*\|$/ { next }
row_of == "" {
  row_of = $0
  if (!/\| proof \|$/) complain("a table without proofs: its last column is not headed proof")
  next
}
{ rows++; check_row($0) }

END {
  if (!rows) complain("no row")
  printf "%d rows are proven by %d tests\n", rows, tests
  exit bad
}

function complain(why) { print page ":" FNR ": " why; bad = 1 }

function check_row(row,    proof, promise, link) {
  proof = row
  sub(/ \|$/, "", proof)
  if (!match(proof, /\[[^][|]*\]\([^() |]*tests\/[^|]*$/)) { complain("a row without a test that proves it"); return }
  promise = substr(proof, 1, RSTART - 1)
  proof = substr(proof, RSTART)
  if (promise !~ /\| $/) complain("words between the promise and its proof")
  if (promise in promised) complain("the same promise as in line " promised[promise])
  promised[promise] = FNR
  while (match(proof, /^\[[^][]*\]\([^() ]+\): "[^"]+"(, "[^"]+")*/)) {
    link = substr(proof, 1, RLENGTH)
    proof = substr(proof, RLENGTH + 1)
    check_tests(link)
    if (!sub(/^; /, "", proof)) break
  }
  if (proof != "") complain("not [test](path): \"name\", \"name\"; …: " proof)
}

function check_tests(link,    path, names, list, n, i) {
  path = names = link
  sub(/^[^(]*\(/, "", path)
  sub(/\): ".*/, "", path)
  sub(/^[^"]*"/, "", names)
  sub(/"$/, "", names)
  path = folder path
  if (path !~ /tests\/[a-z]+\/[a-z0-9_]+(_test\.cpp|\.test\.js)$/) { complain("no test program takes in " path); return }
  n = split(names, list, /", "/)
  for (i = 1; i <= n; i++) check_test(path, list[i])
}

function check_test(path, name,    count) {
  if ((path, name) in seen) return
  seen[path, name] = 1
  tests++
  count = occurrences(path, name)
  if (count != 1) complain(path " has " (count ? count " tests" : "no test") " \"" name "\"")
  else if (idle != "") complain("\"" name "\" does not run: " idle)
}

# The number of tests of a file with this name. The name follows the parenthesis, or stands alone at the beginning of
# the next line. If the test does not run, `idle` has the reason.
function occurrences(path, name,    line, count, open, call) {
  idle = ""
  while ((getline line < path) > 0) {
    if (tags) { note_tags(line); tags = 0 }
    if (match(line, /(^|[^A-Za-z])(TEST_CASE|test|it)(\.skip|\.todo)?\(/)) {
      call = substr(line, RSTART, RLENGTH)
      line = substr(line, RSTART + RLENGTH)
    } else if (!open) continue
    open = line ~ /^ *$/
    sub(/^ */, "", line)
    if (index(line, "\"" name "\"") != 1 && index(line, "`" name "`") != 1) continue
    count++
    if (call ~ /\.(skip|todo)\(/) idle = call
    tags = line !~ /\{/ && path ~ /\.cpp$/
    note_tags(substr(line, length(name) + 3))
  }
  tags = 0
  close(path)
  return count
}

function note_tags(line) {
  if (match(line, /"[^"]*\[[.!][^"]*"|\{[^}]*(skip|todo):[^}]*/)) idle = substr(line, RSTART, RLENGTH)
}
