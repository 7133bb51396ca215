# The libraries that Debian ships. Each becomes an imported target; a missing one names its package.
#
# Starting a program costs about 0.1 ms for each shared library it is linked to, and the command line is
# started often. So libraries are linked statically where there is an archive (FLOWSTONE_STATIC), two are used
# as headers, and libcurl is loaded when it is first needed (net/curl_library.h).
set(OPENSSL_USE_STATIC_LIBS ${FLOWSTONE_STATIC})

# Replaces the shared library of an imported target by its archive.
function(flowstone_prefer_archive target name)
  find_library(${name}_archive NAMES lib${name}.a)
  if(FLOWSTONE_STATIC AND ${name}_archive)
    set_target_properties(${target} PROPERTIES INTERFACE_LINK_LIBRARIES "${${name}_archive}")
  endif()
endfunction()

find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(CURL REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(BZip2 REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Python COMPONENTS Interpreter REQUIRED)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(DEFLATE REQUIRED IMPORTED_TARGET libdeflate)
pkg_check_modules(LZMA REQUIRED IMPORTED_TARGET liblzma)
flowstone_prefer_archive(PkgConfig::ZSTD zstd)
flowstone_prefer_archive(PkgConfig::DEFLATE deflate)
flowstone_prefer_archive(PkgConfig::LZMA lzma)
if(FLOWSTONE_STATIC)
  find_library(bz2_archive NAMES libbz2.a)
  if(bz2_archive)
    set_target_properties(BZip2::BZip2 PROPERTIES IMPORTED_LOCATION "${bz2_archive}" IMPORTED_LOCATION_RELEASE "${bz2_archive}")
  endif()
endif()
pkg_check_modules(TOMLPLUSPLUS REQUIRED IMPORTED_TARGET tomlplusplus)
set_target_properties(PkgConfig::TOMLPLUSPLUS PROPERTIES
  INTERFACE_COMPILE_OPTIONS "" INTERFACE_LINK_LIBRARIES "" INTERFACE_COMPILE_DEFINITIONS TOML_HEADER_ONLY=1)

add_library(flowstone_curl_headers INTERFACE)
target_include_directories(flowstone_curl_headers SYSTEM INTERFACE ${CURL_INCLUDE_DIRS})
target_link_libraries(flowstone_curl_headers INTERFACE ${CMAKE_DL_LIBS})
if(FLOWSTONE_TESTS)
  find_package(GTest REQUIRED)
endif()
if(FLOWSTONE_BENCHMARKS)
  find_package(benchmark REQUIRED)
endif()
