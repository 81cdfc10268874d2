#include "millrace/core/rarely.hpp"

#include <gtest/gtest.h>

#include <string>

namespace millrace {
namespace {

struct Place {
  std::string name = "nowhere";
  int visits = 0;
  bool operator==(const Place&) const = default;
};

TEST(Rarely, IsWhatItsTypeIsByItself) {
  const Rarely<Place> place;
  EXPECT_EQ(place->name, "nowhere");
  EXPECT_EQ(*place, Place());
  EXPECT_EQ(place, Place());
  EXPECT_EQ(sizeof(place), sizeof(void*));
}

TEST(Rarely, KeepsWhatWasEdited) {
  Rarely<Place> place;
  place.edit().name = "Ithaca";
  ++place.edit().visits;
  EXPECT_EQ(place, (Place{.name = "Ithaca", .visits = 1}));
  EXPECT_NE(place, Rarely<Place>());
  place.reset();
  EXPECT_EQ(place, Place());
}

TEST(Rarely, CopiesShareNothing) {
  Rarely<Place> one(Place{.name = "Ithaca"});
  Rarely<Place> other = one;
  other.edit().name = "Ogygia";
  EXPECT_EQ(one->name, "Ithaca");
  one = other;
  other.edit().visits = 7;
  EXPECT_EQ(one, (Place{.name = "Ogygia"}));
  one = Rarely<Place>();
  EXPECT_EQ(one, Place());
  EXPECT_EQ(other->visits, 7);
}

TEST(Rarely, IsUsualAgainWhenItWasMovedFrom) {
  Rarely<Place> one(Place{.name = "Ithaca"});
  const Rarely<Place> other = std::move(one);
  EXPECT_EQ(other->name, "Ithaca");
  EXPECT_EQ(one, Place());  // NOLINT(bugprone-use-after-move): that is what is promised
}

TEST(Rarely, IsMadeOfWhatBecomesItsType) {
  const Rarely<std::string> text = "Ithaca";
  EXPECT_EQ(*text, "Ithaca");
  const Rarely<std::string> none = "";
  EXPECT_EQ(none, std::string());
}

TEST(Rarely, ThatWasEditedToWhatItWasIsEqual) {
  Rarely<Place> place;
  (void)place.edit();
  EXPECT_EQ(place, Rarely<Place>());
}

}  // namespace
}  // namespace millrace
