#include "client/pacer.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "protocol/voice_protocol.h"

namespace voice {

namespace asio = boost::asio;

Pacer::Pacer(const asio::any_io_executor& executor, std::chrono::milliseconds jitter, std::uint32_t seed)
    : timer_(executor), random_(seed), jitter_us_(0, std::chrono::microseconds(jitter).count()) {}

asio::awaitable<std::chrono::nanoseconds> Pacer::next_frame() {
  next_ += kFrameTime;
  const auto planned = next_ + std::chrono::microseconds(jitter_us_(random_));
  timer_.expires_at(planned);
  co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
  co_return std::chrono::steady_clock::now() - planned;
}

}  // namespace voice
