#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>

#include <kymo/terminal/screen.h>

namespace kymo::KYMO_ABI::terminal {

/// What the user looks at and orders, for the one who asks the server for it. Threads: any.
class Wishes final {
 public:
  struct Wish {
    Page page = Page::overview;
    ProfilerOrder order = ProfilerOrder::none;
  };

  void show(Page page);
  void order(ProfilerOrder order);
  /// Lets wait() give nothing from now on.
  void end();

  /// Waits for a wish that is new, but no longer than that, and gives the one of now; an order only once.
  [[nodiscard]] std::optional<Wish> wait(std::chrono::milliseconds longest);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  Wish wish_;
  bool is_new_ = true;  // the first one is
  bool is_over_ = false;
};

}  // namespace kymo::KYMO_ABI::terminal
