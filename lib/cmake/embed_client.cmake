# Script: fetches the browser client with npm and writes a source that includes its files. It never fails: without npm,
# or when npm fails, the source holds no files.
#
#   cmake -Dnpm=… -Dpins=<folder of package.json> -Ddir=<scratch folder> -Dsource=<file to write> -P embed_client.cmake

set(names socket.io.js socket.io.min.js socket.io.esm.min.js socket.io.msgpack.min.js)
set(dist "${dir}/node_modules/socket.io-client/dist")

function(write_source version assembly rows count)
  file(WRITE "${source}" "// Made by embed_client.cmake: the browser client.

#include \"http/client_bundle.hpp\"

#include <array>

${assembly}
namespace {

const std::array<cosio::http::embedded_file, ${count}> files{{${rows}}};

}  // namespace

std::span<const cosio::http::embedded_file> cosio::http::embedded_client_files() noexcept { return files; }
std::string_view cosio::http::embedded_client_version() noexcept { return \"${version}\"; }
")
  set(found ON)
  if(count EQUAL 0)
    set(found OFF)
  endif()
  # For find_package(cosio COMPONENTS client_bundle).
  file(WRITE "${dir}/cosio-client-bundle.cmake" "set(cosio_client_bundle_FOUND ${found})\n")
endfunction()

function(give_up why)
  message(WARNING "The browser client is not built in: ${why}. Everything else works; configure again to retry.")
  file(WRITE "${dir}/failed" "${why}\n")
  write_source("" "" "" 0)
endfunction()

if(NOT npm)
  write_source("" "" "" 0)
  return()
endif()

file(COPY "${pins}/package.json" "${pins}/package-lock.json" DESTINATION "${dir}")
execute_process(
  COMMAND "${npm}" ci --ignore-scripts --no-audit --no-fund --prefer-offline --fetch-retries=1 --loglevel=error
  WORKING_DIRECTORY "${dir}" RESULT_VARIABLE status OUTPUT_VARIABLE said ERROR_VARIABLE said)
if(NOT status EQUAL 0)
  string(SUBSTRING "${said}" 0 400 said)
  give_up("npm ci failed (${said})")
  return()
endif()

file(READ "${dir}/node_modules/socket.io-client/package.json" manifest)
string(JSON version GET "${manifest}" version)
set(assembly "")
set(rows "")
set(count 0)
foreach(name IN LISTS names)
  foreach(ending "" ".map")
    set(file "${dist}/${name}${ending}")
    if(NOT EXISTS "${file}")
      give_up("socket.io-client ${version} has no ${name}${ending}")
      return()
    endif()
    file(SIZE "${file}" size)
    set(symbol "cosio_client_file_${count}")
    # The assembler reads the file: the compiler would need more time for an array of a million numbers than for the
    # whole library.
    string(APPEND assembly "__asm__(\".section .rodata\\n.hidden ${symbol}\\n.global ${symbol}\\n${symbol}:\\n.incbin \\\"${file}\\\"\\n.byte 0\\n.previous\\n\");\n"
                           "extern \"C\" const char ${symbol}[];\n")
    string(APPEND rows "{\"${name}${ending}\", {${symbol}, ${size}}}, ")
    math(EXPR count "${count} + 1")
  endforeach()
endforeach()
write_source("${version}" "${assembly}" "${rows}" ${count})
