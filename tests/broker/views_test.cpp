#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "millrace/broker/catalog.hpp"

namespace millrace::broker {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr auto in_eu = R"({"filter":"region = 'eu'"})";

/// A catalog with topics and views, whose events are applied at once.
struct Gallery {
  Catalog catalog;
  CatalogRules rules{.broker_id = 1, .default_partitions = 2, .group_configs = {}};
  std::string message;
  std::vector<MetadataEvent> history;
  std::uint64_t chance = 1;

  explicit Gallery(const std::vector<std::string>& topics = {"orders"}) {
    for (const auto& topic : topics) EXPECT_EQ(create(topic), ErrorCode::none);
  }
  ErrorCode take(ErrorCode error, std::string why, const std::vector<MetadataEvent>& events) {
    message = std::move(why);
    for (const auto& event : events) {
      EXPECT_TRUE(catalog.apply(event));
      history.push_back(event);
    }
    return error;
  }
  Uuid fresh() { return Uuid::from_random(chance++, 7); }
  ErrorCode create(const std::string& topic) {
    CreateTopic wanted;
    wanted.name = topic;
    auto answer = catalog.create_topic(wanted, rules, fresh(), 1000);
    return take(answer.error, answer.message, answer.events);
  }
  ErrorCode remove(const std::string& topic) {
    auto answer = catalog.delete_topic(topic, 2000);
    return take(answer.error, answer.message, answer.events);
  }
  ErrorCode show(const std::string& name, const std::string& topic, std::optional<std::string> filter = in_eu) {
    auto answer = catalog.change_view({name, topic, std::move(filter)}, fresh(), 3000);
    return take(answer.error, answer.message, answer.events);
  }
};

TEST(Views, AreFoundByNameWithAnIdAndASource) {
  Gallery gallery;
  ASSERT_EQ(gallery.show("orders.eu", "orders"), ErrorCode::none) << gallery.message;
  const auto view = gallery.catalog.find_view("orders.eu");
  ASSERT_TRUE(view);
  EXPECT_EQ(view->topic, "orders");
  EXPECT_EQ(view->created_at, 3000);
  EXPECT_FALSE(view->id.is_zero());
  EXPECT_THAT(*view->document, HasSubstr("region = 'eu'"));
  EXPECT_FALSE(gallery.catalog.find("orders.eu")) << "it is no topic";
  EXPECT_FALSE(gallery.catalog.find_view("orders_eu"));
}

TEST(Views, TakeAnotherFilterAndKeepTheirId) {
  Gallery gallery({"orders", "payments"});
  ASSERT_EQ(gallery.show("eu", "orders"), ErrorCode::none);
  const auto id = gallery.catalog.find_view("eu")->id;
  ASSERT_EQ(gallery.show("eu", "orders", R"({"filters":[]})"), ErrorCode::none);
  EXPECT_EQ(gallery.catalog.find_view("eu")->id, id);
  EXPECT_THAT(*gallery.catalog.find_view("eu")->document, HasSubstr(R"("filters":[])"));
  ASSERT_EQ(gallery.show("eu", "payments"), ErrorCode::none);
  EXPECT_NE(gallery.catalog.find_view("eu")->id, id) << "its offsets mean something else";
}

TEST(Views, ThatAreAsTheyAreToBeChangeNothing) {
  Gallery gallery;
  ASSERT_EQ(gallery.show("eu", "orders"), ErrorCode::none);
  const auto events = gallery.history.size();
  EXPECT_EQ(gallery.show("eu", "orders"), ErrorCode::none);
  EXPECT_EQ(gallery.history.size(), events);
}

TEST(Views, HaveNamesThatNoTopicHas) {
  Gallery gallery({"orders", "a.b"});
  EXPECT_EQ(gallery.show("orders", "orders"), ErrorCode::topic_already_exists);
  EXPECT_EQ(gallery.show("a_b", "orders"), ErrorCode::invalid_topic_exception);
  EXPECT_THAT(gallery.message, HasSubstr("'.' and '_'"));
  EXPECT_EQ(gallery.show("v.1", "orders"), ErrorCode::none);
  EXPECT_EQ(gallery.show("v_1", "orders"), ErrorCode::invalid_topic_exception);
  EXPECT_EQ(gallery.show("", "orders"), ErrorCode::invalid_topic_exception);
  EXPECT_EQ(gallery.show("not/a/name", "orders"), ErrorCode::invalid_topic_exception);
  EXPECT_EQ(gallery.show("__millrace_mine", "orders"), ErrorCode::invalid_topic_exception);
  EXPECT_EQ(gallery.show("__consumer_offsets", "orders"), ErrorCode::invalid_topic_exception);
}

TEST(Views, KeepTheirNamesFromTopics) {
  Gallery gallery;
  ASSERT_EQ(gallery.show("orders.eu", "orders"), ErrorCode::none);
  EXPECT_EQ(gallery.create("orders.eu"), ErrorCode::topic_already_exists);
  EXPECT_THAT(gallery.message, HasSubstr("view \"orders.eu\" of topic \"orders\""));
  EXPECT_EQ(gallery.create("orders_eu"), ErrorCode::invalid_topic_exception);
  EXPECT_EQ(gallery.show("orders.eu", "", std::nullopt), ErrorCode::none);
  EXPECT_EQ(gallery.create("orders_eu"), ErrorCode::none);
}

TEST(Views, AreOfOrdinaryTopics) {
  Gallery gallery;
  EXPECT_EQ(gallery.show("eu", "nobody"), ErrorCode::unknown_topic_or_partition);
  ASSERT_EQ(gallery.show("eu", "orders"), ErrorCode::none);
  EXPECT_EQ(gallery.show("second", "eu"), ErrorCode::invalid_request);
  EXPECT_THAT(gallery.message, HasSubstr("view \"eu\""));
  CreateTopic own;
  own.name = "__millrace_things";
  own.by_broker = true;
  auto answer = gallery.catalog.create_topic(own, gallery.rules, gallery.fresh(), 0);
  ASSERT_EQ(gallery.take(answer.error, answer.message, answer.events), ErrorCode::none);
  EXPECT_EQ(gallery.show("things", "__millrace_things"), ErrorCode::invalid_topic_exception);
}

TEST(Views, HoldTheirTopic) {
  Gallery gallery;
  for (const auto* name : {"a", "b", "c", "d", "e", "f", "g"}) ASSERT_EQ(gallery.show(name, "orders"), ErrorCode::none);
  EXPECT_EQ(gallery.remove("orders"), ErrorCode::policy_violation);
  EXPECT_THAT(gallery.message, HasSubstr("a, b, c, d, e and 2 more"));
  for (const auto* name : {"a", "b", "c", "d", "e", "f"})
    ASSERT_EQ(gallery.show(name, "", std::nullopt), ErrorCode::none);
  EXPECT_EQ(gallery.remove("g"), ErrorCode::none) << "a view is deleted like a topic, too";
  EXPECT_EQ(gallery.remove("orders"), ErrorCode::none) << gallery.message;
  EXPECT_THAT(gallery.catalog.views(), IsEmpty());
}

TEST(Views, HaveThePartitionsAndConfigurationsOfTheirTopic) {
  Gallery gallery;
  ASSERT_EQ(gallery.show("eu", "orders"), ErrorCode::none);
  CreatePartitions more{.name = "eu", .count = 9, .assignments = std::nullopt};
  const auto grown = gallery.catalog.create_partitions(more, gallery.rules);
  EXPECT_EQ(grown.error, ErrorCode::invalid_topic_exception);
  EXPECT_THAT(grown.message, HasSubstr("view \"eu\" of topic \"orders\""));
  AlterTopic other;
  other.name = "eu";
  const auto altered = gallery.catalog.alter_topic(other);
  EXPECT_EQ(altered.error, ErrorCode::invalid_topic_exception);
  EXPECT_THAT(altered.message, HasSubstr("view \"eu\" of topic \"orders\""));
  EXPECT_EQ(gallery.catalog.partition_count(), 2) << "they are counted once";
}

TEST(Views, WithoutAFilterAreRefused) {
  Gallery gallery;
  EXPECT_EQ(gallery.show("eu", "orders", "5"), ErrorCode::invalid_request);
  EXPECT_EQ(gallery.show("eu", "orders", R"({"filter":")" + std::string(document_bytes_max, 'x') + R"("})"),
            ErrorCode::policy_violation);
  EXPECT_EQ(gallery.show("eu", "", std::nullopt), ErrorCode::unknown_topic_or_partition);
}

TEST(Views, AreNoDocumentsOfOthers) {
  Gallery gallery;
  ASSERT_EQ(gallery.show("eu", "orders"), ErrorCode::none);
  EXPECT_EQ(gallery.catalog.change_documents({{DocumentKind::view, "eu", "{}"}}).error, ErrorCode::invalid_request);
  EXPECT_EQ(gallery.catalog.change_documents({{DocumentKind::view, "eu", std::nullopt}}).error,
            ErrorCode::invalid_request);
}

TEST(Views, ComeBackFromTheMetadataLog) {
  Gallery gallery;
  ASSERT_EQ(gallery.show("eu", "orders"), ErrorCode::none);
  ASSERT_EQ(gallery.show("us", "orders", R"({"filters":[{"exact":{"region":"us"}}]})"), ErrorCode::none);
  ASSERT_EQ(gallery.show("eu", "", std::nullopt), ErrorCode::none);
  // Compaction may leave a change of the topic behind its view.
  std::ranges::rotate(gallery.history, gallery.history.begin() + 1);
  Catalog again;
  for (const auto& event : gallery.history) EXPECT_TRUE(again.apply(event));
  EXPECT_TRUE(again == gallery.catalog);
  ASSERT_EQ(again.views().size(), 1U);
  EXPECT_EQ(again.find_view("us")->id, gallery.catalog.find_view("us")->id);
}

TEST(Views, ThatOnlyAnotherVersionUnderstandsAreKeptAndNotServed) {
  Catalog catalog;
  EXPECT_TRUE(catalog.apply(DocumentStored{DocumentKind::view, "eu", R"({"join":["orders","payments"]})"}));
  EXPECT_THAT(catalog.views(), IsEmpty());
  EXPECT_EQ(catalog.documents(DocumentKind::view).size(), 1U);
}

TEST(Views, MayBeSoManyAndNoMore) {
  Gallery gallery;
  for (std::size_t i = 0; i < views_max; ++i)
    ASSERT_EQ(gallery.show("v" + std::to_string(i), "orders"), ErrorCode::none);
  EXPECT_EQ(gallery.show("more", "orders"), ErrorCode::policy_violation);
  EXPECT_EQ(gallery.show("v0", "orders", R"({"filters":[]})"), ErrorCode::none);
}

}  // namespace
}  // namespace millrace::broker
