// Counts the numbered lines of a flood (see svc.c) in the files of a log, in whatever order they come, and prints
//
//   FOUND DOUBLED OTHER     distinct numbers; lines whose number was there before; lines that are not whole, or neither the flood's nor
//                           the service's first word
//
// usage: lines STAMP FILE...     STAMP: bytes that stand before each line (a time), 0 for none
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { line_size = 100, most_lines = 1 << 30 };

static unsigned char *seen;  // one bit a number
static long long found, doubled, other;

static void count(const char *line, size_t length) {
  if (length == 6 && memcmp(line, "ready\n", 6) == 0) return;
  long long number = 0;
  int is_ours = length == line_size && line[12] == ' ' && line[line_size - 1] == '\n' && line[line_size - 2] == 'x';
  for (int i = 0; is_ours && i < 12; i++) {
    is_ours = line[i] >= '0' && line[i] <= '9';
    number = number * 10 + line[i] - '0';
  }
  if (!is_ours || number >= most_lines) {
    other++;
    return;
  }
  unsigned char bit = (unsigned char)(1 << (number % 8));
  if (seen[number / 8] & bit) doubled++;
  else found++;
  seen[number / 8] |= bit;
}

int main(int argc, char **argv) {
  if (argc < 2) {
    fputs("usage: lines STAMP FILE...\n", stderr);
    return 64;
  }
  size_t stamp = (size_t)atol(argv[1]), room = 0;
  char *line = NULL;
  seen = calloc(1, most_lines / 8);
  for (int i = 2; i < argc; i++) {
    FILE *file = fopen(argv[i], "r");
    if (!file) {
      perror(argv[i]);
      return 1;
    }
    setvbuf(file, NULL, _IOFBF, 1 << 20);
    ssize_t length;
    while ((length = getline(&line, &room, file)) > 0) {
      if ((size_t)length >= stamp) count(line + stamp, (size_t)length - stamp);
      else other++;
    }
    fclose(file);
  }
  printf("%lld %lld %lld\n", found, doubled, other);
}
