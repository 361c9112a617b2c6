#include <netdb.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "apps/lambda/lambda_function.h"
#include "apps/lambda/runtime.h"

// Of glibc, in no header: sets what /etc/nsswitch.conf would.
extern "C" int __nss_configure_lookup(const char* database, const char* services);

namespace {

using namespace orderflow;
using namespace orderflow::lambda;

int fail(RuntimeApi& api, Log& log, const InvocationError& error) {
  log.error("the function cannot start", {{"detail", std::string_view(error.message)}});
  (void)api.post_init_error(error);
  return 1;
}

int run(const char* address, const std::string& handler) {
  const StopSignal stop;
  RuntimeApi api(address, stop);
  Log log(handler);
  const FunctionEntry* const entry = find_function(handler);
  if (entry == nullptr) {
    return fail(api, log, {"UnknownHandler", "there is no function named '" + handler + "'"});
  }
  boost::asio::io_context io(1);
  auto function = LambdaFunction::open(io, *entry, log);
  if (!function) return fail(api, log, {"Configuration", function.error().detail});
  const int status = Runtime(api, io, log).run((*function)->handler());
  // No destructors: an invocation that was given up may still use anything of the process.
  std::_Exit(status);
}

}  // namespace

/// One program for all functions: _HANDLER names the one to run.
int main() {
  // A static program that reads nsswitch.conf would load the modules of another glibc that it
  // names.
  __nss_configure_lookup("hosts", "files dns");
  std::signal(SIGPIPE, SIG_IGN);
  const char* const address = std::getenv("AWS_LAMBDA_RUNTIME_API");
  const char* const handler = std::getenv("_HANDLER");
  if (address == nullptr || handler == nullptr) {
    std::fputs(
        "orderflow: this program is started by AWS Lambda, or by whatever sets "
        "AWS_LAMBDA_RUNTIME_API and _HANDLER as it does.\n",
        stderr);
    return 2;
  }
  try {
    return run(address, handler);
  } catch (const std::exception& exception) {
    std::fprintf(stderr, "orderflow: %s\n", exception.what());
    return 1;
  }
}
