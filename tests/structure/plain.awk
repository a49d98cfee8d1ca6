# The code of a line, for the checks that read C++ as text: literals become "" or 0, comments go. Call it for each line
# of a file, in order; reset in_comment at the first one.
function plain(text,    out, at) {
  out = ""
  while (text != "") {
    if (in_comment) {
      if (!(at = index(text, "*/"))) return out
      in_comment = 0
      text = substr(text, at + 2)
    } else if (match(text, /\/\/|\/\*|"([^"\\]|\\.)*"|'([^'\\]|\\.)'/)) {
      out = out substr(text, 1, RSTART - 1)
      if (substr(text, RSTART, 2) == "//") return out
      if (substr(text, RSTART, 2) == "/*") in_comment = 1
      else out = out (substr(text, RSTART, 1) == "\"" ? "\"\"" : "0")
      text = substr(text, RSTART + RLENGTH)
    } else {
      return out text
    }
  }
  return out
}
