#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include <kymo/net/http_body.h>

namespace kymo::KYMO_ABI::net {

/// The bodies of responses in flight, each counted once for all connections that send it. Small bodies are
/// not counted: a connection itself takes as much. Threads: any.
class BodiesInFlight final {
 public:
  /// `bytes`: receives their total size.
  BodiesInFlight(std::size_t most, std::atomic<std::uint64_t>& bytes) noexcept : most_(most), bytes_(bytes) {}

  /// Keeps a body alive and counted. Must be destroyed before the BodiesInFlight.
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
      if (bodies_ != nullptr) bodies_->release(body_);
    }

   private:
    friend class BodiesInFlight;
    Hold(BodiesInFlight& bodies, HttpBody body) noexcept : bodies_(&bodies), body_(std::move(body)) {}

    BodiesInFlight* bodies_ = nullptr;  ///< null: counts nothing
    HttpBody body_;
  };

  /// Nothing for a body over the limit. A single body is never over it, since it exists already. Throws
  /// std::bad_alloc.
  [[nodiscard]] std::optional<Hold> hold(const HttpBody& body);

  /// True while more than half of the limit is in use.
  [[nodiscard]] bool is_tight() const noexcept { return bytes_ > most_ / 2; }

 private:
  void release(const HttpBody& body) noexcept;

  const std::size_t most_;
  std::atomic<std::uint64_t>& bytes_;  ///< written under the lock
  std::mutex mutex_;
  std::map<const char*, std::size_t> holders_;  ///< by the memory of the first piece, which copies share
};

}  // namespace kymo::KYMO_ABI::net
