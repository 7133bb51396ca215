#include "flowstone/index/listing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "flowstone/index/simple_page.h"
#include "flowstone/net/url.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::index {
namespace {

using ::flowstone::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const pypi::Name& PkgName() {
  static const pypi::Name name = *pypi::Name::Parse("pkg");
  return name;
}

IndexFile Wheel(const std::string& version, const std::string& tags = "py3-none-any") {
  const std::string filename = "pkg-" + version + "-" + tags + ".whl";
  return {.filename = filename, .url = "https://files.example/" + filename, .sha256 = {}};
}

std::vector<std::string> VersionsOf(const Listing& listing) {
  std::vector<std::string> versions;
  for (std::uint32_t i = 0; i < listing.version_count(); ++i) {
    versions.emplace_back(listing.VersionText(i));
  }
  return versions;
}

std::vector<IndexFile> FilesIn(const Listing& listing) {
  std::vector<IndexFile> files;
  for (std::uint32_t i = 0; i < listing.file_count(); ++i) {
    files.push_back(listing.File(i));
  }
  return files;
}

TEST(ListingTest, VersionsAscendAndKeepTheirFirstSpelling) {
  const Listing listing = Listing::Of(
      {.name = "pkg",
       .files = {Wheel("1.10"), Wheel("1.0"), Wheel("1.9"), Wheel("1.0.0"), Wheel("2.0rc1")}},
      PkgName());
  EXPECT_THAT(VersionsOf(listing), ElementsAre("1.0", "1.9", "1.10", "2.0rc1"));
  EXPECT_EQ(listing.FactsOfVersion(0).files.last - listing.FactsOfVersion(0).files.first, 2U);
  EXPECT_FALSE(listing.FactsOfVersion(2).is_prerelease);
  EXPECT_TRUE(listing.FactsOfVersion(3).is_prerelease);
}

TEST(ListingTest, NamesAreReadInEverySpelling) {
  const auto file = [](const std::string& filename) {
    return IndexFile{
        .filename = filename, .url = "https://files.example/" + filename, .sha256 = {}};
  };
  const Listing listing = Listing::Of(
      {.name = "foo-bar",
       .files = {file("Foo.Bar-1.0-py3-none-any.whl"), file("foo_bar-1.0-PY3-none-any.whl"),
                 file("foo_bar-1.0.0-1x-py3-none-any.whl"), file("foo_bar-1.0-x1-py3-none-any.whl"),
                 file("foo_bar-one-py3-none-any.whl"), file("foo_bar-1.0-py3-none-.whl"),
                 file("foo_baz-1.0-py3-none-any.whl"), file("foo_bar-1.0.tar.gz")}},
      *pypi::Name::Parse("foo-bar"));
  EXPECT_THAT(VersionsOf(listing), ElementsAre("1.0"));
  ASSERT_EQ(listing.file_count(), 4U);
  EXPECT_EQ(listing.Facts(0).tag_set, listing.Facts(1).tag_set);
  EXPECT_EQ(listing.Facts(0).tag_set, listing.Facts(2).tag_set);
  EXPECT_EQ(listing.Filename(3), "foo_bar-1.0.tar.gz");
}

TEST(ListingTest, VersionsWithEqualFilesHaveAShapeInCommonWhateverTheirTimes) {
  const auto uploaded = [](IndexFile file, std::int64_t time_us) {
    file.upload_time_us = time_us;
    return file;
  };
  IndexFile yanked = uploaded(Wheel("4"), 40);
  yanked.yanked = "broken";
  IndexFile for_new_pythons = uploaded(Wheel("5"), 50);
  for_new_pythons.requires_python = ">=3.12";
  const Listing listing =
      Listing::Of({.name = "pkg",
                   .files = {uploaded(Wheel("1"), 10), uploaded(Wheel("2"), 20),
                             uploaded(Wheel("2", "cp312-cp312-win32"), 25), Wheel("3"), yanked,
                             for_new_pythons, uploaded(Wheel("6"), 60)}},
                  PkgName());
  std::vector<std::uint32_t> shapes;
  std::vector<std::int64_t> times;
  for (std::uint32_t i = 0; i < listing.version_count(); ++i) {
    shapes.push_back(listing.FactsOfVersion(i).shape);
    times.push_back(listing.FactsOfVersion(i).newest_upload_us);
  }
  EXPECT_THAT(shapes, ElementsAre(0, 1, 0, 2, 3, 0));
  EXPECT_THAT(times, ElementsAre(10, 25, Listing::VersionFacts::kUnknown, 40, 50, 60));
}

TEST(ListingTest, AFileGivesBackAllThatThePageSaid) {
  IndexFile file = Wheel("1", "cp312-cp312-manylinux_2_17_x86_64");
  file.url = "https://files.example/packages/aa/bb/" + std::string(60, 'c') + "/" + file.filename;
  file.sha256 = Digest::Of("x");
  file.other_hashes = {{"blake2b", "aa"}, {"md5", "bb"}};
  file.requires_python = ">=3.8";
  file.metadata = MetadataOffer{.sha256 = Digest::Of("y")};
  file.yanked = "broken";
  file.size = 7;
  file.upload_time_us = -5;
  IndexFile source{.filename = "pkg-1.tar.gz", .url = "https://files.example/x?y=1", .sha256 = {}};
  source.metadata = MetadataOffer{};
  source.yanked = "";
  const Listing listing = Listing::Of({.name = "pkg", .files = {file, source}}, PkgName());
  EXPECT_THAT(FilesIn(listing), ElementsAre(file, source));
  EXPECT_EQ(listing.TagSetText(listing.Facts(0).tag_set), "cp312-cp312-manylinux_2_17_x86_64");
  EXPECT_EQ(listing.Facts(1).tag_set, Listing::FileFacts::kSource);
  EXPECT_TRUE(listing.Facts(1).is_yanked);
}

TEST(ListingTest, FilesOfOtherProjectsAreAWarning) {
  IndexFile other = Wheel("1");
  other.filename = "evil-1-py3-none-any.whl";
  IndexFile unreadable = Wheel("1");
  unreadable.filename = "pkg-one-py3-none-any.whl";
  const Listing listing =
      Listing::Of({.name = "pkg", .files = {other, unreadable}, .warnings = {"first"}}, PkgName());
  EXPECT_THAT(VersionsOf(listing), IsEmpty());
  EXPECT_THAT(listing.Warnings(),
              ElementsAre("first", HasSubstr("left out evil-1-py3-none-any.whl")));
}

TEST(ListingTest, StatusIsKept) {
  const Listing listing = Listing::Of({.name = "pkg",
                                       .files = {},
                                       .status = ProjectStatus::kDeprecated,
                                       .status_reason = "use other"},
                                      PkgName());
  EXPECT_EQ(listing.status(), ProjectStatus::kDeprecated);
  EXPECT_EQ(listing.status_reason(), "use other");
}

TEST(ListingTest, BytesThatAreNoListingAreRefused) {
  const std::string good = Listing::Pack({.name = "pkg", .files = {Wheel("1")}}, PkgName());
  EXPECT_TRUE(Listing::Open(good, nullptr).has_value());
  EXPECT_FALSE(Listing::Open("", nullptr).has_value());
  EXPECT_FALSE(Listing::Open(good.substr(0, 40), nullptr).has_value());
  EXPECT_FALSE(Listing::Open("x" + good, nullptr).has_value());
}

TEST(ListingTest, DamagedBytesAreReadWithinTheirBounds) {
  IndexFile file = Wheel("1.0.0.0.0.0.0.0.0.1");
  file.url = "https://files.example/packages/aa/bb/" + std::string(60, 'c') + "/" + file.filename;
  file.sha256 = Digest::Of("x");
  const std::string good = Listing::Pack({.name = "pkg", .files = {file, Wheel("2")}}, PkgName());
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const char damage : {'\xff', '\x7f', '\x00'}) {
      // On the heap and as large as it is, so that a sanitizer sees any byte outside.
      const auto bad = std::make_unique<std::string>(good);
      (*bad)[i] = damage;
      bad->shrink_to_fit();
      if (const std::optional<Listing> listing = Listing::Open(*bad, nullptr)) {
        for (std::uint32_t v = 0; v < listing->version_count() && v < 4; ++v) {
          (void)listing->Version(v);
          (void)listing->VersionKey(v);
          for (std::uint32_t f = listing->FactsOfVersion(v).files.first;
               f < listing->FactsOfVersion(v).files.last; ++f) {
            (void)listing->File(f);
          }
        }
        (void)listing->LowerBound("\x20\x21\x06");
        (void)listing->Warnings();
      }
    }
  }
}

// Versions of all shapes, from a fixed seed.
class RandomPage {
 public:
  explicit RandomPage(std::uint32_t seed) : random_(seed) {}

  ProjectPage Draw() {
    ProjectPage page{.name = "pkg", .files = {}};
    const std::size_t count = Below(60);
    for (std::size_t i = 0; i < count; ++i) {
      IndexFile file =
          Wheel(DrawVersion(), Pick({"py3-none-any", "cp39-cp39-win32", "py2-none-any"}));
      if (Below(4) == 0) {
        file.filename = "pkg-" + DrawVersion() + ".tar.gz";
      }
      if (std::ranges::any_of(page.files,
                              [&](const IndexFile& f) { return f.filename == file.filename; })) {
        continue;
      }
      file.url = Pick({"https://a.example/", "https://b.example/x/", "https://c.example/q?"}) +
                 file.filename;
      if (Below(2) == 0) {
        file.sha256 = Digest::Of(file.filename);
        const std::string hex = file.sha256->ToString();
        file.url = "https://files.example/packages/" + hex.substr(0, 2) + "/" + hex.substr(2, 2) +
                   "/" + hex.substr(4) + "/" + file.filename;
      }
      if (Below(2) == 0) {
        file.requires_python = Pick({">=3.8", "", "<4,>=3.9", "nonsense"});
      }
      if (Below(3) == 0) {
        file.yanked = Pick({"", "broken"});
      }
      if (Below(3) == 0) {
        file.metadata = MetadataOffer{};
      }
      if (Below(2) == 0) {
        file.size = random_();
        file.upload_time_us = static_cast<std::int64_t>(random_()) * 1'000'000;
      }
      page.files.push_back(std::move(file));
    }
    return page;
  }

  std::string DrawVersion() {
    std::string version = Below(20) == 0 ? "1!" : "";
    version += std::to_string(Below(3) == 0 ? 2020 + Below(10) : Below(12));
    for (std::size_t i = Below(4); i > 0; --i) {
      version += "." + std::to_string(Below(5) == 0 ? Below(100'000) : Below(12));
    }
    version += Pick({"", "", "", "a1", "rc2", ".dev3", ".post4", "b1.post2.dev3"});
    return version + Pick({"", "", "", "+local.7"});
  }

  std::size_t Below(std::size_t end) { return random_() % end; }
  std::string Pick(std::vector<std::string> choices) { return choices[Below(choices.size())]; }

 private:
  std::mt19937 random_;
};

TEST(ListingTest, SaysWhatThePageSays) {
  RandomPage random(7);
  for (int round = 0; round < 200; ++round) {
    const ProjectPage page = random.Draw();
    const Listing listing = Listing::Of(page, PkgName());
    std::vector<IndexFile> expected = page.files;
    std::vector<IndexFile> actual = FilesIn(listing);
    ASSERT_TRUE(std::ranges::is_permutation(expected, actual));
    for (std::uint32_t v = 0; v < listing.version_count(); ++v) {
      const pypi::Version version = listing.Version(v);
      EXPECT_EQ(listing.VersionKey(v), version.key());
      EXPECT_EQ(listing.FactsOfVersion(v).is_prerelease, version.is_prerelease());
      EXPECT_TRUE(v == 0 || listing.Version(v - 1) < version);
      EXPECT_LT(listing.FactsOfVersion(v).files.first, listing.FactsOfVersion(v).files.last);
    }
  }
}

TEST(ListingTest, LowerBoundIsTheFirstVersionNotBelow) {
  RandomPage random(11);
  for (int round = 0; round < 100; ++round) {
    const Listing listing = Listing::Of(random.Draw(), PkgName());
    const pypi::Version wanted = *pypi::Version::Parse(random.DrawVersion());
    std::uint32_t expected = 0;
    while (expected < listing.version_count() && listing.Version(expected) < wanted) {
      ++expected;
    }
    EXPECT_EQ(listing.LowerBound(wanted.key()), expected) << wanted.text();
  }
}

TEST(ListingTest, ReadsTheSameFromAPageOfTheIndex) {
  const auto page = ParseSimpleJson(
      R"({"meta":{"api-version":"1.1"},"name":"pkg","files":[
          {"filename":"pkg-1-py3-none-any.whl","url":"pkg-1-py3-none-any.whl",
           "hashes":{"sha256":")" +
          std::string(64, 'a') + R"("},"requires-python":">=3","size":3,"yanked":false,
           "upload-time":"2024-01-01T00:00:00Z","core-metadata":true}]})",
      *net::Url::Parse("https://index.example/simple/pkg/"));
  ASSERT_THAT(page, IsOk());
  EXPECT_EQ(FilesIn(Listing::Of(*page, PkgName())), page->files);
}

}  // namespace
}  // namespace flowstone::index
