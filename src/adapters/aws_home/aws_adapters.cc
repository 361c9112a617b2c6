#include "adapters/aws_home/aws_adapters.h"

#include <utility>

#include "base/wait_for.h"

namespace orderflow {

Result<std::unique_ptr<AwsAdapters>> AwsAdapters::open(boost::asio::io_context& io,
                                                       AwsAdapterSettings settings) {
  auto aws_settings = AwsSettings::from_environment();
  if (!aws_settings) return std::unexpected(std::move(aws_settings.error()));
  auto client = std::make_unique<AwsClient>(io.get_executor(), std::move(*aws_settings));
  auto resources = wait_for(io, AwsResources::load(*client));
  if (!resources) return std::unexpected(std::move(resources.error()));
  return std::make_unique<AwsAdapters>(io, std::move(client), std::move(*resources), settings);
}

AwsAdapters::AwsAdapters(boost::asio::io_context& io, std::unique_ptr<AwsClient> client_,
                         AwsResources resources_, AwsAdapterSettings settings)
    : resources(std::move(resources_)),
      client(std::move(client_)),
      dynamo(*client),
      orders(dynamo, {.orders_table = resources.orders_table,
                      .products_table = resources.products_table,
                      .id_key = resources.id_key}),
      products(dynamo, clock, resources.products_table),
      books(dynamo, resources.simulated_table),
      gateway(books, settings.payment_latency),
      carrier(books, settings.carrier_latency),
      queue(io.get_executor(), *client, resources.queue_urls, ids, settings.queue) {}

}  // namespace orderflow
