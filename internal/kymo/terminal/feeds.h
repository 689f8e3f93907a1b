#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include <kymo/net/client_options.h>
#include <kymo/terminal/screen.h>
#include <kymo/terminal/series_store.h>
#include <kymo/terminal/wishes.h>

namespace kymo::KYMO_ABI::terminal {

/// Seconds since 1970, by the clock of this machine.
[[nodiscard]] double unix_now() noexcept;

/// What the feeds write and the screen reads. Threads: any.
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

  /// Calls the function with the picture, which nobody else has meanwhile.
  template <class Function>
  auto with(Function function) {
    const std::lock_guard lock(mutex_);
    return function(picture_);
  }
  /// Makes `descriptor()` readable.
  void tell_change() noexcept;
  /// Forgets that it was.
  void take_change() noexcept;
  [[nodiscard]] int descriptor() const noexcept { return event_; }
  /// What the user looks at, for the feed.
  [[nodiscard]] Wishes& wishes() noexcept { return wishes_; }

 private:
  std::mutex mutex_;
  Picture picture_;
  Wishes wishes_;
  int event_;
};

/// Something that fills the picture on threads of its own, until it is destroyed.
class Feed {
 public:
  Feed() = default;
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;
  virtual ~Feed() = default;
};

/// A server's live metrics, `rate_hz` times a second, its sessions, and what the page that is shown wants.
/// The picture must outlive it.
[[nodiscard]] std::unique_ptr<Feed> follow_server(const net::ClientUrl& url,
                                                  const net::ClientOptions& options, int rate_hz,
                                                  SharedPicture& picture);

/// This host and this process, measured here. The picture must outlive it.
[[nodiscard]] std::unique_ptr<Feed> measure_here(std::chrono::milliseconds interval, SharedPicture& picture);

}  // namespace kymo::KYMO_ABI::terminal
