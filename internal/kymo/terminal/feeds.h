#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include <kymo/net/client_options.h>
#include <kymo/terminal/screen.h>
#include <kymo/terminal/series_store.h>

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

/// Seconds since 1970, by the clock of this machine.
[[nodiscard]] double unix_now() noexcept;

/// The shared state that feeds write and the screen reads. Threads: any.
class SharedPicture final {
 public:
  SharedPicture();
  SharedPicture(const SharedPicture&) = delete;
  SharedPicture& operator=(const SharedPicture&) = delete;
  ~SharedPicture();

  struct Picture {
    SeriesStore store;
    std::optional<Sessions> sessions;
    Answers answers;
    Link link;
  };

  /// Calls the function with exclusive access to the picture.
  template <class Function>
  auto with(Function function) {
    const std::lock_guard lock(mutex_);
    return function(picture_);
  }
  /// Makes `descriptor()` readable.
  void tell_change() noexcept;
  /// Resets the signal of tell_change().
  void take_change() noexcept;
  [[nodiscard]] int descriptor() const noexcept { return event_; }
  /// The page on view and the user's orders, for the feed.
  [[nodiscard]] ViewRequests& requests() noexcept { return requests_; }

 private:
  std::mutex mutex_;
  Picture picture_;
  ViewRequests requests_;
  int event_;
};

/// Fills the picture on its own threads, until it is destroyed.
class Feed {
 public:
  Feed() = default;
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;
  virtual ~Feed() = default;
};

/// A server's live metrics, `rate_hz` times a second, its sessions, and the data of the page on view. The
/// picture must outlive it.
[[nodiscard]] std::unique_ptr<Feed> follow_server(const net::ClientUrl& url,
                                                  const net::ClientOptions& options, int rate_hz,
                                                  SharedPicture& picture);

/// This host and this process, measured here. The picture must outlive it.
[[nodiscard]] std::unique_ptr<Feed> measure_here(std::chrono::milliseconds interval, SharedPicture& picture);

}  // namespace kymo::KYMO_ABI::terminal
