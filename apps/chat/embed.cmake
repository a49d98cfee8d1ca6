# Script: writes FILES of FOLDER as string literals into the C++ source OUTPUT, which page.hpp declares.
set(entries "")
foreach(file IN LISTS FILES)
  file(READ "${FOLDER}/${file}" hex HEX)
  file(SHA256 "${FOLDER}/${file}" hash)
  string(SUBSTRING "${hash}" 0 16 tag)
  string(REGEX REPLACE "(..)" "\\\\x\\1" text "${hex}")
  string(LENGTH "${text}" length)
  set(lines "")
  set(at 0)
  while(at LESS length)
    string(SUBSTRING "${text}" ${at} 112 line) # 28 bytes of four characters each
    string(APPEND lines "\n     \"${line}\"")
    math(EXPR at "${at} + 112")
  endwhile()
  string(APPEND entries "    {\"${file}\", \"\\\"${tag}\\\"\",${lines}},\n")
endforeach()
file(WRITE "${OUTPUT}" "// Made from the files of the page by embed.cmake.\n\n#include \"page.hpp\"\n\nnamespace chat {\nnamespace {\n\n"
  "constexpr page_file files[] = {\n${entries}};\n\n}  // namespace\n\n"
  "std::span<const page_file> page_files() { return files; }\n\n}  // namespace chat\n")
