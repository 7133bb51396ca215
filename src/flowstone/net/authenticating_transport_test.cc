#include "flowstone/net/authenticating_transport.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "flowstone/net/fake_transport.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::net {
namespace {

using ::flowstone::testing::IsOk;
using ::testing::ElementsAre;

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
  store.Add(*Url::Parse("https://c:configured@index.example/simple/"), "config");
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
  store.Add(*Url::Parse("https://c:configured@index.example/simple/"), "config");
  EXPECT_EQ(Send("https://index.example:8443/x", store).authorization, "");
  EXPECT_EQ(Send("http://index.example/x", store).authorization, "");
}

TEST_F(AuthenticatingTransportTest, OfTwoIndexesOnOneHostTheNearerOneCounts) {
  CredentialStore store;
  store.Add(*Url::Parse("https://a:1@index.example/team-a/simple/"), "config");
  store.Add(*Url::Parse("https://b:2@index.example/team-b/simple/"), "config");
  EXPECT_EQ(Send("https://index.example/team-b/files/x.whl", store).authorization, Basic("b", "2"));
  EXPECT_EQ(Send("https://index.example/files/x.whl", store).authorization, Basic("a", "1"));
}

// A server that lets in those who send `welcome`, and answers `status` to others.
class GuardedServer {
 public:
  GuardedServer(std::string welcome, int status)
      : server_([welcome = std::move(welcome), status](const Request& request) {
          const bool may = request.headers.Get("Authorization") == welcome;
          return MakeResponse(may ? 200 : status, "");
        }) {}

  FakeTransport& transport() { return server_; }
  // The headers that came, in order; "" for a request without one.
  std::vector<std::string> Tried() const {
    std::vector<std::string> tried;
    for (const Request& request : server_.requests()) {
      tried.push_back(request.headers.Get("Authorization").value_or(""));
    }
    return tried;
  }

 private:
  FakeTransport server_;
};

TEST_F(AuthenticatingTransportTest, ATokenIsSentAsBearer) {
  CredentialStore store;
  store.AddToken(*Url::Parse("https://index.example/simple/"), Secret("t"), "config");
  EXPECT_EQ(Send("https://index.example/simple/x/", store).authorization, "Bearer t");
}

TEST_F(AuthenticatingTransportTest, ARefusedLoginIsFollowedByTheNextOfTheOrigin) {
  GuardedServer server(Basic("b", "2"), 403);
  CredentialStore store;
  store.Add(*Url::Parse("https://a:1@index.example/team-a/"), "first");
  store.Add(*Url::Parse("https://b:2@index.example/team-b/"), "second");
  AuthenticatingTransport transport(server.transport(), store);
  const Response response = *Fetch(transport, {.url = "https://index.example/files/x"});
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(server.Tried(), ElementsAre(Basic("a", "1"), Basic("b", "2")));
}

TEST_F(AuthenticatingTransportTest, ARefusalNamesEverythingThatWasTried) {
  GuardedServer server("nobody", 401);
  CredentialStore store(*Netrc::Parse("machine index.example login n password netrc"), "/n/rc");
  store.Add(*Url::Parse("https://a:1@index.example/"), "UV_INDEX");
  AuthenticatingTransport transport(server.transport(), store);
  const Response response = *Fetch(transport, {.url = "https://index.example/x"});
  EXPECT_EQ(response.status, 401);
  EXPECT_THAT(response.logins,
              ElementsAre("the credentials of a (UV_INDEX)", "the credentials of n (/n/rc)"));
}

TEST_F(AuthenticatingTransportTest, ATokenInThePlaceOfTheUserIsNotTold) {
  GuardedServer server("nobody", 401);
  CredentialStore store;
  store.Add(*Url::Parse("https://canary@index.example/"), "UV_INDEX");
  AuthenticatingTransport transport(server.transport(), store);
  EXPECT_THAT(Fetch(transport, {.url = "https://index.example/x"})->logins,
              ElementsAre("the credentials of a user without a password (UV_INDEX)"));
}

TEST_F(AuthenticatingTransportTest, TheQuestionIsAskedOnceAfterARefusal) {
  GuardedServer server(Basic("k", "ring"), 401);
  int questions = 0;
  AuthenticatingTransport transport(
      server.transport(), {},
      [&](const Url& url, const std::string& user) {
        ++questions;
        EXPECT_EQ(url.ToString(), "https://index.example/x");
        EXPECT_EQ(user, "");
        return std::optional(Credentials{"k", Secret("ring")});
      },
      "keyring");
  EXPECT_EQ(Fetch(transport, {.url = "https://index.example/x"})->status, 200);
  const Response again = *Fetch(transport, {.url = "https://index.example/y"});
  EXPECT_EQ(again.status, 200);
  EXPECT_THAT(again.logins, ElementsAre("the credentials of k (keyring)"));
  EXPECT_EQ(questions, 1);
  EXPECT_THAT(server.Tried(), ElementsAre("", Basic("k", "ring"), Basic("k", "ring")));
}

TEST_F(AuthenticatingTransportTest, RequestsThatAreRefusedMeanwhileWaitForTheSameAnswer) {
  GuardedServer server(Basic("k", "ring"), 401);
  std::promise<void> asked;
  std::promise<void> both_refused;
  int questions = 0;
  AuthenticatingTransport transport(server.transport(), {}, [&](const Url&, const std::string&) {
    if (++questions == 1) {
      asked.set_value();
      both_refused.get_future().wait();
    }
    return std::optional(Credentials{"k", Secret("ring")});
  });
  std::promise<int> first;
  std::promise<int> second;
  transport.Start({.url = "https://index.example/x"},
                  [&](Result<Response> response) { first.set_value(response->status); });
  asked.get_future().wait();
  transport.Start({.url = "https://index.example/y"},
                  [&](Result<Response> response) { second.set_value(response->status); });
  both_refused.set_value();
  EXPECT_EQ(first.get_future().get(), 200);
  EXPECT_EQ(second.get_future().get(), 200);
  EXPECT_EQ(questions, 1);
}

TEST_F(AuthenticatingTransportTest, AnAnswerIsForItsOriginOnly) {
  GuardedServer server(Basic("k", "ring"), 401);
  AuthenticatingTransport transport(server.transport(), {}, [](const Url& url, const std::string&) {
    return url.host() == "index.example" ? std::optional(Credentials{"k", Secret("ring")})
                                         : std::nullopt;
  });
  EXPECT_EQ(Fetch(transport, {.url = "https://index.example/x"})->status, 200);
  EXPECT_EQ(Fetch(transport, {.url = "https://other.example/x"})->status, 401);
  EXPECT_THAT(server.Tried(), ElementsAre("", Basic("k", "ring"), ""));
}

TEST_F(AuthenticatingTransportTest, AnAnswerIsForItsUserOnly) {
  FakeTransport server([](const Request& request) {
    const auto login = request.headers.Get("Authorization");
    const bool may = login == Basic("ada", "of-ada") || login == Basic("bob", "of-bob");
    return MakeResponse(may ? 200 : 401, "");
  });
  AuthenticatingTransport transport(server, {}, [](const Url&, const std::string& user) {
    return std::optional(Credentials{user, Secret("of-" + user)});
  });
  for (const std::string user : {"ada", "bob", "ada"}) {
    EXPECT_EQ(Fetch(transport, {.url = "https://" + user + "@index.example/x"})->status, 200);
    EXPECT_EQ(server.requests().back().headers.Get("Authorization"), Basic(user, "of-" + user));
  }
}

TEST_F(AuthenticatingTransportTest, AnAnswerThatIsRefusedElsewhereIsTriedOnce) {
  FakeTransport server([](const Request& request) {
    const bool may_read = request.url.ends_with("/mine") && request.headers.Get("Authorization");
    return MakeResponse(may_read ? 200 : 403, "");
  });
  AuthenticatingTransport transport(server, {}, [](const Url&, const std::string&) {
    return std::optional(Credentials{"k", Secret("ring")});
  });
  EXPECT_EQ(Fetch(transport, {.url = "https://index.example/mine"})->status, 200);
  const std::size_t before = server.requests().size();
  EXPECT_EQ(Fetch(transport, {.url = "https://index.example/theirs"})->status, 403);
  EXPECT_EQ(server.requests().size(), before + 1);
}

TEST_F(AuthenticatingTransportTest, ALoginThatStandsInTwoPlacesIsTriedOnce) {
  CredentialStore store(*Netrc::Parse("machine index.example login u password p"));
  store.Add(*Url::Parse("https://u:p@index.example/simple/"), "config");
  store.Add(*Url::Parse("https://u:p@index.example/other/"), "config");
  GuardedServer server("nobody", 401);
  AuthenticatingTransport transport(server.transport(), store);
  EXPECT_EQ(Fetch(transport, {.url = "https://index.example/simple/x"})->status, 401);
  EXPECT_THAT(server.Tried(), ElementsAre(Basic("u", "p")));
}

TEST_F(AuthenticatingTransportTest, TheQuestionNamesTheUserOfAConfiguredUrl) {
  CredentialStore store;
  store.Add(*Url::Parse("https://bob@other.example/simple/"), "config");
  store.Add(*Url::Parse("https://eve:expired@index.example/simple/"), "config");
  store.Add(*Url::Parse("https://ada@index.example/simple/"), "config");
  GuardedServer server(Basic("ada", "ring"), 401);
  std::string asked_for;
  AuthenticatingTransport transport(server.transport(), store,
                                    [&](const Url&, const std::string& user) {
                                      asked_for = user;
                                      return std::optional(Credentials{user, Secret("ring")});
                                    });
  EXPECT_EQ(Fetch(transport, {.url = "https://index.example/simple/x"})->status, 200);
  EXPECT_EQ(asked_for, "ada");
}

TEST_F(AuthenticatingTransportTest, ALoginInTheUrlDoesNotTravelBesideAGivenHeader) {
  FakeTransport server([](const Request&) { return MakeResponse(200, ""); });
  AuthenticatingTransport transport(server, {});
  Request request{.url = "https://u:p@index.example/x"};
  request.headers.Set("Authorization", "Bearer t");
  EXPECT_THAT(Fetch(transport, request), IsOk());
  EXPECT_EQ(server.requests().at(0).url, "https://index.example/x");
  EXPECT_EQ(server.requests().at(0).headers.Get("Authorization"), "Bearer t");
}

TEST_F(AuthenticatingTransportTest, TheQuestionNamesTheUserOfTheUrl) {
  GuardedServer server(Basic("k", "ring"), 401);
  AuthenticatingTransport transport(
      server.transport(), {}, [&](const Url&, const std::string& user) {
        return user == "k" ? std::optional(Credentials{"k", Secret("ring")}) : std::nullopt;
      });
  EXPECT_EQ(Fetch(transport, {.url = "https://k@index.example/x"})->status, 200);
}

TEST_F(AuthenticatingTransportTest, NoQuestionIsAskedAboutAPasswordThatIsGiven) {
  GuardedServer server("nobody", 403);
  AuthenticatingTransport transport(
      server.transport(), {}, [](const Url&, const std::string&) -> std::optional<Credentials> {
        ADD_FAILURE() << "asked";
        return std::nullopt;
      });
  EXPECT_EQ(Fetch(transport, {.url = "https://u:expired@index.example/x"})->status, 403);
}

TEST_F(AuthenticatingTransportTest, AnUnansweredQuestionLeavesTheRefusal) {
  GuardedServer server("nobody", 401);
  AuthenticatingTransport transport(
      server.transport(), {},
      [](const Url&, const std::string&) -> std::optional<Credentials> { return std::nullopt; });
  EXPECT_EQ(Fetch(transport, {.url = "https://index.example/x"})->status, 401);
  EXPECT_EQ(Fetch(transport, {.url = "https://index.example/x"})->status, 401);
  EXPECT_THAT(server.Tried(), ElementsAre("", ""));
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
