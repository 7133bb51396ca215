// FakeIndexSite: an index for tests of PackageIndex: a server made of a map, wheels, a cache in
// memory.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "flowstone/index/package_index.h"
#include "flowstone/net/fake_transport.h"
#include "flowstone/os/fake_clock.h"
#include "flowstone/os/memory_filesystem.h"
#include "flowstone/testing/zip_builder.h"

namespace flowstone::index {

inline constexpr std::string_view kMetadataText = "Metadata-Version: 2.1\nName: pkg\nVersion: 1\n";

// A wheel of the project pkg whose METADATA is kMetadataText with a description behind it, and
// which holds so many bytes of other things before it.
inline std::string MakeWheel(std::size_t payload) {
  std::string noise;
  for (std::size_t i = 0; noise.size() < payload; ++i) {
    noise += static_cast<char>((i * 2654435761U) >> 13U);
  }
  flowstone::testing::ZipBuilder zip;
  zip.Add({.name = "pkg/data.bin", .content = noise, .method = 0});
  zip.Add("pkg-1.dist-info/METADATA", std::string(kMetadataText) + "\nDescription\n");
  zip.Add("pkg-1.dist-info/RECORD", "");
  return zip.Build();
}

// Answers by URL, and by path for what is on files.example; everything else is 404.
class SiteMap {
 public:
  using Page = std::function<net::Response(const net::Request&)>;

  void Add(const std::string& url, Page page) { pages_[url] = std::move(page); }
  void Add(const std::string& url, const net::Response& response) {
    Add(url, [response](const net::Request&) { return response; });
  }
  void AddJson(const std::string& url, const std::string& body,
               std::vector<std::pair<std::string, std::string>> headers = {}) {
    headers.emplace_back("Content-Type", "application/vnd.pypi.simple.v1+json");
    Add(url, net::MakeResponse(200, body, headers));
  }
  Result<net::Response> Answer(const net::Request& request) const {
    const auto found = pages_.find(request.url);
    return found == pages_.end() ? net::MakeResponse(404, "nothing here") : found->second(request);
  }

 private:
  std::map<std::string, Page> pages_;
};

// The JSON of a page of one project whose files have these names.
inline std::string PageOf(const std::vector<std::string>& filenames) {
  std::string files;
  for (const std::string& name : filenames) {
    files += files.empty() ? "" : ",";
    files.append(R"({"filename":")").append(name);
    files.append(R"(","url":"https://files.example/)").append(name).append(R"("})");
  }
  return R"({"meta":{"api-version":"1.1"},"name":"pkg","files":[)" + files + "]}";
}

class PackageIndexFixture : public ::testing::Test {
 protected:
  PackageIndexFixture() {
    options_.indexes = {{.url = "https://index.example/simple"}};
    options_.cache_directory = "/cache";
    options_.workers = 2;
  }

  // Opens the index anew, as a later process would.
  PackageIndex& Open(net::FakeTransport::Ranges ranges = net::FakeTransport::Ranges::kHonoured) {
    index_.reset();
    server_ = std::make_unique<net::FakeTransport>(
        [this](const net::Request& request) { return site_.Answer(request); }, ranges);
    index_ = std::make_unique<PackageIndex>(*server_, files_, clock_, options_);
    return *index_;
  }
  Result<std::shared_ptr<const ProjectFiles>> Find(const std::string& name) {
    return Open().Project(*pypi::Name::Parse(name));
  }
  std::size_t request_count() const { return server_->requests().size(); }

  SiteMap site_;
  os::MemoryFileSystem files_;
  os::FakeClock clock_;
  PackageIndexOptions options_;
  std::unique_ptr<net::FakeTransport> server_;
  std::unique_ptr<PackageIndex> index_;
};

}  // namespace flowstone::index
