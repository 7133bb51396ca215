#include "flowstone/net/curl_error.h"

#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <string>

namespace flowstone::net {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Error ErrorOf(const CurlFailure& failure) {
  return ErrorOfCurl(failure, *Url::Parse("https://ada:canary@index.example/simple/"));
}

TEST(CurlErrorTest, WhatBreaksOnTheWayMayWorkTheNextTime) {
  for (const CURLcode code :
       {CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT, CURLE_OPERATION_TIMEDOUT,
        CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_HTTP2,
        CURLE_HTTP2_STREAM}) {
    EXPECT_EQ(ErrorOf({.code = code, .detail = {}}).code, ErrorCode::kUnavailable) << code;
  }
}

TEST(CurlErrorTest, AHandshakeThatIsCutOffIsNoLyingCertificate) {
  EXPECT_EQ(ErrorOf({.code = CURLE_SSL_CONNECT_ERROR, .detail = {}, .os_error = ECONNRESET}).code,
            ErrorCode::kUnavailable);
  EXPECT_EQ(ErrorOf({.code = CURLE_SSL_CONNECT_ERROR, .detail = "wrong version number"}).code,
            ErrorCode::kDenied);
}

TEST(CurlErrorTest, WhatIsWrongWithCertificatesSaysWhichSetting) {
  EXPECT_THAT(ErrorOf({.code = CURLE_PEER_FAILED_VERIFICATION, .detail = {}}).hints,
              ElementsAre(HasSubstr("SSL_CERT_FILE")));
  EXPECT_THAT(ErrorOf({.code = CURLE_SSL_CERTPROBLEM, .detail = {}}).hints,
              ElementsAre(HasSubstr("client-cert")));
}

TEST(CurlErrorTest, AProxyThatRefusesToConnectWantsALogin) {
  const Error error = ErrorOf({.code = CURLE_RECV_ERROR, .detail = {}, .proxy_status = 407});
  EXPECT_EQ(error.code, ErrorCode::kDenied);
  EXPECT_THAT(error.message, HasSubstr("the proxy wants credentials"));
}

TEST(CurlErrorTest, NoLoginIsTold) {
  const Error error = ErrorOf(
      {.code = CURLE_COULDNT_CONNECT, .detail = "no route to https://pat:canary@proxy.example/"});
  EXPECT_THAT(error.message, HasSubstr("https://ada:****@index.example/simple/"));
  EXPECT_THAT(error.message, Not(HasSubstr("canary")));
}

}  // namespace
}  // namespace flowstone::net
