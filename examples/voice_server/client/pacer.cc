#include "client/pacer.h"

#include <algorithm>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "protocol/voice_protocol.h"

namespace voice {

namespace asio = boost::asio;

namespace {

/// A busy machine delays frames; up to this much is caught up.
constexpr std::chrono::milliseconds kMostBehind{200};

}  // namespace

Pacer::Pacer(const asio::any_io_executor& executor, std::chrono::milliseconds jitter, std::uint32_t seed)
    : timer_(executor), random_(seed), jitter_us_(0, std::chrono::microseconds(jitter).count()) {}

asio::awaitable<std::chrono::nanoseconds> Pacer::next_frame() {
  // Frames missed during a stop of the process are not sent later.
  next_ = std::max(next_ + kFrameTime, std::chrono::steady_clock::now() - kMostBehind);
  const auto planned = next_ + std::chrono::microseconds(jitter_us_(random_));
  timer_.expires_at(planned);
  co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
  co_return std::chrono::steady_clock::now() - planned;
}

}  // namespace voice
