# OBJECTSTORE_SANITIZE=address gives ASan+UBSan, =thread gives TSan.
if(OBJECTSTORE_SANITIZE STREQUAL "address")
  target_compile_options(objectstore_options INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(objectstore_options INTERFACE -fsanitize=address,undefined)
elseif(OBJECTSTORE_SANITIZE STREQUAL "thread")
  target_compile_options(objectstore_options INTERFACE -fsanitize=thread -fno-omit-frame-pointer)
  target_link_options(objectstore_options INTERFACE -fsanitize=thread)
endif()
