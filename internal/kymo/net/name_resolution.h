#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include <kymo/net/resolve.h>

namespace kymo::KYMO_ABI::net {

/// Resolves a name in a detached thread. A name service may hang longer than stop() may take, and its call
/// cannot be cancelled.
class NameResolution final {
 public:
  using Result = std::variant<SocketAddress, std::string>;

  /// `preferred`: the address to keep while the name still has it. Errors: std::system_error if no thread can
  /// be made.
  NameResolution(const std::string& name, std::uint16_t port,
                 const std::optional<SocketAddress>& preferred = std::nullopt);

  /// The address or the error, once it is known. Threads: one.
  [[nodiscard]] std::optional<Result> result() const;
  /// Time that the name service took; 0 until it has answered. Threads: one.
  [[nodiscard]] std::chrono::nanoseconds took() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace kymo::KYMO_ABI::net
