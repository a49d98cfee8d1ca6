# Writes the C++ of one page into files that a compiler can check. Variables: to, a folder; page, its name in messages.
#
#   <!-- file: path -->   the block becomes a file of that name
#   any other block       becomes a part of page.cpp, behind the lines that every page may leave out: <cosio/cosio.hpp>,
#                         headers of the standard library, and the literals of std::chrono. A block of statements
#                         becomes the body of a function that has a server `io`, a socket `user` and options `opts`.

BEGIN {
  whole = to "/page.cpp"
  count = split("chrono cstddef cstdint exception functional future iostream map memory mutex optional stdexcept string" \
                " string_view tuple utility vector", lines, " ")
  print "#include <cosio/cosio.hpp>" >whole
  for (i = 1; i <= count; i++) print "#include <" lines[i] ">" >whole
  print "using namespace std::chrono_literals;" >whole
}

in_block && /^ *```/ { in_block = 0; write(); marker = ""; next }
in_block { lines[++count] = $0; next }
/^ *<!-- (file|from): [^ ]+ -->$/ { marker = $2 " " $3; next }
/^ *```(cpp|c\+\+)/ { in_block = 1; count = 0; first = FNR + 1; next }
!/^[ \t]*$/ { marker = "" }

END { close(whole); if (!parts) system("rm '" whole "'") }  # all code of the page is whole files

function write(    out, statements, i) {
  out = whole
  if (sub(/^file: /, "", marker)) { out = marker; sub(/^.*\//, "", out); out = to "/" out }
  else for (i = 1; i <= count; i++) if (lines[i] ~ /^([a-z_]+(\.|->)|(if|for|while) |co_await )/) statements = 1
  if (statements)
    print "void example_" first "([[maybe_unused]] cosio::server& io, [[maybe_unused]] cosio::socket user," \
          " [[maybe_unused]] cosio::options opts) { {" >out
  print "#line " first " \"" page "\"" >out
  for (i = 1; i <= count; i++) print lines[i] >out
  if (statements) print "} }" >out
  if (out == whole) parts++
  else close(out)
}
