#include "refusal_log.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "label_hash.h"

namespace kymo::KYMO_ABI {

RefusalLog::Seen RefusalLog::note(std::uint64_t what) noexcept {
  what = std::max<std::uint64_t>(what, 1);
  constexpr std::size_t kProbes = 16;  // bounds the search of a repeated refusal in a full log
  for (std::size_t i = 0; i < kProbes; ++i) {
    std::atomic<std::uint64_t>& slot = noted_[(what + i) % kMost];
    std::uint64_t held = slot.load(std::memory_order_relaxed);
    if (held == 0 && slot.compare_exchange_strong(held, what, std::memory_order_relaxed)) return Seen::first;
    if (held == what) return Seen::again;
  }
  return Seen::unknown;
}

void RefusalLog::say(std::string_view message) const {
  if (sink_) return sink_(message);
  // A ready pipe takes PIPE_BUF bytes at once; one without a reader would raise SIGPIPE.
  constexpr std::size_t kMostBytes = 4000;
  pollfd ready{STDERR_FILENO, POLLOUT, 0};
  if (::poll(&ready, 1, 0) != 1 || ready.revents != POLLOUT) return;
  const std::string line = "kymo: " + std::string(message.substr(0, kMostBytes)) + "\n";
  // A failed write has no other place to be reported; the refusal is counted.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

bool RefusalLog::is_new(std::string_view message) noexcept {
  return note(hash_text(message, hash_seed())) == Seen::first;
}

bool RefusalLog::say_once(std::string_view message) {
  if (!is_new(message)) return false;
  say(message);
  return true;
}

void RefusalLog::tell(std::string_view message) const {
  if (sink_) sink_(message);
}

}  // namespace kymo::KYMO_ABI
