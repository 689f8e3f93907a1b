#pragma once

#include <compare>
#include <cstddef>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::alert {

/// A place in a file or text, both from 1. Columns count bytes.
struct FilePlace {
  std::size_t line = 1;
  std::size_t column = 1;

  friend auto operator<=>(const FilePlace&, const FilePlace&) = default;
};

}  // namespace kymo::KYMO_ABI::alert
