#include "scraper.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <future>
#include <thread>
#include <vector>

namespace millrace::http {
namespace {

using testing::HasSubstr;

Scraper::Text ask(Scraper& scraper) {
  std::promise<Scraper::Text> told;
  scraper.ask([&told](Scraper::Text text) { told.set_value(std::move(text)); });
  return told.get_future().get();
}

const auto nobody_listens = [](std::string_view) {};

TEST(Scraper, TellsWhatIsCollectedAndHowOftenThatWasDone) {
  Scraper scraper([](metrics::Exposition& into) { into.add("millrace_topics", std::uint64_t{3}); }, nobody_listens);
  const auto text = ask(scraper);
  ASSERT_TRUE(text);
  EXPECT_THAT(*text, HasSubstr("\nmillrace_topics 3\n"));
  EXPECT_THAT(*text, HasSubstr("\nmillrace_metrics_collections_total 0\n"));
}

TEST(Scraper, ManyWhoAskTogetherGetOneAnswer) {
  std::atomic<int> collected = 0;
  std::promise<void> go_on;
  auto held = go_on.get_future().share();
  Scraper scraper(
      [&](metrics::Exposition&) {
        ++collected;
        held.wait();
      },
      nobody_listens);
  std::vector<std::promise<Scraper::Text>> told(20);
  for (auto& each : told) {
    scraper.ask([&each](Scraper::Text text) { each.set_value(std::move(text)); });
  }
  go_on.set_value();
  const auto first = told.front().get_future().get();
  for (std::size_t i = 1; i < told.size(); ++i) EXPECT_EQ(told[i].get_future().get(), first);
  EXPECT_EQ(collected, 1);
}

TEST(Scraper, AFailureIsToldAndTheNextOneIsTriedAnew) {
  std::atomic<int> tries = 0;
  std::promise<std::string> said;
  Scraper scraper(
      [&](metrics::Exposition&) {
        if (++tries == 1) throw std::runtime_error("out of something");
      },
      [&](std::string_view what) { said.set_value(std::string(what)); });
  EXPECT_EQ(ask(scraper), nullptr);
  EXPECT_EQ(said.get_future().get(), "out of something");
  EXPECT_NE(ask(scraper), nullptr);
}

TEST(Scraper, CollectsOnAThreadOfItsOwn) {
  std::thread::id collector;
  Scraper scraper([&](metrics::Exposition&) { collector = std::this_thread::get_id(); }, nobody_listens);
  ASSERT_TRUE(ask(scraper));
  EXPECT_NE(collector, std::this_thread::get_id());
}

TEST(Scraper, EndsWithTheAnswerUnderWay) {
  std::promise<void> began;
  std::atomic<bool> finished = false;
  Scraper scraper(
      [&](metrics::Exposition&) {
        began.set_value();
        std::this_thread::yield();
        finished = true;
      },
      nobody_listens);
  scraper.ask([](Scraper::Text) {});
  began.get_future().wait();
  scraper.stop();
  EXPECT_TRUE(finished);
}

}  // namespace
}  // namespace millrace::http
