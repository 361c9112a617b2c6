#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/asio/ip/address_v6.hpp>
#include <csignal>
#include <iostream>
#include <map>
#include <thread>

#include "adapters/sqlite/archive/sqlite_shop_archive.h"
#include "adapters/sqlite/archive/sqlite_shop_import.h"
#include "adapters/sqlite/engine/data_folder.h"
#include "apps/orderflow/aws_shop.h"
#include "apps/orderflow/serve.h"
#include "proof/disk/disk_runs.h"
#include "proof/world/console.h"
#include "proof/world/simulate_command.h"
#include "tools/audit.h"
#include "tools/export_shop.h"
#include "tools/import_shop.h"

namespace {

using orderflow::ServeOptions;
using orderflow::sqlite::open_shop_archive;
using orderflow::sqlite::open_shop_import;
using orderflow::world::DiskOptions;
using orderflow::world::SimulateOptions;

constexpr const char* kExamples = R"(Examples:
  orderflow serve                                  on http://127.0.0.1:8080, data in ./data
  orderflow serve --listen 0.0.0.0:80 --host shop.example.com --data /var/lib/orderflow
  orderflow audit --data /var/lib/orderflow        also while it serves
  orderflow export --output shop.ndjson && orderflow import --data other --input shop.ndjson
  orderflow audit --store aws                      a shop at rest on AWS; so does export
  orderflow simulate --seeds 10000                 all kinds of faults, in worlds made from seeds
  orderflow simulate --scenario 'ships, local' --faults crash-after@ship:0:1 --trace
  orderflow simulate --disk                        the real store, on a disk that fails and loses writes
  orderflow simulate --disk --scenario ships --faults cut-torn@102

The admin token of the HTTP API is in <data>/admin-token, or comes from ORDERFLOW_ADMIN_TOKEN.

`serve --store aws` uses DynamoDB and SQS, beside the Lambda functions or instead of them. `audit` and
`export` with `--store aws` read DynamoDB twice, into temporary files, while the shop is at rest. They
read the region and the credentials from the AWS_* variables, and these variables:
  ORDERFLOW_ORDERS_TABLE, ORDERFLOW_PRODUCTS_TABLE, ORDERFLOW_SIMULATED_TABLE
  ORDERFLOW_PAYMENT_QUEUE_URL, ORDERFLOW_INVENTORY_QUEUE_URL, ORDERFLOW_FULFILLMENT_QUEUE_URL
  ORDERFLOW_ADMIN_TOKEN and ORDERFLOW_ID_KEY, the key that order ids are derived with; or both with
  _SECRET at the end of the name: a secret of Secrets Manager or an ssm:<parameter>)";

/// "HOST:PORT", an IPv6 host in brackets.
bool parse_listen(const std::string& text, ServeOptions& options) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return false;
  std::string host = text.substr(0, colon);
  if (host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  const std::string port = text.substr(colon + 1);
  if (port.empty() || port.size() > 5 ||
      port.find_first_not_of("0123456789") != std::string::npos) {
    return false;
  }
  const int number = std::stoi(port);
  if (number > 65'535) return false;
  options.address = host;
  options.port = static_cast<std::uint16_t>(number);
  return true;
}

/// "https://shop.example.com:8443" in lower case, or "*".
bool is_origin(std::string_view text) {
  if (text == "*") return true;
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (!text.starts_with(scheme)) continue;
    text.remove_prefix(scheme.size());
    constexpr std::string_view kHost = "abcdefghijklmnopqrstuvwxyz0123456789.-:[]";
    return !text.empty() && text.find_first_not_of(kHost) == std::string_view::npos;
  }
  return false;
}

/// "shop.example.com", "192.0.2.7", "2001:db8::1" or "[2001:db8::1]". Of names with a colon, only IPv6
/// addresses: a port has no place here.
bool is_host_name(const std::string& text) {
  boost::system::error_code ec;
  const bool bracketed = text.starts_with('[') && text.ends_with(']');
  boost::asio::ip::make_address_v6(bracketed ? text.substr(1, text.size() - 2) : text, ec);
  if (!ec) return true;
  constexpr std::string_view kName =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
  return !text.empty() && text.find_first_not_of(kName) == std::string::npos;
}

/// The shop that a command works on.
struct ShopOptions {
  std::filesystem::path data = "data";
  orderflow::StoreKind store = orderflow::StoreKind::Sqlite;
};

CLI::Option* add_data(CLI::App* command, std::filesystem::path& data) {
  return command->add_option("--data", data, "The folder that holds the shop")
      ->capture_default_str();
}

CLI::Option* add_milliseconds(CLI::App* command, const char* name, orderflow::Duration& value,
                              const char* help) {
  return command
      ->add_option_function<int>(
          name, [&value](int ms) { value = orderflow::Duration(ms); }, help)
      ->check(CLI::Range(0, 600'000))
      ->type_name("MS");
}

template <typename T>
CLI::Option* add_choice(CLI::App* command, const char* name, T& value,
                        const std::map<std::string, T>& choices, const char* help) {
  return command->add_option(name, value, help)
      ->transform(CLI::CheckedTransformer(choices).description(""))
      ->type_name("CHOICE");
}

void add_http(CLI::App* serve, ServeOptions& options) {
  serve
      ->add_option(
          "--cors-origin", options.cors_origins,
          "A web page of this origin, such as https://shop.example.com, may call the API from "
          "a browser; * is any. May be given several times")
      ->type_name("ORIGIN")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->check([](const std::string& text) {
        return is_origin(text) ? std::string()
                               : "must be http(s)://HOST[:PORT], as browsers send it, not " + text;
      });
  serve
      ->add_option(
          "--host", options.hosts,
          "A name or an IP address by which clients reach the service, beside localhost and "
          "the address of --listen. May be given several times")
      ->type_name("NAME")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->check([](const std::string& text) {
        return is_host_name(text) ? std::string()
                                  : "must be a name or an IP address, without a port, not " + text;
      });
  serve
      ->add_option("--in-flight-mib", options.in_flight_mib,
                   "Memory for large requests and answers that are on their way; beyond it, the "
                   "slowest of them gives way")
      ->check(CLI::Range(1, 1'048'576))
      ->type_name("MIB")
      ->capture_default_str();
  serve
      ->add_option("--access-log", options.access_log,
                   "Log every request as a line of JSON to this file, - for stdout")
      ->type_name("FILE");
}

void add_store(CLI::App* command, orderflow::StoreKind& store, const char* help) {
  using orderflow::StoreKind;
  add_choice(command, "--store", store, {{"sqlite", StoreKind::Sqlite}, {"aws", StoreKind::Aws}},
             help)
      ->default_str("sqlite");
}

void add_shop(CLI::App* command, ShopOptions& shop) {
  add_store(command, shop.store,
            "Where the shop is: sqlite (in the folder of --data) or aws (in DynamoDB; --data is "
            "not used)");
  add_data(command, shop.data);
}

CLI::App* add_serve(CLI::App& app, ServeOptions& options, std::string& listen) {
  using orderflow::LogLevel;
  using orderflow::UnknownSku;
  auto* serve = app.add_subcommand("serve", "Take orders over HTTP and process them to their end");
  add_store(serve, options.store,
            "Where orders and queues are: sqlite (in the folder of --data and in this process) or "
            "aws (in DynamoDB and SQS; --data is not used)");
  add_data(serve, options.data);
  serve->add_option("--listen", listen, "Where to listen; port 0 takes a free one")
      ->check([&options](const std::string& text) {
        return parse_listen(text, options) ? std::string() : "must be ADDRESS:PORT, not " + text;
      })
      ->type_name("ADDRESS:PORT")
      ->capture_default_str();
  add_choice(serve, "--unknown-sku", options.unknown_sku,
             {{"make-to-order", UnknownSku::MakeToOrder}, {"reject", UnknownSku::Reject}},
             "Orders with a SKU that is not in the catalogue: make-to-order (accepted, no stock "
             "is counted) or reject (422)")
      ->envname("ORDERFLOW_UNKNOWN_SKU")
      ->default_str("make-to-order");
  add_milliseconds(serve, "--payment-latency", options.payment_latency,
                   "How long the sandbox payment provider takes to answer");
  add_milliseconds(serve, "--carrier-latency", options.carrier_latency,
                   "How long the sandbox carrier takes to answer");
  serve
      ->add_option("--recent-orders-mib", options.recent_orders_mib,
                   "Memory for recent orders, which are then not read from the database")
      ->check(CLI::Range(0, 1'048'576))
      ->type_name("MIB")
      ->capture_default_str();
  add_choice(serve, "--log-level", options.log_level,
             {{"debug", LogLevel::Debug},
              {"info", LogLevel::Info},
              {"warn", LogLevel::Warn},
              {"error", LogLevel::Error}},
             "The lowest level in the log on stderr")
      ->type_name("LEVEL")
      ->default_str("info");
  add_http(serve, options);
  return serve;
}

CLI::App* add_simulate(CLI::App& app, SimulateOptions& options, bool& disk) {
  auto* simulate = app.add_subcommand(
      "simulate", "Run the service in simulated worlds that fail; exit 1 if an invariant breaks");
  simulate->add_option("--seeds", options.seeds, "How many worlds, a seed each; with --disk 1")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000'000}))
      ->capture_default_str();
  simulate->add_option("--first", options.first, "The first of the seeds")->capture_default_str();
  options.jobs = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  simulate->add_option("--jobs", options.jobs, "How many worlds at a time")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  simulate->add_option("--seed", options.seed, "The world of this seed only");
  simulate->add_option("--scenario", options.scenario, "One short scenario only, by its name")
      ->type_name("NAME");
  simulate
      ->add_option("--faults", options.faults,
                   "For one world: these faults, as crash-after@commit:0:2, separated by commas; "
                   "for one scenario of --disk: one, as cut-torn@102")
      ->type_name("LIST");
  simulate->add_flag("--trace", options.trace, "For one world: print each of its events");
  simulate->add_flag("--exhaustive", options.exhaustive,
                     "Short scenarios with every fault at every point, and every pair of faults");
  simulate->add_flag("!--no-pairs", options.pairs, "Exhaustive: one fault at a time only");
  simulate->add_flag("--keep-going", options.keep_going, "Go on after a world that failed");
  simulate->add_option("--report", options.report, "Write the report as Markdown as well")
      ->type_name("FILE");
  simulate->add_flag("--disk", disk,
                     "Instead: short scenarios on the real SQLite store, over a disk that fails, "
                     "tears and loses writes; a kill, a power cut and each failure at every step");
  return simulate;
}

int run_simulate(const CLI::App& simulate, const SimulateOptions& options, bool disk) {
  if (!disk) return orderflow::world::run_simulate(options, std::cout);
  if (options.trace || options.exhaustive || !options.pairs || !options.report.empty()) {
    return orderflow::world::bad_usage(
        "--trace, --exhaustive, --no-pairs and --report cannot be used with --disk");
  }
  const bool many = simulate.count("--seeds") > 0 && !options.seed;
  const DiskOptions disk_options{.first = options.seed.value_or(options.first),
                                 .seeds = many ? options.seeds : 1,
                                 .scenario = options.scenario,
                                 .faults = options.faults.value_or(""),
                                 .keep_going = options.keep_going};
  return orderflow::world::run_disk(disk_options, std::cout);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "orderflow takes e-commerce orders and carries each one to its parcel, exactly once."};
  app.footer(kExamples);
  app.set_version_flag("--version", std::string("orderflow ") + ORDERFLOW_VERSION);
  app.require_subcommand(1);

  ServeOptions options;
  std::string listen = "127.0.0.1:8080";
  std::string output = "-";
  std::string input = "-";
  auto* serve = add_serve(app, options, listen);
  SimulateOptions simulate_options;
  bool disk = false;
  auto* simulate = add_simulate(app, simulate_options, disk);
  auto* audit = app.add_subcommand(
      "audit", "Recompute all money and stock from the timelines; exit 1 if anything disagrees");
  ShopOptions shop;
  add_shop(audit, shop);
  auto* export_ = app.add_subcommand("export", "Write the whole shop as NDJSON, without loss");
  add_shop(export_, shop);
  export_->add_option("--output", output, "A file, - for stdout")->type_name("FILE");
  auto* import = app.add_subcommand("import", "Read what export wrote, all of it or nothing");
  add_data(import, shop.data);
  import->add_option("--input", input, "A file, - for stdin")->type_name("FILE");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {  // --help and --version, too
    return app.exit(error) == 0 ? 0 : 2;
  }
  // A write beyond a limit of file sizes (ulimit -f) fails like one on a full disk.
  std::signal(SIGXFSZ, SIG_IGN);
  if (serve->parsed()) return orderflow::serve(options);
  const bool on_aws = shop.store == orderflow::StoreKind::Aws;
  orderflow::AwsShop aws;
  const auto open_archive = [&](const std::string& command) {
    return on_aws ? aws.open_archive(command) : open_shop_archive(shop.data);
  };
  if (audit->parsed()) return orderflow::run_audit(open_archive("audit"), std::cout);
  if (export_->parsed()) {
    if (!on_aws && output != "-" && orderflow::sqlite::belongs_to_shop(shop.data, output)) {
      std::cerr << "export: --output " << output << " is a file of the shop itself\n";
      return 2;
    }
    return orderflow::run_export(open_archive("export"), output);
  }
  if (simulate->parsed()) return run_simulate(*simulate, simulate_options, disk);
  return orderflow::run_import([&shop] { return open_shop_import(shop.data); }, input);
}
