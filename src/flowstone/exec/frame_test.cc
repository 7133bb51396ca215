#include "flowstone/exec/frame.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <string>
#include <unistd.h>
#include <utility>

#include "flowstone/exec/frame_channel.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::exec {
namespace {

using flowstone::testing::HasCode;
using flowstone::testing::HasMessage;
using flowstone::testing::IsOk;
using ::testing::HasSubstr;

TEST(FrameDecoder, GivesFramesBackWhateverThePieces) {
  const std::string bytes =
      EncodeFrame(R"({"type": "a", "n": 1})", "payload") + EncodeFrame(R"({"type": "b"})", "");
  for (std::size_t size = 1; size <= bytes.size(); ++size) {
    FrameDecoder decoder;
    std::vector<Frame> frames;
    for (std::size_t start = 0; start < bytes.size(); start += size) {
      decoder.Append(std::string_view(bytes).substr(start, size));
      for (auto frame = decoder.Next(); frame && *frame; frame = decoder.Next()) {
        frames.push_back(**std::move(frame));
      }
    }
    ASSERT_EQ(frames.size(), 2U) << "in pieces of " << size;
    EXPECT_EQ(frames[0].payload, "payload");
    EXPECT_EQ(frames[1].type, "b");
  }
}

TEST(FrameDecoder, RefusesLengthsOverTheLimitBeforeTheirBytesCome) {
  FrameDecoder decoder;
  decoder.Append(std::string(kFramePrefixSize, '\x7f'));
  EXPECT_THAT(decoder.Next(), HasCode(ErrorCode::kCorrupt));
}

TEST(FrameDecoder, RefusesHeadersThatAreNoObjectWithAType) {
  for (const char* header :
       {"[]", "{", R"({"kind": "a"})", R"({"type": 3})", "{\"type\": \"\xff\"}"}) {
    FrameDecoder decoder;
    decoder.Append(EncodeFrame(header, ""));
    EXPECT_FALSE(decoder.Next()) << header;
  }
}

TEST(FrameDecoder, RefusesAFrameWhoseDescriptorsDidNotCome) {
  FrameDecoder decoder;
  decoder.Append(EncodeFrame(R"({"type": "fork", "descriptors": 3})", ""));
  EXPECT_THAT(decoder.Next(), HasMessage(HasSubstr("announces 3 descriptors that did not come")));
}

struct Peers {
  FrameChannel first;
  FrameChannel second;
};

Peers MakePeers() {
  auto pair = *MakeChannelPair();
  EXPECT_EQ(::fcntl(pair.second.get(), F_SETFL, O_NONBLOCK), 0);
  return {FrameChannel(std::move(pair.first)), FrameChannel(std::move(pair.second))};
}

TEST(FrameChannel, DescriptorsArriveWithTheirFrame) {
  Peers peers = MakePeers();
  os::Pipe pipe = *os::MakePipe();
  peers.first.Send({.header = R"({"type": "plain"})"});
  OutgoingFrame frame{.header = R"({"type": "with", "descriptors": 1})"};
  frame.descriptors.push_back(std::move(pipe.write));
  peers.first.Send(std::move(frame));
  peers.first.Send({.header = R"({"type": "last"})"});

  Result<ReceivedFrames> received = peers.second.Receive();
  ASSERT_THAT(received, IsOk());
  ASSERT_EQ(received->frames.size(), 3U);
  ASSERT_EQ(received->frames[1].descriptors.size(), 1U);
  ASSERT_THAT(os::WriteAll(received->frames[1].descriptors[0].get(), "through", "pipe"), IsOk());
  received->frames.clear();
  EXPECT_EQ(*os::ReadToEnd(pipe.read.get(), "pipe"), "through");
}

TEST(FrameChannel, KeepsWhatTheSocketDoesNotTake) {
  Peers peers = MakePeers();
  const std::string payload(4'000'000, 'p');
  peers.first.Send({.header = R"({"type": "large"})", .payload = payload});
  EXPECT_TRUE(peers.first.wants_write());
  std::vector<Frame> frames;
  while (frames.empty()) {
    Result<ReceivedFrames> received = peers.second.Receive();
    ASSERT_THAT(received, IsOk());
    frames = std::move(received->frames);
    peers.first.Flush();
  }
  EXPECT_FALSE(peers.first.wants_write());
  EXPECT_EQ(frames[0].payload, payload);
}

TEST(FrameChannel, SeesThatThePeerIsGone) {
  auto pair = *MakeChannelPair();
  FrameChannel channel(std::move(pair.first));
  pair.second.Reset();
  channel.Send({.header = R"({"type": "unheard"})"});
  EXPECT_FALSE(channel.wants_write());
  const Result<ReceivedFrames> received = channel.Receive();
  ASSERT_THAT(received, IsOk());
  EXPECT_EQ(received->peer, PeerState::kClosed);
}

}  // namespace
}  // namespace flowstone::exec
