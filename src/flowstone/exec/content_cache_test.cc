#include "flowstone/exec/content_cache.h"

#include <gtest/gtest.h>

#include <string>
#include <unistd.h>

#include "flowstone/exec/artifact_transfer.h"
#include "flowstone/exec/testing/memory_artifact_store.h"

namespace flowstone::exec {
namespace {

os::UniqueFd FileWith(const std::string& content) {
  os::Pipe pipe = *os::MakePipe();
  EXPECT_TRUE(os::WriteAll(pipe.write.get(), content, "pipe"));
  return std::move(pipe.read);
}

TEST(ContentCache, GivesDescriptorsOfItsOwn) {
  ContentCache cache;
  cache.Insert(Digest::Of("a"), FileWith("a"), 1);
  for (int i = 0; i < 2; ++i) {
    const auto content = cache.Find(Digest::Of("a"));
    ASSERT_TRUE(content.has_value());
    EXPECT_EQ(content->size, 1U);
  }
  EXPECT_EQ(os::ReadToEnd(cache.Find(Digest::Of("a"))->file.get(), "pipe").value(), "a");
}

TEST(ContentCache, ForgetsWhatWasUsedLeastRecently) {
  ContentCache cache(10);
  cache.Insert(Digest::Of("a"), FileWith("a"), 5);
  cache.Insert(Digest::Of("b"), FileWith("b"), 5);
  EXPECT_TRUE(cache.Find(Digest::Of("a")));
  cache.Insert(Digest::Of("c"), FileWith("c"), 5);
  EXPECT_TRUE(cache.Find(Digest::Of("a")));
  EXPECT_FALSE(cache.Find(Digest::Of("b")));
  EXPECT_TRUE(cache.Find(Digest::Of("c")));
}

TEST(ContentCache, DoesNotKeepWhatIsLargerThanItself) {
  ContentCache cache(10);
  cache.Insert(Digest::Of("a"), FileWith("a"), 11);
  EXPECT_FALSE(cache.Find(Digest::Of("a")));
}

TEST(AnswerGet, DecodesLargeContentOnce) {
  testing::MemoryArtifactStore store;
  ContentCache cache;
  const Digest large = *store.Put(std::string(kMaxInlineContent + 1, 'x'));
  EXPECT_EQ(AnswerGet(store, cache, large).descriptors.size(), 1U);
  EXPECT_EQ(AnswerGet(store, cache, large).descriptors.size(), 1U);
  EXPECT_EQ(store.opened(), 1U);
}

}  // namespace
}  // namespace flowstone::exec
