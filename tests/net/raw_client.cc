#include "raw_client.h"

#include <array>
#include <charconv>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <kymo/base/ascii.h>

namespace kymo::KYMO_ABI::net::test {
namespace {

constexpr timeval kReadBound{60, 0};

}  // namespace

std::optional<std::string> RawResponse::header(std::string_view name) const {
  std::string_view rest = head;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find("\r\n"), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 2, rest.size()));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !base::equals_ignoring_case(line.substr(0, colon), name)) {
      continue;
    }
    return std::string(base::trim(line.substr(colon + 1)));
  }
  return std::nullopt;
}

RawClient::RawClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &kReadBound, sizeof kReadBound);
  if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("cannot connect to port " + std::to_string(port));
  }
}

bool RawClient::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void RawClient::end_sending() const { ::shutdown(socket_.get(), SHUT_WR); }

void RawClient::shrink_receive_buffer() const {
  const int size = 4096;
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
}

bool RawClient::fill() {
  std::array<char, 16384> piece;
  const ssize_t size = ::recv(socket_.get(), piece.data(), piece.size(), 0);
  if (size <= 0) return false;
  buffer_.append(piece.data(), static_cast<std::size_t>(size));
  return true;
}

std::optional<RawResponse> RawClient::read_response(To to) {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill()) return std::nullopt;
  }
  RawResponse response;
  response.head = buffer_.substr(0, end);
  buffer_.erase(0, end + 4);
  const std::string status = response.head.substr(9, 3);
  std::from_chars(status.data(), status.data() + status.size(), response.status);
  const std::string length = response.header("Content-Length").value_or("0");
  std::size_t size = 0;
  std::from_chars(length.data(), length.data() + length.size(), size);
  if (to == To::head) return response;
  while (buffer_.size() < size) {
    if (!fill()) return std::nullopt;
  }
  response.body = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return response;
}

std::string RawClient::read_to_end() {
  while (fill()) {
  }
  return std::exchange(buffer_, {});
}

std::optional<RawResponse> ask(std::uint16_t port, std::string_view request) {
  RawClient client(port);
  client.send(request);
  return client.read_response();
}

std::optional<RawResponse> get(std::uint16_t port, std::string_view target) {
  return ask(port, "GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
}

std::size_t count_of(std::string_view needle, std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = text.find(needle); at != std::string_view::npos;
       at = text.find(needle, at + needle.size())) {
    ++count;
  }
  return count;
}

}  // namespace kymo::KYMO_ABI::net::test
