#include "flowstone/net/curl_transport.h"

#include <curl/curl.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "flowstone/base/check.h"
#include "flowstone/net/curl_library.h"
#include "flowstone/net/curl_transfer.h"
#include "flowstone/net/redact.h"

namespace flowstone::net {
namespace {

struct Submission {
  Request request;
  Transport::Done done;
};

Error Closed(const std::string& url) {
  return Error{.code = ErrorCode::kCancelled,
               .message = "gave up on " + RedactText(url) + ": the transport was closed"};
}

// After two protocol errors a host is asked over HTTP/1.1: its HTTP/2 is broken, or ours is for it.
constexpr int kHttp2Patience = 2;

constexpr std::int64_t kNsPerMs = 1'000'000;

}  // namespace

class CurlTransport::Loop {
 public:
  Loop(const CurlLibrary& curl, const CurlOptions& options, os::Clock& clock)
      : curl_(curl),
        options_(options),
        clock_(clock),
        multi_(curl.multi_init()),
        share_(curl.share_init()) {
    FLOWSTONE_CHECK(multi_ != nullptr && share_ != nullptr);
    // Only the loop's thread uses the share, so it needs no locks.
    curl_.share_setopt(share_, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    curl_.multi_setopt(multi_, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
    curl_.multi_setopt(multi_, CURLMOPT_MAX_TOTAL_CONNECTIONS,
                       static_cast<long>(options_.max_connections));
    // Idle ones are kept: by default libcurl closes them when fewer requests are under way.
    curl_.multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(options_.max_connections));
    curl_.multi_setopt(multi_, CURLMOPT_MAX_HOST_CONNECTIONS,
                       static_cast<long>(options_.max_connections_per_host));
    thread_ = std::thread([this] { Run(); });
  }

  ~Loop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    curl_.multi_wakeup(multi_);
    thread_.join();
    active_.clear();
    curl_.multi_cleanup(multi_);
    curl_.share_cleanup(share_);
  }

  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void Submit(Submission submission) {
    {
      const std::lock_guard lock(mutex_);
      if (!stopping_) {
        submitted_.push_back(std::move(submission));
        curl_.multi_wakeup(multi_);
        return;
      }
    }
    submission.done(Closed(submission.request.url));
  }

 private:
  struct Active {
    std::unique_ptr<CurlTransfer> transfer;
    Done done;
  };

  void Run() {
    while (BeginSubmitted()) {
      int running = 0;
      FLOWSTONE_CHECK(curl_.multi_perform(multi_, &running) == CURLM_OK);
      // In this order: what came while this thread was busy was heard by now.
      if (!FinishDone() && !GiveUpStalled()) {
        FLOWSTONE_CHECK(curl_.multi_poll(multi_, nullptr, 0, PatienceMs(), nullptr) == CURLM_OK);
      }
    }
    CancelAll();
  }

  // How long the poll may last when nothing wakes it: until some transfer may have stalled.
  int PatienceMs() const {
    constexpr std::int64_t idle_ms = 60'000;  // nothing depends on it: submissions wake the poll
    if (active_.empty()) {
      return idle_ms;
    }
    const std::int64_t left_ms = (next_look_ns_ - clock_.MonotonicNs()) / kNsPerMs + 1;
    return static_cast<int>(std::clamp<std::int64_t>(left_ms, 0, idle_ms));
  }

  // True when something ended. Looks at the transfers only when the one that was silent for longest
  // at the last look may have been silent for too long: all that began or was heard since has more
  // time left.
  bool GiveUpStalled() {
    const std::int64_t now_ns = clock_.MonotonicNs();
    if (now_ns < next_look_ns_) {
      return false;
    }
    const std::int64_t patience_ns = std::chrono::nanoseconds(options_.stall_timeout).count();
    next_look_ns_ = now_ns + patience_ns;
    std::vector<CURL*> stalled;
    for (const auto& [handle, active] : active_) {
      const std::optional<std::int64_t> heard_ns = active.transfer->heard_ns();
      if (heard_ns && *heard_ns + patience_ns <= now_ns) {
        stalled.push_back(handle);
      } else if (heard_ns) {
        next_look_ns_ = std::min(next_look_ns_, *heard_ns + patience_ns);
      }
    }
    for (CURL* const handle : stalled) {
      curl_.multi_remove_handle(multi_, handle);
      const auto found = active_.find(handle);
      const Active ended = std::move(found->second);
      active_.erase(found);
      ended.done(ended.transfer->StallError());
    }
    return !stalled.empty();
  }

  // False when it is time to stop.
  bool BeginSubmitted() {
    std::vector<Submission> submitted;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) {
        return false;
      }
      submitted.swap(submitted_);
    }
    for (Submission& submission : submitted) {
      auto transfer =
          CurlTransfer::Create(curl_, std::move(submission.request), options_, share_, clock_);
      if (!transfer) {
        submission.done(std::move(transfer.error()));
        continue;
      }
      CURL* const handle = (*transfer)->handle();
      const auto [place, inserted] = active_.emplace(
          handle, Active{.transfer = *std::move(transfer), .done = std::move(submission.done)});
      FLOWSTONE_CHECK(inserted);
      Add(*place->second.transfer);
    }
    return true;
  }

  void Add(CurlTransfer& transfer) {
    const auto strikes = http2_strikes_.find(transfer.url().Origin());
    const bool pinned = strikes != http2_strikes_.end() && strikes->second >= kHttp2Patience;
    transfer.Configure(pinned ? HttpVersion::kHttp1 : options_.http_version);
    FLOWSTONE_CHECK(curl_.multi_add_handle(multi_, transfer.handle()) == CURLM_OK);
  }

  // True when something ended, so that there may be more to do at once.
  bool FinishDone() {
    bool any = false;
    int left = 0;
    while (const CURLMsg* message = curl_.multi_info_read(multi_, &left)) {
      if (message->msg == CURLMSG_DONE) {
        any = true;
        Finish(message->easy_handle, message->data.result);
      }
    }
    return any;
  }

  void Finish(CURL* handle, CURLcode code) {
    curl_.multi_remove_handle(multi_, handle);
    const auto found = active_.find(handle);
    FLOWSTONE_CHECK(found != active_.end());
    CurlTransfer& transfer = *found->second.transfer;
    if (code == CURLE_HTTP2 || code == CURLE_HTTP2_STREAM) {
      ++http2_strikes_[transfer.url().Origin()];
    }
    std::optional<Result<Response>> outcome = transfer.Finish(code);
    if (!outcome) {
      Add(transfer);
      return;
    }
    const Active ended = std::move(found->second);
    active_.erase(found);
    ended.done(*std::move(outcome));
  }

  void CancelAll() {
    for (auto& [handle, active] : active_) {
      curl_.multi_remove_handle(multi_, handle);
      active.done(Closed(active.transfer->url().ToString()));
    }
    std::vector<Submission> submitted;
    {
      const std::lock_guard lock(mutex_);
      submitted.swap(submitted_);
    }
    for (const Submission& submission : submitted) {
      submission.done(Closed(submission.request.url));
    }
  }

  const CurlLibrary& curl_;
  const CurlOptions& options_;  // the transport's
  os::Clock& clock_;
  CURLM* const multi_;
  CURLSH* const share_;
  // Of the loop's thread.
  std::unordered_map<CURL*, Active> active_;
  std::map<std::string, int> http2_strikes_;  // by origin
  std::int64_t next_look_ns_ = 0;             // at transfers that may have stalled

  std::mutex mutex_;  // guards what follows
  std::vector<Submission> submitted_;
  bool stopping_ = false;

  std::thread thread_;
};

CurlTransport::CurlTransport(CurlOptions options, os::Clock& clock)
    : options_(std::move(options)), clock_(clock) {}

CurlTransport::~CurlTransport() = default;

void CurlTransport::Start(Request request, Done done) {
  const Result<Loop*> loop = RunningLoop();
  if (!loop) {
    done(loop.error());
    return;
  }
  (*loop)->Submit({.request = std::move(request), .done = std::move(done)});
}

Result<CurlTransport::Loop*> CurlTransport::RunningLoop() {
  const std::lock_guard lock(mutex_);
  if (!loop_) {
    FLOWSTONE_LET(const CurlLibrary* const curl, CurlLibrary::Load());
    loop_ = std::make_unique<Loop>(*curl, options_, clock_);
  }
  return loop_.get();
}

}  // namespace flowstone::net
