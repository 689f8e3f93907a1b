#pragma once

#include <string_view>
#include <vector>

#include "evaluator.h"

namespace kymo::KYMO_ABI::query {

/// The labels that a group has.
class Grouping {
 public:
  explicit Grouping(const Aggregation& node, std::string_view more = {})
      : is_without_(node.is_without), keys_(node.labels.begin(), node.labels.end()) {
    if (is_without_) {
      keys_.push_back(series::kNameLabel);
    } else if (!more.empty()) {
      keys_.push_back(more);
    }
  }

  [[nodiscard]] series::LabelSet of(const series::LabelSet& labels) const {
    if (is_without_) return labels.without(keys_);
    return keys_.empty() ? series::LabelSet() : labels.only(keys_);
  }

 private:
  bool is_without_;
  std::vector<std::string_view> keys_;
};

/// Evaluates an aggregator that chooses series within a group.
void evaluate_choice(Evaluator& evaluator, const Expression& expression, const Aggregation& node,
                     const Evaluator::Consumer& consumer);

}  // namespace kymo::KYMO_ABI::query
