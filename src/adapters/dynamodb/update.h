#pragma once

#include <string>
#include <string_view>

#include "adapters/dynamodb/item.h"

namespace orderflow::dynamodb {

/// An UpdateItem in the making, by itself or as a part of TransactWriteItems.
///
///     Update update("products", {{"sku", sku}, {"entry", "product"}});
///     update.add("available", -2).only_if("available", ">=", 2);
///     std::string body = update.request();
///
/// Every attribute is named by a placeholder, "#name", since many useful names are reserved words of
/// DynamoDB. Where the condition fails, the answer holds the item as it is.
class Update {
 public:
  Update(std::string_view table, const Attributes& key);

  Update& set(std::string_view attribute, const Value& value);
  /// Keeps the value that is there.
  Update& set_if_absent(std::string_view attribute, const Value& value);
  /// To an attribute that must be there.
  Update& add(std::string_view attribute, std::int64_t quantity);
  Update& remove(std::string_view attribute);

  Update& only_if(std::string_view attribute, std::string_view comparison, const Value& value);
  Update& only_if_absent(std::string_view attribute);

  /// The members of the request, as an object. `return_values`: "NONE", "ALL_OLD" or "ALL_NEW"; must
  /// be "NONE" in a transaction.
  [[nodiscard]] std::string request(std::string_view return_values = "NONE") const;

 private:
  std::string name(std::string_view attribute);
  std::string value(const Value& value);

  std::string table_;
  std::string key_;  ///< as JSON
  std::string sets_;
  std::string removes_;
  std::string conditions_;
  std::string names_;   ///< members of ExpressionAttributeNames
  std::string values_;  ///< members of ExpressionAttributeValues
  int value_count_ = 0;
};

/// A PutItem of an item that must not exist yet, by itself or as a part of TransactWriteItems. `key`
/// is the name of its key. Where it exists, the answer holds the existing item.
[[nodiscard]] std::string put_new(std::string_view table, const Attributes& item,
                                  std::string_view key);

}  // namespace orderflow::dynamodb
