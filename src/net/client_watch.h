#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <utility>

#include <boost/asio/steady_timer.hpp>

#include "server_context.h"
#include "transport.h"

namespace kymo::KYMO_ABI::net {

/// Cancels a request whose client has gone: see HttpRequest::cancel. Ends with this object. On the I/O thread
/// only.
///
/// Polls, because a poll also sees the end of a client behind bytes that nobody has read.
class ClientWatch final {
 public:
  ClientWatch(ServerContext& context, std::shared_ptr<Transport> transport, SteadyTime deadline)
      : state_(std::make_shared<State>(context, std::move(transport), deadline)) {
    look_later(state_);
  }
  ClientWatch(const ClientWatch&) = delete;
  ClientWatch& operator=(const ClientWatch&) = delete;
  ~ClientWatch() {
    state_->is_over = true;
    state_->timer.cancel();
  }

  [[nodiscard]] std::stop_token token() const noexcept { return state_->cancel.get_token(); }

 private:
  static constexpr std::chrono::milliseconds kLookEvery{100};

  struct State {
    State(ServerContext& the_context, std::shared_ptr<Transport> the_transport, SteadyTime the_deadline)
        : context(the_context),
          transport(std::move(the_transport)),
          deadline(the_deadline),
          timer(the_context.io) {}

    ServerContext& context;
    const std::shared_ptr<Transport> transport;
    const SteadyTime deadline;
    boost::asio::steady_timer timer;
    std::stop_source cancel;
    bool is_over = false;  ///< also for a look that was due already
  };

  static void look_later(const std::shared_ptr<State>& state) {
    state->timer.expires_after(kLookEvery);
    state->timer.async_wait([state](const boost::system::error_code& ended) {
      if (ended || state->is_over) return;
      const bool is_late = std::chrono::steady_clock::now() >= state->deadline;
      if (!is_late && !state->context.stopping && !state->transport->is_left()) return look_later(state);
      count(state->context.counters.requests_cancelled);
      (void)state->cancel.request_stop();
    });
  }

  const std::shared_ptr<State> state_;
};

}  // namespace kymo::KYMO_ABI::net
