# generated/flowstone/python_builds_table.h: the table of standalone CPython builds, and where they are
# downloaded from by default. No source names a server; set FLOWSTONE_PYTHON_MIRROR_URL to build for another one.
set(FLOWSTONE_PYTHON_MIRROR_URL "" CACHE STRING "default mirror of standalone Pythons; empty asks the installed uv")
if(FLOWSTONE_PYTHON_MIRROR_URL)
  set(default_python_mirror "${FLOWSTONE_PYTHON_MIRROR_URL}")
else()
  execute_process(
    COMMAND "${Python_EXECUTABLE}" "${CMAKE_SOURCE_DIR}/tools/default_python_mirror.py"
    OUTPUT_VARIABLE default_python_mirror OUTPUT_STRIP_TRAILING_WHITESPACE
    COMMAND_ERROR_IS_FATAL ANY)
endif()
set(python_builds_file "${CMAKE_SOURCE_DIR}/src/flowstone/install/python_builds.tsv")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${python_builds_file}")
file(READ "${python_builds_file}" python_builds)
configure_file("${CMAKE_SOURCE_DIR}/cmake/python_builds_table.h.in" "${CMAKE_BINARY_DIR}/generated/flowstone/python_builds_table.h" @ONLY)
