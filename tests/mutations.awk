# Lists what tests/mutate.sh may change in sources: one mutation a line, with tabs between
#
#   file   line   kind   the new text of that line
#
# awk -f tests/mutations.awk lib/wire/utf8.cpp …       It is plain awk, and knows the layout that clang-format gives.
#
# Kinds: comparison (< and <=, == and !=), logic (&& and ||), condition (negated), bound (a number, one more), call and
# assignment (dropped), result (another constant, or an empty value).

FNR == 1 { before = ";" }

{
  code = masked($0)
  if (skipped(code)) {
    if (code !~ /^[ \t]*$/) before = code
    next
  }
  swap(" < ", " <= ", "comparison")
  swap(" <= ", " < ", "comparison")
  swap(" > ", " >= ", "comparison")
  swap(" >= ", " > ", "comparison")
  swap(" == ", " != ", "comparison")
  swap(" != ", " == ", "comparison")
  swap(" && ", " || ", "logic")
  swap(" || ", " && ", "logic")
  negate("if (")
  negate("while (")
  count_on()
  drop_statement()
  other_result()
  before = code
}

# The line with every character of literals and comments replaced by "~": columns stay.
function masked(text,    out, i, c, quote, last) {
  out = ""
  quote = ""
  last = ""
  for (i = 1; i <= length(text); ++i) {
    c = substr(text, i, 1)
    if (quote != "") {
      if (c == "\\") {
        out = out "~~"
        ++i
        continue
      }
      if (c == quote) quote = ""
      out = out "~"
    } else if (substr(text, i, 2) == "//") {
      return out
    } else if (c == "\"" || (c == "'" && last !~ /[0-9A-Za-z]/)) {
      quote = c
      out = out "~"
    } else {
      out = out c
    }
    last = c
  }
  return out
}

# Lines that run at compile time, or that no test of behaviour can tell from others: logs, and memory that is set aside.
function skipped(code) {
  return code ~ /^[ \t]*(#|using |template |case |namespace |static_assert|\}? *$)/ || $0 ~ /R"/ ||
         code ~ /constexpr|operator|= default|= delete|assert\(|COSIO_|log\(|log_thrown|reserve\(|shrink_to_fit|static_cast<void>/
}

function found(kind, text) { printf "%s\t%d\t%s\t%s\n", FILENAME, FNR, kind, text }

# `from` in every place of the line, by `to`.
function swap(from, to, kind,    at, next_at) {
  at = 0
  while ((next_at = index(substr(code, at + 1), from)) > 0) {
    at += next_at
    found(kind, substr($0, 1, at - 1) to substr($0, at + length(from)))
  }
}

# The place of the ")" that ends what begins behind `from`; 0: on another line.
function closing(from,    depth, i, c) {
  depth = 1
  for (i = from; i <= length(code); ++i) {
    c = substr(code, i, 1)
    if (c == "(") ++depth
    if (c == ")" && --depth == 0) return i
  }
  return 0
}

# A condition that declares nothing, or what stands behind its declaration.
function negate(word,    from, to, inside, semicolon) {
  from = index(code, word)
  if (from == 0 || substr(code, from - 1, 1) ~ /[a-z_]/) return
  from += length(word)
  to = closing(from)
  if (to == 0) return
  inside = substr(code, from, to - from)
  semicolon = index(inside, "; ")
  if (semicolon > 0) from += semicolon + 1
  if (semicolon == 0 && inside ~ / = /) return
  found("condition", substr($0, 1, from - 1) "!(" substr($0, from, to - from) ")" substr($0, to))
}

# Every decimal number of the line, one more. The size of a buffer is none of them: with one byte more it does the same.
function count_on(    rest, at, number, around) {
  if (code ~ /array</) return
  at = 1
  while (match(substr(code, at), /[0-9][0-9']*/)) {
    number = substr(code, at + RSTART - 1, RLENGTH)
    around = substr(code, at + RSTART - 2, 1) " " substr(code, at + RSTART - 1 + RLENGTH, 1)
    if (at + RSTART - 2 < 1) around = "  "
    rest = at + RSTART - 1
    at = rest + RLENGTH
    if (around ~ /^[A-Za-z_0-9.']/ || around ~ /[xXb_.]$/) continue
    gsub(/'/, "", number)
    found("bound", substr($0, 1, rest - 1) (number + 1) substr($0, at))
  }
}

# A statement of one line: a call, an assignment to something that exists, or a step.
function drop_statement(    indent) {
  if (before !~ /([;{}:)]|else)[ \t~]*$/) return
  match($0, /^[ \t]*/)
  indent = substr($0, 1, RLENGTH)
  if (code ~ /^[ \t]+(co_await )?[a-z_][A-Za-z0-9_:.<>\-]*(\(\)[A-Za-z0-9_.\-]*(->|\.)[a-z_]+)*\(.*\);[ \t]*$/ &&
      code !~ /^[ \t]+(if|for|while|switch|return|co_return|throw|void|bool|auto)[ (]/)
    found("call", indent ";")
  else if (code ~ /^[ \t]+[*a-z_][A-Za-z0-9_:.()\[\]>\-]* [-+|&*]?= .*;[ \t]*$/)
    found("assignment", indent ";")
  else if (code ~ /^[ \t]+((\+\+|--)[a-z_][A-Za-z0-9_.>\-]*|[a-z_][A-Za-z0-9_.>\-]*(\+\+|--));[ \t]*$/)
    found("assignment", indent ";")
}

function other_result(    from, value) {
  if (!match(code, /(^|[ \t])(co_)?return [^;]+;[ \t]*$/)) return
  from = RSTART - 1 + index(substr(code, RSTART), "return ") + length("return ")
  value = substr($0, from)
  sub(/;.*$/, "", value)
  if (value == "true" || value == "false") value = value == "true" ? "false" : "true"
  else if (value ~ /^[0-9]+$/ || value == "{}" || value == "nullptr" || value == "std::nullopt") return
  else value = "{}"
  found("result", substr($0, 1, from - 1) value ";")
}
