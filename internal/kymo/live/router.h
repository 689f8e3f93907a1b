#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/live/route.h>
#include <kymo/net/http_server.h>

namespace kymo::KYMO_ABI::live {

/// Finds the route of a request, and adds security headers to every response.
///
/// - A literal segment wins over `{name}`. `HttpRequest::path_parameters` has the text for `{name}`: never
/// empty,
///   decoded per segment, so it may hold a `/` that was sent as `%2F`.
/// - An unknown path, or one that is absent now (Route::is_there): 404, with similar routes.
/// - An unsupported method: 405 with `Allow`.
/// - The GET route answers HEAD. OPTIONS gets 204 and `Allow`, unless there is a route for it.
/// - Added unless a handler sets them: `X-Content-Type-Options`, `Cache-Control: no-store`,
/// `Referrer-Policy`,
///   `Content-Security-Policy` (own origin only, in no frame), `Cross-Origin-Resource-Policy`.
/// - Never added: a CORS header.
/// Threads: any. Cost: a walk over some tens of routes.
class Router final {
 public:
  /// Throws std::invalid_argument, naming the route, for a path without a leading `/` or
  /// with a malformed `{name}`, for a route without method or handler, and for two equal
  /// routes.
  explicit Router(std::vector<Route> routes);

  /// The threads for a request; `normal` where no route answers it. Throws std::bad_alloc.
  [[nodiscard]] net::ThreadClass thread_class_of(std::string_view method, std::string_view target) const;

  /// Exceptions of a handler pass through.
  [[nodiscard]] net::HttpResponse handle(const net::HttpRequest& request) const;

 private:
  struct Segment {
    std::string text;  ///< the literal text, or the parameter's name
    bool is_parameter = false;

    friend bool operator==(const Segment&, const Segment&) = default;
  };
  struct Entry {
    Route route;
    std::vector<Segment> segments;
  };
  using Matches = std::vector<const Entry*>;

  static std::vector<Segment> parse_path(const Route& route);
  static bool answer_the_same(const Entry& a, const Entry& b);
  static bool matches(const Entry& entry, const std::vector<std::string>& path);
  static bool is_there(const Entry& entry);
  static net::HttpResponse call(const Entry& entry, const net::HttpRequest& request,
                                const std::vector<std::string>& path);
  [[nodiscard]] Matches find(const std::vector<std::string>& path) const;
  [[nodiscard]] net::HttpResponse dispatch(const net::HttpRequest& request) const;
  [[nodiscard]] net::HttpResponse not_found(std::string_view path) const;

  std::vector<Entry> entries_;
};

}  // namespace kymo::KYMO_ABI::live
