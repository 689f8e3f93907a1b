#include <kymo/live/router.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include <kymo/base/ascii.h>
#include <kymo/net/json_error.h>
#include <kymo/net/uri.h>

#include "similar_paths.h"

namespace kymo::KYMO_ABI::live {
namespace {

struct Header {
  std::string_view name;
  std::string_view value;
};

constexpr std::array kSafeHeaders = {
    Header{"X-Content-Type-Options", "nosniff"},
    Header{"Cache-Control", "no-store"},
    Header{"Content-Security-Policy",
           "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
    Header{"Referrer-Policy", "no-referrer"},
    Header{"Cross-Origin-Resource-Policy", "same-origin"},
};

void make_safe(net::HttpResponse& response) {
  for (const Header& header : kSafeHeaders) {
    const bool is_set = std::any_of(response.headers.begin(), response.headers.end(), [&](const auto& other) {
      return base::equals_ignoring_case(other.first, header.name);
    });
    if (!is_set) response.headers.emplace_back(header.name, header.value);
  }
}

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> segments;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::size_t end = std::min(path.find('/'), path.size());
    segments.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return segments;
}

/// The segments of a target's path, each decoded separately; nothing for `*` and broken escapes.
std::optional<std::vector<std::string>> decode_path(std::string_view target) {
  const std::string_view path = target.substr(0, target.find('?'));
  if (!path.starts_with('/')) return std::nullopt;
  std::vector<std::string> segments;
  for (const std::string_view segment : split(path)) {
    auto decoded = net::percent_decode(segment);
    if (!decoded) return std::nullopt;
    segments.push_back(std::move(*decoded));
  }
  return segments;
}

[[noreturn]] void refuse(const Route& route, std::string_view reason) {
  throw std::invalid_argument("route " + route.method + " " + route.path + ": " + std::string(reason));
}

net::HttpResponse with_allow(net::HttpResponse response, std::string allow) {
  response.headers.emplace_back("Allow", std::move(allow));
  return response;
}

net::HttpResponse no_content() {
  net::HttpResponse response;
  response.status = 204;
  return response;
}

}  // namespace

Router::Router(std::vector<Route> routes) {
  // Literal segments sort first, so the first match is the most exact one.
  const auto is_more_exact = [](const Entry& a, const Entry& b) {
    return std::lexicographical_compare(
        a.segments.begin(), a.segments.end(), b.segments.begin(), b.segments.end(),
        [](const Segment& x, const Segment& y) { return !x.is_parameter && y.is_parameter; });
  };
  for (Route& route : routes) {
    if (route.method.empty()) refuse(route, "it has no method");
    if (!route.handle) refuse(route, "it has no handler");
    Entry entry{std::move(route), {}};
    entry.segments = parse_path(entry.route);
    for (const Entry& other : entries_) {
      if (answer_the_same(entry, other)) refuse(entry.route, "an equal route exists");
    }
    const auto place = std::upper_bound(entries_.begin(), entries_.end(), entry, is_more_exact);
    entries_.insert(place, std::move(entry));
  }
}

std::vector<Router::Segment> Router::parse_path(const Route& route) {
  if (!route.path.starts_with('/')) refuse(route, "its path does not begin with /");
  std::vector<Segment> segments;
  for (const std::string_view text : split(route.path)) {
    const bool is_parameter = text.size() > 2 && text.front() == '{' && text.back() == '}';
    const std::string_view name = is_parameter ? text.substr(1, text.size() - 2) : text;
    if (name.find_first_of("{}") != std::string_view::npos) {
      refuse(route, "braces must enclose a whole segment, as in /api/{name}");
    }
    segments.push_back({std::string(name), is_parameter});
  }
  return segments;
}

bool Router::answer_the_same(const Entry& a, const Entry& b) {
  return a.route.method == b.route.method &&
         std::equal(
             a.segments.begin(), a.segments.end(), b.segments.begin(), b.segments.end(),
             [](const Segment& x, const Segment& y) { return x == y || (x.is_parameter && y.is_parameter); });
}

bool Router::matches(const Entry& entry, const std::vector<std::string>& path) {
  return std::equal(entry.segments.begin(), entry.segments.end(), path.begin(), path.end(),
                    [](const Segment& segment, const std::string& text) {
                      return segment.is_parameter ? !text.empty() : segment.text == text;
                    });
}

bool Router::is_there(const Entry& entry) { return !entry.route.is_there || entry.route.is_there(); }

Router::Matches Router::find(const std::vector<std::string>& path) const {
  Matches found;
  for (const Entry& entry : entries_) {
    if (matches(entry, path) && is_there(entry)) found.push_back(&entry);
  }
  return found;
}

net::ThreadClass Router::thread_class_of(std::string_view method, std::string_view target) const {
  const auto path = decode_path(target);
  if (!path) return net::ThreadClass::normal;
  for (const Entry& entry : entries_) {
    const bool is_for_method =
        entry.route.method == method || (method == "HEAD" && entry.route.method == "GET");
    if (is_for_method && matches(entry, *path)) return entry.route.threads;
  }
  return net::ThreadClass::normal;
}

net::HttpResponse Router::handle(const net::HttpRequest& request) const {
  net::HttpResponse response = dispatch(request);
  make_safe(response);
  return response;
}

net::HttpResponse Router::dispatch(const net::HttpRequest& request) const {
  if (request.target == "*") return with_allow(no_content(), "GET, HEAD, OPTIONS");
  const auto path = decode_path(request.target);
  if (!path) return net::json_error(400, "the target has a broken percent-escape");
  const Matches found = find(*path);
  if (found.empty()) return not_found(request.path);

  const Entry* get = nullptr;
  std::string allow;
  for (const Entry* entry : found) {
    if (entry->route.method == request.method) return call(*entry, request, *path);
    if (entry->route.method == "GET" && get == nullptr) get = entry;
    if (allow.find(entry->route.method) == std::string::npos) allow += entry->route.method + ", ";
  }
  if (get != nullptr && request.method == "HEAD") return call(*get, request, *path);
  if (get != nullptr) allow += "HEAD, ";
  allow += "OPTIONS";
  if (request.method == "OPTIONS") return with_allow(no_content(), std::move(allow));
  const std::string message = net::excerpt(request.method) + " is not supported at this address";
  return with_allow(net::json_error(405, message, "it answers " + allow), allow);
}

net::HttpResponse Router::call(const Entry& entry, const net::HttpRequest& request,
                               const std::vector<std::string>& path) {
  net::HttpRequest::Pairs parameters;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (entry.segments[i].is_parameter) parameters.emplace_back(entry.segments[i].text, path[i]);
  }
  if (parameters.empty()) return entry.route.handle(request);
  net::HttpRequest with_parameters = request;
  with_parameters.path_parameters = std::move(parameters);
  return entry.route.handle(with_parameters);
}

net::HttpResponse Router::not_found(std::string_view path) const {
  std::vector<std::string> known;
  known.reserve(entries_.size());
  for (const Entry& entry : entries_) {
    if (is_there(entry)) known.push_back(entry.route.path);
  }
  std::string remedy;
  for (const std::string& similar : similar_paths(path, known)) {
    remedy += (remedy.empty() ? "did you mean " : " or ") + similar;
  }
  remedy += remedy.empty() ? "/api lists the addresses" : "?";
  return net::json_error(404, "there is nothing at " + net::excerpt(path), remedy);
}

}  // namespace kymo::KYMO_ABI::live
