#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <kymo/base/ascii.h>
#include <kymo/base/json_writer.h>
#include <kymo/format/content_type.h>
#include <kymo/live/route.h>

#include "../responses.h"
#include "routes.h"

namespace kymo::KYMO_ABI::live {
namespace {

/// A name and its value in a JSON object. Views into the document.
struct Member {
  std::string_view name;
  std::string_view value;
  std::string_view text;  ///< name and value, and the blanks before them
};

/// The members of an object, and the blanks after the last.
struct Object {
  std::vector<Member> members;
  std::string_view rest;
};

std::size_t end_of_string(std::string_view text, std::size_t quote) {
  std::size_t end = quote + 1;
  while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
  return std::min(end + 1, text.size());
}

std::size_t end_of_value(std::string_view text, std::size_t begin) {
  if (text[begin] != '{' && text[begin] != '[') {
    return text[begin] == '"' ? end_of_string(text, begin)
                              : std::min(text.find_first_of(",}] \n", begin), text.size());
  }
  int depth = 0;
  for (std::size_t at = begin; at < text.size(); ++at) {
    if (text[at] == '{' || text[at] == '[') ++depth;
    if (text[at] == '}' || text[at] == ']') --depth;
    if (depth == 0) return at + 1;
    if (text[at] == '"') at = end_of_string(text, at) - 1;
  }
  return text.size();
}

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  return std::min(text.find_first_not_of(" \n", at), text.size() - 1);
}

Object read_object(std::string_view text) {
  Object object;
  std::size_t begin = 1;
  for (;;) {
    const std::size_t quote = skip_blanks(text, begin);
    if (text[quote] != '"') break;  // the closing brace
    const std::size_t name_end = end_of_string(text, quote);
    const std::size_t value = skip_blanks(text, text.find(':', name_end) + 1);
    const std::size_t end = end_of_value(text, value);
    object.members.push_back({text.substr(quote + 1, name_end - quote - 2), text.substr(value, end - value),
                              text.substr(begin, end - begin)});
    begin = end;
    if (text[skip_blanks(text, end)] != ',') break;
    begin = skip_blanks(text, end) + 1;
  }
  object.rest = text.substr(begin, text.size() - 1 - begin);
  return object;
}

std::string_view value_of(std::string_view object, std::string_view name) {
  for (const Member& member : read_object(object).members) {
    if (member.name == name) return member.value;
  }
  return {};
}

/// The object with other members.
std::string with_members(const Object& object, const std::vector<std::string>& members) {
  std::string text = "{";
  for (const std::string& member : members) {
    if (text.size() > 1) text += ',';
    text += member;
  }
  return text.append(object.rest) + "}";
}

/// The member with another value.
std::string with_value(const Member& member, const std::string& value) {
  return std::string(member.text.substr(0, member.text.size() - member.value.size())) + value;
}

/// The document with another value of the object that the name leads to.
std::string replaced(std::string_view document, std::string_view name, const std::string& value) {
  const std::string_view old = value_of(document, name);
  const auto begin = static_cast<std::size_t>(old.data() - document.data());
  return std::string(document.substr(0, begin)) + value + std::string(document.substr(begin + old.size()));
}

bool is_method(std::string_view name) {
  return name == "get" || name == "post" || name == "put" || name == "patch" || name == "delete";
}

/// A path without its parameters' names, which do not distinguish addresses.
std::string shape_of(std::string_view path) {
  std::string shape;
  bool in_name = false;
  for (const char c : path) {
    if (c == '}') in_name = false;
    if (!in_name) shape += c;
    if (c == '{') in_name = true;
  }
  return shape;
}

/// The served routes: pairs of a method in lower case and a path's shape.
using Operations = std::set<std::pair<std::string, std::string>>;

Operations operations_of(std::span<const Route> routes) {
  Operations operations;
  for (const Route& route : routes) {
    if (!route.is_there || route.is_there())
      operations.emplace(base::lower(route.method), shape_of(route.path));
  }
  return operations;
}

void write_parameters(std::string_view path, base::JsonWriter& json) {
  json.begin_array("parameters");
  for (std::size_t at = path.find('{'); at != std::string_view::npos; at = path.find('{', at + 1)) {
    json.begin_object();
    json.field("name", path.substr(at + 1, path.find('}', at) - at - 1));
    json.field("in", std::string_view("path"));
    json.field("required", true);
    json.begin_object("schema");
    json.field("type", std::string_view("string"));
    json.end_object();
    json.end_object();
  }
  json.end_array();
}

/// Describes a route that the document lacks: its method and content.
std::string described(const Route& route) {
  std::string text;
  base::JsonWriter(text).value(std::string_view(base::lower(route.method)));
  text += ": ";
  base::JsonWriter json(text);
  json.begin_object();
  json.field("summary", std::string_view(route.about));
  write_parameters(route.path, json);
  json.begin_object("responses");
  json.begin_object("default");
  json.field("description", std::string_view("What this server's own route answers."));
  json.end_object();
  json.end_object();
  json.end_object();
  return text;
}

/// Described routes that the document lacks, by the shape of their path.
using OtherRoutes = std::map<std::string, std::vector<const Route*>>;

OtherRoutes undescribed(const Object& paths, std::span<const Route> routes) {
  Operations known;
  for (const Member& path : paths.members) {
    for (const Member& member : read_object(path.value).members) {
      known.emplace(std::string(member.name), shape_of(path.name));
    }
  }
  OtherRoutes others;
  for (const Route& route : routes) {
    const std::string method = base::lower(route.method);
    if (!is_method(method) || route.about.empty() || (route.is_there && !route.is_there())) continue;
    if (known.emplace(method, shape_of(route.path)).second) others[shape_of(route.path)].push_back(&route);
  }
  return others;
}

/// A path with its served operations and the added ones; empty if there are none.
std::string served_path(const Member& path, const Operations& served, const OtherRoutes& others) {
  const Object object = read_object(path.value);
  std::vector<std::string> kept;
  bool has_operation = false;
  for (const Member& member : object.members) {
    const bool is_operation = is_method(member.name);
    if (is_operation && !served.contains({std::string(member.name), shape_of(path.name)})) continue;
    has_operation = has_operation || is_operation;
    kept.emplace_back(member.text);
  }
  const auto more = others.find(shape_of(path.name));
  if (more == others.end()) {
    if (!has_operation) return {};
    if (kept.size() == object.members.size()) return std::string(path.text);
  } else {
    for (const Route* route : more->second) kept.push_back(described(*route));
  }
  return with_value(path, with_members(object, kept));
}

std::string served_paths(std::string_view document, std::span<const Route> routes) {
  const Operations served = operations_of(routes);
  const Object paths = read_object(value_of(document, "paths"));
  OtherRoutes others = undescribed(paths, routes);
  std::vector<std::string> kept;
  for (const Member& path : paths.members) {
    if (std::string text = served_path(path, served, others); !text.empty()) kept.push_back(std::move(text));
    others.erase(shape_of(path.name));
  }
  for (const auto& [shape, of_one_path] : others) {
    std::vector<std::string> operations;
    for (const Route* route : of_one_path) operations.push_back(described(*route));
    std::string name;
    base::JsonWriter(name).value(std::string_view(of_one_path.front()->path));
    kept.push_back("\n    " + name + ": " + with_members({}, operations));
  }
  return replaced(document, "paths", with_members(paths, kept));
}

std::string served_channels(std::string_view document, std::span<const Route> routes) {
  const Operations served = operations_of(routes);
  const Object channels = read_object(value_of(document, "channels"));
  std::vector<std::string> kept;
  for (const Member& channel : channels.members) {
    if (served.contains({"get", shape_of(channel.name)})) kept.emplace_back(channel.text);
  }
  return replaced(document, "channels", with_members(channels, kept));
}

/// The names of the components in use, directly or through one another.
std::set<std::string> referred_to(std::string_view document, const Object& components) {
  std::string text = replaced(document, "components", "{}");
  std::set<std::string> kept;
  bool has_grown = true;
  while (has_grown) {
    has_grown = false;
    for (const Member& kind : components.members) {
      for (const Member& one : read_object(kind.value).members) {
        std::string reference =
            "\"#/components/" + std::string(kind.name) + "/" + std::string(one.name) + "\"";
        if (kept.contains(reference) || text.find(reference) == std::string::npos) continue;
        kept.insert(std::move(reference));
        text.append(one.text);
        has_grown = true;
      }
    }
  }
  return kept;
}

std::string without_unused(std::string_view document) {
  const Object components = read_object(value_of(document, "components"));
  const std::set<std::string> used = referred_to(document, components);
  std::vector<std::string> kinds;
  for (const Member& kind : components.members) {
    if (kind.name != "schemas" && kind.name != "messages") {
      kinds.emplace_back(kind.text);
      continue;
    }
    const Object object = read_object(kind.value);
    const std::string begin = "\"#/components/" + std::string(kind.name) + "/";
    std::vector<std::string> kept;
    for (const Member& one : object.members) {
      if (used.contains(begin + std::string(one.name) + "\"")) kept.emplace_back(one.text);
    }
    kinds.push_back(with_value(kind, with_members(object, kept)));
  }
  return replaced(document, "components", with_members(components, kinds));
}

/// Reduces an OpenAPI or AsyncAPI document to the served addresses. Operations and channels without a route
/// are removed, with the schemas and messages that only they use. Described routes that an OpenAPI document
/// lacks are added.
///
/// `document`: well-formed JSON, such as kymo's own. Threads: any. Cost: some walks over the document.
std::string served_document(std::string_view document, std::span<const Route> routes) {
  const bool is_openapi = !value_of(document, "openapi").empty();
  return without_unused(is_openapi ? served_paths(document, routes) : served_channels(document, routes));
}

}  // namespace

extern const std::span<const EmbeddedFile> kApiDocuments;

std::vector<Route> api_document_routes(std::vector<Route> routes) {
  std::vector<Route> documents;
  for (const EmbeddedFile& file : kApiDocuments) {
    const std::string_view about = file.path == "openapi.json"
                                       ? "The addresses of this server, for tools: OpenAPI."
                                       : "The messages of the live connection, for tools: AsyncAPI.";
    documents.push_back({"GET", "/api/" + std::string(file.path), nullptr, std::string(about)});
  }
  routes.insert(routes.end(), documents.begin(), documents.end());
  const auto served = std::make_shared<const std::vector<Route>>(std::move(routes));
  for (std::size_t i = 0; i < documents.size(); ++i) {
    documents[i].handle = [served, document = kApiDocuments[i].bytes](const net::HttpRequest& request) {
      return conditional_response(request, format::kJsonType, served_document(document, *served));
    };
  }
  return documents;
}

}  // namespace kymo::KYMO_ABI::live
