# House rules that can be read off the text of a C++ file: coroutine safety first of all. GCC 12 miscompiles, without a
# warning, what the co_await rules refuse; docs/contributing.md has the whole table.
#
# It is no parser. It knows comments, literals, statements and brackets. It relies on clang-format, which puts a space
# before the brace of a block and none before the brace of an initialiser.

FNR == 1 {
  end_of_file()
  file = FILENAME
  is_header = file ~ /\.hpp$/
  in_comment = in_raw = saw_pragma = saw_include = depth = 0
  statement[0] = ""; parens[0] = 0
  own_header = is_header ? "" : own_header_of(file)
  if ($0 !~ /^\/\/ /) complain("the first line says what the file is")
}

/(^|[^A-Za-z])(TODO|FIXME|XXX|HACK)([^A-Za-z]|$)/ { complain("unfinished work is no comment") }

/TEST_CASE\(/ { naming = 1 }
naming { test_name($0) }

{
  line = without_comments_and_literals($0)
  if (in_directive || line ~ /^[ \t]*#/) {
    directive($0)
    in_directive = $0 ~ /\\$/
    next
  }
  check_words(line)
  check_wait(line)
  scan(line " ")
}

END { end_of_file(); exit bad }

function complain(why) { print file ":" FNR ": " why; bad = 1 }

function end_of_file() {
  if (file != "" && is_header && !saw_pragma) { print file ":1: a header needs #pragma once"; bad = 1 }
}

function directive(text) {
  if (text ~ /^#pragma once/) saw_pragma = 1
  if (text !~ /^#[ ]*include/) return
  if (text ~ /awaitable_operators/) complain("no (operation || timer): deadlines come from async/deadlines")
  if (text ~ /<regex>/) complain("no regular expressions: clients choose the input; see docs/decisions")
  sub(/^#[ ]*include[ ]*["<]/, "", text)
  sub(/[">].*/, "", text)
  if (!saw_include && own_header != "" && !ends_with(own_header, "/" text))
    complain("a source includes its own header first, which shows that the header compiles alone")
  saw_include = 1
}

# CMake makes two tests of a name with a semicolon, and neither runs anything.
function test_name(text,    at) {
  sub(/.*TEST_CASE\(/, "", text)
  at = match(text, /",|"\)/)
  if (at) text = substr(text, 1, at)
  if (index(text, ";")) complain("no semicolon in a test's name: ctest would run nothing under it")
  if (at) naming = 0
}

function own_header_of(source,    header, exists) {
  header = source
  sub(/\.cpp$/, ".hpp", header)
  exists = (getline ignored < header) > 0
  close(header)
  return exists ? header : ""
}

function ends_with(text, tail) { return length(text) >= length(tail) && substr(text, length(text) - length(tail) + 1) == tail }

function check_words(text) {
  if (text ~ /(^|[^A-Za-z0-9_])detached([^A-Za-z0-9_]|$)/) complain("detached loses exceptions: complete with a handler that reports")
  if (text ~ /\|\|[ ]*[A-Za-z_.>-]*timer/) complain("no (operation || timer): deadlines come from async/deadlines")
  if (text ~ /(^|[^A-Za-z0-9_])(sleep_for|sleep_until|usleep|nanosleep)[ ]*\(/) complain("sleeping is no synchronisation")
  if (text ~ /(^|[^A-Za-z0-9_])std::regex/) complain("no regular expressions: clients choose the input; see docs/decisions")
  if (file !~ /(^|\/)(tests|fuzz)\// &&
      (text ~ /std::hash<std::string/ || text ~ /unordered_(multi)?(map|set)<std::string/ && text !~ /text_hash/))
    complain("text from outside is hashed with a secret: base::text_hash, base::text_map")
  if (file !~ /(^|\/)(tests|fuzz|apps)\// && file !~ /base\/later\.hpp$/ &&
      text ~ /(^|[^A-Za-z0-9_])(manual_)?now_?(\(\))? [+] |[^A-Za-z0-9_]now_?(\(\))? [+]= /)
    complain("a sum of times may overflow, and mean at once instead of never: base::later(), deadlines::after()")
  if (is_header && text ~ /^[ ]*using namespace/) complain("no using namespace in a header")
}

# The function that a wait hands its suspension to may still run when the coroutine has ended on another thread.
function check_wait(text,    name) {
  if (file ~ /(^|\/)tests\//) return
  if (match(text, /auto [a-z_]+ = \[[^\]]*\]/)) {
    name = substr(text, RSTART + 5, RLENGTH - 5)
    refers[substr(name, 1, index(name, " ") - 1)] = name ~ /[[,][ ]*&/ ? file : ""
  }
  if (match(text, /(^|[^A-Za-z_])(suspend|wait|wait_until)\(.*std::move\([a-z_]+\)\)/)) {
    name = substr(text, RSTART, RLENGTH - 2)
    sub(/.*std::move\(/, "", name)
    if (refers[name] == file && file !~ /async\/wait_until\.hpp$/)
      complain("no references among the captures of " name ": it may run longer than the coroutine that waits")
  }
}

# The line with comments gone and every literal reduced to "" or 0; a literal's line ends stay.
function without_comments_and_literals(text,    out, at, two) {
  out = ""
  while (text != "") {
    if (in_comment) {
      if (!(at = index(text, "*/"))) return out
      in_comment = 0
      text = substr(text, at + 2)
    } else if (in_raw) {
      if (!(at = index(text, raw_end))) return out
      in_raw = 0
      text = substr(text, at + length(raw_end))
      out = out "\"\""
    } else if (match(text, /\/\/|\/\*|R"[^ ()\\]*\(|"|'/)) {
      out = out substr(text, 1, RSTART - 1)
      two = substr(text, RSTART, RLENGTH)
      text = substr(text, RSTART + RLENGTH)
      if (two == "//") return out
      else if (two == "/*") in_comment = 1
      else if (two ~ /^R"/) { in_raw = 1; raw_end = ")" substr(two, 3, length(two) - 3) "\"" }
      else if (two == "'" && out ~ /[0-9A-Fa-f]$/ && text ~ /^[0-9A-Fa-f]/) out = out "0"  # 1'000
      else if (two == "'") { match(text, /^(\\.[^']*|[^\\'])'/); text = substr(text, RLENGTH + 1); out = out "0" }
      else { match(text, /^([^"\\]|\\.)*"/); text = RLENGTH > 0 ? substr(text, RLENGTH + 1) : ""; out = out "\"\"" }
    } else {
      out = out text
      text = ""
    }
  }
  return out
}

# Walks over the code, one bracket or separator at a time. depth counts braces; statement[depth] is what was read of the
# statement under way, parens[depth] how many of its parentheses are open.
function scan(text,    piece, sign, rest) {
  while (match(text, /[;{}()\[]|co_await/)) {
    piece = substr(text, 1, RSTART - 1)
    sign = substr(text, RSTART, RLENGTH)
    rest = substr(text, RSTART + RLENGTH)
    statement[depth] = statement[depth] piece
    if (sign == "co_await" && piece !~ /[A-Za-z0-9_]$/) awaiting()
    else if (sign == "[") rest = bracket(rest)
    else if (sign == "{") open_brace()
    else if (sign == "}") close_brace(rest)
    else if (sign == "(") { parens[depth]++; statement[depth] = statement[depth] "(" }
    else if (sign == ")") { parens[depth]--; statement[depth] = statement[depth] ")" }
    else if (sign == ";" && !initialiser[depth]) begin_statement()
    text = rest
  }
  statement[depth] = statement[depth] text
}

function begin_statement() { statement[depth] = ""; parens[depth] = 0; captures[depth] = "" }

function awaiting(    before) {
  before = statement[depth]
  sub(/[ \t]+$/, "", before)
  if (before ~ /co_await/) complain("one co_await in a statement")
  else if (before ~ /(if|while) \([^()]*[A-Za-z0-9_] = /) complain("no co_await behind a condition that declares something: declare it first")
  else if (before ~ /\?/ && before !~ /^[ ]*(case|default)/) complain("no co_await in a conditional expression: use if and else")
  else if (parens[depth] > 0 || initialiser[depth]) complain("co_await inside another expression: give its result a name first")
  else if (before ~ /auto[ &]*\[[^]]*\][ ]*=$/) complain("no structured binding of a co_await: give its result a name first")
  else if (before !~ /^$|[^=!<>]=$|co_return$|else$|do$|\)$|:$/) complain("co_await inside another expression: give its result a name first")
  statement[depth] = statement[depth] "co_await"
}

# A subscript, an attribute or the captures of a lambda.
function bracket(rest,    inside, n, item, i, before) {
  inside = index(rest, "]") ? substr(rest, 1, index(rest, "]") - 1) : rest
  before = statement[depth]
  sub(/[ \t]+$/, "", before)
  statement[depth] = statement[depth] "["
  if (before !~ /[(,=]$|return$|^$/ || inside ~ /^\[/) return rest
  captures[depth] = inside
  if (before !~ /co_await.*[(,]$/) return rest
  n = split(inside, item, ",")
  for (i = 1; i <= n; i++)
    if (item[i] !~ /^[ ]*(&|this[ ]*$)/) complain("a lambda with captures inside co_await: give it a name and move it in")
  return rest
}

function open_brace(    before) {
  before = statement[depth]
  if (before ~ /[=,(][ ]*$|(^|[^A-Za-z0-9_])return[ ]*$|[A-Za-z0-9_>]$/) {
    if (before ~ /co_await/) complain("braces inside co_await: make the value first, or call a constructor with parentheses")
    initialiser[++depth] = 1
  } else {
    initialiser[++depth] = 0
  }
  begin_statement()
}

function close_brace(rest) {
  if (depth > 0) depth--
  if (statement[depth] ~ /co_spawn[ ]*\(/ && parens[depth] > 0 && captures[depth] != "" && rest ~ /^[ ]*\(/ && !initialiser[depth + 1])
    complain("a lambda with captures, called at once in co_spawn: its captures die before the coroutine runs")
  if (parens[depth] > 0 || initialiser[depth] || initialiser[depth + 1]) statement[depth] = statement[depth] "{}"
  else begin_statement()
}
