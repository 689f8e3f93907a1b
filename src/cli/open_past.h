#pragma once

#include <string>
#include <string_view>

#include <kymo/history/store.h>

namespace kymo::KYMO_ABI::cli {

/// Opens a directory of history to read. Reports a problem under the command's name and keeps it in
/// `problem`, which must outlive the store. Errors: `std::system_error`.
[[nodiscard]] history::Store open_past(const std::string& path, std::string_view command,
                                       std::string& problem);

}  // namespace kymo::KYMO_ABI::cli
