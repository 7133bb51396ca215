#include "flowstone/index/ranged_source.h"

#include <algorithm>
#include <utility>

#include "flowstone/net/content_range.h"

namespace flowstone::index {
namespace {

// Requests start and end at multiples of this, so that neighbouring reads share one.
constexpr std::uint64_t kBlock = 8192;

}  // namespace

RangedSource::RangedSource(Fetch fetch, net::Url url, std::uint64_t size, std::string tail)
    : fetch_(std::move(fetch)), url_(std::move(url)), size_(size) {
  const std::uint64_t offset = size - tail.size();
  segments_.push_back({.offset = offset, .bytes = std::move(tail)});
}

Result<std::string> RangedSource::ReadAt(std::uint64_t offset, std::size_t length) {
  const std::uint64_t begin = std::min(offset, size_);
  const std::uint64_t end = begin + std::min<std::uint64_t>(length, size_ - begin);
  const auto holds = [&](const Segment& segment) {
    return segment.offset <= begin && end <= segment.offset + segment.bytes.size();
  };
  auto found = std::find_if(segments_.begin(), segments_.end(), holds);
  if (found == segments_.end()) {
    FLOWSTONE_TRY(Load(begin, end));
    found = segments_.end() - 1;
  }
  return found->bytes.substr(begin - found->offset, end - begin);
}

Status RangedSource::Load(std::uint64_t begin, std::uint64_t end) {
  const std::uint64_t first = begin / kBlock * kBlock;
  const std::uint64_t last = std::min((end + kBlock - 1) / kBlock * kBlock, size_) - 1;
  net::Request request{.url = url_.ToString(),
                       .range = net::ByteRange{.first = first, .last = last}};
  request.body_limit = last - first + 1;
  FLOWSTONE_LET(net::Response response, fetch_(std::move(request)));
  const auto range = net::ParseContentRange(response.headers.Get("Content-Range").value_or(""));
  const net::ContentRange wanted{.offset = first, .length = last - first + 1, .total = size_};
  if (response.status != 206 || range != wanted || response.body.size() != wanted.length) {
    return Error{
        .code = ErrorCode::kCorrupt,
        .message = url_.Redacted() + " gave other bytes than the range that was asked for"};
  }
  segments_.push_back({.offset = first, .bytes = std::move(response.body)});
  return Ok();
}

}  // namespace flowstone::index
