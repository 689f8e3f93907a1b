#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include <kymo/net/http_server.h>

namespace kymo::KYMO_ABI::monitor {

/// A request as the server hands it on, with whatever a test sets.
class Asked final {
 public:
  explicit Asked(std::string path, std::string method = "GET")
      : path_(std::move(path)), method_(std::move(method)) {}

  Asked& with(const std::string& name, std::string value) {
    headers_[name] = std::move(value);
    return *this;
  }
  Asked& body(std::string text) {
    body_ = std::move(text);
    headers_.try_emplace("content-type", "application/x-www-form-urlencoded");
    return *this;
  }
  Asked& from(std::string remote) {
    remote_ = std::move(remote);
    return *this;
  }
  Asked& at(std::chrono::steady_clock::time_point time) {
    time_ = time;
    return *this;
  }

  Asked& over_tls() {
    is_secure_ = true;
    return *this;
  }

  [[nodiscard]] net::HttpRequest request() const {
    net::HttpRequest request;
    request.is_secure = is_secure_;
    request.method = method_;
    request.target = path_;
    request.path = path_;
    request.body = body_;
    request.remote = remote_;
    request.received = time_;
    request.header = [this](std::string_view name) -> std::string_view {
      const auto found = headers_.find(std::string(name));
      return found == headers_.end() ? std::string_view() : std::string_view(found->second);
    };
    return request;
  }

 private:
  std::string path_;
  std::string method_;
  std::string body_;
  bool is_secure_ = false;
  std::string remote_ = "127.0.0.1:41234";
  std::chrono::steady_clock::time_point time_{std::chrono::hours(1)};
  std::map<std::string, std::string> headers_ = {{"host", "localhost:9464"}};
};

inline std::string header_of(const net::HttpResponse& response, const std::string& name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return {};
}

}  // namespace kymo::KYMO_ABI::monitor
