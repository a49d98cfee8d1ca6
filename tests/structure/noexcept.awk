# Exceptions that nobody can handle, above all std::bad_alloc: the rules that can be read off the text of the library.
#
#   1. A noexcept function allocates only inside of try, base::guarded() or or_...(). Elsewhere it would end the
#      process when there is no memory.
#   2. Work goes to an io_context by async::post(), session::post() and the like, not by asio::post(): an exception
#      would leave run(), which belongs to the application.
#
# It is no parser. A line of a noexcept function that ends with the comment "// has room" is left alone.

BEGIN {
  allocates = "(make_shared|make_unique|allocate_shared|emplace_back|emplace_front|push_back|push_front|insert_or_assign|" \
              "try_emplace|co_spawn|std::to_string)[<(]|::post\\(|[^A-Za-z0-9_](spawn|insert|emplace|resize|reserve|append)\\(|" \
              "std::(string|vector<[^;]*>|deque<[^;]*>)( [a-z_]+)?[({]|std::deque<[^;]*> [a-z_]+;|" \
              "[^A-Za-z0-9_]new [A-Za-z]|\"\" \\+|\\+ \"\""
}

FNR == 1 { file = FILENAME; in_comment = inside = 0; may_post = file ~ /(^|\/)async\// }

{
  has_room = $0 ~ /\/\/ has room/
  line = plain($0)
  if (!may_post && line ~ /asio::post\(/ && line !~ /co_await/)
    complain("an exception would leave run(): async::post(), session::post() or output::tell_owner()")
  if (line ~ /on_deadline\(\) noexcept/ && line !~ /\{.*\}/ && line !~ /;$/) deadline = FNR
  body(line)
}

END { exit bad }

function complain(why) { print file ":" FNR ": " why; bad = 1 }

# The bodies of noexcept functions, one bracket at a time. braces and parens count those that are open.
function body(text,    piece, sign) {
  if (!inside) {
    if (!match(text, /noexcept( override| final)*( COSIO_[A-Z_]+\([^()]*\))* \{/)) return
    text = substr(text, RSTART + RLENGTH)
    inside = braces = 1
    parens = caught = wrapped = 0
    before = ""
  }
  while (inside && match(text, /[{}()]/)) {
    piece = substr(text, 1, RSTART - 1)
    sign = substr(text, RSTART, 1)
    text = substr(text, RSTART + 1)
    look(piece sign)
    if (sign == "(") {
      parens++
      if (!wrapped && piece ~ /(guarded|or_[a-z_]+)$/) wrapped = parens
    } else if (sign == ")") {
      if (wrapped == parens) wrapped = 0
      parens--
    } else if (sign == "{") {
      braces++
      if (!caught && piece ~ /(^|[^A-Za-z0-9_])try $/) caught = braces
    } else {
      if (caught == braces) caught = 0
      if (--braces == 0) inside = 0
    }
  }
  if (inside) look(text)
}

function look(text) {
  if (caught || wrapped || has_room) return
  if ((" " text) ~ allocates) complain("a noexcept function that allocates ends the process when there is no memory")
}
