#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <kymo/net/network.h>
#include <kymo/net/tls.h>
#include <kymo/net/websocket.h>

namespace kymo::KYMO_ABI::net {

/// An address and port to listen on, as `127.0.0.1:9464`, `[::1]:9464`, or `localhost:9464`. Port 0: any free
/// one.
struct KYMO_API Endpoint {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;

  /// Throws std::invalid_argument with a message that quotes the text and shows the form expected.
  static Endpoint parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;
  /// Only reachable from this machine (127.0.0.0/8, ::1, localhost).
  [[nodiscard]] bool is_loopback() const noexcept;

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

/// What a handler is given. Views are valid during the call.
struct KYMO_API HttpRequest {
  using Pairs = std::vector<std::pair<std::string, std::string>>;

  std::string_view method;  ///< "GET", "HEAD", "POST", …
  std::string_view target;  ///< as sent, e.g. "/api/metrics?x=1"
  std::string_view path;    ///< without the query, percent-decoded
  Pairs query;              ///< decoded, in order
  Pairs path_parameters;    ///< what a router found in the path, decoded; the server leaves it empty
  std::string_view body;    ///< whole, without its chunks
  /// "127.0.0.1:41234". Where a trusted proxy sent the request: the client that it names, with port 0 where
  /// it names none.
  std::string_view remote;
  bool is_secure = false;  ///< came over TLS
  /// When it had arrived whole and its turn had come; it may have waited for a thread since.
  std::chrono::steady_clock::time_point received = std::chrono::steady_clock::now();
  /// A header by name, any case; several of one name joined by ", "; empty where absent. `host` is what the
  /// target names, where the target names a host (RFC 9112 3.2.2).
  std::function<std::string_view(std::string_view name)> header;

  /// The first value of that name in the query, or null.
  [[nodiscard]] const std::string* query_value(std::string_view name) const noexcept;
  /// The part of the path that stands for `{name}` in the route, or null.
  [[nodiscard]] const std::string* path_parameter(std::string_view name) const noexcept;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  /// Further ones. Connection, Content-Length, Date, Server and Transfer-Encoding are the server's and left
  /// out.
  std::vector<std::pair<std::string, std::string>> headers;
  /// Shared and sent without a copy, so that one encoding serves many clients; null: empty. Not sent to HEAD.
  std::shared_ptr<const std::string> body;
  /// Set: the connection becomes a WebSocket (RFC 6455) of this handler, and all of the above is ignored. The
  /// server refuses a request that is no good handshake (400, 426), and one of a page of another origin
  /// (403): Origin must be absent or of the host asked.
  std::shared_ptr<WebSocketHandler> websocket = {};
  /// How long to hold the answer back, a WebSocket's handshake too; 1 s at most. No thread waits, and a
  /// connection in that wait is the first to go where others need its place.
  std::chrono::milliseconds delay{0};
};

/// Limits of the server; each has a counter in HttpServer::Statistics that tells when it took something.
///
/// A connection over a limit takes the place of another: of the same address where that address is at its
/// limit, else of any. First goes one whose client has taken nothing of its response for a second, then one
/// that waits for its client, of the address with most places first. A newcomer whose address has fewer
/// places also takes that of one that is sending. Where all are at work it gets 503, but for a health check
/// (`HttpServerOptions::is_quick`), for which 64 more places are kept. So half-open, slow and stalled
/// connections, however many, keep nobody out.
struct HttpLimits {
  /// Request line and headers; more, or more than 100 header fields: 431 and closed.
  std::size_t header_bytes = 16 * 1024;
  std::size_t body_bytes = 1024 * 1024;  ///< as declared, or as it arrives in chunks; more: 413 and closed
  std::size_t connections = 1024;        ///< at one time
  /// Of them, by one IPv4 address or IPv6 /64. A trusted proxy, which speaks for many, has no such limit.
  std::size_t connections_per_address = 256;
  /// Memory of responses that are being sent at one time. Connections that send the same body share it, and
  /// it counts once; bodies up to 16 KiB do not count. Over it: 503 with Retry-After, but a single body may
  /// be larger. From half of it on, clients that have taken nothing for a second are closed.
  std::size_t responses_bytes = 64 * 1024 * 1024;
  std::chrono::milliseconds header_time{
      5000};  ///< from first byte (or accept, TLS' handshake included) to the whole head; longer: 408, closed
  std::chrono::milliseconds body_time{10000};  ///< for the whole body; longer: 408 and closed
  std::chrono::milliseconds write_time{
      10000};  ///< for a client to take each MiB of a response; longer: closed
  std::chrono::milliseconds idle_time{60000};  ///< between requests of a connection; longer: closed
};

struct HttpServerOptions {
  Endpoint listen;
  std::size_t threads = 2;  ///< that run handlers; one more does all input and output. Never an application's
  HttpLimits limits;
  WebSocketLimits websocket;
  /// Proxies whose X-Forwarded-For says which client a request is from. Empty: the header is ignored, since
  /// anybody can write it.
  std::vector<Network> trusted_proxies = {};
  /// What to prove itself by: then it speaks TLS, and HTTP and WebSocket over it. Null: in clear. A request
  /// in clear to a server that speaks TLS gets 400 in plain text. Cost: a handshake, half a millisecond with
  /// an RSA key of 2048 bits, is done on the I/O thread.
  std::shared_ptr<const TlsIdentity> tls = {};
  std::string server_name = "kymo";
  /// Told why the address cannot be had or that it now is, once per change; and which handler fails why, once
  /// a second at most. Called on the server's I/O thread: must not block. What it throws is caught.
  std::function<void(std::string_view message)> on_event;
  std::chrono::milliseconds retry_every{1000};  ///< to bind again while the address is taken
  /// Names the paths whose handler never blocks, such as health checks: they run on the I/O thread itself, so
  /// that no slow handler can hold them up, and are answered where all connections are taken. Null: none.
  /// Must not throw.
  std::function<bool(std::string_view path)> is_quick;
};

/// An HTTP/1.1 server on its own small thread pool (RFC 9110, RFC 9112). It knows no metrics.
///
/// A taken port never ends the process: the server says so through `on_event` and tries again until stop().
/// A request that two readers could understand differently is refused with 400 and its connection closed.
/// A handler that throws, or gives a response that cannot be sent, makes a 500 with a JSON error. A slow
/// handler blocks one of `threads`, nobody else's. Its threads block all signals and are named `kymo-net-N`;
/// its file descriptors are closed by exec. A process that was forked off has no server: stop() does nothing
/// there. Threads: all members may be called from any, stop() also from a handler.
class KYMO_API HttpServer final {
 public:
  using Handler = std::function<HttpResponse(const HttpRequest&)>;

  struct Statistics {
    std::uint64_t connections_accepted = 0;
    std::uint64_t connections_open = 0;
    std::uint64_t connections_refused = 0;  ///< over a limit, or no file descriptor left: 503 and closed
    std::uint64_t connections_evicted = 0;  ///< closed to make room for others over a limit
    std::uint64_t requests = 0;  ///< that reached their end, also those answered 4xx or 5xx by the handler
    std::uint64_t requests_bad = 0;  ///< that the server itself refused: 400, 408, 413, 417, 421, 431, 505
    std::uint64_t responses_refused = 0;          ///< over `responses_bytes`: 503
    std::uint64_t responses_in_flight_bytes = 0;  ///< of responses that are being sent now
    std::uint64_t handler_errors = 0;             ///< of handlers, and of `on_event`
    /// Of handshake, head, body, write or WebSocket message time; an idle connection's end is none.
    std::uint64_t timeouts = 0;
    /// Connections whose TLS handshake failed, or that sent something else; also those that ended or ran out
    /// of time in the middle of it.
    std::uint64_t tls_failures = 0;
    std::uint64_t bytes_sent = 0;
  };

  /// Throws std::invalid_argument for no handler, no threads, or a limit of 0.
  HttpServer(HttpServerOptions options, Handler handler);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();  ///< as stop()

  /// Begins to listen, or to try to. Returns at once; an address of digits that is free is had by then. Does
  /// nothing while it runs; begins anew after stop(). Throws std::invalid_argument for an address that can
  /// never be one, std::system_error where the system gives no thread or file descriptor for it.
  void start();
  /// Stops listening, lets what is being answered finish for half a second, closes all and joins the threads:
  /// within 1 s, or when the last handler returns. May be called twice. Called from a handler, it does not
  /// wait.
  void stop() noexcept;

  /// Proves itself by another identity to connections that begin from now on; the others go on. Null: speaks
  /// in clear with them.
  void use_identity(std::shared_ptr<const TlsIdentity> identity);
  /// Ends all WebSockets that are open now or whose handshake a handler has allowed already. Returns before
  /// they have ended. `reason`: up to 123 bytes of UTF-8.
  void close_websockets(WebSocketClose code, std::string_view reason);

  [[nodiscard]] bool listening() const noexcept;
  /// Where it listens, with the port that port 0 became; before that, what was asked for.
  [[nodiscard]] Endpoint endpoint() const;
  [[nodiscard]] Statistics statistics() const noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kymo::KYMO_ABI::net
