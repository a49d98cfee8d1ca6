# What the pages promise, held against the tree. Reads Markdown; paths are relative to the page.
#
#   [text](path)          the file exists
#   [text](path#heading)  and has that heading
#   [`name`](path)        and contains that name, when the text is a name and no path
#   ```cpp                follows <!-- file: path --> or <!-- from: path -->: the block is that whole file, byte for byte, or a
#                         run of its lines without their common indentation

FNR == 1 { in_block = 0; marker = ""; page = FILENAME; folder = page; if (!sub(/[^\/]*$/, "", folder)) folder = ""; pages++ }

in_block && /^ *```/ { in_block = 0; if (marker != "") compare(); marker = ""; next }
in_block { block = block $0 "\n"; lines[++count] = $0; next }

/^ *<!-- (file|from): [^ ]+ -->$/ { marker = $2 " " $3; next }

/^ *```/ {
  in_block = 1
  block = ""
  count = 0
  if (marker == "" && /```(cpp|c\+\+)/) complain("C++ without the file that it comes from: put <!-- file: path --> or <!-- from: path --> before it")
  next
}

!/^[ \t]*$/ { marker = "" }

{
  text = $0
  while (match(text, /\[[^][]*\]\([^() ]+\)/)) {
    link = substr(text, RSTART, RLENGTH)
    text = substr(text, RSTART + RLENGTH)
    check_link(link)
  }
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
