#include "request_parser.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace kymo::KYMO_ABI::net {
namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";

}  // namespace

RequestParser::State RequestParser::feed(std::string_view bytes) {
  if (state_ == State::faulty) return state_;
  pending_.append(bytes);
  if (state_ == State::head) state_ = take_head();
  if (state_ == State::body) state_ = take_body();
  return state_;
}

RequestParser::State RequestParser::next() {
  if (state_ != State::complete) return state_;
  state_ = State::head;
  checked_ = 0;
  at_start_ = true;
  head_ = {};
  chunks_.reset();
  body_ = {};
  return feed({});
}

RequestParser::State RequestParser::refuse(Fault fault) {
  fault_ = std::move(fault);
  return State::faulty;
}

/// RFC 9112 2.2: tolerates one empty line before a request, as some clients send it after a body.
void RequestParser::skip_leading_line_end() {
  if (!at_start_ || pending_.size() < 2) return;
  at_start_ = false;
  if (!pending_.starts_with("\r\n")) return;
  pending_.erase(0, 2);
  checked_ -= std::min<std::size_t>(checked_, 2);
}

RequestParser::State RequestParser::take_head() {
  skip_leading_line_end();
  const std::string_view pending = pending_;
  const std::size_t from = checked_ - std::min(checked_, kHeadEnd.size());
  const std::size_t end = pending.find(kHeadEnd, from);
  const bool whole = end != std::string_view::npos;
  const std::string_view text = whole ? pending.substr(0, end + kHeadEnd.size()) : pending;
  // Of a head that is too long only the part within the limit is judged: the fault must not depend on how
  // much of the rest has come.
  if (auto fault = find_early_fault(text.substr(0, limits_.header_bytes), checked_)) {
    return refuse(std::move(*fault));
  }
  if (text.size() > limits_.header_bytes) {
    return refuse(
        {431, "the head of the request is longer than " + std::to_string(limits_.header_bytes) + " bytes"});
  }
  checked_ = text.size();
  return whole ? accept_head(text) : State::head;
}

RequestParser::State RequestParser::accept_head(std::string_view text) {
  auto read = read_head(text);
  if (auto* fault = std::get_if<Fault>(&read)) return refuse(std::move(*fault));
  head_ = std::move(std::get<RequestHead>(read));
  pending_.erase(0, text.size());
  if (head_.content_length > limits_.body_bytes) {
    return refuse({413, "the body is longer than " + std::to_string(limits_.body_bytes) + " bytes"});
  }
  if (head_.is_chunked) {
    chunks_.emplace(ChunkDecoder::Limits{limits_.body_bytes, limits_.header_bytes});
  }
  return State::body;
}

RequestParser::State RequestParser::take_body() {
  std::string_view rest = pending_;
  bool done = false;
  if (chunks_) {
    const ChunkDecoder::State state = chunks_->take(rest, body_);
    if (state == ChunkDecoder::State::faulty) return refuse(chunks_->fault());
    done = state == ChunkDecoder::State::done;
  } else {
    const std::size_t missing = static_cast<std::size_t>(head_.content_length) - body_.size();
    body_.append(rest.substr(0, missing));
    rest.remove_prefix(std::min(missing, rest.size()));
    done = body_.size() == head_.content_length;
  }
  pending_.erase(0, pending_.size() - rest.size());
  return done ? State::complete : State::body;
}

}  // namespace kymo::KYMO_ABI::net
