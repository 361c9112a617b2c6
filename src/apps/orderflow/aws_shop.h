#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

#include "adapters/aws_home/aws_adapters.h"
#include "adapters/dynamodb/archive/dynamo_shop_archive.h"
#include "ports/shop_archive.h"

namespace orderflow {

/// The shop on AWS that the environment names (adapters/aws_home/aws_resources.h), for the commands that
/// run once and end. Must outlive what it opens.
class AwsShop {
 public:
  /// Reads the whole shop into temporary files. Says on stderr how far it is, as `command`.
  [[nodiscard]] Result<std::unique_ptr<ShopArchive>> open_archive(const std::string& command);

 private:
  Result<DynamoShopTables> connect();

  boost::asio::io_context io_{1};
  std::unique_ptr<AwsAdapters> adapters_;
};

}  // namespace orderflow
