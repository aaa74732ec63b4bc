// The service of the supervision benchmarks. It notes in a file what happens to it, one short line each:
//
//   start NAME PID NS          NS: CLOCK_MONOTONIC, read as the first thing in main
//   term NAME PID NS LINES     SIGTERM came; so many whole lines were written
//   wrote NAME PID NS LINES    the flood is over
//
// usage: svc NAME EVENTS [idle | ignore | fail | talk LINES_A_SECOND | flood SECONDS LINES_A_WRITE]
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { line_size = 100 };

static const char *name, *events;
static long long lines;
static volatile sig_atomic_t is_told_to_end;

static void on_term(int signal) {
  (void)signal;
  is_told_to_end = 1;
}

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

// Appended in one write(2), so that the lines of many services never mix.
static void note(const char *what, long long when, int with_lines) {
  char text[200];
  int length = snprintf(text, sizeof text, "%s %s %d %lld", what, name, (int)getpid(), when);
  if (with_lines) length += snprintf(text + length, sizeof text - length, " %lld", lines);
  text[length++] = '\n';
  int file = open(events, O_WRONLY | O_APPEND | O_CLOEXEC);
  if (file < 0 || write(file, text, length) != length) _exit(3);
  close(file);
}

static void end_if_told(void) {
  if (!is_told_to_end) return;
  note("term", now(), 1);
  _exit(0);
}

static void put(const char *bytes, size_t count) {
  while (count > 0) {
    ssize_t written = write(1, bytes, count);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) _exit(4);
    bytes += written;
    count -= (size_t)written;
  }
}

// Lines of 100 bytes that begin with their number, as fast as they are taken.
static void flood(double seconds, int batch) {
  char *block = malloc((size_t)batch * line_size);
  memset(block, 'x', (size_t)batch * line_size);
  long long end = now() + (long long)(seconds * 1e9);
  while (!is_told_to_end && now() < end) {
    for (int i = 0; i < batch; i++) {
      char *line = block + i * line_size;
      long long number = lines + i;
      for (int digit = 11; digit >= 0; digit--, number /= 10) line[digit] = (char)('0' + number % 10);
      line[12] = ' ';
      line[line_size - 1] = '\n';
    }
    put(block, (size_t)batch * line_size);
    lines += batch;
  }
  end_if_told();
  note("wrote", now(), 1);
}

int main(int argc, char **argv) {
  long long began = now();
  if (argc < 3) {
    fputs("usage: svc NAME EVENTS [idle | ignore | fail | talk LINES_A_SECOND | flood SECONDS LINES_A_WRITE]\n", stderr);
    return 64;
  }
  name = argv[1];
  events = argv[2];
  const char *what = argc > 3 ? argv[3] : "idle";

  // Blocked but while it waits, so that none comes between a look and the wait.
  sigset_t term, before;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  sigprocmask(SIG_BLOCK, &term, &before);
  sigdelset(&before, SIGTERM);
  struct sigaction action = {.sa_handler = strcmp(what, "ignore") == 0 ? SIG_IGN : on_term};
  sigaction(SIGTERM, &action, NULL);

  note("start", began, 0);
  put("ready\n", 6);
  if (strcmp(what, "fail") == 0) return 1;
  if (strcmp(what, "flood") == 0 && argc > 5) {
    sigprocmask(SIG_SETMASK, &before, NULL);
    flood(atof(argv[4]), atoi(argv[5]));
    sigprocmask(SIG_BLOCK, &term, NULL);
  }
  long long pause = strcmp(what, "talk") == 0 && argc > 4 ? 1000000000LL / atol(argv[4]) : 0;
  for (long long next = now();;) {
    end_if_told();
    if (pause == 0) {
      sigsuspend(&before);
      continue;
    }
    for (; now() >= next; next += pause) {
      char text[100];
      put(text, (size_t)snprintf(text, sizeof text, "%d %lld\n", (int)getpid(), lines));
      lines++;
    }
    long long left = next - now();
    if (left < 0) left = 0;
    struct timespec timeout = {.tv_sec = left / 1000000000LL, .tv_nsec = left % 1000000000LL};
    ppoll(NULL, 0, &timeout, &before);
  }
}
