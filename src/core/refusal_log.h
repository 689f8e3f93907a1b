#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

#include <kymo/version.h>

namespace kymo::KYMO_ABI {

/// Reports refusals: to the user's sink, or as a line on standard error. Remembers its messages, so a
/// repeated refusal is reported once. Threads: any, without a lock.
class RefusalLog final {
 public:
  using Sink = std::function<void(std::string_view)>;

  /// Approximate number of remembered refusals; later ones are not reported.
  static constexpr std::size_t kMost = 1024;

  explicit RefusalLog(Sink sink) noexcept : sink_(std::move(sink)) {}

  enum class Seen : std::uint8_t { first, again, unknown };
  /// Notes a refusal by its hash. Unknown: there is no room to remember it.
  [[nodiscard]] Seen note(std::uint64_t what) noexcept;

  /// Calls the user's sink, which may throw, or writes a line; never both. Never blocks on a standard error
  /// that nobody reads.
  void say(std::string_view message) const;
  /// The same for a message that may be known; true if reported now.
  bool say_once(std::string_view message);
  /// Notes a message. True: it is new, and the caller must report it.
  [[nodiscard]] bool is_new(std::string_view message) noexcept;
  [[nodiscard]] bool has_sink() const noexcept { return sink_ != nullptr; }
  /// Reports only to the user's sink: standard error has the message already, or the caller gets an
  /// exception.
  void tell(std::string_view message) const;

 private:
  Sink sink_;
  std::array<std::atomic<std::uint64_t>, kMost> noted_{};  // 0: free
};

}  // namespace kymo::KYMO_ABI
