# Holds the table of docs/edge-cases.md against the tests. Reads the lines of edge_cases.awk, then the page.
#
#   | 12 | given, when | then | tests |     tests as edge_cases.awk finds them, joined by <br>,
#                                           or "differs: reason", or "not built yet: what"
#
# With -v mode=write it prints the page with the present tests. A test that the page does not name yet is only
# mentioned: the page does not promise to name all.

BEGIN { FS = "\t"; last = 312 }

{ page = FILENAME != ARGV[1] }

!page {
  if ($1 < 1 || $1 > last) complain($2 ": there is no edge " $1)
  entry = "[" short($2) "](../" $2 ")" ($3 == "" ? "" : ": " escaped($3))
  if (($1, entry) in exists) next
  exists[$1, entry] = 1
  tests[$1] = tests[$1] (tests[$1] == "" ? "" : "<br>") entry
  next
}

!/^\| [0-9]+ \|/ { if (mode == "write") print; next }

{
  n = split($0, cell, / \| /)
  row = cell[1]
  sub(/^\| /, "", row)
  row += 0
  proof = cell[n]
  sub(/ *\|$/, "", proof)
  excused = proof ~ /^(differs|not built yet): ./
  if (mode == "write") {
    if (!excused || tests[row] != "") proof = tests[row]
    print "| " row " | " cell[2] " | " cell[3] " | " proof " |"
    next
  }
  if (n != 4) { complain("row " row " has " n " cells, not 4"); next }
  if (row < 1 || row > last) complain("there is no row " row)
  if (row in seen) complain("row " row " is there twice")
  seen[row] = 1
  if (cell[2] ~ /^ *$/ || cell[3] ~ /^ *$/) complain("row " row " says nothing")
  if (excused) check_excuse()
  else check_tests()
  if (proof != tests[row] && tests[row] != "") stale = stale " " row
}

END {
  if (mode == "write") exit bad
  for (i = 1; i <= last; i++) if (!(i in seen)) complain("row " i " is missing")
  n = split(unbuilt, list, " ")
  printf "%d of %d rows are proven by tests, %d differ for a stated reason, %d are not built yet%s\n", proven, last, differs, n, n ? ":" unbuilt : ""
  if (stale != "") print "tests/structure/edge_cases.sh --write would bring up to date:" stale
  exit bad
}

function check_excuse() {
  if (proof !~ /^(differs|not built yet): ........../) complain("row " row " gives no reason")
  if (proof ~ /^differs/) differs++
  else unbuilt = unbuilt " " row
}

function check_tests(    list, n, i, whole) {
  n = split(proof, list, "<br>")
  if (n == 0) complain("row " row ": no test proves it")
  for (i = 1; i <= n; i++) {
    if (!((row, list[i]) in exists)) complain("row " row ": no test says that it proves it: " list[i])
    if (list[i] !~ /^\[wire\//) whole = 1
  }
  if (n > 0 && !whole) complain("row " row ": tests of lib/wire alone show no server that does it")
  else if (n > 0) proven++
}

function complain(what) { print (page ? "docs/edge-cases.md: " : "") what > (mode == "write" ? "/dev/stderr" : "/dev/stdout"); bad = 1 }
function short(path) { sub(/^tests\//, "", path); return path }
function escaped(name) {
  gsub(/\|/, "\\&#124;", name)
  gsub(/</, "\\&lt;", name)
  gsub(/_/, "\\_", name)
  gsub(/\*/, "\\*", name)
  gsub(/\[/, "\\[", name)
  gsub(/`/, "\\`", name)
  return name
}
