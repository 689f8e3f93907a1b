#pragma once

#include <functional>
#include <memory>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <kymo/base/file_descriptor.h>

namespace kymo::KYMO_ABI::probe {

/// Owns a descriptor, and calls back whenever it is readable. Threads: the io_context's.
class ReadWatch final {
 public:
  ReadWatch(boost::asio::io_context& io, base::FileDescriptor fd, std::function<void()> on_readable)
      : state_(std::make_shared<State>(io, fd.release(), std::move(on_readable))) {
    State::wait(state_);
  }
  ReadWatch(const ReadWatch&) = delete;
  ReadWatch& operator=(const ReadWatch&) = delete;
  ~ReadWatch() {
    // A pending call then finds that the watch has ended.
    state_->on_readable = nullptr;
    boost::system::error_code ignored;
    state_->descriptor.close(ignored);
  }

  [[nodiscard]] int fd() noexcept { return state_->descriptor.native_handle(); }

 private:
  struct State {
    State(boost::asio::io_context& io, int fd, std::function<void()> call)
        : descriptor(io, fd), on_readable(std::move(call)) {}

    static void wait(const std::shared_ptr<State>& state) {
      state->descriptor.async_wait(
          boost::asio::posix::stream_descriptor::wait_read, [state](boost::system::error_code error) {
            if (!state->on_readable || error == boost::asio::error::operation_aborted) return;
            state->on_readable();
            if (state->on_readable) wait(state);
          });
    }

    boost::asio::posix::stream_descriptor descriptor;
    std::function<void()> on_readable;
  };

  std::shared_ptr<State> state_;
};

}  // namespace kymo::KYMO_ABI::probe
