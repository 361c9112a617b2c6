# ORDERFLOW_LAMBDA: programs that need nothing of the machine they run on, for AWS Lambda. One built
# on Debian does not start on Amazon Linux otherwise: its glibc is older.

set(OPENSSL_USE_STATIC_LIBS ON)
set(Boost_USE_STATIC_LIBS ON)
# Each function in a section of its own, so that the linker drops those without a caller.
add_compile_options(-fPIE -ffunction-sections -fdata-sections)
# The same sources give the same bytes, wherever they lie.
add_compile_options(-ffile-prefix-map=${PROJECT_SOURCE_DIR}=. -ffile-prefix-map=${PROJECT_BINARY_DIR}=.)

function(orderflow_static_pie target)
  target_link_options(${target} PRIVATE -static-pie -Wl,--gc-sections -Wl,-s
                      -Wl,-z,pack-relative-relocs)
endfunction()
