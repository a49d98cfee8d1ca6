# Reads the files advisories*_test.cpp, then the page with the table.
#
#   TEST_CASE("CVE-2000-1: a sentence"          proves the row of CVE-2000-1
#   | CVE-2000-1, GHSA-x | what it was | rule | tests |
#
# The last cell names all tests of the row's ids, joined by <br>, or says "not affected: reason". With -v mode=write the
# page is printed with the present tests.

FNR == 1 { waiting = 0 }

FILENAME !~ /\.md$/ {
  if (/TEST_CASE\(/) { waiting = 1; sub(/.*TEST_CASE\(/, "") }
  if (waiting && match($0, /"([^"\\]|\\.)*"/)) {
    waiting = 0
    note(FILENAME, substr($0, RSTART + 1, RLENGTH - 2))
  }
  next
}

/^## / { in_table = 0 }
/^\| *id *\|/ { in_table = 1; rules = 1; print_line($0); next }
!in_table || !/^\|/ || /^\| *-/ { print_line($0); next }

{
  n = split($0, cell, / \| /)
  if (n != 4) { complain($0 ": " n " cells, not 4"); print_line($0); next }
  sub(/^\| /, "", cell[1])
  sub(/ \|$/, "", cell[4])
  tests = ""
  count = split(cell[1], ids, /, /)
  for (i = 1; i <= count; i++) {
    if (ids[i] in row) complain(ids[i] " is there twice")
    row[ids[i]] = 1
    if (ids[i] in proofs) tests = tests (tests == "" ? "" : "<br>") proofs[ids[i]]
  }
  excused = cell[4] ~ /^not affected: ........../
  if (mode == "write") {
    if (tests != "") cell[4] = tests
    print "| " cell[1] " | " cell[2] " | " cell[3] " | " cell[4] " |"
    next
  }
  if (excused && tests != "") complain(cell[1] " is called not affected, but has tests")
  else if (!excused && tests == "") complain(cell[1] ": no test's name begins with it, and no reason says why")
  else if (!excused && cell[4] != tests) complain(cell[1] ": its tests are " tests)
  rows++
  spared += excused
}

END {
  for (id in proofs) if (!(id in row)) complain("no row " id ", but " proofs[id])
  if (!rules) complain("no table of advisories")
  if (mode != "write") print rows " advisories, of which " spared + 0 " concern no server"
  exit bad
}

function note(file, name,    id, short) {
  if (name !~ /^[^:]+: ./) { complain(file ": a test's name begins with the id of its advisory: " name); return }
  id = name
  sub(/: .*/, "", id)
  short = file
  sub(/^tests\//, "", short)
  proofs[id] = proofs[id] (id in proofs && proofs[id] != "" ? "<br>" : "") "[" short "](../" file "): " escaped(name)
}

function escaped(name) {
  gsub(/\\"/, "\"", name)
  gsub(/\|/, "\\&#124;", name)
  gsub(/_/, "\\_", name)
  return name
}

function print_line(text) { if (mode == "write") print text }
function complain(what) { print what > (mode == "write" ? "/dev/stderr" : "/dev/stdout"); bad = 1 }
