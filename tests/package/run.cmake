# Installs transst (for HOW=find_package), then configures, builds and runs the consumer.

# Nothing of an earlier run may help this one.
file(REMOVE_RECURSE ${WORK_DIR})

set(source_dir)
if(HOW STREQUAL "find_package")
    execute_process(COMMAND
        ${CMAKE_COMMAND} --install ${BUILD_DIR} --prefix ${WORK_DIR}/prefix --component dev
        COMMAND_ERROR_IS_FATAL ANY)
    list(PREPEND PREFIX_PATH ${WORK_DIR}/prefix)
else()
    set(source_dir -D TRANSST_SOURCE_DIR=${SOURCE_DIR})
endif()

# By the environment, because these are lists or hold spaces.
list(JOIN PREFIX_PATH ":" PREFIX_PATH)
set(ENV{CMAKE_PREFIX_PATH} "${PREFIX_PATH}")
set(ENV{CMAKE_CXX_COMPILER_LAUNCHER} "${LAUNCHER}")
set(ENV{CXX} "${COMPILER}")
set(ENV{CXXFLAGS} "${FLAGS}")

execute_process(COMMAND
    ${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR} -B ${WORK_DIR}/build -G ${GENERATOR}
        -D CMAKE_BUILD_TYPE=Debug -D HOW=${HOW} -D IO=${IO} -D VERSION=${VERSION} ${source_dir}
    COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND
    ${CMAKE_COMMAND} --build ${WORK_DIR}/build --target run
    COMMAND_ERROR_IS_FATAL ANY)
