# Every header compiles alone, and twice in one file; the umbrella has every header of the core.

set(include_dir ${PROJECT_SOURCE_DIR}/include)
file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE ${include_dir} ${include_dir}/transst/*.hpp)

# Built by the tests below and not with everything else: nothing needs these objects.
set(alone_sources)
foreach(header IN LISTS headers)
    if(header MATCHES "^transst/io[/.]" AND NOT TARGET transst::io)
        continue()
    endif()
    if(header MATCHES "^transst/hdf5[/.]" AND NOT TARGET transst::hdf5)
        continue()
    endif()
    string(REGEX REPLACE "\\.hpp$" ".cpp" source ${CMAKE_CURRENT_BINARY_DIR}/headers/${header})
    file(CONFIGURE OUTPUT ${source} CONTENT "#include <@header@>\n#include <@header@>\n" @ONLY)
    list(APPEND alone_sources ${source})
endforeach()
add_library(transst_headers OBJECT EXCLUDE_FROM_ALL ${alone_sources})
target_link_libraries(transst_headers PRIVATE transst::transst transst::report transst_warnings)
if(TARGET transst::io)
    target_link_libraries(transst_headers PRIVATE transst::io)
endif()
if(TARGET transst::hdf5)
    target_link_libraries(transst_headers PRIVATE transst::hdf5)
endif()
if(NOT MSVC)
    target_compile_options(transst_headers PRIVATE -O0)
endif()

add_test(NAME "headers/each compiles alone"
    COMMAND ${CMAKE_COMMAND} --build ${PROJECT_BINARY_DIR} --target transst_headers
        --config $<CONFIG> --parallel 2)
set_tests_properties("headers/each compiles alone" PROPERTIES
    PROCESSORS 2 RESOURCE_LOCK build_folder)

add_test(NAME "headers/the umbrella is complete"
    COMMAND ${CMAKE_COMMAND} -D INCLUDE_DIR=${include_dir}
        -P ${CMAKE_CURRENT_SOURCE_DIR}/support/umbrella.cmake)
