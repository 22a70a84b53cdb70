#include "app/control_socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "runtime/real_clock.h"
#include "testing/recording_logger.h"
#include "testing/run.h"
#include "testing/scratch_directory.h"

namespace objectstore::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;
using Protocol = boost::asio::local::stream_protocol;

namespace asio = boost::asio;
constexpr auto as_values = asio::as_tuple(asio::use_awaitable);

const std::string list_command = "{\"command\":\"changelog list\",\"options\":{}}\n";

class ControlSocketTest : public ::testing::Test {
 public:  // for the scenarios of the tests, which are coroutines beside it
  // What the runner does with a command; a member function, so that nothing captured can go.
  using Action = Task<void> (ControlSocketTest::*)(CommandOutput&);

  Result<void> listen(Action action) {
    auto runner = [this, action](MaintenanceCommand command, CommandOutput& output) {
      commands_.push_back(encode_command(command));
      return (this->*action)(output);
    };
    auto listening = ControlSocket::listen(context_.get_executor(), directory_, settings_, runner,
                                           clock_, logger_);
    if (!listening.ok()) return listening.error();
    control_ = std::move(listening).value();
    return Result<void>();
  }

  Task<void> answer(CommandOutput& output) {
    output.emit(done_event("answered"));
    co_return;
  }
  Task<void> wait_for_stop(CommandOutput& output) {
    output.emit(note_event("begun"));
    co_await clock_.sleep_for(1h);
    const bool stopping = co_await stop_requested();
    output.emit(done_event(stopping ? "stopped" : "time is up"));
  }
  Task<void> never_pause(CommandOutput& output) {
    const std::string text(1000, 'x');
    bool stopping = false;
    while (!stopping && pages_ < 1000) {
      ++pages_;
      for (int i = 0; i < 10; ++i)
        output.emit(note_event(text));
      co_await turn();
      stopping = co_await stop_requested();
    }
    output.emit(done_event(stopping ? "stopped" : "told"));
    ended_.set();
  }
  Task<void> pause_for_readers(CommandOutput& output) {
    const std::string text(1000, 'x');
    bool read = true;
    while (read && pages_ < 1000) {
      ++pages_;
      for (int i = 0; i < 100; ++i)
        output.emit(note_event(text));
      read = co_await output.ready();
    }
    output.emit(done_event(read ? "told" : "given up"));
    ended_.set();
  }

  // Whatever else can go on does.
  static Task<void> turn() { co_await asio::post(asio::use_awaitable); }
  // Until the command has told nothing for many turns: its output has nowhere to go.
  Task<void> until_it_waits() {
    int told = 0;
    for (int turns = 0; pages_ == 0 || turns < 1000; ++turns) {
      co_await turn();
      if (std::exchange(told, pages_) != pages_) turns = 0;
    }
  }

  Protocol::socket connect() {
    Protocol::socket socket(context_);
    const auto address = ControlAddress::of(directory_);
    EXPECT_TRUE(address.ok());
    boost::system::error_code error;
    socket.connect(address->endpoint(), error);
    EXPECT_FALSE(error) << error.message();
    return socket;
  }
  static Task<void> send(Protocol::socket& socket, const std::string& text) {
    co_await asio::async_write(socket, asio::buffer(text), as_values);
  }
  static Task<std::string> read_all(Protocol::socket& socket) {
    std::string text;
    auto buffer = asio::dynamic_buffer(text);
    co_await asio::async_read(socket, buffer, as_values);
    co_return text;
  }
  static Task<void> read_some(Protocol::socket& socket, std::string& into) {
    into.resize(1000);
    const auto [error, size] = co_await socket.async_read_some(asio::buffer(into), as_values);
    into.resize(size);
  }
  Task<std::string> exchange(std::string text) {
    auto socket = connect();
    co_await send(socket, text);
    co_return co_await read_all(socket);
  }

  // Runs the scenario beside the socket, then stops that.
  void run_beside(Task<void> scenario) {
    auto then_stop = [](Task<void> first, ControlSocket& control) -> Task<void> {
      co_await std::move(first);
      control.request_stop();
      co_await control.join();
    };
    detail::spawn(context_, then_stop(std::move(scenario), *control_));
    context_.run();
    context_.restart();
  }
  std::string exchange_alone(std::string text) {
    std::string received;
    auto scenario = [](ControlSocketTest& test, std::string request,
                       std::string& into) -> Task<void> {
      into = co_await test.exchange(std::move(request));
    };
    run_beside(scenario(*this, std::move(text), received));
    return received;
  }

  ScratchDirectory scratch_;
  std::filesystem::path directory_ = scratch_.path();
  RealClock clock_;
  RecordingLogger logger_;
  ControlSettings settings_;
  asio::io_context context_{1};
  std::unique_ptr<ControlSocket> control_;
  std::vector<std::string> commands_;
  int pages_ = 0;  // told by the command
  Event ended_;    // the command has told everything
};

TEST_F(ControlSocketTest, a_command_is_run_and_its_events_are_the_answer) {
  ASSERT_TRUE(listen(&ControlSocketTest::answer).ok());
  const auto received = exchange_alone(list_command);
  EXPECT_THAT(received, HasSubstr("{\"event\":\"hello\",\"version\":\"objectstore@"));
  EXPECT_TRUE(received.ends_with("{\"event\":\"done\",\"message\":\"answered\"}\n")) << received;
  EXPECT_THAT(commands_, ::testing::ElementsAre(R"({"command":"changelog list","options":{}})"));
}

TEST_F(ControlSocketTest, only_its_user_may_connect_and_the_name_goes_with_it) {
  ASSERT_TRUE(listen(&ControlSocketTest::answer).ok());
  struct stat found {};
  ASSERT_EQ(::lstat(control_path(directory_).c_str(), &found), 0);
  EXPECT_TRUE(S_ISSOCK(found.st_mode));
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
  exchange_alone(list_command);
  EXPECT_FALSE(std::filesystem::exists(control_path(directory_)));
}

TEST_F(ControlSocketTest, paths_longer_than_an_address_work) {
  for (int i = 0; i < 3; ++i)
    directory_ /= std::string(100, 'd');
  std::filesystem::create_directories(directory_);
  ASSERT_TRUE(listen(&ControlSocketTest::answer).ok());
  EXPECT_THAT(exchange_alone(list_command), HasSubstr("answered"));
}

TEST_F(ControlSocketTest, the_socket_of_a_crashed_process_is_replaced) {
  {
    const Protocol::acceptor left(context_, Protocol::endpoint(control_path(directory_).string()));
  }
  ASSERT_TRUE(std::filesystem::exists(control_path(directory_)));
  ASSERT_TRUE(listen(&ControlSocketTest::answer).ok());
  EXPECT_THAT(exchange_alone(list_command), HasSubstr("answered"));
}

TEST_F(ControlSocketTest, a_file_in_its_place_is_left_alone) {
  std::ofstream(control_path(directory_)) << "mine";
  const auto listening = listen(&ControlSocketTest::answer);
  ASSERT_FALSE(listening.ok());
  EXPECT_EQ(listening.error().code(), ErrorCode::conflict);
  EXPECT_EQ(std::filesystem::file_size(control_path(directory_)), 4U);
}

TEST_F(ControlSocketTest, what_is_no_command_is_told_so) {
  settings_.request_timeout = 20ms;
  const std::pair<std::string, std::string> cases[] = {
      {"nonsense\n", "no JSON object"},
      {"{\"command\":\"format\",\"options\":{}}\n", "unknown command format"},
      {std::string(max_command_line + 10, 'x') + "\n", "no command of one line"},
      {"{\"command\":", "no command of one line"},
  };
  for (const auto& [request, text] : cases) {
    ASSERT_TRUE(listen(&ControlSocketTest::answer).ok());
    const auto received = exchange_alone(request);
    // A client too slow for its command hears nothing.
    if (request.ends_with('\n')) {
      EXPECT_THAT(received, HasSubstr(text));
    }
    EXPECT_THAT(received, Not(HasSubstr("answered")));
  }
  EXPECT_TRUE(commands_.empty());
}

TEST_F(ControlSocketTest, a_client_that_ends_its_side_stops_the_command_and_hears_its_end) {
  ASSERT_TRUE(listen(&ControlSocketTest::wait_for_stop).ok());
  std::string received;
  auto scenario = [](ControlSocketTest& test, std::string& into) -> Task<void> {
    auto socket = test.connect();
    co_await send(socket, list_command);
    std::string first;
    co_await read_some(socket, first);
    socket.shutdown(Protocol::socket::shutdown_send);
    into = co_await read_all(socket);
  };
  run_beside(scenario(*this, received));
  EXPECT_THAT(received, HasSubstr("{\"event\":\"done\",\"message\":\"stopped\"}\n"));
}

TEST_F(ControlSocketTest, a_client_that_is_gone_stops_the_command) {
  ASSERT_TRUE(listen(&ControlSocketTest::wait_for_stop).ok());
  auto scenario = [](ControlSocketTest& test) -> Task<void> {
    auto socket = test.connect();
    co_await send(socket, list_command);
    std::string first;
    co_await read_some(socket, first);
  };
  run_beside(scenario(*this));  // which waits for the command's end
  EXPECT_EQ(commands_.size(), 1U);
}

TEST_F(ControlSocketTest, a_server_that_ends_stops_commands_and_says_how_they_ended) {
  ASSERT_TRUE(listen(&ControlSocketTest::wait_for_stop).ok());
  std::string received;
  auto scenario = [](ControlSocketTest& test, std::string& into) -> Task<void> {
    auto socket = test.connect();
    co_await send(socket, list_command);
    std::string first;
    co_await read_some(socket, first);
    test.control_->request_stop();
    into = co_await read_all(socket);
  };
  run_beside(scenario(*this, received));
  EXPECT_THAT(received, HasSubstr("stopped"));
}

TEST_F(ControlSocketTest, more_clients_than_places_are_sent_away) {
  settings_.max_connections = 2;
  ASSERT_TRUE(listen(&ControlSocketTest::wait_for_stop).ok());
  std::string received;
  auto scenario = [](ControlSocketTest& test, std::string& into) -> Task<void> {
    auto first = test.connect();
    auto second = test.connect();
    std::string begun;
    for (auto* socket : {&first, &second}) {
      co_await send(*socket, list_command);
      co_await read_some(*socket, begun);
    }
    auto third = test.connect();
    into = co_await read_all(third);
  };
  run_beside(scenario(*this, received));
  EXPECT_THAT(received, HasSubstr("too many maintenance commands"));
  EXPECT_EQ(commands_.size(), 2U);
}

TEST_F(ControlSocketTest, a_client_that_reads_too_slowly_ends_what_can_not_wait) {
  settings_.soft_limit = 100'000;
  ASSERT_TRUE(listen(&ControlSocketTest::never_pause).ok());
  std::string received;
  auto scenario = [](ControlSocketTest& test, std::string& into) -> Task<void> {
    auto socket = test.connect();
    co_await send(socket, list_command);
    co_await test.ended_.wait();
    into = co_await read_all(socket);
  };
  run_beside(scenario(*this, received));
  EXPECT_THAT(received, HasSubstr("not read fast enough"));
  EXPECT_THAT(received, HasSubstr("{\"event\":\"done\",\"message\":\"stopped\"}\n"));
  EXPECT_LT(received.size(), settings_.hard_limit);
}

TEST_F(ControlSocketTest, pages_wait_for_the_reader) {
  ASSERT_TRUE(listen(&ControlSocketTest::pause_for_readers).ok());
  std::string received;
  int pages_unread = 0;
  auto scenario = [](ControlSocketTest& test, std::string& into, int& unread) -> Task<void> {
    auto socket = test.connect();
    co_await send(socket, list_command);
    co_await test.until_it_waits();
    unread = test.pages_;
    into = co_await read_all(socket);
  };
  run_beside(scenario(*this, received, pages_unread));
  EXPECT_LT(pages_unread, 50);
  EXPECT_EQ(pages_, 1000);
  EXPECT_THAT(received, HasSubstr("told"));
}

TEST_F(ControlSocketTest, a_client_that_takes_nothing_is_given_up) {
  settings_.stall_timeout = 30ms;
  ASSERT_TRUE(listen(&ControlSocketTest::pause_for_readers).ok());
  auto scenario = [](ControlSocketTest& test) -> Task<void> {
    auto socket = test.connect();
    co_await send(socket, list_command);
    co_await test.ended_.wait();
    const auto received = co_await read_all(socket);
    EXPECT_THAT(received, Not(HasSubstr("told")));
  };
  run_beside(scenario(*this));
  EXPECT_LT(pages_, 1000);
}

}  // namespace
}  // namespace objectstore::testing
