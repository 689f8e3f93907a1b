#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>

#include <kymo/terminal/screen.h>

namespace kymo::KYMO_ABI::terminal {

/// The page on view and the user's orders, for the thread that sends requests to the server. Threads: any.
class ViewRequests final {
 public:
  struct Request {
    Page page = Page::overview;
    ProfilerOrder order = ProfilerOrder::none;
  };

  void show(Page page);
  void order(ProfilerOrder order);
  /// Makes wait() return nothing from now on.
  void end();

  /// Waits for a change, at most `longest`, and returns the current request; each order only once.
  [[nodiscard]] std::optional<Request> wait(std::chrono::milliseconds longest);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  Request request_;
  bool is_new_ = true;  // the first request is new
  bool is_over_ = false;
};

}  // namespace kymo::KYMO_ABI::terminal
