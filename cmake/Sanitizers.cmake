# OBJECTSTORE_SANITIZE=address gives ASan+UBSan, =thread gives TSan. With clang, which compiles such
# code in half of gcc 12's time. clang 14 can't link what -fsanitize=function wants of libraries built
# without it; `vptr` costs much time to compile.
set(memory_checks -fsanitize=address,undefined -fno-sanitize=function,vptr -fno-sanitize-recover=all
  -fno-omit-frame-pointer)
if(OBJECTSTORE_SANITIZE AND NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  list(REMOVE_ITEM memory_checks -fno-sanitize=function,vptr)
endif()

if(OBJECTSTORE_SANITIZE STREQUAL "address")
  target_compile_options(objectstore_options INTERFACE ${memory_checks})
  target_link_options(objectstore_options INTERFACE -fsanitize=address,undefined)
elseif(OBJECTSTORE_SANITIZE STREQUAL "thread")
  target_compile_options(objectstore_options INTERFACE -fsanitize=thread -fno-omit-frame-pointer)
  target_link_options(objectstore_options INTERFACE -fsanitize=thread)
  # TSan doesn't model fences; what Asio hands between threads goes through its mutexes anyway.
  target_compile_definitions(objectstore_options INTERFACE BOOST_ASIO_DISABLE_FENCED_BLOCK)
endif()

# For fuzz/: everything reports its coverage.
if(OBJECTSTORE_FUZZ)
  target_compile_options(objectstore_options INTERFACE -fsanitize=fuzzer-no-link ${memory_checks})
  target_link_options(objectstore_options INTERFACE -fsanitize=address,undefined)
endif()
