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
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

class IndexCacheTest : public ::testing::Test {
 protected:
  static CachedPage Page(const std::string& body) {
    return {.status = 200,
            .content_type = "text/html",
            .url = "https://index.example/simple/pkg/",
            .freshness = {.received_ns = 7, .lifetime_s = 600, .etag = "\"a: b\""},
            .body = body};
  }
  static IndexFile File(const std::string& url) {
    return {.filename = "pkg-1-py3-none-any.whl", .url = url, .sha256 = {}};
  }
  // Paths and contents of all files.
  std::vector<std::string> Everything() {
    std::vector<std::string> all;
    EXPECT_THAT(
        os::WalkTree(files_, "/",
                     [&](const os::WalkEntry& entry) -> Result<os::WalkNext> {
                       if (entry.info.type == os::FileType::kFile) {
                         paths_.push_back("/" + entry.path);
                         all.push_back(entry.path + "\n" + *files_.ReadFile("/" + entry.path));
                       }
                       return os::WalkNext::kDescend;
                     }),
        IsOk());
    return all;
  }

  os::MemoryFileSystem files_;
  IndexCache cache_{files_, "/cache"};
  const net::Url index_ = *net::Url::Parse("https://user:canary@index.example/simple");
  const pypi::Name name_ = *pypi::Name::Parse("Pkg");
  std::vector<std::string> paths_;
};

TEST_F(IndexCacheTest, FindsWhatWasStored) {
  EXPECT_EQ(cache_.FindPage(index_, name_), std::nullopt);
  const CachedPage page = Page("line\n\nline: 2\n\xff");
  ASSERT_THAT(cache_.StorePage(index_, name_, page), IsOk());
  EXPECT_EQ(cache_.FindPage(index_, name_), page);
}

TEST_F(IndexCacheTest, KeepsIndexesAndProjectsApart) {
  ASSERT_THAT(cache_.StorePage(index_, name_, Page("a")), IsOk());
  EXPECT_EQ(cache_.FindPage(*net::Url::Parse("https://other.example/simple"), name_), std::nullopt);
  EXPECT_EQ(cache_.FindPage(index_, *pypi::Name::Parse("other")), std::nullopt);
}

TEST_F(IndexCacheTest, TheSpellingOfTheIndexDoesNotMatter) {
  ASSERT_THAT(cache_.StorePage(index_, name_, Page("a")), IsOk());
  EXPECT_NE(cache_.FindPage(*net::Url::Parse("HTTPS://Index.Example:443/simple/#x"), name_),
            std::nullopt);
}

TEST_F(IndexCacheTest, HoldsNoCredentials) {
  ASSERT_THAT(cache_.StorePage(index_, name_, Page("a")), IsOk());
  ASSERT_THAT(cache_.StoreMetadata(File("https://index.example/x.whl"), "Name: x\n"), IsOk());
  const std::vector<std::string> all = Everything();
  EXPECT_THAT(all, SizeIs(2));
  EXPECT_THAT(all, Each(Not(HasSubstr("canary"))));
}

TEST_F(IndexCacheTest, MetadataIsFoundByDigestWhateverTheUrl) {
  IndexFile file = File("https://a.example/x.whl");
  file.sha256 = Digest::Of("wheel");
  ASSERT_THAT(cache_.StoreMetadata(file, "Name: x\n"), IsOk());
  file.url = "https://b.example/x.whl";
  EXPECT_EQ(cache_.FindMetadata(file), "Name: x\n");
  file.sha256 = Digest::Of("another");
  EXPECT_EQ(cache_.FindMetadata(file), std::nullopt);
}

TEST_F(IndexCacheTest, MetadataWithoutDigestIsFoundByUrl) {
  ASSERT_THAT(cache_.StoreMetadata(File("https://a.example/x.whl"), "Name: x\n"), IsOk());
  EXPECT_EQ(cache_.FindMetadata(File("https://a.example/x.whl")), "Name: x\n");
  EXPECT_EQ(cache_.FindMetadata(File("https://b.example/x.whl")), std::nullopt);
}

TEST_F(IndexCacheTest, ADamagedEntryIsRemovedWhereverTheDamageIs) {
  ASSERT_THAT(cache_.StorePage(index_, name_, Page("body")), IsOk());
  (void)Everything();
  const std::string path = paths_.at(0);
  const std::string good = *files_.ReadFile(path);
  for (std::size_t i = 0; i <= good.size(); ++i) {
    std::string bad = good;
    if (i < good.size()) {
      bad[i] = static_cast<char>(bad[i] ^ 0x20);
    }
    const std::string damaged = i < good.size() ? bad : good.substr(0, good.size() - 1);
    ASSERT_THAT(os::ReplaceFile(files_, path, damaged), IsOk());
    EXPECT_EQ(cache_.FindPage(index_, name_), std::nullopt) << i;
    EXPECT_EQ(files_.Stat(path).has_value(), false) << i;
  }
}

TEST_F(IndexCacheTest, AnEntryOfAnotherKindIsDamaged) {
  ASSERT_THAT(cache_.StorePage(index_, name_, Page("body")), IsOk());
  (void)Everything();
  const std::string page = *files_.ReadFile(paths_.at(0));
  ASSERT_THAT(cache_.StoreMetadata(File("https://a.example/x.whl"), "Name: x\n"), IsOk());
  paths_.clear();
  (void)Everything();
  for (const std::string& path : paths_) {
    ASSERT_THAT(os::ReplaceFile(files_, path, page), IsOk());
  }
  EXPECT_EQ(cache_.FindMetadata(File("https://a.example/x.whl")), std::nullopt);
}

}  // namespace
}  // namespace flowstone::index
