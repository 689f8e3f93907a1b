#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::net {

/// The bodies of responses that are being sent, each counted once, however many connections send it. Small
/// ones are not counted: what a connection takes by itself is about as much. Threads: any.
class BodiesInFlight final {
 public:
  using Body = std::shared_ptr<const std::string>;

  /// `bytes`: where their size is shown.
  BodiesInFlight(std::size_t most, std::atomic<std::uint64_t>& bytes) noexcept : most_(most), bytes_(bytes) {}

  /// Keeps a body, and keeps it counted. Must end before the count does.
  class Hold final {
   public:
    Hold() noexcept = default;
    Hold(Hold&& other) noexcept
        : bodies_(std::exchange(other.bodies_, nullptr)), body_(std::move(other.body_)) {}
    Hold& operator=(Hold&& other) noexcept {
      std::swap(bodies_, other.bodies_);
      std::swap(body_, other.body_);
      return *this;
    }
    ~Hold() {
      if (bodies_ != nullptr) bodies_->release(*body_);
    }

   private:
    friend class BodiesInFlight;
    Hold(BodiesInFlight& bodies, Body body) noexcept : bodies_(&bodies), body_(std::move(body)) {}

    BodiesInFlight* bodies_ = nullptr;  ///< null: counts nothing
    Body body_;
  };

  /// Nothing for a body that would be over the limit. One alone never is, since it is there already. Throws
  /// std::bad_alloc.
  [[nodiscard]] std::optional<Hold> hold(const Body& body);

  /// More than half of the limit is taken.
  [[nodiscard]] bool is_tight() const noexcept { return bytes_ > most_ / 2; }

 private:
  void release(const std::string& body) noexcept;

  const std::size_t most_;
  std::atomic<std::uint64_t>& bytes_;  ///< written under the lock
  std::mutex mutex_;
  std::map<const std::string*, std::size_t> holders_;
};

}  // namespace kymo::KYMO_ABI::net
