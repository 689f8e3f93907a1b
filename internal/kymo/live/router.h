#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/live/route.h>
#include <kymo/net/http_server.h>

namespace kymo::KYMO_ABI::live {

/// Finds the route of a request, and gives every response the headers that keep browsers out of mischief.
///
/// - A literal segment goes before `{name}`; what stands for `{name}` is in `HttpRequest::path_parameters`,
/// decoded
///   apart from its neighbours, so that it may hold a `/` that was sent as `%2F`. It is never empty.
/// - No such path, or none at the moment (Route::is_there): 404, with the routes that look like it. No such
/// method there: 405 with `Allow`.
/// - HEAD is answered by the GET route, OPTIONS with 204 and `Allow`, unless there is a route for it.
/// - Unless a handler sets them: `X-Content-Type-Options`, `Cache-Control: no-store`,
/// `Content-Security-Policy` (own
///   origin only, in no frame), `Referrer-Policy`, `Cross-Origin-Resource-Policy`. Never a CORS header.
/// Threads: any. Cost: a walk over the routes, some tens of them.
class Router final {
 public:
  /// Throws std::invalid_argument, naming the route, for a path that does not begin with `/` or has a
  /// malformed
  /// `{name}`, a route without method or handler, and two that answer the same.
  explicit Router(std::vector<Route> routes);

  /// What a handler throws passes through.
  [[nodiscard]] net::HttpResponse handle(const net::HttpRequest& request) const;

 private:
  struct Segment {
    std::string text;  ///< what must stand there, or the parameter's name
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
