#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include <kymo/net/resolve.h>

namespace kymo::KYMO_ABI::net {

/// A name being resolved in a thread of its own, which nobody waits for: a name service may hang for longer
/// than anybody wants to wait for stop(), and its call cannot be cut short.
class NameResolution final {
 public:
  using Result = std::variant<SocketAddress, std::string>;

  /// `preferred`: the address to keep where the name still has it. Errors: std::system_error where there is
  /// no thread to be had.
  NameResolution(const std::string& name, std::uint16_t port,
                 const std::optional<SocketAddress>& preferred = std::nullopt);

  /// The address or the error, once it is known. Threads: one.
  [[nodiscard]] std::optional<Result> result() const;
  /// How long the name service took; 0 until it has answered. Threads: one.
  [[nodiscard]] std::chrono::nanoseconds took() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace kymo::KYMO_ABI::net
