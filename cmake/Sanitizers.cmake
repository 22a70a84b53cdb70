# OBJECTSTORE_SANITIZE=address gives ASan+UBSan, =thread gives TSan.
if(OBJECTSTORE_SANITIZE STREQUAL "address")
  target_compile_options(objectstore_options INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(objectstore_options INTERFACE -fsanitize=address,undefined)
elseif(OBJECTSTORE_SANITIZE STREQUAL "thread")
  target_compile_options(objectstore_options INTERFACE -fsanitize=thread -fno-omit-frame-pointer)
  target_link_options(objectstore_options INTERFACE -fsanitize=thread)
  # TSan doesn't model fences; what Asio hands between threads goes through its mutexes anyway.
  target_compile_definitions(objectstore_options INTERFACE BOOST_ASIO_DISABLE_FENCED_BLOCK)
endif()

# For fuzz/: everything reports its coverage. clang 14 can't link what -fsanitize=function wants of
# libraries built without it; `vptr` costs much time to compile.
if(OBJECTSTORE_FUZZ)
  target_compile_options(objectstore_options INTERFACE -fsanitize=fuzzer-no-link,address,undefined
    -fno-sanitize=function,vptr -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(objectstore_options INTERFACE -fsanitize=address,undefined)
endif()
