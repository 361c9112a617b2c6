# Builds for another architecture than this machine's, with Debian's cross compiler and that architecture's
# packages, which lie beside this machine's own (scripts/install-packages.sh --lambda). scripts/package-lambda.sh
# uses this: --toolchain cmake/debian_cross.cmake -DORDERFLOW_CROSS=aarch64, or x86_64.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR ${ORDERFLOW_CROSS})
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES ORDERFLOW_CROSS)
set(CMAKE_C_COMPILER ${ORDERFLOW_CROSS}-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER ${ORDERFLOW_CROSS}-linux-gnu-g++)
set(CMAKE_LIBRARY_ARCHITECTURE ${ORDERFLOW_CROSS}-linux-gnu)
# Otherwise pkg-config names this machine's libraries.
set(ENV{PKG_CONFIG_LIBDIR} /usr/lib/${ORDERFLOW_CROSS}-linux-gnu/pkgconfig)
