// For the conformance tests: echoes every message, with the same code that kymo serves with.
// websocket_echo [MILLISECONDS between pings] [MILLISECONDS for a message]. Prints its port, and ends with
// its standard input.
#include <cstdio>
#include <deque>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include <kymo/net/http_server.h>

namespace {

using namespace kymo::net;

class Echo final : public WebSocketHandler {
 public:
  void on_open(std::shared_ptr<WebSocketConnection> connection) override {
    connection_ = std::move(connection);
  }
  void on_message(std::string_view payload, WebSocketMessage kind) override {
    if (payload == "close, please") return connection_->close(WebSocketClose::try_later, "as you wish");
    if (payload == "throw, please") throw std::string("as you wish");
    waiting_.emplace_back(std::make_shared<const std::string>(payload), kind);
    on_writable();
  }
  void on_writable() override {
    while (!waiting_.empty() && connection_->send(waiting_.front().first, waiting_.front().second)) {
      waiting_.pop_front();
    }
  }
  void on_close(WebSocketClose code) override {
    std::printf("closed %d\n", static_cast<int>(code));
    std::fflush(stdout);
  }

 private:
  std::shared_ptr<WebSocketConnection> connection_;
  std::deque<std::pair<std::shared_ptr<const std::string>, WebSocketMessage>> waiting_;
};

}  // namespace

int main(int argc, char** argv) {
  HttpServerOptions options;
  if (argc > 1) options.websocket.ping_every = std::chrono::milliseconds(std::stoi(argv[1]));
  if (argc > 2) options.websocket.message_time = std::chrono::milliseconds(std::stoi(argv[2]));
  options.websocket.deflated_connections = 4;
  HttpServer server(options, [](const HttpRequest&) {
    HttpResponse response;
    response.websocket = std::make_shared<Echo>();
    return response;
  });
  server.start();
  std::printf("port %d\n", server.endpoint().port);
  std::fflush(stdout);
  while (std::cin.get() != std::char_traits<char>::eof()) continue;
}
