#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>

#include <boost/json.hpp>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::live::test {

/// What a client of the live protocol knows. Throws where a frame breaks the protocol's rules.
class LiveState final {
 public:
  using Key = std::pair<std::string, std::string>;  ///< a family's name, and labels as JSON
  using Values = std::map<Key, boost::json::value>;

  void apply(const std::string& text) {
    const boost::json::object frame = boost::json::parse(text).as_object();
    const std::string type(frame.at("type").as_string());
    if (type == "full") {
      *this = {};
      apply_families(frame.at("families").as_array());
    } else if (type == "delta") {
      apply_delta(frame);
    } else {
      return;
    }
    const auto seq = frame.at("seq").to_number<std::uint64_t>();
    check(seq > seq_, "seq does not grow");
    seq_ = seq;
  }

  [[nodiscard]] std::uint64_t seq() const noexcept { return seq_; }
  [[nodiscard]] Values values() const {
    Values values;
    for (const auto& [id, series] : series_) values[series.key] = series.value;
    return values;
  }

 private:
  struct Series {
    Key key;
    boost::json::value value;
  };

  static void check(bool holds, const std::string& what) {
    if (!holds) throw std::runtime_error(what);
  }
  static const boost::json::array& list(const boost::json::object& frame, const char* name) {
    static const boost::json::array none;
    const auto* const found = frame.if_contains(name);
    return found == nullptr ? none : found->as_array();
  }
  static std::int64_t id_of(const boost::json::value& value, const char* name) {
    return value.at(name).to_number<std::int64_t>();
  }
  void add(std::int64_t id, std::int64_t family, const boost::json::value& labels, boost::json::value value) {
    check(!series_.contains(id), "an id twice");
    series_[id] = {{families_.at(family), boost::json::serialize(labels)}, std::move(value)};
  }
  void apply_families(const boost::json::array& families) {
    for (const auto& family : families) {
      check(families_.emplace(id_of(family, "id"), family.at("name").as_string()).second, "a family twice");
      const auto* const series = family.as_object().if_contains("series");
      if (series == nullptr) continue;
      for (const auto& one : series->as_array()) {
        add(id_of(one, "id"), id_of(family, "id"), one.at("labels"), one.at("v"));
      }
    }
  }
  void apply_delta(const boost::json::object& frame) {
    apply_families(list(frame, "families"));
    for (const auto& one : list(frame, "series"))
      add(id_of(one, "id"), id_of(one, "family"), one.at("labels"), {});
    for (const auto& pair : list(frame, "values")) series_.at(pair.at(0).as_int64()).value = pair.at(1);
    for (const auto& id : list(frame, "gone")) check(series_.erase(id.as_int64()) == 1, "gone twice");
  }

  std::uint64_t seq_ = 0;
  std::map<std::int64_t, std::string> families_;
  std::map<std::int64_t, Series> series_;
};

}  // namespace kymo::KYMO_ABI::live::test
