# generated/flowstone/default_index.h: the package index that the installed pip uses by default. No source
# names a public registry; set FLOWSTONE_DEFAULT_INDEX_URL to build for another one.
set(FLOWSTONE_DEFAULT_INDEX_URL "" CACHE STRING "default package index; empty asks the installed pip")
if(FLOWSTONE_DEFAULT_INDEX_URL)
  set(default_index_url "${FLOWSTONE_DEFAULT_INDEX_URL}")
else()
  execute_process(
    COMMAND "${Python_EXECUTABLE}" "${CMAKE_SOURCE_DIR}/tools/default_index.py"
    OUTPUT_VARIABLE default_index_url OUTPUT_STRIP_TRAILING_WHITESPACE
    COMMAND_ERROR_IS_FATAL ANY)
endif()
configure_file("${CMAKE_SOURCE_DIR}/cmake/default_index.h.in" "${CMAKE_BINARY_DIR}/generated/flowstone/default_index.h" @ONLY)
configure_file("${CMAKE_SOURCE_DIR}/cmake/version.h.in" "${CMAKE_BINARY_DIR}/generated/flowstone/version.h" @ONLY)
