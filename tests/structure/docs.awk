# Compares the pages with the tree. Reads Markdown; paths are relative to the page.
#
#   [text](path)          the file exists
#   [text](path#heading)  and has that heading
#   [`name`](path)        and contains that name, when the text is a name and no path
#   [text](tests/path): "name", "name"   and has tests of these names, as TEST_CASE("name" or test("name"
#   | … | proof |         the head of a table: each row below it names such a test
#   <!-- rows: path -->   the head of a table follows: the code in the last cell of its rows is in that file, whatever
#                         its spaces and breaks of lines are
#   ```cpp                follows <!-- file: path --> or <!-- from: path -->: the block is that whole file, byte
#   for byte,
#                         or a run of its lines without their common indentation

FNR == 1 { in_block = 0; rows_of = ""; marker = ""; page = FILENAME; folder = page; if (!sub(/[^\/]*$/, "", folder)) folder = ""; pages++ }

in_block && /^ *```/ { in_block = 0; if (marker != "") compare(); marker = ""; next }
in_block { block = block $0 "\n"; lines[++count] = $0; next }

/^ *<!-- rows: [^ ]+ -->$/ { rows_of = folder $3; heads = 2; next }

/^ *<!-- (file|from): [^ ]+ -->$/ { marker = $2 " " $3; next }

/^ *```/ {
  in_block = 1
  block = ""
  count = 0
  if (marker == "" && /```(cpp|c\+\+)/) complain("C++ without the file that it comes from: put <!-- file: path --> or <!-- from: path --> before it")
  next
}

!/^[ \t]*$/ { marker = "" }

!/^ *\|/ { in_proofs = 0; if (!/^[ \t]*$/ || heads < 1) rows_of = "" }
rows_of != "" && /^ *\|/ { if (heads-- < 1) check_row($0); next }

{
  text = $0
  named = 0
  while (match(text, /\[[^][]*\]\([^() ]+\)/)) {
    link = substr(text, RSTART, RLENGTH)
    text = substr(text, RSTART + RLENGTH)
    check_link(link)
    if (link ~ /tests\/[^()]*\.(cpp|js)\)$/ && text ~ /^: "/) text = check_tests(link, substr(text, 3))
  }
  if (in_proofs && !named && !/^ *\|[-|: ]*\|$/) complain("a row without the test that proves it")
  if (/^ *\|.*\| *proof *\|$/) in_proofs = 1
}

END { if (!pages) { print "no pages"; bad = 1 } exit bad }

function complain(why) { print page ":" FNR ": " why; bad = 1 }

function check_link(link,    name, path, heading) {
  name = path = link
  sub(/\]\(.*/, "", name); sub(/^\[/, "", name)
  sub(/^.*\]\(/, "", path); sub(/\)$/, "", path)
  if (path ~ /^(https?|mailto):/) return
  links++
  heading = ""
  if (index(path, "#")) { heading = path; sub(/^[^#]*#/, "", heading); sub(/#.*/, "", path) }
  path = path == "" ? page : folder path
  if (system("test -e '" path "'") != 0) { complain("no such file: " path); return }
  if (heading != "" && !has_heading(path, heading)) complain(path " has no heading #" heading)
  if (name ~ /^`[^`\/]+`$/ && name !~ /^`[^`]*\.[a-z]+`$/) {
    gsub(/`|\(\)/, "", name)
    sub(/^.*::/, "", name)
    if (!contains(path, name)) complain(path " does not mention " name)
  }
}

# `text` begins with the names of tests, in quotes. Returns what is behind them.
function check_tests(link, text,    path, name) {
  path = link
  sub(/^.*\]\(/, "", path)
  sub(/\)$/, "", path)
  path = folder path
  while (match(text, /^"[^"]*"/)) {
    name = substr(text, 2, RLENGTH - 2)
    text = substr(text, RLENGTH + 1)
    named++
    if (!has_test(path, name)) complain(path " has no test \"" name "\"")
    if (!sub(/^, "/, "\"", text)) break
  }
  return text
}

# A test's name follows its parenthesis, or stands alone at the beginning of the next line.
function has_test(path, name,    line, found, open) {
  while ((getline line < path) > 0) {
    if (match(line, /(^|[^A-Za-z])(TEST_CASE|test|it)\(/)) line = substr(line, RSTART + RLENGTH)
    else if (!open) continue
    open = line ~ /^ *$/
    sub(/^ */, "", line)
    if (index(line, "\"" name "\"") == 1 || index(line, "`" name "`") == 1) found = 1
  }
  close(path)
  return found
}

function has_heading(path, heading,    line, found) {
  while ((getline line < path) > 0) {
    if (line !~ /^#+ /) continue
    sub(/^#+ /, "", line)
    line = tolower(line)
    gsub(/[^a-z0-9 _-]/, "", line)
    gsub(/ /, "-", line)
    if (line == heading) found = 1
  }
  close(path)
  return found
}

function contains(path, name,    line, found) {
  while ((getline line < path) > 0) if (index(line, name)) found = 1
  close(path)
  return found
}

# The code of the last cell of a row is in the file rows_of.
function check_row(row,    code, line) {
  if (!(rows_of in squeezed)) {
    squeezed[rows_of] = ""
    while ((getline line < rows_of) > 0) squeezed[rows_of] = squeezed[rows_of] line
    close(rows_of)
    gsub(/[ \t]/, "", squeezed[rows_of])
  }
  gsub(/\\\|/, "\001", row)
  sub(/\| *$/, "", row)
  sub(/^.*\|/, "", row)
  gsub(/\001/, "|", row)
  if (row !~ /`/) complain("a row without code in its last cell")
  while (match(row, /`[^`]+`/)) {
    code = substr(row, RSTART + 1, RLENGTH - 2)
    row = substr(row, RSTART + RLENGTH)
    gsub(/[ \t]/, "", code)
    if (!index(squeezed[rows_of], code)) complain("not found in " rows_of ": " code)
  }
}

function compare(    how, path, line, text, n, source, i, j) {
  how = path = marker
  sub(/ .*/, "", how)
  sub(/^[^ ]* /, "", path)
  path = folder path
  n = 0
  text = ""
  while ((getline line < path) > 0) { source[++n] = line; text = text line "\n" }
  close(path)
  if (!n) complain("no such file: " path)
  else if (how == "file:") { if (text != block) complain("differs from " path) }
  else {
    for (i = 1; i + count - 1 <= n; i++) {
      for (j = 1; j <= count && same(source[i + j - 1], lines[j], source[i]); j++) {}
      if (j > count) return
    }
    complain("not found in " path)
  }
}

# Whether a line of the file is the block's line, when the block was moved left by as much as its first line.
function same(original, shown, first,    indent) {
  match(first, /^ */)
  indent = RLENGTH
  match(lines[1], /^ */)
  indent -= RLENGTH
  if (original ~ /^ *$/) return shown == ""
  return indent >= 0 && match(original, /^ */) && RLENGTH >= indent && substr(original, indent + 1) == shown
}
