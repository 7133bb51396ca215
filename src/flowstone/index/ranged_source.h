// RangedSource: a file on a server, read by byte ranges.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "flowstone/archive/byte_source.h"
#include "flowstone/base/result.h"
#include "flowstone/net/transport.h"
#include "flowstone/net/url.h"

namespace flowstone::index {

class RangedSource final : public archive::ByteSource {
 public:
  using Fetch = std::function<Result<net::Response>(net::Request)>;

  // `tail` is the end of the file, which was fetched already and told `size`. Reads wait for the
  // server. Every answer must be of a file of that size: it must not change under the reader.
  RangedSource(Fetch fetch, net::Url url, std::uint64_t size, std::string tail);

  Result<std::uint64_t> Size() override { return size_; }
  Result<std::string> ReadAt(std::uint64_t offset, std::size_t length) override;

 private:
  struct Segment {
    std::uint64_t offset = 0;
    std::string bytes;
  };
  Status Load(std::uint64_t begin, std::uint64_t end);

  const Fetch fetch_;
  const net::Url url_;
  const std::uint64_t size_;
  std::vector<Segment> segments_;
};

}  // namespace flowstone::index
