#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <kymo/net/http_body.h>
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

/// The argument of a handler. Views are valid during the call.
struct KYMO_API HttpRequest {
  using Pairs = std::vector<std::pair<std::string, std::string>>;

  std::string_view method;  ///< "GET", "HEAD", "POST", …
  std::string_view target;  ///< as sent, e.g. "/api/metrics?x=1"
  std::string_view path;    ///< without the query, percent-decoded
  Pairs query;              ///< decoded, in order
  Pairs path_parameters;    ///< path parts found by a router, decoded; the server leaves it empty
  std::string_view body;    ///< whole, without its chunks
  /// "127.0.0.1:41234". Behind a trusted proxy: the client that the proxy names, with port 0 if it names no
  /// port.
  std::string_view remote;
  bool is_secure = false;  ///< came over TLS
  /// When the request had arrived whole and its turn had come; it may wait for a thread after that.
  std::chrono::steady_clock::time_point received = std::chrono::steady_clock::now();
  /// When the client should have its answer: HttpLimits::answer_time after `received`. Begin no work that
  /// takes longer.
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
  /// Stop is requested when nobody waits for the answer any more: the client has closed its side of the
  /// connection, the deadline has passed, or the server stops. A long handler checks this now and then, and
  /// then returns any response. The server checks every 100 ms. Stop callbacks run on the I/O thread: they
  /// must not block. A copy may outlive the call. Never requested on ThreadClass::quick.
  std::stop_token cancel;
  /// A header by name, any case; several of one name joined by ", "; empty where absent. `host` is the
  /// target's host, where the target names one (RFC 9112 3.2.2).
  std::function<std::string_view(std::string_view name)> header;

  /// The first value of that name in the query, or null.
  [[nodiscard]] const std::string* query_value(std::string_view name) const noexcept;
  /// The part of the path that matches `{name}` in the route, or null.
  [[nodiscard]] const std::string* path_parameter(std::string_view name) const noexcept;
  /// The fields of a form that was sent as `application/x-www-form-urlencoded`, decoded, in order. Empty for
  /// another media type or an empty body. Nothing where an escape is broken, or where there are more than
  /// kMostFormFields: answer 400. Cost: a walk over the body. Source: URL Standard, 5.1.
  [[nodiscard]] std::optional<Pairs> form() const;
  static constexpr std::size_t kMostFormFields = 1000;
};

/// The threads that a handler runs on.
enum class ThreadClass : std::uint8_t {
  /// The I/O thread itself: for what never waits and takes microseconds, such as health checks. No slow
  /// handler delays these, and they are answered where all connections are taken.
  quick,
  normal,  ///< HttpServerOptions::threads
  /// HttpServerOptions::heavy_threads, for what may take seconds. So it delays no other class. Where
  /// HttpLimits::heavy_waiting of them wait already, one more gets 503.
  heavy,
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  /// Further headers. The server sets Connection, Content-Length, Date, Server and Transfer-Encoding, and
  /// drops them here.
  std::vector<std::pair<std::string, std::string>> headers;
  HttpBody body;  ///< not sent to HEAD
  /// Set: the connection becomes a WebSocket (RFC 6455) of this handler, and all of the above is ignored. The
  /// server refuses a bad handshake (400, 426), and one from a page of another origin (403): Origin must be
  /// absent or equal to the requested host.
  std::shared_ptr<WebSocketHandler> websocket = {};
  /// Time to hold the response back, also a WebSocket's handshake; 1 s at most. No thread waits. A connection
  /// in this wait is the first to be evicted.
  std::chrono::milliseconds delay{0};
};

/// Limits of the server. Each has a counter in HttpServer::Statistics that counts its effects.
///
/// A connection over a limit evicts another: one of the same address where that address is at its limit, else
/// any. First goes one whose client has read nothing of its response for a second. Next goes one that waits
/// for its client, of the address with most connections first. A newcomer whose address has fewer connections
/// may also evict one that is sending. If all are busy, the newcomer gets 503. Health checks
/// (`ThreadClass::quick`) have 64 extra places. So half-open, slow and stalled connections, however many,
/// lock nobody out.
struct HttpLimits {
  /// Request line and headers. More bytes, or more than 100 header fields: 431 and closed. A path of more
  /// than 100 segments, or a query of more than HttpRequest::kMostFormFields: 414 and closed.
  std::size_t header_bytes = 16 * 1024;
  std::size_t body_bytes = 1024 * 1024;  ///< as declared, or as it arrives in chunks; more: 413 and closed
  std::size_t connections = 1024;        ///< at one time
  /// The share of one IPv4 address or IPv6 /64. A trusted proxy speaks for many and has no such limit.
  std::size_t connections_per_address = 256;
  /// Memory of responses in flight. Connections that send the same body share it, and it counts once; bodies
  /// up to 16 KiB do not count. Over it: 503 with Retry-After, but a single body may be larger. From half of
  /// it on, the server closes clients that have read nothing for a second.
  std::size_t responses_bytes = 64 * 1024 * 1024;
  std::chrono::milliseconds header_time{
      5000};  ///< from first byte (or accept, TLS' handshake included) to the whole head; longer: 408, closed
  std::chrono::milliseconds body_time{10000};  ///< for the whole body; longer: 408 and closed
  std::chrono::milliseconds write_time{
      10000};  ///< for a client to take each MiB of a response; longer: closed
  std::chrono::milliseconds idle_time{60000};  ///< between requests of a connection; longer: closed
  /// For an answer: see HttpRequest::deadline. A request that waited so long for a thread gets 503.
  std::chrono::milliseconds answer_time{30000};
  std::size_t heavy_waiting = 16;  ///< requests of ThreadClass::heavy that wait for a thread; more: 503
};

struct HttpServerOptions {
  Endpoint listen;
  std::size_t threads = 2;  ///< that run handlers; one more does all input and output. Never an application's
  std::size_t heavy_threads = 1;  ///< that run handlers of ThreadClass::heavy; they start with the first one
  HttpLimits limits;
  WebSocketLimits websocket;
  /// Proxies whose X-Forwarded-For names the client of a request. Empty: the header is ignored, since anybody
  /// can write it.
  std::vector<Network> trusted_proxies = {};
  /// The server's certificate and key. With them the server speaks TLS, and HTTP and WebSocket over it. Null:
  /// plain text. A TLS server answers a plain request with 400 in plain text. Cost: the I/O thread does the
  /// handshake, half a millisecond with an RSA key of 2048 bits.
  std::shared_ptr<const TlsIdentity> tls = {};
  std::string server_name = "kymo";
  /// Gets messages: why the address is unavailable, or that it is available again, once per change; failures
  /// of handlers, at most once a second. Called on the I/O thread: must not block. Exceptions are caught.
  std::function<void(std::string_view message)> on_event;
  std::chrono::milliseconds retry_every{1000};  ///< to bind again while the address is taken
  /// The threads for the handler of a request, by method and target as sent. Null: normal for all. Called on
  /// the I/O thread: must not wait. An exception closes the connection.
  std::function<ThreadClass(std::string_view method, std::string_view target)> thread_class;
};

/// An HTTP/1.1 server on its own small thread pool (RFC 9110, RFC 9112). The server knows no metrics.
///
/// A taken port never ends the process: the server reports it through `on_event` and retries until stop(). A
/// request that two readers could understand differently gets 400, and its connection is closed. A handler
/// that throws, or returns an unsendable response, becomes a 500 with a JSON error. A slow handler blocks one
/// of `threads` and nothing else. The threads block all signals and are named `kymo-net-N`; exec closes the
/// file descriptors. A forked process has no server: stop() does nothing there. Threads: all members may be
/// called from any, stop() also from a handler.
class KYMO_API HttpServer final {
 public:
  using Handler = std::function<HttpResponse(const HttpRequest&)>;

  struct Statistics {
    std::uint64_t connections_accepted = 0;
    std::uint64_t connections_open = 0;
    std::uint64_t connections_refused = 0;  ///< over a limit, or no file descriptor left: 503 and closed
    std::uint64_t connections_evicted = 0;  ///< closed to make room for others over a limit
    std::uint64_t requests = 0;  ///< that reached their end, also those answered 4xx or 5xx by the handler
    std::uint64_t requests_bad = 0;               ///< that the server itself refused: 400 to 431, or 505
    std::uint64_t responses_refused = 0;          ///< over `responses_bytes`: 503
    std::uint64_t requests_late = 0;              ///< that waited for a thread up to their deadline: 503
    std::uint64_t heavy_refused = 0;              ///< over `heavy_waiting`: 503
    std::uint64_t requests_cancelled = 0;         ///< whose handler was told that nobody waits any more
    std::uint64_t responses_in_flight_bytes = 0;  ///< of responses that are being sent now
    std::uint64_t handler_errors = 0;             ///< of handlers, and of `on_event`
    /// Timeouts of handshake, head, body, write or WebSocket message; the end of an idle connection is none.
    std::uint64_t timeouts = 0;
    /// Connections whose TLS handshake failed, sent something else, ended early or timed
    /// out.
    std::uint64_t tls_failures = 0;
    std::uint64_t bytes_sent = 0;
  };

  /// Throws std::invalid_argument for no handler, no threads, or a limit of 0.
  HttpServer(HttpServerOptions options, Handler handler);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();  ///< as stop()

  /// Begins to listen, or to retry. Returns at once; a numeric address that is free is bound by then. No
  /// effect while running; begins anew after stop(). Throws std::invalid_argument for an address that can
  /// never be valid, std::system_error where the system gives no thread or file descriptor.
  void start();
  /// Stops listening, gives running responses half a second, closes all and joins the threads: within
  /// 1 s, or when the last handler returns. May be called twice. Called from a handler, it does not
  /// wait.
  void stop() noexcept;

  /// Uses another certificate for new connections; the others go on. Null: plain text for new
  /// connections.
  void use_identity(std::shared_ptr<const TlsIdentity> identity);
  /// Closes all WebSockets, also those whose handshake a handler has already allowed. Returns before they
  /// have closed. `reason`: up to 123 bytes of UTF-8.
  void close_websockets(WebSocketClose code, std::string_view reason);

  [[nodiscard]] bool listening() const noexcept;
  /// The address, with the actual port for port 0; before the server listens, the requested address.
  [[nodiscard]] Endpoint endpoint() const;
  [[nodiscard]] Statistics statistics() const noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kymo::KYMO_ABI::net
