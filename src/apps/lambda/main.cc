#include <netdb.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>

#include "adapters/aws_home/aws_adapters.h"
#include "api/routes.h"
#include "apps/lambda/function_table.h"
#include "apps/lambda/runtime.h"

// Of glibc, in no header: sets what /etc/nsswitch.conf would.
extern "C" int __nss_configure_lookup(const char* database, const char* services);

namespace {

using namespace orderflow;
using namespace orderflow::lambda;

/// The orders of a batch take about equally long, so nudges that wait this long share requests:
/// measured, a tenth of the sends. Those of a batch wait for no others than each other.
constexpr Duration kGatherFor{30};
/// After an outage many orders are overdue; the function has a minute.
constexpr std::chrono::seconds kRecoveryPatience{30};

int fail(RuntimeApi& api, Log& log, const InvocationError& error) {
  log.error("the function cannot start", {{"detail", std::string_view(error.message)}});
  (void)api.post_init_error(error);
  return 1;
}

/// A function gets only the secrets that it needs, and must have those. Returns what is missing.
const char* missing_secret(const FunctionEntry& entry, const AwsResources& resources) {
  if (entry.name == kOrderAdmin && resources.admin_token.empty() && !resources.admins_by_jwt) {
    return "none of ORDERFLOW_ADMIN_TOKEN, ORDERFLOW_ADMIN_TOKEN_SECRET and "
           "ORDERFLOW_ADMIN_AUTHORIZER is set";
  }
  if (entry.name == kOrderSubmission && resources.id_key.empty()) {
    return "neither ORDERFLOW_ID_KEY nor ORDERFLOW_ID_KEY_SECRET is set";
  }
  return nullptr;
}

/// Reports to the log what the adapters notice.
void connect(AwsAdapters& adapters, Log& log) {
  adapters.orders.notify_stored([&log](EventType event) { log.count(event); });
  adapters.orders.notify_unreadable([&log](const OrderId& id) {
    log.count(kOrdersUnreadable);
    log.error("a stored order cannot be read by this version",
              {{"orderId", std::string_view(id.to_string())}});
  });
  adapters.queue.notify_lost([&log](const OrderId& id, const Error& error) {
    log.count(kNudgesLost);
    log.warn("a nudge was lost; order-recovery will nudge the order",
             {{"orderId", std::string_view(id.to_string())},
              {"detail", std::string_view(error.detail)}});
  });
}

/// Makes the adapters and the API, which all invocations use, and serves.
int run(const Endpoint& address, const std::string& handler) {
  RuntimeApi runtime(address);
  // Deployments of one account and region share the namespace of their metrics.
  const char* const deployment = std::getenv("ORDERFLOW_DEPLOYMENT");
  Log log(deployment == nullptr ? "orderflow" : deployment, handler);
  const FunctionEntry* const entry = find_function(handler);
  if (entry == nullptr) {
    return fail(runtime, log, {"UnknownHandler", "there is no function named '" + handler + "'"});
  }
  boost::asio::io_context io(1);
  auto opened = AwsAdapters::open(
      io,
      {.queue = {.gather_for = entry->trigger == Trigger::Queue ? kGatherFor : Duration::zero()}});
  if (!opened) return fail(runtime, log, {"Configuration", opened.error().detail});
  AwsAdapters& adapters = **opened;
  const AwsResources& resources = adapters.resources;
  if (const char* const missing = missing_secret(*entry, resources)) {
    return fail(runtime, log, {"Configuration", missing});
  }
  if (entry->trigger == Trigger::Schedule) adapters.dynamo.set_patience(kRecoveryPatience);
  connect(adapters, log);
  Services services{adapters.orders,
                    adapters.products,
                    adapters.queue,
                    adapters.gateway,
                    adapters.carrier,
                    adapters.clock,
                    adapters.ids,
                    resources.reject_unknown_sku ? UnknownSku::Reject : UnknownSku::MakeToOrder};
  Api api(services,
          {.admin_token = resources.admin_token, .metrics = nullptr, .function = entry->name});
  const Surroundings around{io.get_executor(),
                            services,
                            api,
                            log,
                            [&](auto time) { adapters.dynamo.end_by(time); },
                            [&](auto orders) { adapters.queue.expect(orders); },
                            resources.admins_by_jwt,
                            resources.deliveries_max};
  const Function function = std::bind_front(handle, std::cref(*entry), std::cref(around));
  const int status = serve_events(runtime, io, log, function);
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
  const auto endpoint = Endpoint::parse(std::string("http://") + address);
  if (!endpoint) {
    std::fprintf(stderr, "orderflow: AWS_LAMBDA_RUNTIME_API is %s\n",
                 endpoint.error().detail.c_str());
    return 2;
  }
  try {
    return run(*endpoint, handler);
  } catch (const std::exception& exception) {
    std::fprintf(stderr, "orderflow: %s\n", exception.what());
    return 1;
  }
}
