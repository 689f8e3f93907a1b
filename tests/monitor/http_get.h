#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <string>

#include <kymo/net/http_server.h>

namespace kymo::KYMO_ABI::monitor {

/// The whole answer to a GET, head and body, of a server on 127.0.0.1.
inline std::string http_get(const net::Endpoint& endpoint, const std::string& path,
                            const std::string& host = "localhost") {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(endpoint.port);
  ::inet_pton(AF_INET, endpoint.address.c_str(), &address.sin_addr);
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    ::close(socket);
    throw std::runtime_error("cannot connect to " + endpoint.to_string());
  }
  const std::string request = "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n";
  (void)::send(socket, request.data(), request.size(), MSG_NOSIGNAL);
  std::string answer;
  for (char buffer[16384];;) {
    const ssize_t count = ::recv(socket, buffer, sizeof(buffer), 0);
    if (count <= 0) break;
    answer.append(buffer, static_cast<std::size_t>(count));
  }
  ::close(socket);
  return answer;
}

}  // namespace kymo::KYMO_ABI::monitor
