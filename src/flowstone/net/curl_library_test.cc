#include "flowstone/net/curl_library.h"

#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include "flowstone/testing/result_matchers.h"

namespace flowstone::net {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::HasMessage;
using ::flowstone::testing::IsOk;
using ::testing::HasSubstr;

TEST(CurlLibraryTest, IsLoadedOnce) {
  const Result<const CurlLibrary*> first = CurlLibrary::Load();
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(*first, *CurlLibrary::Load());
  EXPECT_STREQ((*first)->easy_strerror(CURLE_OK), "No error");
}

TEST(CurlLibraryTest, ASystemWithoutItIsToldWhatToInstall) {
  const Result<CurlLibrary> missing = LoadCurlLibrary("libcurl-that-is-not-there.so.4");
  EXPECT_THAT(missing, HasCode(ErrorCode::kIo));
  EXPECT_THAT(missing, HasMessage(HasSubstr("libcurl-that-is-not-there.so.4")));
  ASSERT_EQ(missing.error().hints.size(), 1U);
  EXPECT_THAT(missing.error().hints[0], HasSubstr("libcurl4"));
}

TEST(CurlLibraryTest, AnotherLibraryIsNotTakenForIt) {
  EXPECT_THAT(LoadCurlLibrary("libm.so.6"),
              HasMessage(HasSubstr("libm.so.6 has no curl_easy_cleanup")));
}

}  // namespace
}  // namespace flowstone::net
