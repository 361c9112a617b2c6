# cmake -DINPUT=docs/openapi.yaml -DOUTPUT=openapi_yaml.cc -P embed_openapi.cmake
file(READ ${INPUT} text)
file(WRITE ${OUTPUT} "#include \"api/openapi_yaml.h\"\n\n"
  "namespace orderflow {\n\nconst std::string_view kOpenapiYaml = R\"openapi(${text})openapi\";\n\n"
  "}  // namespace orderflow\n")
