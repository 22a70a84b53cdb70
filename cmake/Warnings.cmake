# Warnings every target is built with; third-party headers are included as SYSTEM by their targets.
add_library(objectstore_options INTERFACE)
target_compile_options(objectstore_options INTERFACE -Wall -Wextra -Werror -Wnon-virtual-dtor)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(objectstore_options INTERFACE -Wshadow=local)
  # Asio's coroutine frames trip these in gcc 12 once inlined; they are false positives.
  target_compile_options(objectstore_options INTERFACE -Wno-maybe-uninitialized -Wno-mismatched-new-delete)
endif()
target_compile_definitions(objectstore_options INTERFACE
  BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_COROUTINE)
target_include_directories(objectstore_options INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_link_libraries(objectstore_options INTERFACE Threads::Threads Boost::headers fmt::fmt)
