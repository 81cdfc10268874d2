#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "millrace/broker/catalog.hpp"

namespace millrace::broker {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

/// A catalog whose events are applied at once.
struct Shelf {
  Catalog catalog;
  std::string message;

  ErrorCode change(const std::vector<ChangeDocument>& wanted) {
    auto answer = catalog.change_documents(wanted);
    message = answer.message;
    EXPECT_EQ(answer.error == ErrorCode::none, message.empty());
    for (const auto& event : answer.events) EXPECT_TRUE(catalog.apply(event));
    return answer.error;
  }
  ErrorCode store(std::string id, std::string json) {
    return change({{DocumentKind::subscription, std::move(id), std::move(json)}});
  }
  [[nodiscard]] std::string read(std::string_view id) const {
    const auto& all = catalog.documents(DocumentKind::subscription);
    const auto found = all.find(id);
    return found == all.end() ? "" : *found->second;
  }
};

TEST(Documents, AreStoredReplacedAndRemoved) {
  Shelf shelf;
  EXPECT_EQ(shelf.store("a", R"({"n":1})"), ErrorCode::none);
  EXPECT_EQ(shelf.store("b", "{}"), ErrorCode::none);
  EXPECT_EQ(shelf.store("a", R"({"n":2})"), ErrorCode::none);
  EXPECT_EQ(shelf.read("a"), R"({"n":2})");
  EXPECT_THAT(shelf.catalog.documents(DocumentKind::view), IsEmpty()) << "each kind has its own";
  EXPECT_EQ(shelf.change({{DocumentKind::subscription, "a", std::nullopt}}), ErrorCode::none);
  EXPECT_EQ(shelf.read("a"), "");
  EXPECT_EQ(shelf.read("b"), "{}");
}

TEST(Documents, SeveralAreChangedTogetherOrNotAtAll) {
  Shelf shelf;
  EXPECT_EQ(shelf.change({{DocumentKind::subscription, "a", "{}"}, {DocumentKind::view, "v", std::nullopt}}),
            ErrorCode::resource_not_found);
  EXPECT_THAT(shelf.message, HasSubstr("view \"v\""));
  EXPECT_EQ(shelf.read("a"), "");
}

TEST(Documents, WhatIsNoneIsRefused) {
  Shelf shelf;
  for (const auto* text : {"", "[]", "5", "{", "null"})
    EXPECT_EQ(shelf.store("a", text), ErrorCode::invalid_request) << text;
  EXPECT_EQ(shelf.store("", "{}"), ErrorCode::invalid_request);
  EXPECT_EQ(shelf.store("\xff", "{}"), ErrorCode::invalid_request);
  EXPECT_EQ(shelf.store(std::string(document_id_max + 1, 'a'), "{}"), ErrorCode::invalid_request);
  EXPECT_EQ(shelf.store(std::string(document_id_max, 'a'), "{}"), ErrorCode::none);
  const std::string large = R"({"a":")" + std::string(document_bytes_max, 'x') + R"("})";
  EXPECT_EQ(shelf.store("a", large), ErrorCode::policy_violation);
}

TEST(Documents, ARemovalWithoutWhatItRemovesIsNoDamage) {
  Shelf shelf;
  EXPECT_TRUE(shelf.catalog.apply(DocumentRemoved{DocumentKind::rule, "compacted"}));
}

TEST(Documents, MakeCatalogsDifferent) {
  Shelf one, two;
  EXPECT_EQ(one.store("a", "{}"), ErrorCode::none);
  EXPECT_FALSE(one.catalog == two.catalog);
  EXPECT_EQ(two.store("a", R"({"n":1})"), ErrorCode::none);
  EXPECT_FALSE(one.catalog == two.catalog);
  EXPECT_EQ(two.store("a", "{}"), ErrorCode::none);
  EXPECT_TRUE(one.catalog == two.catalog);
}

}  // namespace
}  // namespace millrace::broker
