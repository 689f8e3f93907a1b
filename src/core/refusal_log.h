#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

#include <kymo/version.h>

namespace kymo::KYMO_ABI {

/// Says what was refused: to the user's sink, or as a line on standard error where there is none. Remembers
/// what was said, so that a refusal that repeats is said once. Threads: any, without a lock.
class RefusalLog final {
 public:
  using Sink = std::function<void(std::string_view)>;

  /// About how many different refusals are remembered; later ones are not said.
  static constexpr std::size_t kMost = 1024;

  explicit RefusalLog(Sink sink) noexcept : sink_(std::move(sink)) {}

  enum class Seen : std::uint8_t { first, again, unknown };
  /// Notes a refusal, known by a hash of what was refused; unknown: there is no room to remember it.
  [[nodiscard]] Seen note(std::uint64_t what) noexcept;

  /// Calls the user's sink, which may throw, or writes a line; never both. A standard error that nobody reads
  /// takes no line and holds nobody up.
  void say(std::string_view message) const;
  /// The same, where it is not known that this was said before; true when it was said now.
  bool say_once(std::string_view message);
  /// Notes a message, to be said if this is true: it was not noted before.
  [[nodiscard]] bool is_new(std::string_view message) noexcept;
  [[nodiscard]] bool has_sink() const noexcept { return sink_ != nullptr; }
  /// Only to the user's sink: for what standard error has, or the caller gets as an exception.
  void tell(std::string_view message) const;

 private:
  Sink sink_;
  std::array<std::atomic<std::uint64_t>, kMost> noted_{};  // 0: free
};

}  // namespace kymo::KYMO_ABI
