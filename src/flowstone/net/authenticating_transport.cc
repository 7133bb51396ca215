#include "flowstone/net/authenticating_transport.h"

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace flowstone::net {

// Knows the logins, and owns the thread that asks the question.
class AuthenticatingTransport::Gate : public std::enable_shared_from_this<Gate> {
 public:
  Gate(Transport& inner, CredentialStore credentials, CredentialQuestion question,
       std::string source)
      : inner_(inner),
        credentials_(std::move(credentials)),
        question_(std::move(question)),
        source_(std::move(source)) {}

  void PassOn(Request request, Done done) { inner_.Start(std::move(request), std::move(done)); }

  void Begin(Request request, const Url& url, Done done) {
    Attempt attempt{.request = std::move(request),
                    .url = url.WithoutCredentials(),
                    .logins = credentials_.Find(url),
                    .done = std::move(done)};
    attempt.request.url = attempt.url.ToString();
    if (question_) {
      attempt.asks_for = credentials_.UserToAskFor(url);
    }
    if (const std::optional<Login> learnt = Learnt(attempt)) {
      attempt.logins.insert(attempt.logins.begin(), *learnt);
      attempt.asks_for.reset();
    }
    Try(std::move(attempt));
  }

  void Stop() {
    std::deque<Attempt> left;
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
      left.swap(waiting_);
    }
    changed_.notify_all();
    if (thread_.joinable()) {
      thread_.join();
    }
    for (Attempt& attempt : left) {
      attempt.done(std::move(attempt.refusal));
    }
  }

 private:
  struct Attempt {
    Request request;
    Url url;
    std::optional<std::string> asks_for = {};  // the user of the question that may be asked
    std::vector<Login> logins;                 // to try
    std::size_t next = 0;                      // of them
    Done done;
    Response refusal = {};
  };
  using LearntKey = std::pair<std::string, std::string>;  // origin, user

  void Try(Attempt attempt) {
    Request sent = attempt.request;
    if (attempt.next < attempt.logins.size()) {
      sent.headers.Set("Authorization", attempt.logins[attempt.next].authorization.Reveal());
      ++attempt.next;
    }
    inner_.Start(std::move(sent), [self = shared_from_this(),
                                   attempt = std::move(attempt)](Result<Response> outcome) mutable {
      self->Finish(std::move(attempt), std::move(outcome));
    });
  }

  void Finish(Attempt attempt, Result<Response> outcome) {
    if (!outcome) {
      attempt.done(std::move(outcome));
      return;
    }
    for (std::size_t i = 0; i < attempt.next; ++i) {
      outcome->logins.push_back(attempt.logins[i].description);
    }
    const bool refused = outcome->status == 401 || outcome->status == 403;
    if (refused && attempt.next < attempt.logins.size()) {
      Try(std::move(attempt));
    } else if (refused && attempt.asks_for) {
      attempt.refusal = *std::move(outcome);
      Enqueue(std::move(attempt));
    } else {
      attempt.done(std::move(outcome));
    }
  }

  void Enqueue(Attempt attempt) {
    std::unique_lock lock(mutex_);
    if (stopped_) {
      lock.unlock();
      attempt.done(std::move(attempt.refusal));
      return;
    }
    waiting_.push_back(std::move(attempt));
    if (!thread_.joinable()) {
      thread_ = std::thread([this] { Run(); });
    }
    changed_.notify_all();
  }

  // One question at a time: many requests of one origin want the same answer.
  void Run() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return stopped_ || !waiting_.empty(); });
      if (stopped_) {
        return;
      }
      Attempt attempt = std::move(waiting_.front());
      waiting_.pop_front();
      const std::string user = *std::exchange(attempt.asks_for, std::nullopt);
      const LearntKey key(attempt.url.Origin(), user);
      if (!answers_.contains(key)) {
        lock.unlock();
        const std::optional<Credentials> answer = question_(attempt.url, user);
        lock.lock();
        answers_.emplace(key, answer ? std::optional(BasicLogin(*answer, source_)) : std::nullopt);
      }
      const std::optional<Login> login = answers_.at(key);
      lock.unlock();
      if (login) {
        attempt.logins.push_back(*login);
        Try(std::move(attempt));
      } else {
        attempt.done(std::move(attempt.refusal));
      }
      lock.lock();
    }
  }

  // What the question was answered for this origin before.
  std::optional<Login> Learnt(const Attempt& attempt) {
    if (!attempt.asks_for) {
      return std::nullopt;
    }
    const std::lock_guard lock(mutex_);
    const auto found = answers_.find({attempt.url.Origin(), *attempt.asks_for});
    return found == answers_.end() ? std::nullopt : found->second;
  }

  Transport& inner_;
  const CredentialStore credentials_;
  const CredentialQuestion question_;
  const std::string source_;
  std::mutex mutex_;  // guards what follows, the start of thread_ included
  std::condition_variable changed_;
  std::deque<Attempt> waiting_;
  std::map<LearntKey, std::optional<Login>> answers_;
  bool stopped_ = false;
  std::thread thread_;
};

AuthenticatingTransport::AuthenticatingTransport(Transport& inner, CredentialStore credentials,
                                                 CredentialQuestion question, std::string source)
    : gate_(std::make_shared<Gate>(inner, std::move(credentials), std::move(question),
                                   std::move(source))) {}

AuthenticatingTransport::~AuthenticatingTransport() {
  gate_->Stop();
}

void AuthenticatingTransport::Start(Request request, Done done) {
  const Result<Url> url = Url::Parse(request.url);
  if (!url || url->scheme() == "file" || request.headers.Get("Authorization")) {
    if (url && url->scheme() != "file") {
      request.url = url->WithoutCredentials().ToString();
    }
    gate_->PassOn(std::move(request), std::move(done));
    return;
  }
  gate_->Begin(std::move(request), *url, std::move(done));
}

}  // namespace flowstone::net
