# The embedded browser client: npm fetches the files whose versions client/package-lock.json fixes, and
# embed_client.cmake makes a source of them.
# Without npm, or without a network, the build goes on and the server says so under the paths of the files.

option(COSIO_CLIENT_BUNDLE "Embed the browser client (socket.io.js and its variants); needs npm and a network, or npm's cache" ON)
set(COSIO_CLIENT_BUNDLE_SCRIPTS "${CMAKE_CURRENT_LIST_DIR}")

# cosio_client_bundle(target): gives the target the source that defines embedded_client_files()
function(cosio_client_bundle target)
  set(dir "${CMAKE_CURRENT_BINARY_DIR}/client_bundle")
  set(source "${dir}/embedded_client.cpp")
  set(script "${COSIO_CLIENT_BUNDLE_SCRIPTS}/embed_client.cmake")
  set(pins "${COSIO_CLIENT_BUNDLE_SCRIPTS}/client")

  set(npm "")
  if(COSIO_CLIENT_BUNDLE)
    find_program(COSIO_NPM npm)
    if(COSIO_NPM)
      set(npm "${COSIO_NPM}")
    else()
      message(WARNING "npm was not found: the browser client will not be served (COSIO_CLIENT_BUNDLE=OFF silences this)")
    endif()
  else()
    message(STATUS "COSIO_CLIENT_BUNDLE is off: the browser client will not be served")
  endif()

  # Made anew when the choice changes, and tried again at the next configuration when it failed.
  set(choice "npm=${npm}\n")
  set(made_with "")
  if(EXISTS "${dir}/choice.txt")
    file(READ "${dir}/choice.txt" made_with)
  endif()
  if(NOT choice STREQUAL made_with OR EXISTS "${dir}/failed")
    file(REMOVE "${source}" "${dir}/failed")
    file(WRITE "${dir}/choice.txt" "${choice}")
  endif()

  add_custom_command(
    OUTPUT "${source}"
    COMMAND "${CMAKE_COMMAND}" "-Dnpm=${npm}" "-Dpins=${pins}" "-Ddir=${dir}" "-Dsource=${source}" -P "${script}"
    DEPENDS "${script}" "${pins}/package.json" "${pins}/package-lock.json"
    COMMENT "Embedding the browser client"
    VERBATIM)
  target_sources(${target} PRIVATE "${source}")
endfunction()
