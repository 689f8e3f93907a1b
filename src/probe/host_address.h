#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <kymo/net/resolve.h>

namespace kymo::KYMO_ABI::probe {

/// The address of a host, resolved on another thread: at first, each minute, and when in doubt. An address
/// with a zone is looked up as often, since its interface may come and go.
/// Threads: one at a time.
class HostAddress final {
 public:
  using Time = std::chrono::steady_clock::time_point;

  HostAddress(std::string host, std::uint16_t port);

  /// Takes finished results, and starts a look-up if one is due. Never waits.
  void refresh(Time now);
  /// Requests a new look-up soon.
  void doubt() noexcept { is_doubted_ = true; }

  /// The last known address; stays while look-ups fail.
  [[nodiscard]] const std::optional<net::SocketAddress>& address() const noexcept { return address_; }
  /// Number of changes of the address.
  [[nodiscard]] unsigned changes() const noexcept { return changes_; }
  /// The reason why there is none.
  [[nodiscard]] const std::string& trouble() const noexcept { return trouble_; }

 private:
  [[nodiscard]] bool is_time_to_ask(Time now) const noexcept;
  void take(const net::NameResolution::Result& result);
  void take(const net::SocketAddress& found);
  void look_up_zone();

  std::string host_;
  std::uint16_t port_;
  bool is_name_ = false;  // or has a zone
  std::optional<net::SocketAddress> address_;
  unsigned changes_ = 0;
  std::string trouble_;
  bool is_doubted_ = false;
  std::optional<Time> asked_;
  std::unique_ptr<net::NameResolution> asking_;
};

}  // namespace kymo::KYMO_ABI::probe
