#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <kymo/net/name_resolution.h>

namespace kymo::KYMO_ABI::probe {

/// The address of a host, asked for on another thread: at first, each minute, and where it is doubted. That
/// of an address with a zone is looked up as often, as its interface may come and go.
/// Threads: one at a time.
class HostAddress final {
 public:
  using Time = std::chrono::steady_clock::time_point;

  HostAddress(std::string host, std::uint16_t port);

  /// Takes what came meanwhile, and asks where it is time to. Never waits.
  void refresh(Time now);
  /// Ask again soon.
  void doubt() noexcept { is_doubted_ = true; }

  /// The last that was told; it stays while asking again fails.
  [[nodiscard]] const std::optional<net::SocketAddress>& address() const noexcept { return address_; }
  /// Counts the changes of it.
  [[nodiscard]] unsigned changes() const noexcept { return changes_; }
  /// Why there is none.
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
