# flowstone_order_functions(TARGET): what everyday commands call stands side by side in the program.
#
# A command takes a few milliseconds, and each 64 kB of code that it touches a few microseconds of them (a page fault): a
# twentieth of the time goes when the code of function_order.txt, which bench/function_order.py records, lies together. GNU ld
# takes the order as a piece of linker script that goes before its own; other linkers leave the functions where they are.
function(flowstone_order_functions target)
  execute_process(COMMAND "${CMAKE_CXX_COMPILER}" ${CMAKE_CXX_FLAGS} -Wl,--version
    OUTPUT_VARIABLE linker ERROR_QUIET)
  if(NOT linker MATCHES "^GNU ld")
    message(STATUS "functions are not ordered: the linker is not GNU ld")
    return()
  endif()
  set(list "${CMAKE_SOURCE_DIR}/cmake/function_order.txt")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${list}")
  file(STRINGS "${list}" names REGEX "^[^#]")
  # Behind a dot stands what the compiler calls a clone of the function.
  list(TRANSFORM names REPLACE "(.+)" "    *(.text.\\1 .text.\\1.*)")
  list(JOIN names "\n" sections)
  set(script "${CMAKE_BINARY_DIR}/function_order.ld")
  file(CONFIGURE OUTPUT "${script}" @ONLY
    CONTENT "SECTIONS\n{\n  .text.everyday :\n  {\n@sections@\n  }\n}\nINSERT BEFORE .text;\n")
  target_link_options(${target} PRIVATE -ffunction-sections "LINKER:-T,${script}")
  set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS "${script}")
endfunction()
