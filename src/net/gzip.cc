#include <kymo/net/gzip.h>

#include <algorithm>
#include <limits>
#include <new>
#include <stdexcept>

#include <zlib.h>

namespace kymo::KYMO_ABI::net {
namespace {

constexpr int kWindowBits = 15 + 16;  // 16 asks zlib for a gzip header instead of its own
constexpr int kMemoryLevel = 8;
constexpr std::size_t kLeastRoom = 64;

/// zlib counts in 32 bits; a text may be longer.
uInt clamp(std::size_t size) noexcept {
  return static_cast<uInt>(std::min<std::size_t>(size, std::numeric_limits<uInt>::max()));
}

/// Calls deflate until it has taken all input; with Z_FINISH, until it has written all output.
void deflate_all(z_stream& stream, int flush, base::TextSink& out) {
  for (int result = Z_OK; stream.avail_in > 0 || (flush == Z_FINISH && result != Z_STREAM_END);) {
    const std::span<char> room = out.room(kLeastRoom);
    const uInt size = clamp(room.size());
    stream.next_out = reinterpret_cast<Bytef*>(room.data());
    stream.avail_out = size;
    result = deflate(&stream, flush);
    out.wrote(size - stream.avail_out);
  }
}

}  // namespace

struct Gzipper::State {
  z_stream stream{};
};

Gzipper::Gzipper(GzipLevel level) : state_(std::make_unique<State>()) {
  if (level.value < 1 || level.value > 9) {
    throw std::invalid_argument("gzip level " + std::to_string(level.value) + ": 1 to 9 expected");
  }
  const int result =
      deflateInit2(&state_->stream, level.value, Z_DEFLATED, kWindowBits, kMemoryLevel, Z_DEFAULT_STRATEGY);
  if (result != Z_OK) throw std::bad_alloc();
}

Gzipper::~Gzipper() { deflateEnd(&state_->stream); }

void Gzipper::compress(std::span<const std::string_view> pieces, base::TextSink& out) {
  z_stream& stream = state_->stream;
  // Also after a text that an exception of the sink cut off.
  (void)deflateReset(&stream);
  for (std::string_view piece : pieces) {
    while (!piece.empty()) {
      const uInt size = clamp(piece.size());
      // zlib's interface predates const; it never writes through next_in.
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
      stream.avail_in = size;
      deflate_all(stream, Z_NO_FLUSH, out);
      piece.remove_prefix(size);
    }
  }
  stream.avail_in = 0;
  deflate_all(stream, Z_FINISH, out);
}

std::string gzip(std::string_view text, GzipLevel level) {
  std::string out;
  base::StringSink sink(out, kLeastRoom + text.size() / 8);
  Gzipper(level).compress({&text, 1}, sink);
  return out;
}

}  // namespace kymo::KYMO_ABI::net
