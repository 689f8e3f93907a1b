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

/// Ends a deflate stream in its destructor.
class Deflater final {
 public:
  explicit Deflater(GzipLevel level) {
    const int result =
        deflateInit2(&stream_, level.value, Z_DEFLATED, kWindowBits, kMemoryLevel, Z_DEFAULT_STRATEGY);
    if (result != Z_OK) throw std::bad_alloc();
  }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;
  ~Deflater() { deflateEnd(&stream_); }

  z_stream& operator*() noexcept { return stream_; }

 private:
  z_stream stream_{};
};

/// zlib counts in 32 bits; a text may be longer.
uInt clamp(std::size_t size) noexcept {
  return static_cast<uInt>(std::min<std::size_t>(size, std::numeric_limits<uInt>::max()));
}

}  // namespace

std::string gzip(std::string_view text, GzipLevel level) {
  if (level.value < 1 || level.value > 9) {
    throw std::invalid_argument("gzip level " + std::to_string(level.value) + ": 1 to 9 expected");
  }
  Deflater deflater(level);
  z_stream& stream = *deflater;
  std::string out;
  out.resize(64 + text.size() / 8);
  std::size_t read = 0;
  std::size_t written = 0;
  for (int result = Z_OK; result != Z_STREAM_END;) {
    if (written == out.size()) out.resize(out.size() * 2);
    const uInt in_chunk = clamp(text.size() - read);
    const uInt out_chunk = clamp(out.size() - written);
    // zlib's interface predates const; it never writes through next_in.
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data() + read));
    stream.avail_in = in_chunk;
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + written);
    stream.avail_out = out_chunk;
    result = deflate(&stream, read + in_chunk == text.size() ? Z_FINISH : Z_NO_FLUSH);
    read += in_chunk - stream.avail_in;
    written += out_chunk - stream.avail_out;
  }
  out.resize(written);
  return out;
}

}  // namespace kymo::KYMO_ABI::net
