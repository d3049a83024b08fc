# Installs transst where HOW needs it, then builds and runs the consumer.

# Nothing of an earlier run may help this one.
file(REMOVE_RECURSE ${WORK_DIR})

if(HOW MATCHES "find_package|components|pkg_config")
    execute_process(COMMAND
        ${CMAKE_COMMAND} --install ${BUILD_DIR} --prefix ${WORK_DIR}/prefix --component dev
        OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
    list(PREPEND PREFIX_PATH ${WORK_DIR}/prefix)
endif()

# Without CMake: the compiler alone, and what pkg-config tells it.
if(HOW MATCHES "include_path|pkg_config")
    if(HOW STREQUAL "include_path")
        list(TRANSFORM INCLUDE_DIRS PREPEND "-I")
        set(options ${INCLUDE_DIRS} -pthread)
    else()
        set(ENV{PKG_CONFIG_PATH} "${WORK_DIR}/prefix/share/pkgconfig:$ENV{PKG_CONFIG_PATH}")
        execute_process(COMMAND pkg-config --cflags --libs "transst = ${VERSION}"
            OUTPUT_VARIABLE options OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
        if(NOT options MATCHES "${WORK_DIR}/prefix/")
            message(FATAL_ERROR "A transst from elsewhere was found: ${options}")
        endif()
        separate_arguments(options UNIX_COMMAND "${options}")
    endif()
    separate_arguments(flags UNIX_COMMAND "${FLAGS}")
    file(MAKE_DIRECTORY ${WORK_DIR})
    execute_process(
        COMMAND ${COMPILER} -std=c++20 -O0 ${flags} ${CMAKE_CURRENT_LIST_DIR}/main.cpp
            ${CMAKE_CURRENT_LIST_DIR}/single.cpp ${options} -o ${WORK_DIR}/consumer
        COMMAND_ERROR_IS_FATAL ANY)
    execute_process(COMMAND ${WORK_DIR}/consumer COMMAND_ERROR_IS_FATAL ANY)
    return()
endif()

set(project_dir ${CMAKE_CURRENT_LIST_DIR})
set(source_dir)
if(HOW STREQUAL "components")
    set(project_dir ${CMAKE_CURRENT_LIST_DIR}/components)
elseif(HOW STREQUAL "fetch_content")
    set(source_dir -D FETCHCONTENT_SOURCE_DIR_TRANSST=${SOURCE_DIR})
elseif(HOW STREQUAL "add_subdirectory")
    set(source_dir -D TRANSST_SOURCE_DIR=${SOURCE_DIR})
endif()

# By the environment, because these are lists or hold spaces.
list(JOIN PREFIX_PATH ":" PREFIX_PATH)
set(ENV{CMAKE_PREFIX_PATH} "${PREFIX_PATH}")
set(ENV{CMAKE_CXX_COMPILER_LAUNCHER} "${LAUNCHER}")
set(ENV{CXX} "${COMPILER}")
set(ENV{CXXFLAGS} "${FLAGS}")

execute_process(COMMAND
    ${CMAKE_COMMAND} -S ${project_dir} -B ${WORK_DIR}/build -G ${GENERATOR}
        -D HOW=${HOW} -D IO=${IO} -D HDF5=${HDF5} -D VERSION=${VERSION} ${source_dir} --no-warn-unused-cli
    COMMAND_ERROR_IS_FATAL ANY)
if(HOW STREQUAL "components")
    return()
endif()
execute_process(COMMAND
    ${CMAKE_COMMAND} --build ${WORK_DIR}/build --target run
    COMMAND_ERROR_IS_FATAL ANY)
