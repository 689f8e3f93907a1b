#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::net {

/// The body of a response: pieces of memory that are there, or a generator that makes them one at a time.
///
/// Pieces are sent without a copy, and copies of a body share them. So one encoding serves many clients.
/// Threads: const members from any.
class KYMO_API HttpBody final {
 public:
  /// Writes the next piece into `piece`, which is empty; false: there is none, and the body ends. An
  /// exception closes the connection, so that the client knows the body as incomplete.
  using Generator = std::function<bool(std::string& piece)>;

  HttpBody() = default;
  HttpBody(std::nullptr_t) noexcept {}  // NOLINT(google-explicit-constructor)
  /// One piece.
  HttpBody(std::string text);                                  // NOLINT(google-explicit-constructor)
  HttpBody(const char* text) : HttpBody(std::string(text)) {}  // NOLINT(google-explicit-constructor)
  /// One piece, which others may share; null: empty.
  HttpBody(std::shared_ptr<const std::string> text);  // NOLINT(google-explicit-constructor)
  /// Pieces of memory, in order. `owner` keeps them and the list of them.
  HttpBody(std::shared_ptr<const void> owner, std::span<const std::string_view> pieces);

  /// A body whose size nobody knows before: each piece is sent before the next is made. The memory that such
  /// a response takes is that of one piece; some 64 KiB are a good size. Sent in chunks (RFC 9112 7.1), to a
  /// client of HTTP/1.0 up to the end of the connection. Not called for HEAD. Threads: calls come one after
  /// the other, each from any thread of the route's ThreadClass.
  [[nodiscard]] static HttpBody generated(Generator next);

  [[nodiscard]] bool empty() const noexcept { return size_ == 0 && next_ == nullptr; }
  /// Of all pieces; 0 for a generated body.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::span<const std::string_view> pieces() const noexcept { return pieces_; }
  /// A copy of the pieces as one text, for tests and small bodies.
  [[nodiscard]] std::string text() const;

  /// Null where the body is not generated.
  [[nodiscard]] const std::shared_ptr<const Generator>& generator() const noexcept { return next_; }

 private:
  std::shared_ptr<const void> owner_;
  std::span<const std::string_view> pieces_;
  std::size_t size_ = 0;
  std::shared_ptr<const Generator> next_;
};

}  // namespace kymo::KYMO_ABI::net
