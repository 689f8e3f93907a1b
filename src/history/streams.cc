#include "streams.h"

#include <zstd.h>

#include <algorithm>
#include <new>

namespace kymo::KYMO_ABI::history {
namespace {

// Codes have few repetitions; above this level zstd searches longer and finds no more.
constexpr int kLevel = 1;
// Headers and tables of zstd are longer than what so few bytes can save.
constexpr std::size_t kLeastCompressed = 32;

struct FreeContext {
  void operator()(ZSTD_DCtx* context) const noexcept { ZSTD_freeDCtx(context); }
};

}  // namespace

Compressor::Compressor() : context_(ZSTD_createCCtx()) {
  if (context_ == nullptr) throw std::bad_alloc();
  ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, kLevel);
  ZSTD_CCtx_setParameter(context_, ZSTD_c_contentSizeFlag, 0);
}

Compressor::~Compressor() { ZSTD_freeCCtx(context_); }

std::size_t Compressor::append(std::span<const std::byte> bytes, Bytes& to) {
  const std::size_t at = to.size();
  if (bytes.size() >= kLeastCompressed) {
    to.resize(at + ZSTD_compressBound(bytes.size()));
    const std::size_t size =
        ZSTD_compress2(context_, to.data() + at, to.size() - at, bytes.data(), bytes.size());
    if (ZSTD_isError(size) == 0 && size < bytes.size()) {
      to.resize(at + size);
      return size;
    }
    to.resize(at);
  }
  history::append(to, bytes);
  return bytes.size();
}

bool decompress(std::span<const std::byte> stored, std::span<std::byte> to) {
  if (stored.size() == to.size()) {
    std::ranges::copy(stored, to.begin());
    return true;
  }
  thread_local const std::unique_ptr<ZSTD_DCtx, FreeContext> context(ZSTD_createDCtx());
  if (context == nullptr) throw std::bad_alloc();
  // One byte more than expected would be an error of its own: zstd stops at the end of `to`.
  return ZSTD_decompressDCtx(context.get(), to.data(), to.size(), stored.data(), stored.size()) == to.size();
}

}  // namespace kymo::KYMO_ABI::history
