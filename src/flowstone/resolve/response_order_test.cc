// The lock must not depend on which server answers first: the same request is resolved through a
// PackageIndex whose answers arrive in many orders.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <future>
#include <map>
#include <string>
#include <thread>
#include <variant>

#include "flowstone/base/digest.h"
#include "flowstone/base/progress.h"
#include "flowstone/index/package_index.h"
#include "flowstone/lock/lock_writer.h"
#include "flowstone/net/fake_transport.h"
#include "flowstone/os/fake_clock.h"
#include "flowstone/os/memory_filesystem.h"
#include "flowstone/resolve/candidate_source.h"
#include "flowstone/resolve/memory_source.h"
#include "flowstone/resolve/resolve.h"
#include "flowstone/resolve/scenario.h"

namespace flowstone::resolve {
namespace {

// An index of releases over HTTP, with metadata beside the wheels.
class Site {
 public:
  void Publish(const PublishedRelease& release) {
    const std::string file = release.name + "-" + release.version + "-py3-none-any.whl";
    const std::string metadata = MetadataText(release);
    std::string& entries = files_[release.name];
    entries += entries.empty() ? "" : ",";
    entries += R"({"filename":")" + file + R"(","url":"https://index.example/files/)" + file +
               R"(","hashes":{"sha256":")" + Digest::Of(file).ToString() +
               R"("},"core-metadata":{"sha256":")" + Digest::Of(metadata).ToString() + R"("}})";
    bodies_["https://index.example/files/" + file + ".metadata"] = metadata;
    bodies_["https://index.example/simple/" + release.name + "/"] =
        R"({"meta":{"api-version":"1.1"},"name":")" + release.name + R"(","files":[)" + entries +
        "]}";
  }

  net::Response Answer(const net::Request& request) const {
    const auto body = bodies_.find(request.url);
    if (body == bodies_.end()) {
      return net::MakeResponse(404, "");
    }
    const bool is_metadata = request.url.ends_with(".metadata");
    return net::MakeResponse(
        200, body->second,
        {{"Content-Type",
          is_metadata ? "application/octet-stream" : "application/vnd.pypi.simple.v1+json"}});
  }

 private:
  std::map<std::string, std::string> files_;
  std::map<std::string, std::string> bodies_;
};

// Three layers of eight packages each; newer versions conflict with each other, so that the search
// has to go back.
Site LayeredSite() {
  Site site;
  for (int layer = 0; layer < 3; ++layer) {
    for (int i = 0; i < 8; ++i) {
      for (int version = 1; version <= 4; ++version) {
        PublishedRelease release{.name = "l" + std::to_string(layer) + "p" + std::to_string(i),
                                 .version = std::to_string(version)};
        if (layer < 2) {
          const std::string below = "l" + std::to_string(layer + 1) + "p";
          release.dependencies = {below + std::to_string(i) + "<=" + std::to_string(version),
                                  below + std::to_string((i * 3 + 1) % 8) +
                                      (version == 4 ? "<" : "<=") + std::to_string(version)};
        }
        site.Publish(release);
      }
    }
  }
  return site;
}

std::string LockText(const Site& site, std::uint64_t seed) {
  os::MemoryFileSystem files;
  os::FakeClock clock;
  net::FakeTransport server(
      [&](const net::Request& request) -> Result<net::Response> { return site.Answer(request); },
      net::FakeTransport::Ranges::kHonoured, net::FakeTransport::Delivery::kHeld);
  index::PackageIndex index(
      server, files, clock,
      {.indexes = {{.url = "https://index.example/simple/"}}, .cache_directory = "/cache"});
  IndexCandidateSource source(index);
  ResolveRequest request{.requirements = {}, .target = LinuxTarget("3.12")};
  for (int i = 0; i < 8; ++i) {
    request.requirements.push_back({*pypi::Requirement::Parse("l0p" + std::to_string(i)), "test"});
  }
  auto text = std::async(std::launch::async, [&]() -> std::string {
    NoProgress progress;
    const auto answer = Resolve(request, source, progress);
    if (!answer) {
      return answer.error().ToString();
    }
    const auto* resolution = std::get_if<Resolution>(&*answer);
    return resolution == nullptr ? "a conflict" : lock::WriteLock(resolution->lock);
  });
  std::uint64_t round = seed;
  while (text.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
    server.DeliverShuffled(round++);
    std::this_thread::yield();
  }
  return text.get();
}

TEST(ResponseOrder, DoesNotEnterTheLock) {
  const Site site = LayeredSite();
  const std::string first = LockText(site, 1);
  EXPECT_NE(first.find("name = \"l2p7\""), std::string::npos) << first;
  for (std::uint64_t seed = 2; seed <= 101; ++seed) {
    ASSERT_EQ(LockText(site, seed * 1000), first) << "seed " << seed;
  }
}

}  // namespace
}  // namespace flowstone::resolve
