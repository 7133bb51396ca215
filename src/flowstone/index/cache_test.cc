#include "flowstone/index/cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "flowstone/os/file_operations.h"
#include "flowstone/os/memory_filesystem.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::index {
namespace {

using ::flowstone::testing::IsOk;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class IndexCacheTest : public ::testing::Test {
 protected:
  static ProjectPage Page(const std::string& version) {
    const std::string filename = "pkg-" + version + "-py3-none-any.whl";
    return {.name = "pkg", .files = {File("https://index.example/" + filename, filename)}};
  }
  static IndexFile File(const std::string& url,
                        const std::string& filename = "pkg-1-py3-none-any.whl") {
    return {.filename = filename, .url = url, .sha256 = {}};
  }
  CachedPage Store(const ProjectPage& page) {
    return cache_->StorePage(index_, name_, freshness_, &page);
  }
  std::string StoredVersion() {
    const std::optional<CachedPage> page = cache_->FindPage(index_, name_);
    return page && page->listing ? std::string(page->listing->VersionText(0)) : "nothing";
  }
  // As a later process would.
  void Reopen() {
    cache_.reset();
    cache_ = std::make_unique<IndexCache>(files_, "/cache");
  }
  // Paths and contents of all files.
  std::vector<std::string> Everything() {
    std::vector<std::string> all;
    EXPECT_THAT(
        os::WalkTree(files_, "/",
                     [&](const os::WalkEntry& entry) -> Result<os::WalkNext> {
                       if (entry.info.type == os::FileType::kFile) {
                         all.push_back(entry.path + "\n" + *files_.ReadFile("/" + entry.path));
                       }
                       return os::WalkNext::kDescend;
                     }),
        IsOk());
    return all;
  }

  os::MemoryFileSystem files_;
  std::unique_ptr<IndexCache> cache_ = std::make_unique<IndexCache>(files_, "/cache");
  const net::Url index_ = *net::Url::Parse("https://user:canary@index.example/simple");
  const pypi::Name name_ = *pypi::Name::Parse("Pkg");
  const Freshness freshness_ = {.received_ns = 7, .lifetime_s = 600, .etag = "\"a: b\""};
};

TEST_F(IndexCacheTest, FindsWhatWasStoredAlsoInALaterProcess) {
  EXPECT_FALSE(cache_->FindPage(index_, name_).has_value());
  const CachedPage stored = Store(Page("1"));
  EXPECT_EQ(cache_->FindPage(index_, name_)->listing->bytes(), stored.listing->bytes());
  const std::string bytes(stored.listing->bytes());
  Reopen();
  const std::optional<CachedPage> found = cache_->FindPage(index_, name_);
  ASSERT_TRUE(found && found->listing);
  EXPECT_EQ(found->listing->bytes(), bytes);
  EXPECT_EQ(found->freshness, freshness_);
}

TEST_F(IndexCacheTest, AProjectThatTheIndexDoesNotHaveIsAnAnswer) {
  cache_->StorePage(index_, name_, freshness_, nullptr);
  Reopen();
  const std::optional<CachedPage> found = cache_->FindPage(index_, name_);
  ASSERT_TRUE(found.has_value());
  EXPECT_FALSE(found->listing.has_value());
  EXPECT_EQ(found->freshness, freshness_);
}

TEST_F(IndexCacheTest, KeepsIndexesAndProjectsApart) {
  Store(Page("1"));
  EXPECT_FALSE(cache_->FindPage(*net::Url::Parse("https://other.example/simple"), name_));
  EXPECT_FALSE(cache_->FindPage(index_, *pypi::Name::Parse("other")));
}

TEST_F(IndexCacheTest, TheSpellingOfTheIndexDoesNotMatter) {
  Store(Page("1"));
  EXPECT_TRUE(cache_->FindPage(*net::Url::Parse("HTTPS://Index.Example:443/simple/#x"), name_));
}

TEST_F(IndexCacheTest, HoldsNoCredentials) {
  Store(Page("1"));
  cache_->StoreMetadata(File("https://index.example/x.whl"), "Name: x\n");
  Reopen();
  const std::vector<std::string> all = Everything();
  EXPECT_THAT(all, Not(IsEmpty()));
  EXPECT_THAT(all, Each(Not(HasSubstr("canary"))));
}

TEST_F(IndexCacheTest, RenewingWritesNoListing) {
  ProjectPage large = Page("1");
  for (int i = 2; i < 1000; ++i) {
    large.files.push_back(Page(std::to_string(i)).files.front());
  }
  CachedPage page = Store(large);
  Reopen();
  const std::uint64_t before = files_.Stat("/cache/knowledge-3/log")->size;
  page.freshness.lifetime_s = 1200;
  cache_->RenewPage(index_, name_, page);
  Reopen();
  EXPECT_EQ(cache_->FindPage(index_, name_)->freshness.lifetime_s, 1200);
  EXPECT_EQ(cache_->FindPage(index_, name_)->listing->file_count(), 999U);
  EXPECT_LT(files_.Stat("/cache/knowledge-3/log")->size, before + 200);
}

TEST_F(IndexCacheTest, ALaterAnswerReplacesAnEarlierOne) {
  Store(Page("1"));
  Reopen();
  Store(Page("2"));
  EXPECT_EQ(StoredVersion(), "2");
  Reopen();
  EXPECT_EQ(StoredVersion(), "2");
}

TEST_F(IndexCacheTest, MetadataIsFoundByDigestWhateverTheUrl) {
  IndexFile file = File("https://a.example/x.whl");
  file.sha256 = Digest::Of("wheel");
  cache_->StoreMetadata(file, "Metadata-Version: 2.1\nName: x\nVersion: 1\n");
  file.url = "https://b.example/x.whl";
  ASSERT_TRUE(cache_->FindMetadata(file).has_value());
  EXPECT_EQ(cache_->FindMetadata(file)->name(), "x");
  file.sha256 = Digest::Of("another");
  EXPECT_FALSE(cache_->FindMetadata(file).has_value());
}

TEST_F(IndexCacheTest, MetadataWithoutDigestIsFoundByUrl) {
  cache_->StoreMetadata(File("https://a.example/x.whl"), "Name: x\nVersion: 1\n");
  EXPECT_TRUE(cache_->FindMetadata(File("https://a.example/x.whl")).has_value());
  EXPECT_FALSE(cache_->FindMetadata(File("https://b.example/x.whl")).has_value());
}

TEST_F(IndexCacheTest, MetadataThatCannotBeReadIsRememberedAsSuch) {
  cache_->StoreMetadata(File("https://a.example/x.whl"), "Name: x\nVersion: 1\nRequires-Dist: <\n");
  Reopen();
  const std::optional<ParsedMetadata> found = cache_->FindMetadata(File("https://a.example/x.whl"));
  ASSERT_TRUE(found.has_value());
  EXPECT_FALSE(found->is_readable());
  EXPECT_THAT(std::string(found->problem()), Not(IsEmpty()));
}

TEST_F(IndexCacheTest, WhatWasStoredLivesOnWithoutTheCache) {
  Store(Page("1"));
  Reopen();
  const std::optional<CachedPage> page = cache_->FindPage(index_, name_);
  cache_.reset();
  EXPECT_EQ(page->listing->VersionText(0), "1");
}

TEST_F(IndexCacheTest, KnowsTheProjectsThatHaveFiles) {
  Store(Page("1"));
  Reopen();
  const ProjectPage sources{.name = "other-one",
                            .files = {File("https://index.example/x", "other_one-1.0.tar.gz")}};
  cache_->StorePage(index_, *pypi::Name::Parse("other-one"), freshness_, &sources);
  cache_->StorePage(index_, *pypi::Name::Parse("missing"), freshness_, nullptr);
  const ProjectPage nothing{.name = "empty", .files = {}};
  cache_->StorePage(index_, *pypi::Name::Parse("empty"), freshness_, &nothing);
  EXPECT_THAT(cache_->KnownProjects(), ElementsAre("other-one", "pkg"));
  Reopen();
  EXPECT_THAT(cache_->KnownProjects(), ElementsAre("other-one", "pkg"));
}

}  // namespace
}  // namespace flowstone::index
