# Warnings, sanitizers, hardening, and the two functions that every folder uses.

add_library(millrace_warnings INTERFACE)
target_compile_options(millrace_warnings INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(millrace_warnings INTERFACE -Wno-restrict) # false alarms on "a" + string (gcc bug 105651)
  if(CMAKE_BUILD_TYPE MATCHES Rel OR MILLRACE_SANITIZE)
    # What gcc 12's optimiser believes of std::variant, std::vector and std::regex is mostly wrong, more so between the
    # checks that a sanitizer adds; the sanitizers themselves and clang look for the real thing.
    target_compile_options(millrace_warnings INTERFACE -Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-array-bounds)
  endif()
endif()
if(MILLRACE_WERROR)
  target_compile_options(millrace_warnings INTERFACE -Werror)
endif()

if(MILLRACE_SANITIZE)
  # AddressSanitizer stops at a null pointer by itself; checks of each use, and of each virtual call, take gcc a third of
  # the time that it compiles.
  add_compile_options(-fsanitize=${MILLRACE_SANITIZE} -fno-sanitize=null,vptr -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${MILLRACE_SANITIZE})
  if(MILLRACE_SANITIZE MATCHES thread AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    add_compile_options(-Wno-tsan) # a fence inside Asio that gcc's TSan does not know
  endif()
else()
  add_compile_options(-fstack-protector-strong -fcf-protection)
  if(CMAKE_BUILD_TYPE MATCHES Rel)
    add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
  endif()
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
  add_link_options(-Wl,-z,relro -Wl,-z,now)
endif()

# Where nobody works on the sources, up to two dozen of a folder are compiled as one: the templates of Asio, nlohmann and
# GoogleTest are then made once for all of them.
#
# millrace_unite(<target> SOURCES a.cpp … [APART …] [ALONE …])
# A source whose local names meet those of another is named APART and compiled with the others that are; if they meet there,
# too, ALONE.
set(unit_max 24)
function(millrace_unite target)
  cmake_parse_arguments(ARG "" "" "SOURCES;APART;ALONE" ${ARGN})
  set(sources ${ARG_SOURCES})
  list(REMOVE_ITEM sources "" ${ARG_APART} ${ARG_ALONE})
  list(LENGTH sources count)
  math(EXPR units "(${count} + ${unit_max} - 1) / ${unit_max}")
  set(index 0)
  foreach(source IN LISTS sources)
    math(EXPR unit "${index} * ${units} / ${count}")
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${target}_${unit})
    math(EXPR index "${index} + 1")
  endforeach()
  if(ARG_APART)
    set_source_files_properties(${ARG_APART} PROPERTIES UNITY_GROUP ${target}_apart)
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
endfunction()

# Between two sources a local name shadows nothing, and a type without linkage belongs to one of them: gcc knows that of
# the file that it was given, not of its parts. Other builds look at each source.
set(is_unity $<BOOL:$<TARGET_PROPERTY:UNITY_BUILD>>)
target_compile_options(millrace_warnings INTERFACE
  $<${is_unity}:-Wno-shadow> $<$<AND:${is_unity},$<CXX_COMPILER_ID:GNU>>:-Wno-subobject-linkage>)

# millrace_library(<folder> SOURCES a.cpp … DEPENDS other_folder … LINK third-party … [APART …] [ALONE …])
# One static library per folder, linked only to the folders that tests/architecture allows.
function(millrace_library folder)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;LINK;APART;ALONE" ${ARGN})
  add_library(millrace_${folder} STATIC ${ARG_SOURCES})
  if(MILLRACE_UNITY STREQUAL ON)
    millrace_unite(millrace_${folder} SOURCES ${ARG_SOURCES} APART ${ARG_APART} ALONE ${ARG_ALONE})
  endif()
  target_include_directories(millrace_${folder}
    PUBLIC ${PROJECT_SOURCE_DIR}/include
    PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  list(TRANSFORM ARG_DEPENDS PREPEND millrace_)
  target_link_libraries(millrace_${folder} PUBLIC ${ARG_DEPENDS} PRIVATE millrace_warnings ${ARG_LINK})
endfunction()

# millrace_test(<name> [ONE_THREAD] SOURCES a_test.cpp … DEPENDS folder … [LABEL unit] [LINK …] [APART …] [ALONE …])
# One executable; ctest runs it whole, with its label, and gives it a bounded time. ThreadSanitizer has nothing to see in
# what has ONE_THREAD.
function(millrace_test name)
  cmake_parse_arguments(ARG "ONE_THREAD" "LABEL;TIMEOUT" "SOURCES;DEPENDS;LINK;APART;ALONE" ${ARGN})
  if(NOT ARG_LABEL)
    set(ARG_LABEL unit)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 900)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  list(TRANSFORM ARG_DEPENDS PREPEND millrace_)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS} ${ARG_LINK} millrace_warnings GTest::gtest GTest::gmock GTest::gtest_main)
  if(MILLRACE_UNITY)
    millrace_unite(${name} SOURCES ${ARG_SOURCES} APART ${ARG_APART} ALONE ${ARG_ALONE})
  endif()
  if(MILLRACE_UNITY AND CMAKE_BUILD_TYPE STREQUAL Release)
    target_compile_options(${name} PRIVATE -O1) # what a test calls is optimised as it is shipped, the test in less time
  endif()
  if(MILLRACE_SANITIZE MATCHES undefined)
    # Tests cast nothing that could be misaligned, and these checks take gcc a sixth of the time that it compiles them.
    target_compile_options(${name} PRIVATE -fno-sanitize=alignment,object-size)
  endif()
  if(ARG_ONE_THREAD AND MILLRACE_SANITIZE MATCHES thread)
    set_target_properties(${name} PROPERTIES EXCLUDE_FROM_ALL ON)
    return()
  endif()
  add_dependencies(tests ${name})
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT})
endfunction()
