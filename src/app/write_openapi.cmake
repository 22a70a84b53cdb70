# Writes OUTPUT, a C++ source that holds the text of INPUT.
file(READ ${INPUT} text)
file(WRITE ${OUTPUT} "#include \"app/openapi.h\"

namespace objectstore {

std::string_view openapi_yaml() {
  return R\"openapi(${text})openapi\";
}

}  // namespace objectstore
")
