# flowstone_options: the compile options of every target of ours. C++20 as g++ 12 has it.
add_library(flowstone_options INTERFACE)
target_compile_features(flowstone_options INTERFACE cxx_std_20)
target_include_directories(flowstone_options INTERFACE "${CMAKE_SOURCE_DIR}/src" "${CMAKE_BINARY_DIR}/generated")
target_compile_options(flowstone_options INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual)
set(CMAKE_CXX_EXTENSIONS OFF)
if(FLOWSTONE_WERROR)
  target_compile_options(flowstone_options INTERFACE -Werror)
endif()
if(FLOWSTONE_UNITY)
  # g++ takes what a unity file includes for a header and warns about types of unnamed namespaces in it.
  target_compile_options(flowstone_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endif()
if(FLOWSTONE_SANITIZE)
  target_compile_options(flowstone_options INTERFACE -fsanitize=${FLOWSTONE_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(flowstone_options INTERFACE -fsanitize=${FLOWSTONE_SANITIZE})
endif()

# Sanitizers come as shared libraries that stand before libstdc++.so.
if(FLOWSTONE_SANITIZE)
  set(static_by_default OFF)
else()
  set(static_by_default ON)
endif()
option(FLOWSTONE_STATIC "link libraries statically where there is an archive" ${static_by_default})

# Of the program: nothing in it is for others to call. What it calls is bound by the first call (lazy): a command calls a
# third of it, and looking up all takes 0.3 ms. Code and constants share their pages (noseparate-code): two mappings less.
set(flowstone_program_link_options
  -Wl,--as-needed -Wl,--gc-sections -Wl,-O1 -Wl,-z,relro,-z,lazy,-z,noseparate-code -Wl,--hash-style=gnu)
# Each start reads six thousand relocations of 24 bytes; packed they have 2 kB. The C library knows them since 2.36.
include(CheckLinkerFlag)
check_linker_flag(CXX -Wl,-z,pack-relative-relocs flowstone_packs_relocations)
if(flowstone_packs_relocations)
  list(APPEND flowstone_program_link_options -Wl,-z,pack-relative-relocs)
endif()
if(FLOWSTONE_STATIC)
  # Not with sanitizers: hidden, clang's malloc would not be that of libc.
  list(APPEND flowstone_program_link_options -Wl,--exclude-libs,ALL -static-libstdc++ -static-libgcc)
endif()

# The program is optimised as a whole: smaller, and a lock takes a tenth less time. Its objects have machine
# code as well, with which everything else is linked: tests need no such optimisation, and it takes a minute.
option(FLOWSTONE_LTO "optimise the program across its modules" OFF)
if(FLOWSTONE_LTO)
  set(flowstone_module_compile_options -flto=auto -ffat-lto-objects)
  list(APPEND flowstone_program_link_options -flto=auto)
  target_link_options(flowstone_options INTERFACE
    $<$<NOT:$<BOOL:$<TARGET_PROPERTY:FLOWSTONE_WHOLE_PROGRAM>>>:-fno-lto>)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
endif()
