#include "flowstone/install/wheel_fetcher.h"

#include <gmock/gmock.h>

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "flowstone/install/testing/cache_fixture.h"
#include "flowstone/install/testing/interfering_filesystem.h"
#include "flowstone/net/fake_transport.h"
#include "flowstone/os/fake_clock.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::install {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::HasCode;
using testing::HasMessage;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::IsOkAndHolds;
using ::testing::Not;

// A datastore that has some wheels, and counts what it is given.
class FakeDatastore final : public ArtifactSource, public ArtifactObserver {
 public:
  explicit FakeDatastore(os::FileSystem& filesystem) : filesystem_(filesystem) {}

  void Have(const Digest& digest, const std::string& bytes) { wheels_[digest] = bytes; }
  const std::vector<std::string>& given() const { return given_; }
  void Need() { needs_ = true; }

  Result<Lookup> CopyTo(const WheelArtifact& artifact, const std::string& path) override {
    const auto wheel = wheels_.find(artifact.digest);
    if (wheel == wheels_.end()) {
      return Lookup::kAbsent;
    }
    FLOWSTONE_TRY(os::ReplaceFile(filesystem_, path, wheel->second));
    return Lookup::kFound;
  }
  bool NeedsBytes(const WheelArtifact&) override { return needs_; }
  Status Downloaded(const WheelArtifact& artifact, const std::string& path) override {
    FLOWSTONE_LET(const std::string bytes, filesystem_.ReadFile(path));
    EXPECT_EQ(Digest::Of(bytes), artifact.digest);
    const std::lock_guard lock(mutex_);
    given_.push_back(artifact.name);
    return Ok();
  }

 private:
  os::FileSystem& filesystem_;
  std::map<Digest, std::string> wheels_;
  std::mutex mutex_;
  std::vector<std::string> given_;  // guarded by mutex_
  bool needs_ = false;
};

class WheelFetcherTest : public CacheFixture {
 protected:
  WheelFetcherTest() : cache_(filesystem_, layout_), datastore_(filesystem_) {
    demo_.Add("demo/a.py", std::string(5000, 'a'));
    other_.Add("other.py", "o");
  }

  // A wheel that the index has.
  WheelArtifact Published(const WheelBuilder& wheel) {
    WheelArtifact artifact =
        wheel.Artifact("https://user:secret@files.example/" + wheel.FileName());
    files_["https://user:secret@files.example/" + wheel.FileName()] = wheel.Build();
    return artifact;
  }
  Result<net::Response> Serve(const net::Request& request) {
    if (failures_ > 0) {
      --failures_;
      return Error{.code = ErrorCode::kUnavailable, .message = "connection reset"};
    }
    const auto file = files_.find(request.url);
    return file == files_.end() ? net::MakeResponse(status_, "no")
                                : net::MakeResponse(200, file->second);
  }
  Result<std::vector<ArchivePlan>> Provide(const std::vector<WheelArtifact>& wheels,
                                           NetworkUse network = NetworkUse::kAllowed) {
    WheelFetcher fetcher({.filesystem = filesystem_,
                          .transport = transport_,
                          .cache = cache_,
                          .clock = clock_,
                          .progress = progress_,
                          .source = &datastore_,
                          .observer = &datastore_,
                          .log = &log_},
                         {.network = network});
    return fetcher.Provide(wheels);
  }
  // Where what was provided since the last call came from, by name.
  std::vector<ProvisionSource> Sources() {
    std::vector<ProvisionSource> sources;
    for (const Provision& provision : log_.Take()) {
      sources.push_back(provision.source);
    }
    return sources;
  }

  ArchiveCache cache_;
  FakeDatastore datastore_;
  ProvisionLog log_;
  os::FakeClock clock_;
  NoProgress progress_;
  std::map<std::string, std::string> files_;
  int failures_ = 0;
  int status_ = 404;
  net::FakeTransport transport_{[this](const net::Request& request) { return Serve(request); }};
  WheelBuilder demo_{"demo", "1.0"};
  WheelBuilder other_{"other", "2.0"};
};

TEST_F(WheelFetcherTest, WheelsAreDownloadedUnpackedAndOffered) {
  const Result<std::vector<ArchivePlan>> plans = Provide({Published(demo_), Published(other_)});
  ASSERT_THAT(plans, IsOk());
  EXPECT_EQ(plans->at(0).name, "demo");
  EXPECT_EQ(plans->at(1).name, "other");
  EXPECT_EQ(datastore_.given().size(), 2U);
  EXPECT_THAT(cache_.Verify(plans->at(0).wheel), IsOk());
  EXPECT_THAT(Unfinished(), IsEmpty());
}

// A local wheel to which somebody does something after it was hashed.
class TouchedWheelTest : public WheelFetcherTest {
 protected:
  Result<std::vector<ArchivePlan>> ProvideWhile(const std::function<void()>& interfere) {
    InterferingFileSystem filesystem(filesystem_, interfere);
    ArchiveCache cache(filesystem, layout_);
    WheelFetcher fetcher({.filesystem = filesystem,
                          .transport = transport_,
                          .cache = cache,
                          .clock = clock_,
                          .progress = progress_},
                         {});
    return fetcher.Provide(std::vector{wheel_});
  }

  WheelArtifact wheel_ = LocalWheel(demo_);
};

TEST_F(TouchedWheelTest, IsUnpackedFromACopy) {
  const auto plans = ProvideWhile(
      [this] { ASSERT_THAT(filesystem_.SetModifiedTime(wheel_.location, 1), IsOk()); });
  ASSERT_THAT(plans, IsOk());
  EXPECT_THAT(cache_.Verify(wheel_.digest), IsOk());
  EXPECT_THAT(Unfinished(), IsEmpty());
}

TEST_F(TouchedWheelTest, IsRefusedWhenItIsAnotherOne) {
  const auto plans = ProvideWhile([this] {
    ASSERT_THAT(os::ReplaceFile(filesystem_, wheel_.location, other_.Build()), IsOk());
  });
  EXPECT_THAT(plans, HasCode(ErrorCode::kCorrupt));
  EXPECT_THAT(cache_.List(), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(Unfinished(), IsEmpty());
}

TEST_F(WheelFetcherTest, WhatTheCacheHasIsNotAskedFor) {
  ASSERT_THAT(Provide({Published(demo_)}), IsOk());
  ASSERT_THAT(Provide({Published(demo_)}), IsOk());
  EXPECT_EQ(transport_.requests().size(), 1U);
}

TEST_F(WheelFetcherTest, SaysWhereEachWheelCameFrom) {
  WheelArtifact sized = Published(other_);
  sized.size = other_.Build().size();
  ASSERT_THAT(Provide({sized}), IsOk());
  EXPECT_THAT(log_.Take(), ElementsAre(Provision{.name = "other",
                                                 .version = "2.0",
                                                 .source = ProvisionSource::kNetwork,
                                                 .bytes = *sized.size}));
  ASSERT_THAT(Provide({Published(demo_), sized}), IsOk());
  EXPECT_THAT(Sources(), ElementsAre(ProvisionSource::kNetwork, ProvisionSource::kCache));
  EXPECT_THAT(Sources(), IsEmpty());
}

TEST_F(WheelFetcherTest, AnObserverThatNeedsTheBytesGetsThem) {
  ASSERT_THAT(Provide({Published(demo_)}), IsOk());
  datastore_.Need();
  ASSERT_THAT(Provide({Published(demo_)}), IsOk());
  EXPECT_THAT(datastore_.given(), ElementsAre("demo", "demo"));
}

TEST_F(WheelFetcherTest, OneWheelNamedTwiceIsFetchedOnce) {
  const Result<std::vector<ArchivePlan>> plans = Provide({Published(demo_), Published(demo_)});
  ASSERT_THAT(plans, IsOk());
  EXPECT_EQ(plans->size(), 2U);
  EXPECT_EQ(transport_.requests().size(), 1U);
}

TEST_F(WheelFetcherTest, TheDatastoreIsAskedFirst) {
  const WheelArtifact wheel = Published(demo_);
  datastore_.Have(wheel.digest, demo_.Build());
  ASSERT_THAT(Provide({wheel}, NetworkUse::kOffline), IsOk());
  EXPECT_THAT(transport_.requests(), IsEmpty());
  EXPECT_THAT(datastore_.given(), IsEmpty());
}

TEST_F(WheelFetcherTest, ADatastoreWithWrongBytesIsNotBelieved) {
  const WheelArtifact wheel = Published(demo_);
  datastore_.Have(wheel.digest, other_.Build());
  EXPECT_THAT(Provide({wheel}), HasCode(ErrorCode::kCorrupt));
}

TEST_F(WheelFetcherTest, WrongBytesNameBothDigestsAndNoCredentials) {
  WheelArtifact wheel = Published(demo_);
  std::string& served = files_.begin()->second;
  served[100] ^= 1;
  EXPECT_THAT(
      Provide({wheel}),
      HasMessage(AllOf(HasSubstr(wheel.digest.ToString()), HasSubstr(Digest::Of(served).ToString()),
                       HasSubstr("files.example"), Not(HasSubstr("secret")))));
  EXPECT_THAT(cache_.Find(wheel.digest), IsOkAndHolds(std::nullopt));
  EXPECT_THAT(Unfinished(), IsEmpty());
}

TEST_F(WheelFetcherTest, AFileOfAnotherSizeIsRefused) {
  WheelArtifact wheel = Published(demo_);
  wheel.size = *wheel.size + 1;
  EXPECT_THAT(Provide({wheel}), HasCode(ErrorCode::kCorrupt));
}

TEST_F(WheelFetcherTest, OfflineListsEverythingThatIsMissing) {
  const Result<std::vector<ArchivePlan>> plans =
      Provide({Published(demo_), Published(other_), LocalWheel(WheelBuilder("local", "3.0"))},
              NetworkUse::kOffline);
  EXPECT_THAT(plans, HasCode(ErrorCode::kUnavailable));
  EXPECT_THAT(plans, HasMessage(HasSubstr("datastore: demo 1.0, other 2.0\n")));
}

TEST_F(WheelFetcherTest, StatusesBecomeCodes) {
  WheelArtifact wheel = demo_.Artifact("https://files.example/gone.whl");
  EXPECT_THAT(Provide({wheel}), HasCode(ErrorCode::kNotFound));
  status_ = 403;
  EXPECT_THAT(Provide({wheel}), HasCode(ErrorCode::kDenied));
  status_ = 503;
  EXPECT_THAT(Provide({wheel}), HasCode(ErrorCode::kUnavailable));
  wheel.location = "";
  EXPECT_THAT(Provide({wheel}), HasMessage(HasSubstr("does not say where")));
}

TEST_F(WheelFetcherTest, LocalPathsAndFileUrlsAreCopied) {
  WheelArtifact by_path = LocalWheel(demo_);
  WheelArtifact by_url = LocalWheel(other_);
  by_url.location = "file://" + by_url.location;
  EXPECT_THAT(Provide({by_path, by_url}, NetworkUse::kOffline), IsOk());
  EXPECT_THAT(transport_.requests(), IsEmpty());
  EXPECT_THAT(filesystem_.Stat(by_path.location), IsOk());
}

// Serves the first request up to the middle and then breaks off; honours ranges afterwards.
class BreakingTransport final : public net::Transport {
 public:
  BreakingTransport(std::string bytes, net::FakeTransport::Ranges ranges)
      : bytes_(std::move(bytes)),
        whole_([this](const net::Request&) { return net::MakeResponse(200, bytes_); }, ranges) {}

  void Start(net::Request request, Done done) override {
    if (++count_ == 1) {
      EXPECT_THAT(request.sink->Start(200, {}), IsOk());
      EXPECT_THAT(request.sink->Write(std::string_view(bytes_).substr(0, bytes_.size() / 2)),
                  IsOk());
      done(Error{.code = ErrorCode::kUnavailable, .message = "the body was truncated"});
      return;
    }
    range_ = request.range;
    whole_.Start(std::move(request), std::move(done));
  }

  const std::optional<net::ByteRange>& range() const { return range_; }

 private:
  std::string bytes_;
  net::FakeTransport whole_;
  int count_ = 0;
  std::optional<net::ByteRange> range_;
};

class BrokenTransferTest : public WheelFetcherTest,
                           public ::testing::WithParamInterface<net::FakeTransport::Ranges> {};

TEST_P(BrokenTransferTest, IsResumedWhereItBrokeOff) {
  const std::string bytes = demo_.Build();
  BreakingTransport transport(bytes, GetParam());
  WheelFetcher fetcher({.filesystem = filesystem_,
                        .transport = transport,
                        .cache = cache_,
                        .clock = clock_,
                        .progress = progress_},
                       {});
  const std::vector<WheelArtifact> wheels = {Published(demo_)};
  EXPECT_THAT(fetcher.Provide(wheels), IsOk());
  ASSERT_TRUE(transport.range().has_value());
  EXPECT_EQ(transport.range()->first, bytes.size() / 2);
}

INSTANTIATE_TEST_SUITE_P(Servers, BrokenTransferTest,
                         ::testing::Values(net::FakeTransport::Ranges::kHonoured,
                                           net::FakeTransport::Ranges::kIgnored));

class KilledTransferTest : public WheelFetcherTest {
 protected:
  // What a process leaves that is killed in the middle of the transfer of these bytes.
  std::string Leave(const WheelArtifact& wheel, const std::string& begin) {
    std::string path = layout_.PartialWheel(wheel.digest);
    EXPECT_THAT(os::MakeDirectories(filesystem_, layout_.downloads()), IsOk());
    EXPECT_THAT(os::ReplaceFile(filesystem_, path, begin), IsOk());
    return path;
  }
};

TEST_F(KilledTransferTest, IsContinuedByTheNextProcess) {
  const WheelArtifact wheel = Published(demo_);
  const std::string path = Leave(wheel, demo_.Build().substr(0, 300));
  ASSERT_THAT(os::ReplaceFile(filesystem_, path + ".validator", "\"tag\""), IsOk());
  ASSERT_THAT(Provide({wheel}), IsOk());
  ASSERT_EQ(transport_.requests().size(), 1U);
  const net::Request request = transport_.requests().front();
  ASSERT_TRUE(request.range.has_value());
  EXPECT_EQ(request.range->first, 300U);
  EXPECT_EQ(request.headers.Get("If-Range"), "\"tag\"");
  EXPECT_THAT(*filesystem_.ListDirectory(layout_.downloads()), IsEmpty());
  EXPECT_THAT(cache_.Verify(wheel.digest), IsOk());
}

TEST_F(KilledTransferTest, IsNotAskedForAgainWhenItWasWhole) {
  const WheelArtifact wheel = Published(demo_);
  Leave(wheel, demo_.Build());
  ASSERT_THAT(Provide({wheel}), IsOk());
  EXPECT_THAT(transport_.requests(), IsEmpty());
}

TEST_F(KilledTransferTest, OfUnknownSizeIsWholeWhenNothingIsBehindIt) {
  WheelArtifact wheel = Published(demo_);
  wheel.size = std::nullopt;
  Leave(wheel, demo_.Build());
  EXPECT_THAT(Provide({wheel}), IsOk());
  EXPECT_EQ(transport_.requests().size(), 1U);
}

TEST_F(KilledTransferTest, OfOtherBytesIsStartedAnew) {
  const WheelArtifact wheel = Published(demo_);
  Leave(wheel, std::string(300, 'x'));
  ASSERT_THAT(Provide({wheel}), IsOk());
  ASSERT_EQ(transport_.requests().size(), 2U);
  EXPECT_FALSE(transport_.requests().back().range.has_value());
}

TEST_F(KilledTransferTest, LongerThanTheWheelIsStartedAnew) {
  const WheelArtifact wheel = Published(demo_);
  Leave(wheel, demo_.Build() + "more");
  ASSERT_THAT(Provide({wheel}), IsOk());
  EXPECT_FALSE(transport_.requests().front().range.has_value());
}

TEST_F(KilledTransferTest, KeepsWhatCameWhenTheServerGivesUp) {
  const WheelArtifact wheel = Published(demo_);
  const std::string begin = demo_.Build().substr(0, 300);
  const std::string path = Leave(wheel, begin);
  failures_ = 1;
  EXPECT_THAT(Provide({wheel}), HasCode(ErrorCode::kUnavailable));
  EXPECT_THAT(filesystem_.ReadFile(path), IsOkAndHolds(begin));
}

TEST_F(KilledTransferTest, IsForgottenAfterAWeek) {
  const WheelArtifact abandoned = Published(other_);
  const std::string path = Leave(abandoned, "begin");
  ASSERT_THAT(os::ReplaceFile(filesystem_, path + ".validator", "\"tag\""), IsOk());
  const std::int64_t left_ns = filesystem_.Stat(path)->modified_ns;
  clock_.SetNow(left_ns + std::chrono::nanoseconds(std::chrono::hours(6 * 24)).count());
  ASSERT_THAT(Provide({Published(demo_)}), IsOk());
  EXPECT_THAT(os::Exists(filesystem_, path), IsOkAndHolds(true));
  clock_.SetNow(left_ns + std::chrono::nanoseconds(std::chrono::hours(8 * 24)).count());
  ASSERT_THAT(cache_.Discard(Digest::Of(demo_.Build())), IsOk());
  ASSERT_THAT(Provide({Published(demo_)}), IsOk());
  EXPECT_THAT(*filesystem_.ListDirectory(layout_.downloads()), IsEmpty());
}

TEST_F(KilledTransferTest, LeavesNothingOfAWheelThatIsNotTheLockedOne) {
  const WheelArtifact wheel = Published(demo_);
  files_.begin()->second[100] ^= 1;
  EXPECT_THAT(Provide({wheel}), HasCode(ErrorCode::kCorrupt));
  EXPECT_THAT(*filesystem_.ListDirectory(layout_.downloads()), IsEmpty());
}

TEST_F(WheelFetcherTest, TheValidatorOfTheServerIsKeptForTheNextProcess) {
  const std::string bytes = demo_.Build();
  for (const auto& [header, value] : std::map<std::string, std::string>{
           {"ETag", "\"strong\""}, {"Last-Modified", "Mon, 02 Nov 2026 10:00:00 GMT"}}) {
    const WheelArtifact wheel = Published(demo_);
    net::FakeTransport dying([&](const net::Request& request) -> Result<net::Response> {
      net::Headers headers;
      headers.Add(header, value);
      EXPECT_THAT(request.sink->Start(200, headers), IsOk());
      EXPECT_THAT(request.sink->Write(bytes.substr(0, 10)), IsOk());
      return Error{.code = ErrorCode::kDenied, .message = "killed"};
    });
    WheelFetcher fetcher({.filesystem = filesystem_,
                          .transport = dying,
                          .cache = cache_,
                          .clock = clock_,
                          .progress = progress_},
                         {});
    EXPECT_THAT(fetcher.Provide(std::vector{wheel}), HasCode(ErrorCode::kDenied));
    EXPECT_THAT(filesystem_.ReadFile(layout_.PartialWheel(wheel.digest) + ".validator"),
                IsOkAndHolds(value));
  }
}

TEST_F(WheelFetcherTest, TheLargestWheelIsAskedForFirst) {
  const WheelArtifact small = Published(other_);
  const WheelArtifact large = Published(demo_);
  WheelFetcher fetcher({.filesystem = filesystem_,
                        .transport = transport_,
                        .cache = cache_,
                        .clock = clock_,
                        .progress = progress_},
                       {.workers = 1});
  ASSERT_THAT(fetcher.Provide(std::vector{small, large}), IsOk());
  EXPECT_EQ(transport_.requests().front().url, large.location);
}

TEST_F(WheelFetcherTest, ADamagedArchiveIsFetchedAgainAndSaysSo) {
  const WheelArtifact wheel = Published(demo_);
  ASSERT_THAT(Provide({wheel}), IsOk());
  ASSERT_THAT(filesystem_.RemoveFile(layout_.ArchiveDirectory(wheel.digest) + "/site/demo/a.py"),
              IsOk());
  const Result<std::vector<ArchivePlan>> plans = Provide({wheel});
  ASSERT_THAT(plans, IsOk());
  EXPECT_EQ(transport_.requests().size(), 2U);
  EXPECT_THAT(plans->front().warnings,
              ElementsAre(AllOf(HasSubstr("was damaged"), HasSubstr("a.py is missing"))));
  EXPECT_THAT(cache_.Verify(wheel.digest), IsOk());
  EXPECT_THAT(os::Exists(filesystem_, layout_.damaged() + "/" + wheel.digest.ToString()),
              IsOkAndHolds(true));
}

TEST_F(WheelFetcherTest, AServerThatNeverAnswersIsUnavailable) {
  failures_ = 100;
  EXPECT_THAT(Provide({Published(demo_)}), HasCode(ErrorCode::kUnavailable));
  EXPECT_EQ(transport_.requests().size(), 1U);
}

}  // namespace
}  // namespace flowstone::install
