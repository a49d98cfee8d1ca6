#!/bin/sh
# words.sh finds what it is there to find, and leaves alone what is right.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failures=0
fail() { echo "$1"; failures=$((failures + 1)); }

# good file text: passes. bad expectation file text: is reported with the expectation.
good() {
  printf '%s\n' "$2" >"$dir/$1"
  report=$("$here/words.sh" "$dir" 2>&1) || fail "must pass: $2
  but: $report"
  rm "$dir/$1"
}
bad() {
  printf '%s\n' "$3" >"$dir/$2"
  report=$("$here/words.sh" "$dir" 2>&1) && fail "reported, but succeeded: $3"
  case $report in "$dir/$2:"*"$1"*) ;; *) fail "must be reported as '$1': $3
  but: $report" ;; esac
  rm "$dir/$2"
}
# repeated count text
repeated() { awk -v n="$1" -v text="$2" 'BEGIN { while (n--) printf "%s", text }'; }

ten='ten chars '
exactly_120="// $(repeated 11 "$ten")1234567"
good a.cpp "$exactly_120"
bad 'longer than 120' a.cpp "${exactly_120}8"
bad 'longer than 120' a.hpp "  int i = 0;  // $(repeated 11 "$ten")"
good a.cpp "// $(repeated 117 'ä')"                              # characters, not bytes
good a.cpp "const char* const text = \"$(repeated 12 "$ten")\";"  # code is the formatter's
good a.cpp "const char* const url = \"https://$(repeated 12 "$ten")\";"
good a.cpp "const char* const quote = \"\\\"// $(repeated 12 "$ten")\";"
good a.cpp "const auto text = R\"(
// What follows is text. $(repeated 12 "$ten")
)\";"
good a.cpp "const int million = 1'000'000; const char c = '\"';  // a comment"
bad 'longer than 120' a.cpp "const int million = 1'000'000; const char c = '\"';  // $(repeated 12 "$ten")"

good a.cpp "// clang-format off
f();  // $(repeated 12 "$ten")
// clang-format on"
bad 'longer than 120' a.cpp "// clang-format off
// clang-format on
f();  // $(repeated 12 "$ten")"

for word in What Who That Whose Which; do
  bad "begins with \"$word\"" a.cpp "// $word is here."
  bad "begins with \"$word\"" a.hpp "  /// $word is here."
  bad "begins with \"$word\"" a.hpp "// A file.
//
// $word is here."
done
bad 'begins with "What"' a.hpp 'int i = 0;
// What i is.'
bad 'begins with "what"' a.hpp 'int i = 0;  // what is here'
bad 'begins with "which"' a.hpp 'int i = 0;  ///< which is here'
good a.cpp '// The text that follows says
// what is here and who it is for.'
good a.hpp 'int i = 0;  // a number,
            // which is a remark that goes on in the next line'
good a.cpp '// Whatever comes: Whoever is here. Thatched.'

bad 'begins with "what"' a.hpp 'int i = 0;   // a number
int ij = 0;  // what is beside it'
good a.hpp "int a_number_with_a_name = 0;       // a remark that is long enough for the next one to look like an orphan
int another_number_with_a_name = 0; // number"

bad 'one word on a line' a.cpp "// A sentence that is long enough for the next word to be an orphan of some
// reflow."
bad 'one word on a line' a.hpp "  /// A sentence that is long enough for the next word to be an orphan of
  /// \`reflow\`."
good a.cpp "// A sentence that is long enough for the next word to be an orphan, but it ends here.
// Another."
good a.cpp "// A sentence that is long enough for the next words to be no orphan of
// any reflow."
good a.cpp '// short
// list'
good a.cpp "// A sentence that is long enough for the next word to be an orphan of some
int reflow;"

hash='#'
bad 'begins with "What"' a.sh "#!/bin/sh
$hash What it is."
bad 'begins with "Who"' a.cmake '  # Who asks.'
bad 'begins with "What"' a.js '// What it is.'
bad 'longer than 120' a.awk "# $(repeated 12 "$ten")"
bad 'one word on a line' a.js "// A sentence that is long enough for the next word to be an orphan of some
// reflow."
good a.sh "echo '# $(repeated 12 "$ten")'
#What is no comment of ours"

bad 'line of prose' a.md "$(repeated 12 "$ten")x"
bad 'line of prose' a.md "- $(repeated 12 "$ten")x"
good a.md "$(repeated 11 "$ten")1234567890"
good a.md "$(repeated 120 'ä')"
good a.md "| $(repeated 12 "$ten") |"
good a.md "\`\`\`text
$(repeated 12 "$ten")
\`\`\`"
bad 'line of prose' a.md "\`\`\`text
\`\`\`
$(repeated 12 "$ten")x"
good a.md "[$(repeated 12 'ten_chars_')](a.md)"
good a.md "- [$(repeated 12 'ten_chars_')](a.md)"
good a.md 'What follows is prose.'

# Folders that are not covered are listed by --left, and the covered ones are not.
mkdir -p "$dir/tree/tests/structure" "$dir/tree/lib/base" "$dir/tree/lib/other" "$dir/tree/docs" "$dir/tree/apps" "$dir/tree/fuzz"
cp "$here/words.sh" "$here/words.awk" "$dir/tree/tests/structure"
for folder in $(sed -n "/^covered='/,/'\$/p" "$here/words.sh" | sed "s/^covered=//; s/'//g"); do mkdir -p "$dir/tree/$folder"; done
for page in README.md CHANGELOG.md SECURITY.md docs/a.md; do echo 'A page.' >"$dir/tree/$page"; done
echo '// What it is.' >"$dir/tree/lib/other/a.hpp"
"$dir/tree/tests/structure/words.sh" || fail 'a folder that is not covered fails'
left=$("$dir/tree/tests/structure/words.sh" --left) && fail '--left succeeds although there are findings'
[ "$left" = 'lib/other/a.hpp:1: a comment begins with "What": begin with a noun' ] || fail "--left: $left"
echo '// What it is.' >"$dir/tree/lib/base/a.hpp"
"$dir/tree/tests/structure/words.sh" >/dev/null && fail 'a covered folder passes'
[ "$("$dir/tree/tests/structure/words.sh" --left)" = "$left" ] || fail '--left lists a covered folder'
rm "$dir/tree/lib/base/a.hpp"
echo "$(repeated 12 "$ten")x" >>"$dir/tree/docs/a.md"
"$dir/tree/tests/structure/words.sh" >/dev/null && fail 'a page passes'

[ "$failures" = 0 ]
