#pragma once

#include <memory>

#include <kymo/series/series_reader.h>

#include "store_impl.h"

namespace kymo::KYMO_ABI::history {

[[nodiscard]] std::unique_ptr<series::SeriesScan> make_scan(std::shared_ptr<const Store::Impl> store,
                                                            series::ReadLimit limit);

}  // namespace kymo::KYMO_ABI::history
