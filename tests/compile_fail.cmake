# Each compile_fail/*.cpp is a mistake that must not compile, and its first line says what the
# compiler must answer: // EXPECT: a regular expression

file(GLOB mistakes CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} compile_fail/*.cpp)
foreach(mistake IN LISTS mistakes)
    get_filename_component(stem ${mistake} NAME_WE)
    file(STRINGS ${mistake} expected LIMIT_COUNT 1 REGEX "^// EXPECT: ")
    string(REPLACE "// EXPECT: " "" expected "${expected}")
    if(NOT expected)
        message(FATAL_ERROR "tests/${mistake} must start with '// EXPECT: a regular expression'")
    endif()
    add_library(compile_fail_${stem} OBJECT EXCLUDE_FROM_ALL ${mistake})
    target_link_libraries(compile_fail_${stem} PRIVATE transst::transst)
    add_test(NAME "compile_fail/${stem}"
        COMMAND ${CMAKE_COMMAND} --build ${PROJECT_BINARY_DIR} --target compile_fail_${stem}
            --config $<CONFIG>)
    set_tests_properties("compile_fail/${stem}" PROPERTIES
        PASS_REGULAR_EXPRESSION "${expected}" RESOURCE_LOCK build_folder)
endforeach()
