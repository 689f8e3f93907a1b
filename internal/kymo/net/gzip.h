#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <kymo/base/text_sink.h>

namespace kymo::KYMO_ABI::net {

/// Compression level: 1 is the fastest, 9 the smallest.
struct GzipLevel {
  int value = 1;
};

/// Compresses one text after another with the same 256 KiB of memory. Threads: one at a time.
class Gzipper final {
 public:
  /// Throws std::invalid_argument for a level outside 1..9; std::bad_alloc.
  explicit Gzipper(GzipLevel level = {});
  Gzipper(const Gzipper&) = delete;
  Gzipper& operator=(const Gzipper&) = delete;
  ~Gzipper();

  /// The pieces, joined, as one gzip member (RFC 1952), without name and time. So equal texts give equal
  /// bytes. Cost at level 1: about 10 ms per MB of metrics text. Throws what the sink throws.
  void compress(std::span<const std::string_view> pieces, base::TextSink& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The same for one text. Errors: as Gzipper. Threads: any.
[[nodiscard]] std::string gzip(std::string_view text, GzipLevel level = {});

}  // namespace kymo::KYMO_ABI::net
