#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "apps/orderflow/home.h"
#include "apps/orderflow/metrics.h"
#include "apps/orderflow/serve.h"

namespace orderflow {

/// The local home: everything in this process and in the folder `options.data`, which is created if
/// it is missing. Unavailable where the folder is in use or cannot be written; the detail says why.
[[nodiscard]] Result<std::unique_ptr<Home>> open_local_home(boost::asio::io_context& io,
                                                            const ServeOptions& options,
                                                            Metrics& metrics);

}  // namespace orderflow
