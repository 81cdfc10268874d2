#include "millrace/broker/document_map.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "support/seeded_random.hpp"

namespace millrace::broker {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using Plain = std::map<std::string, std::string, std::less<>>;

std::shared_ptr<const std::string> text(std::string of) { return std::make_shared<const std::string>(std::move(of)); }

Plain plain(const DocumentMap& documents) {
  Plain out;
  for (const auto& [id, document] : documents) out.emplace(id, *document);
  return out;
}

std::vector<std::string> ids(const DocumentMap& documents) {
  std::vector<std::string> out;
  for (const auto& [id, document] : documents) out.push_back(id);
  return out;
}

TEST(DocumentMap, HasNothingAtFirst) {
  DocumentMap documents;
  EXPECT_THAT(documents, IsEmpty());
  EXPECT_FALSE(documents.contains(""));
  documents.erase("a");
  EXPECT_EQ(documents.size(), 0U);
}

TEST(DocumentMap, IsInOrderOfIds) {
  DocumentMap documents;
  for (const auto* id : {"b", "d", "a", "c"}) documents.insert_or_assign(id, text(id));
  EXPECT_THAT(ids(documents), ElementsAre("a", "b", "c", "d"));
  documents.erase("b");
  EXPECT_THAT(ids(documents), ElementsAre("a", "c", "d"));
  EXPECT_EQ(*documents.find("c")->second, "c");
  EXPECT_EQ(documents.find("b"), documents.end());
}

TEST(DocumentMap, ACopyStaysWhatItWas) {
  DocumentMap documents;
  for (std::size_t i = 0; i < 3 * DocumentMap::block_max; ++i) documents.insert_or_assign(std::to_string(i), text("1"));
  const auto copy = documents;
  const auto before = plain(copy);
  documents.insert_or_assign("17", text("2"));
  documents.insert_or_assign("170", text("2"));
  documents.insert_or_assign("new", text("2"));
  documents.erase("200");
  EXPECT_EQ(plain(copy), before);
  EXPECT_EQ(copy.size(), before.size());
  EXPECT_EQ(*documents.find("17")->second, "2");
  EXPECT_FALSE(documents.contains("200"));
}

TEST(DocumentMap, DoesWhatAMapDoes) {
  support::SeededRandom random{7};
  DocumentMap documents, older;
  Plain model, older_model;
  for (int step = 0; step < 20'000; ++step) {
    const auto id = std::to_string(random.next() % 2'000);
    // It grows, then shrinks until little is left.
    if (random.next() % 4 < (step < 10'000 ? 3U : 1U)) {
      documents.insert_or_assign(id, text(std::to_string(step)));
      model.insert_or_assign(id, std::to_string(step));
    } else {
      documents.erase(id);
      model.erase(id);
    }
    ASSERT_EQ(documents.size(), model.size());
    ASSERT_EQ(documents.contains(id), model.contains(id));
    if (step % 1'000 != 0) continue;
    ASSERT_EQ(plain(documents), model);
    ASSERT_EQ(plain(older), older_model);
    older = documents;
    older_model = model;
  }
  for (const auto& [id, document] : model) documents.erase(id);
  EXPECT_THAT(documents, IsEmpty());
  EXPECT_EQ(documents.begin(), documents.end());
}

}  // namespace
}  // namespace millrace::broker
