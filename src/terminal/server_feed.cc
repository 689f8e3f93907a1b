#include <algorithm>

#include <kymo/net/http_client.h>
#include <kymo/net/websocket_client.h>
#include <kymo/terminal/feeds.h>

#include "live_messages.h"

namespace kymo::KYMO_ABI::terminal {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kAsk{1000};
constexpr milliseconds kAskSessionsWhereMissing{15'000};

class ServerFeed final : public Feed {
 public:
  ServerFeed(const net::ClientUrl& url, const net::ClientOptions& options, int rate_hz,
             SharedPicture& picture)
      : picture_(picture),
        rate_hz_(rate_hz),
        socket_(url, "/ws/metrics", options,
                {[] {}, [this](std::string_view text) { take(text); },
                 [this](const net::ClientError& why, milliseconds retry_in) { lose(why, retry_in); }}),
        http_(url, options),
        metrics_thread_([this] { socket_.run(); }),
        asking_thread_([this] { ask(); }) {}

  ~ServerFeed() override {
    socket_.interrupt();
    http_.interrupt();
    picture_.requests().end();
    metrics_thread_.join();
    asking_thread_.join();
  }

 private:
  void take(std::string_view text) {
    std::string answer;
    try {
      answer = picture_.with([&](SharedPicture::Picture& picture) { return take_locked(text, picture); });
    } catch (const ProtocolError& error) {
      throw net::ClientError(net::ClientError::Kind::broken, std::string("the server sent ") + error.what());
    }
    if (!answer.empty()) socket_.send(answer);
    picture_.tell_change();
  }

  /// The message to send in reply.
  std::string take_locked(std::string_view text, SharedPicture::Picture& picture) const {
    const TakenMessage taken = take_message(text, picture.store);
    switch (taken.kind) {
      case MessageKind::hello:
        // After the hello, which identifies the process: another process' frames cannot continue the old
        // ones.
        return subscribe_message(rate_hz_, picture.store.last_seq());
      case MessageKind::full:
        picture.link.state = Link::State::live;
        picture.link.complaint.clear();
        break;
      case MessageKind::complaint: picture.link.complaint = taken.text; break;
      default: break;
    }
    return {};
  }

  void lose(const net::ClientError& why, milliseconds retry_in) {
    picture_.with([&](SharedPicture::Picture& picture) {
      Link& link = picture.link;
      if (link.state != Link::State::lost) link.lost_since = unix_now();
      link.state = Link::State::lost;
      link.reason = why.what();
      link.retry_at = unix_now() + std::chrono::duration<double>(retry_in).count();
      // Sessions of another moment than the metrics would mislead.
      picture.sessions.reset();
      picture.answers = {.may_change = picture.answers.may_change};
    });
    picture_.tell_change();
  }

  /// Requests the data of the page on view each second, and at once when the page changes.
  void ask() {
    while (const auto request = picture_.requests().wait(kAsk)) {
      try {
        ask_for(*request);
      } catch (const net::ClientError&) {
        // The live connection reports problems of the server.
      }
      if (std::chrono::steady_clock::now() >= sessions_are_due_) ask_for_sessions();
    }
  }

  void ask_for(const ViewRequests::Request& request) {
    if (request.order != ProfilerOrder::none) give_order(request.order);
    if (request.page == Page::peers) ask_for_peers();
    if (request.page == Page::sessions)
      answer(&Answers::past_sessions, parse_past_sessions(body_of("/api/metrics/sessions?limit=20")));
    if (request.page == Page::profile)
      answer(&Answers::profile, parse_profile(body_of("/api/profile?limit=50")));
  }

  /// The sessions are for every page: they are part of the verdict.
  void ask_for_sessions() {
    try {
      const net::HttpAnswer got = http_.get("/api/sessions/live?top=200");
      const bool is_missing = got.status == 404;
      auto sessions = got.status == 200 ? parse_sessions(got.body) : std::nullopt;
      if (is_missing) sessions_are_due_ = std::chrono::steady_clock::now() + kAskSessionsWhereMissing;
      // If the server is too busy to respond, keep its sessions.
      if (!sessions && !is_missing) return;
      picture_.with([&](SharedPicture::Picture& picture) {
        picture.sessions = std::move(sessions);
        picture.answers.has_sessions_answer = true;
      });
    } catch (const net::ClientError&) {
      // The live connection reports problems of the server.
    }
  }

  void ask_for_peers() {
    auto peers = parse_peers(body_of("/api/metrics/peers"));
    if (peers) take_network(body_of("/api/metrics/network"), *peers);
    answer(&Answers::peers, std::move(peers));
  }

  /// The server's response; empty if it has no such data.
  [[nodiscard]] std::string body_of(std::string_view target) {
    net::HttpAnswer got = http_.get(target);
    return got.status == 200 ? std::move(got.body) : std::string();
  }

  template <class T>
  void answer(Answer<T> Answers::* which, std::optional<T> value) {
    picture_.with(
        [&](SharedPicture::Picture& picture) { picture.answers.*which = {true, std::move(value)}; });
    picture_.tell_change();
  }

  void give_order(ProfilerOrder order) {
    if (!picture_.with([](const SharedPicture::Picture& picture) { return picture.answers.may_change; }))
      return;
    if (order == ProfilerOrder::reset) {
      http_.post("/api/profile/reset");
      return;
    }
    // Reads the state first: another client may have changed it since.
    const auto now = parse_profile(body_of("/api/profile?limit=1"));
    if (now) http_.post(now->is_on ? "/api/profile/stop" : "/api/profile/start");
  }

  SharedPicture& picture_;
  const int rate_hz_;
  net::WebsocketClient socket_;
  net::HttpClient http_;                                         // used by the requesting thread
  std::chrono::steady_clock::time_point sessions_are_due_ = {};  // like this one
  std::thread metrics_thread_;
  std::thread asking_thread_;
};

}  // namespace

std::unique_ptr<Feed> follow_server(const net::ClientUrl& url, const net::ClientOptions& options, int rate_hz,
                                    SharedPicture& picture) {
  picture.with([&](SharedPicture::Picture& one) {
    one.link.address = url.tls || !url.path.empty() ? url.to_string() : url.authority();
    // The token grants that, and so does loopback.
    one.answers.may_change = !options.token.empty() || url.is_loopback();
  });
  return std::make_unique<ServerFeed>(url, options, std::clamp(rate_hz, 1, 10), picture);
}

}  // namespace kymo::KYMO_ABI::terminal
