// The yardstick of the supervision benchmarks: the least that a supervisor can do, with nothing to configure and nothing to ask.
//
// Starts each command with posix_spawn, its output in a pipe that one loop on epoll moves into a file; starts it again at once when it
// ends, but not more than once a second; at SIGTERM passes that on to all, and kills what is left after STOP_SECONDS.
//
// usage: floor STOP_SECONDS LOGS COMMANDS     LOGS: a directory; COMMANDS: a file with lines of NAME PROGRAM ARGUMENT...
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { most_services = 20000, most_words = 16, block_size = 1 << 16 };

struct service {
  char *words[most_words];
  double started, due;  // due: to be started again then; 0: not
  int output, input, log;  // the two ends of its pipe, and the file
};

static struct service services[most_services];
static pid_t pids[most_services];  // 0: not there
static int count, living;
static double next_due;  // the first of all; 0: none
static char block[block_size];

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void read_commands(const char *path, const char *logs, int poll) {
  char line[4096], *rest;
  FILE *file = fopen(path, "r");
  if (!file) fail(path);
  while (count < most_services && fgets(line, sizeof line, file)) {
    struct service *service = &services[count];
    char *name = strtok_r(strdup(line), " \n", &rest);
    if (!name) continue;
    for (int i = 0; i < most_words - 1; i++) service->words[i] = strtok_r(NULL, " \n", &rest);
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) fail("pipe");
    service->output = ends[0];
    service->input = ends[1];
    fcntl(service->output, F_SETFL, O_NONBLOCK);
    char log[4096];
    snprintf(log, sizeof log, "%s/%s.log", logs, name);
    service->log = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (service->log < 0) fail(log);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)count};
    if (epoll_ctl(poll, EPOLL_CTL_ADD, service->output, &event) < 0) fail("epoll");
    count++;
  }
  fclose(file);
}

static void start(int number) {
  struct service *service = &services[number];
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  sigset_t none;
  sigemptyset(&none);
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, service->input, 1);
  posix_spawn_file_actions_adddup2(&files, service->input, 2);
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  service->due = 0;
  if (posix_spawn(&pids[number], service->words[0], &files, &attributes, service->words, environ) != 0) fail(service->words[0]);
  service->started = now();
  living++;
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
}

// Moves one block; false if there was nothing.
static int move(struct service *service) {
  ssize_t size = read(service->output, block, sizeof block);
  if (size <= 0) return 0;
  if (write(service->log, block, (size_t)size) != size) fail("write");
  return 1;
}

static void signal_all(int signal) {
  for (int i = 0; i < count; i++) {
    if (pids[i]) kill(pids[i], signal);
  }
}

static void start_later(int number) {
  double due = services[number].due = services[number].started + 1;
  if (!next_due || due < next_due) next_due = due;
}

static void start_due(void) {
  next_due = 0;
  for (int i = 0; i < count; i++) {
    if (!services[i].due) continue;
    if (now() >= services[i].due) start(i);
    else if (!next_due || services[i].due < next_due) next_due = services[i].due;
  }
}

static void reap(int is_stopping) {
  pid_t pid;
  while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
    int i = 0;
    while (pids[i] != pid) i++;
    pids[i] = 0;
    living--;
    if (is_stopping) continue;
    if (now() >= services[i].started + 1) start(i);
    else start_later(i);
  }
}

int main(int argc, char **argv) {
  if (argc != 4) {
    fputs("usage: floor STOP_SECONDS LOGS COMMANDS\n", stderr);
    return 64;
  }
  sigset_t handled;
  sigemptyset(&handled);
  sigaddset(&handled, SIGCHLD);
  sigaddset(&handled, SIGTERM);
  sigprocmask(SIG_BLOCK, &handled, NULL);
  int signals = signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK), poll = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN, .data.u32 = most_services}, ready[64];
  if (signals < 0 || poll < 0 || epoll_ctl(poll, EPOLL_CTL_ADD, signals, &event) < 0) fail("setup");
  read_commands(argv[3], argv[2], poll);
  for (int i = 0; i < count; i++) start(i);

  double kill_at = 0;
  int is_stopping = 0;
  while (!is_stopping || living > 0) {
    double next = is_stopping ? kill_at : next_due;
    double left = next - now();
    int number = epoll_wait(poll, ready, 64, !next ? -1 : left > 0 ? (int)(left * 1000) + 1 : 0);
    for (int i = 0; i < number; i++) {
      if (ready[i].data.u32 < most_services) {
        move(&services[ready[i].data.u32]);
        continue;
      }
      struct signalfd_siginfo signal;
      while (read(signals, &signal, sizeof signal) == sizeof signal) {
        if (signal.ssi_signo != SIGTERM || is_stopping) continue;
        is_stopping = 1;
        kill_at = now() + atof(argv[1]);
        signal_all(SIGTERM);
      }
      reap(is_stopping);
    }
    if (!is_stopping && next_due && now() >= next_due) start_due();
    if (kill_at && now() >= kill_at) {
      kill_at = 0;
      signal_all(SIGKILL);
    }
  }
  for (int i = 0; i < count; i++) {
    while (move(&services[i])) {
    }
  }
  return 0;
}
