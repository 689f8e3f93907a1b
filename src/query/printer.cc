#include <kymo/query/printer.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>
#include <variant>

#include <kymo/query/duration_text.h>
#include <kymo/query/quoting.h>
#include <kymo/series/label_set.h>

#include "number_texts.h"

namespace kymo::KYMO_ABI::query {
namespace {

constexpr std::size_t kLineLength = 100;

std::string seconds_text(double seconds) {
  const std::int64_t milliseconds = std::llround(std::abs(seconds) * 1000);
  return (std::signbit(seconds) && seconds != 0 ? "-" : "") + milliseconds_text(milliseconds);
}

std::string timestamp_text(std::int64_t milliseconds) {
  const std::int64_t size = std::abs(milliseconds);
  const std::string fraction = std::to_string(1000 + size % 1000);
  return (milliseconds < 0 ? "-" : "") + std::to_string(size / 1000) + "." + fraction.substr(1);
}

std::string_view symbol_of(series::Matcher::Kind kind) {
  switch (kind) {
    case series::Matcher::Kind::equal: return "=";
    case series::Matcher::Kind::not_equal: return "!=";
    case series::Matcher::Kind::match: return "=~";
    case series::Matcher::Kind::not_match: return "!~";
  }
  return "=";
}

std::string_view symbol_of(Duration::Kind kind) {
  switch (kind) {
    case Duration::Kind::add: return " + ";
    case Duration::Kind::subtract: return " - ";
    case Duration::Kind::multiply: return " * ";
    case Duration::Kind::divide: return " / ";
    case Duration::Kind::modulo: return " % ";
    case Duration::Kind::power: return " ^ ";
    default: return "";
  }
}

/// Writes a tree on one line, or on several. Stops where the text exceeds a limit.
class Printer {
 public:
  explicit Printer(bool is_pretty, std::size_t limit = std::numeric_limits<std::size_t>::max())
      : is_pretty_(is_pretty), limit_(limit) {}

  void print(const Expression& expression) {
    if (out_.size() > limit_) return;
    const bool splits = is_pretty_ && !fits(expression);
    std::visit([&](const auto& node) { print_node(node, splits); }, expression.node);
  }

  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  /// Whether the expression fits on one line behind the indentation. Deep ones keep some room.
  [[nodiscard]] bool fits(const Expression& expression) const {
    const std::size_t room = kLineLength - std::min(2 * level_, kLineLength / 2);
    Printer line(false, room);
    line.print(expression);
    return line.out_.size() <= room;
  }

  void add(std::string_view text) { out_ += text; }

  void break_line() {
    out_ += '\n';
    out_.append(2 * level_, ' ');
  }

  /// An expression between brackets, on lines of its own where it splits.
  void print_inside(const Expression& expression, bool splits) {
    if (splits) {
      ++level_;
      break_line();
    }
    print(expression);
    if (splits) {
      --level_;
      break_line();
    }
  }

  void print_node(const NumberLiteral& node, bool) {
    add(node.is_duration ? seconds_text(node.value) : plain_number_text(node.value));
  }
  void print_node(const StringLiteral& node, bool) { add(quote(node.value)); }

  void print_node(const Selector& node, bool) {
    print_matchers(node);
    print_at(node.shift);
    print_edges(node.edges);
    print_offset(node.shift);
  }

  void print_node(const RangeSelector& node, bool) {
    print_matchers(node.selector);
    add("[");
    print_duration(node.range);
    add("]");
    print_edges(node.selector.edges);
    print_at(node.selector.shift);
    print_offset(node.selector.shift);
  }

  void print_node(const Subquery& node, bool) {
    print(*node.operand);
    add("[");
    print_duration(node.range);
    add(":");
    if (node.step) print_duration(*node.step);
    add("]");
    print_at(node.shift);
    print_offset(node.shift);
  }

  void print_node(const Parenthesized& node, bool splits) {
    add("(");
    print_inside(*node.operand, splits);
    add(")");
  }

  void print_node(const Unary& node, bool) {
    add(node.is_negative ? "-" : "+");
    print(*node.operand);
  }

  void print_node(const Binary& node, bool splits) {
    if (splits) {
      print_side(node);
      break_line();
    } else {
      print_left(node);
      add(" ");
    }
    add(node.op->text);
    if (node.returns_bool) add(" bool");
    if (node.matching) print_matching(*node.matching);
    if (splits) {
      ++level_;
      break_line();
      print(*node.right);
      --level_;
    } else {
      add(" ");
      print(*node.right);
    }
  }

  /// A sign before `^` would be that of the power.
  void print_left(const Binary& node) {
    const auto* const number = node.left->as<NumberLiteral>();
    if (number != nullptr && node.op->is_right_associative && std::isinf(number->value)) {
      add("Inf");
    } else {
      print(*node.left);
    }
  }

  /// The left side of an operator on a line of its own, indented behind the operator.
  void print_side(const Binary& node) {
    add("  ");
    ++level_;
    print_left(node);
    --level_;
  }

  void print_node(const Aggregation& node, bool splits) {
    add(node.op->name);
    if (node.is_without || !node.labels.empty()) {
      add(node.is_without ? " without (" : " by (");
      print_labels(node.labels);
      add(") ");
    }
    add("(");
    if (node.parameter != nullptr) {
      print_argument(*node.parameter, splits);
      add(splits ? "," : ", ");
    }
    print_argument(*node.operand, splits);
    if (splits) break_line();
    add(")");
  }

  void print_node(const Call& node, bool splits) {
    add(node.function->name);
    add("(");
    for (const ExpressionPtr& one : node.arguments) {
      if (&one != node.arguments.data()) add(splits ? "," : ", ");
      print_argument(*one, splits);
    }
    if (splits && !node.arguments.empty()) break_line();
    add(")");
  }

  void print_argument(const Expression& expression, bool splits) {
    if (splits) {
      ++level_;
      break_line();
    }
    print(expression);
    if (splits) --level_;
  }

  void print_labels(const std::vector<std::string>& labels) {
    for (const std::string& label : labels) {
      if (&label != labels.data()) add(", ");
      add(label_name_text(label));
    }
  }

  void print_matchers(const Selector& selector) {
    add(selector.name);
    std::vector<std::string> texts;
    for (const series::Matcher& one : selector.matchers) {
      const bool is_name = one.kind() == series::Matcher::Kind::equal && one.key() == series::kNameLabel &&
                           !selector.name.empty() && one.value() == selector.name;
      if (is_name) continue;
      texts.push_back(label_name_text(one.key()) + std::string(symbol_of(one.kind())) + quote(one.value()));
    }
    if (texts.empty() && !selector.name.empty()) return;
    std::ranges::sort(texts);
    add("{");
    for (const std::string& text : texts) {
      if (&text != texts.data()) add(",");
      add(text);
    }
    add("}");
  }

  void print_edges(RangeEdges edges) {
    if (edges == RangeEdges::anchored) add(" anchored");
    if (edges == RangeEdges::smoothed) add(" smoothed");
  }

  void print_at(const TimeShift& shift) {
    switch (shift.at) {
      case TimeShift::At::evaluation: return;
      case TimeShift::At::time: add(" @ " + timestamp_text(shift.at_milliseconds)); return;
      case TimeShift::At::start: add(" @ start()"); return;
      case TimeShift::At::end: add(" @ end()"); return;
    }
  }

  void print_offset(const TimeShift& shift) {
    if (shift.offset == nullptr) return;
    add(" offset ");
    print_duration(*shift.offset);
  }

  void print_matching(const VectorMatching& matching) {
    const bool has_group =
        matching.cardinality == Cardinality::many_to_one || matching.cardinality == Cardinality::one_to_many;
    if (matching.is_on || !matching.labels.empty() || has_group) {
      add(matching.is_on ? " on (" : " ignoring (");
      print_labels(matching.labels);
      add(")");
    }
    if (has_group) {
      add(matching.cardinality == Cardinality::many_to_one ? " group_left (" : " group_right (");
      print_labels(matching.include);
      add(")");
    }
    print_fill(matching);
  }

  void print_fill(const VectorMatching& matching) {
    const auto& left = matching.fill_left;
    const auto& right = matching.fill_right;
    if (left && right && plain_number_text(*left) == plain_number_text(*right)) {
      add(" fill (" + plain_number_text(*left) + ")");
      return;
    }
    if (left) add(" fill_left (" + plain_number_text(*left) + ")");
    if (right) add(" fill_right (" + plain_number_text(*right) + ")");
  }

  void print_duration(const Duration& duration) {
    if (duration.is_parenthesized) add("(");
    switch (duration.kind) {
      case Duration::Kind::literal:
        add(duration.is_duration ? seconds_text(duration.seconds) : plain_number_text(duration.seconds));
        break;
      case Duration::Kind::step: add("step()"); break;
      case Duration::Kind::range: add("range()"); break;
      case Duration::Kind::negate:
      case Duration::Kind::plus:
        add(duration.kind == Duration::Kind::negate ? "-" : "+");
        print_duration(*duration.right);
        break;
      case Duration::Kind::min_of:
      case Duration::Kind::max_of:
        add(duration.kind == Duration::Kind::min_of ? "min_of(" : "max_of(");
        print_duration(*duration.left);
        add(", ");
        print_duration(*duration.right);
        add(")");
        break;
      default:
        print_duration(*duration.left);
        add(symbol_of(duration.kind));
        print_duration(*duration.right);
    }
    if (duration.is_parenthesized) add(")");
  }

  std::string out_;
  std::size_t level_ = 0;
  bool is_pretty_;
  std::size_t limit_;
};

}  // namespace

std::string print(const Expression& expression) {
  Printer printer(false);
  printer.print(expression);
  return printer.take();
}

std::string pretty_print(const Expression& expression) {
  Printer printer(true);
  printer.print(expression);
  return printer.take();
}

}  // namespace kymo::KYMO_ABI::query
