# Rules for comments in C++ and scripts, and for the lines of pages, as far as a program can see them:
#
#   - no line of a comment, and no line of prose on a page, is longer than 120 characters
#   - no comment, and no paragraph of one, begins with What, Who, That, Whose or Which: a noun comes first
#   - no line of a comment is a single word that belongs to the line before
#
# Rows of tables, code and lines that consist of one link are not prose. Comments behind the code of scripts are
# not checked, and lines between "clang-format off" and "clang-format on" may be long.

FNR == 1 {
  file = FILENAME
  is_page = file ~ /\.md$/
  is_script = file !~ /\.(hpp|cpp|md)$/
  marker = file ~ /\.js$/ ? "//" : "#"
  in_block = in_raw = is_table = 0
  comment_at = 0   # column of the comment on the line before; 0 when there was none
  text_before = "" # its text
  size_before = 0  # characters of that line
}

is_page {
  if (/^ *```/) { in_block = !in_block; next }
  if (in_block || /^ *\|/ || /^ *<!--.*-->$/ || /^ *([-*] )?[^ ]+$/) next
  if (characters($0) > 120) complain("a line of prose is longer than 120 characters")
  next
}

{
  at = is_script ? script_comment_column($0) : comment_column($0)
  if (!at) { comment_at = 0; next }
  text = substr($0, at)
  sub(/^(#|\/\/[\/!]?<?)[ ]*/, "", text)
  size = characters($0)
  if (text ~ /^clang-format (on|off)/) is_table = text ~ /off/
  if (size > 120 && !is_table) complain("a comment is longer than 120 characters")
  goes_on = /^[ \t]*(\/\/|#)/ && comment_at == at && text_before != ""  # aligned comments behind code are one each
  if (!goes_on && text ~ /^([Ww]hat|[Ww]ho|[Tt]hat|[Ww]hose|[Ww]hich)([^A-Za-z_]|$)/)
    complain("a comment begins with \"" first_word(text) "\": begin with a noun")
  if (goes_on && text !~ /^NOLINT/ && text ~ /^[A-Za-z0-9_'`()-]+[.;,)]*$/ && text_before !~ /[.:;!?]$/ && size_before > 60)
    complain("a comment ends with one word on a line of its own: \"" text "\"")
  comment_at = at
  text_before = text
  size_before = size
}

END { exit bad }

function complain(why) { print file ":" FNR ": " why; bad = 1 }

function first_word(text) { sub(/[^A-Za-z].*/, "", text); return text }

# Characters, not bytes: the continuation bytes of UTF-8 do not count.
function characters(text) { gsub(/[\200-\277]/, "", text); return length(text) }

function script_comment_column(text) {
  match(text, /^ */)
  return index(substr(text, RLENGTH + 1), marker " ") == 1 ? RLENGTH + 1 : 0
}

# Where the comment of a line begins; 0 when it has none. Literals are no comments.
function comment_column(text,    column, end, quote) {
  column = 0
  while (text != "") {
    if (in_raw) {
      if (!(end = index(text, raw_end))) return 0
      in_raw = 0
      column += end + length(raw_end) - 1
      text = substr(text, end + length(raw_end))
    }
    if (!match(text, /\/\/|R"[^ ()\\]*\(|"|'/)) return 0
    quote = substr(text, RSTART, RLENGTH)
    if (quote == "//") return column + RSTART
    if (quote == "'" && substr(text, 1, RSTART) ~ /[0-9A-Fa-f]'$/ && substr(text, RSTART + 1) ~ /^[0-9A-Fa-f]/) end = RSTART  # 1'000
    else end = RSTART + RLENGTH - 1
    column += end
    text = substr(text, end + 1)
    if (quote ~ /^R/) { in_raw = 1; raw_end = ")" substr(quote, 3, length(quote) - 3) "\"" }
    else if (quote == "\"" && match(text, /^([^"\\]|\\.)*"/)) { column += RLENGTH; text = substr(text, RLENGTH + 1) }
    else if (quote == "'" && match(text, /^(\\.[^']*|[^\\'])'/)) { column += RLENGTH; text = substr(text, RLENGTH + 1) }
  }
  return 0
}
