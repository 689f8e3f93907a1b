#pragma once

#include <string>
#include <string_view>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::net {

/// Compression level: 1 is the fastest, 9 the smallest.
struct GzipLevel {
  int value = 1;
};

/// `text` as one gzip member (RFC 1952), without name and time, so that equal texts give equal bytes.
/// Threads: any. Cost at level 1: about 10 ms per MB of metrics text, and 256 KiB while it runs.
/// Errors: std::invalid_argument for a level outside 1..9; std::bad_alloc.
[[nodiscard]] std::string gzip(std::string_view text, GzipLevel level = {});

}  // namespace kymo::KYMO_ABI::net
