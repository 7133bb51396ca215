#include "flowstone/net/authenticating_transport.h"

#include <gtest/gtest.h>

#include <string>

#include "flowstone/net/fake_transport.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::net {
namespace {

using ::flowstone::testing::IsOk;

std::string Basic(const std::string& user, const std::string& password) {
  return BasicAuthorization({user, Secret(password)}).Reveal();
}

class AuthenticatingTransportTest : public ::testing::Test {
 protected:
  // The Authorization header that reached the server, and the URL without it.
  struct Sent {
    std::string authorization;
    std::string url;
    friend bool operator==(const Sent&, const Sent&) = default;
    friend void PrintTo(const Sent& sent, std::ostream* out) {
      *out << sent.authorization << " at " << sent.url;
    }
  };
  Sent Send(const std::string& url, const CredentialStore& store) {
    FakeTransport server([](const Request&) { return MakeResponse(200, ""); });
    AuthenticatingTransport transport(server, store);
    EXPECT_THAT(Fetch(transport, {.url = url}), IsOk());
    const Request request = server.requests().at(0);
    return {request.headers.Get("Authorization").value_or(""), request.url};
  }
  static CredentialStore WithNetrc() {
    return CredentialStore(*Netrc::Parse("machine index.example login n password netrc"));
  }
};

TEST_F(AuthenticatingTransportTest, TheUrlItselfComesFirst) {
  EXPECT_EQ(Send("https://u:p@index.example/x", WithNetrc()),
            (Sent{Basic("u", "p"), "https://index.example/x"}));
}

TEST_F(AuthenticatingTransportTest, ThenAConfiguredUrlOfTheOrigin) {
  CredentialStore store = WithNetrc();
  store.Add(*Url::Parse("https://c:configured@index.example/simple/"));
  EXPECT_EQ(Send("https://index.example/files/x.whl", store),
            (Sent{Basic("c", "configured"), "https://index.example/files/x.whl"}));
}

TEST_F(AuthenticatingTransportTest, ThenNetrc) {
  EXPECT_EQ(Send("https://index.example/x", WithNetrc()).authorization, Basic("n", "netrc"));
}

TEST_F(AuthenticatingTransportTest, ThenNone) {
  EXPECT_EQ(Send("https://other.example/x", WithNetrc()), (Sent{"", "https://other.example/x"}));
}

TEST_F(AuthenticatingTransportTest, AnotherPortOrSchemeIsAnotherOrigin) {
  CredentialStore store;
  store.Add(*Url::Parse("https://c:configured@index.example/simple/"));
  EXPECT_EQ(Send("https://index.example:8443/x", store).authorization, "");
  EXPECT_EQ(Send("http://index.example/x", store).authorization, "");
}

TEST_F(AuthenticatingTransportTest, OfTwoIndexesOnOneHostTheNearerOneCounts) {
  CredentialStore store;
  store.Add(*Url::Parse("https://a:1@index.example/team-a/simple/"));
  store.Add(*Url::Parse("https://b:2@index.example/team-b/simple/"));
  EXPECT_EQ(Send("https://index.example/team-b/files/x.whl", store).authorization, Basic("b", "2"));
  EXPECT_EQ(Send("https://index.example/files/x.whl", store).authorization, Basic("a", "1"));
}

TEST_F(AuthenticatingTransportTest, AGivenHeaderStays) {
  FakeTransport server([](const Request&) { return MakeResponse(200, ""); });
  AuthenticatingTransport transport(server, WithNetrc());
  Request request{.url = "https://index.example/x"};
  request.headers.Set("authorization", "Bearer t");
  EXPECT_THAT(Fetch(transport, request), IsOk());
  EXPECT_EQ(server.requests().at(0).headers.entries().size(), 1U);
}

}  // namespace
}  // namespace flowstone::net
