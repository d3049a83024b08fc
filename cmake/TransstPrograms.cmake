# Helpers for what is built inside this repository: tests, examples, benchmarks.

# What is missing stops a developer, but not somebody who only looks at what there is.
function(transst_missing what remedy)
    if(TRANSST_DEVELOPER)
        message(FATAL_ERROR "transst: ${what} not found. ${remedy}")
    endif()
    message(WARNING "transst: ${what} not found. ${remedy}")
endfunction()

add_library(transst_warnings INTERFACE)
if(TRANSST_DEVELOPER AND NOT MSVC)
    target_compile_options(transst_warnings INTERFACE
        -Wall -Wextra -Wpedantic -Wconversion -Wshadow $<$<BOOL:${TRANSST_WERROR}>:-Werror>)
endif()

# What is compiled once and run once, in this folder: more optimising takes longer than it saves.
macro(transst_compile_quickly)
    if(TRANSST_DEVELOPER AND NOT MSVC)
        add_compile_options(-O1)
    endif()
endmacro()

# transst_components(<variable> <source>...): the components whose headers the sources include.
function(transst_components variable)
    set(components)
    foreach(source IN LISTS ARGN)
        foreach(component io hdf5 report)
            file(STRINGS ${source} found REGEX "^ *#include [<\"]transst/${component}[/.]")
            if(found)
                list(APPEND components ${component})
            endif()
        endforeach()
    endforeach()
    list(REMOVE_DUPLICATES components)
    set(${variable} "${components}" PARENT_SCOPE)
endfunction()

# transst_add_program(<target> <source>...): a program with the components it includes. The target
# is not made, and a line says why, where one of them was not built.
function(transst_add_program target)
    transst_components(components ${ARGN})
    foreach(component IN LISTS components)
        if(NOT TARGET transst::${component})
            message(STATUS "transst: no ${target}, it needs transst::${component}")
            return()
        endif()
    endforeach()
    add_executable(${target} ${ARGN})
    target_link_libraries(${target} PRIVATE transst::transst transst_warnings)
    foreach(component IN LISTS components)
        target_link_libraries(${target} PRIVATE transst::${component})
    endforeach()
endfunction()

# What a test finds in its environment. The empty ones are set too, so that a test run never
# depends on what the caller's shell happens to hold.
set(TRANSST_TEST_ENVIRONMENT
    "TRANSST_TEST_DIR=${PROJECT_SOURCE_DIR}/tests"
    "TRANSST_GOLDEN_DIR=${TRANSST_GOLDEN_DIR}"
    "TRANSST_DATA_DIR=${TRANSST_DATA_DIR}")
