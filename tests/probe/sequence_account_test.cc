#include "src/probe/sequence_account.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

namespace kymo::KYMO_ABI::probe {
namespace {

using Time = SequenceAccount::Time;
using namespace std::chrono_literals;

TEST(SequenceAccount, CountsWhatBecomesOfProbes) {
  SequenceAccount account(8);
  for (int i = 0; i < 4; ++i) account.send(Time(std::chrono::seconds(i)));
  EXPECT_EQ(account.answer(2)->outcome, ProbeOutcome::answered);
  EXPECT_EQ(account.answer(2)->outcome, ProbeOutcome::duplicate);
  const auto first = account.answer(1);
  EXPECT_TRUE(first->reordered);
  EXPECT_EQ(first->outcome, ProbeOutcome::answered);
  EXPECT_EQ(account.oldest()->sequence, 3U);
  EXPECT_EQ(account.oldest()->sent, Time(2s));
  EXPECT_TRUE(account.lose(3));
  EXPECT_FALSE(account.lose(3)) << "once";
  EXPECT_FALSE(account.lose(2)) << "it was answered";
  EXPECT_EQ(account.answer(3)->outcome, ProbeOutcome::late);
  EXPECT_EQ(account.answer(3)->outcome, ProbeOutcome::duplicate);
  EXPECT_FALSE(account.answer(5)) << "never sent";
  EXPECT_FALSE(account.answer(0));
  EXPECT_EQ(
      account.counts(),
      (ProbeCounts{
          .sent = 4, .answered = 2, .lost = 1, .late = 1, .duplicates = 2, .reordered = 1, .strays = 2}));
}

TEST(SequenceAccount, WhatItForgetsIsLost) {
  SequenceAccount account(4);
  for (int i = 0; i < 5; ++i) account.send({});
  EXPECT_EQ(account.counts().lost, 1U);
  EXPECT_FALSE(account.answer(1)) << "forgotten";
  EXPECT_EQ(account.oldest()->sequence, 2U);
}

/// Keeps everything, and says what each answer is by looking at all that came before.
struct PlainModel {
  std::map<std::uint64_t, bool> lost;  // of those that had no answer yet
  std::vector<std::uint64_t> arrived;
  ProbeCounts counts;

  void answer(std::uint64_t sequence) {
    const auto waiting = lost.find(sequence);
    if (waiting == lost.end()) {
      ++(sequence == 0 || sequence > counts.sent ? counts.strays : counts.duplicates);
      return;
    }
    ++(waiting->second ? counts.late : counts.answered);
    counts.reordered += std::any_of(arrived.begin(), arrived.end(), [&](auto a) { return a > sequence; });
    arrived.push_back(sequence);
    lost.erase(waiting);
  }

  void lose(std::uint64_t sequence) {
    const auto waiting = lost.find(sequence);
    if (waiting == lost.end() || waiting->second) return;
    waiting->second = true;
    ++counts.lost;
  }
};

TEST(SequenceAccount, ALimitedProbeIsNotLost) {
  SequenceAccount account(4);
  for (int i = 0; i < 3; ++i) account.send({});
  EXPECT_TRUE(account.limit(1));
  EXPECT_FALSE(account.limit(1)) << "said before";
  EXPECT_FALSE(account.lose(1));
  EXPECT_FALSE(account.answer(1)) << "nobody answers it any more";
  EXPECT_EQ(account.oldest()->sequence, 2U);
  account.lose(2);
  EXPECT_FALSE(account.limit(2)) << "told as lost already";
  EXPECT_FALSE(account.limit(9));
  EXPECT_EQ(account.counts(), (ProbeCounts{.sent = 3, .lost = 1, .limited = 1, .strays = 1}));
}

RC_GTEST_PROP(SequenceAccountProperty, IsThePlainModel, ()) {
  enum class Step { send, answer, again, lose, nonsense };
  SequenceAccount account(1000);
  PlainModel model;
  const auto steps = *rc::gen::container<std::vector<Step>>(rc::gen::weightedElement<Step>(
      {{6, Step::send}, {4, Step::answer}, {1, Step::again}, {2, Step::lose}, {1, Step::nonsense}}));
  for (const Step step : steps) {
    // Near the newest one, where networks lose, delay and double.
    const std::uint64_t back = *rc::gen::inRange<std::uint64_t>(0, 8);
    const std::uint64_t sequence = model.counts.sent > back ? model.counts.sent - back : 1;
    switch (step) {
      case Step::send:
        RC_ASSERT(account.send({}) == ++model.counts.sent);
        model.lost[model.counts.sent] = false;
        break;
      case Step::again: static_cast<void>(account.answer(sequence)), model.answer(sequence); [[fallthrough]];
      case Step::answer: static_cast<void>(account.answer(sequence)), model.answer(sequence); break;
      case Step::lose: account.lose(sequence), model.lose(sequence); break;
      case Step::nonsense: {
        const std::uint64_t unknown = model.counts.sent + 1 + back;
        static_cast<void>(account.answer(unknown)), model.answer(unknown);
      }
    }
    RC_ASSERT(account.counts() == model.counts);
    const auto oldest = account.oldest();
    const auto waiting =
        std::find_if(model.lost.begin(), model.lost.end(), [](const auto& one) { return !one.second; });
    RC_ASSERT(oldest.has_value() == (waiting != model.lost.end()));
    if (oldest) RC_ASSERT(oldest->sequence == waiting->first);
  }
}

}  // namespace
}  // namespace kymo::KYMO_ABI::probe
