// Patterns of checks (`body`, `log`): thin functions around glibc's POSIX extended expressions.
//
// regexec() tries every starting point in turn, which is quadratic: 10 s for "(a+)+b$" on 64 KiB of "a". So
// the pattern is wrapped as "(any byte)*(pattern)" and tried at the first byte only (re_search with range 0):
// one pass of the automaton, a millisecond.
#define _GNU_SOURCE
#include "clinux_pattern.h"

#include <limits.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// With REG_NEWLINE a negated list matches no newline, and "." no NUL: together these two are "any byte".
static const char prefix[] = "([^\n]|\n)*(";

// The end of a list in brackets; `p` is behind the first one. A backslash inside is an ordinary character.
static const char *list_end(const char *p) {
  if (*p == '^') p++;
  if (*p == ']') p++;  // first in the brackets, it stands for itself
  while (*p && *p != ']') {
    if (*p == '[' && (p[1] == ':' || p[1] == '.' || p[1] == '=')) {
      char kind = p[1];
      p += 2;
      while (*p && !(*p == kind && p[1] == ']')) p++;
      if (*p) p++;  // now on the closing bracket of the class
    }
    if (*p) p++;
  }
  return *p ? p + 1 : p;
}

// The first construct in the pattern that glibc would accept and we do not, or NULL.
static const char *refusal(const char *pattern) {
  int depth = 0;
  const char *p = pattern;
  while (*p) {
    if (*p == '\\' && p[1]) {
      if (p[1] >= '1' && p[1] <= '9') return "back-references (\\1 to \\9) are not supported: they cannot be matched in linear time";
      p += 2;
    } else if (*p == '[') {
      p = list_end(p + 1);
    } else {
      if (*p == '(') depth++;
      // glibc takes a lone one for a character; inside our wrapping it would close the group.
      if (*p == ')' && --depth < 0) return "Unmatched ) or \\)";
      p++;
    }
  }
  return NULL;
}

// Copies a pattern with each character that is not ASCII as a group, so that a repeat means all of its bytes: glibc knows bytes alone here.
static char *copy_grouped(char *out, const char *p) {
  while (*p) {
    const char *end = p + 1;
    if (*p == '[') {
      end = list_end(end);
    } else if (*p == '\\' && *end) {
      if (*end & 0x80) {
        p++;  // an escaped character that needs no escape
        continue;
      }
      end++;
    } else if ((*p & 0xC0) == 0xC0) {
      while ((*end & 0xC0) == 0x80) end++;
      *out++ = '(';
    }
    memcpy(out, p, (size_t)(end - p));
    out += end - p;
    if ((*p & 0xC0) == 0xC0) *out++ = ')';
    p = end;
  }
  return out;
}

static int compile_wrapped(regex_t *regex, const char *pattern, int flags) {
  // A byte becomes three at most.
  char *wrapped = malloc(sizeof prefix + 3 * strlen(pattern) + 1);
  if (!wrapped) return REG_ESPACE;
  memcpy(wrapped, prefix, sizeof prefix - 1);
  char *end = copy_grouped(wrapped + sizeof prefix - 1, pattern);
  memcpy(end, ")", 2);
  int error = regcomp(regex, wrapped, REG_EXTENDED | REG_NEWLINE | REG_NOSUB | flags);
  free(wrapped);
  return error;
}

int clinux_pattern_check(const char *pattern, char *message, size_t size) {
  const char *refused = refusal(pattern);
  if (refused) {
    if (size) snprintf(message, size, "%s", refused);
    return -1;
  }
  // The bare pattern first: the message must be about the pattern as written, not about our wrapping.
  regex_t regex;
  int error = regcomp(&regex, pattern, REG_EXTENDED | REG_NEWLINE | REG_NOSUB);
  if (error == 0) {
    regfree(&regex);
    error = compile_wrapped(&regex, pattern, 0);
  }
  if (error != 0) {
    if (size) regerror(error, NULL, message, size);
    return -1;
  }
  regfree(&regex);
  return 0;
}

// The end of a terminal's control sequence that begins at `p`: a colour, a title, a link, a character set.
static const char *sequence_end(const char *p, const char *end) {
  if (++p == end) return p;
  if (*p == ']') {
    while (++p < end && *p != '\n') {
      if (*p == '\a') return p + 1;
      if (*p == '\033') return p + 1 < end && p[1] == '\\' ? p + 2 : p;
    }
    return p;
  }
  if (*p == '[') {
    p++;
    while (p < end && *p >= 0x30 && *p <= 0x3F) p++;
  }
  while (p < end && *p >= 0x20 && *p <= 0x2F) p++;
  return p < end && *p >= 0x30 && *p <= 0x7E ? p + 1 : p;
}

// Copies a text without control sequences of terminals. Carriage returns at the end of a line are dropped; others end a line, since a
// terminal shows what comes then in the place of what was there: `10%\r20%\rready` is three lines. Returns its length.
static size_t copy_plain(char *out, const char *p, size_t length) {
  const char *begin = out;
  const char *end = p + length;
  while (p < end) {
    if (*p == '\033') {
      p = sequence_end(p, end);
    } else if (*p == '\r') {
      const char *next = p;
      while (next < end && *next == '\r') next++;
      if (next < end && *next != '\n') *out++ = '\n';
      p = next;
    } else {
      *out++ = *p++;
    }
  }
  return (size_t)(out - begin);
}

struct clinux_pattern {
  regex_t regex;
};

struct clinux_pattern *clinux_pattern_compile(const char *pattern, int ignores_case) {
  if (refusal(pattern)) return NULL;
  struct clinux_pattern *compiled = malloc(sizeof *compiled);
  if (compiled && compile_wrapped(&compiled->regex, pattern, ignores_case ? REG_ICASE : 0) == 0) return compiled;
  free(compiled);
  return NULL;
}

int clinux_pattern_find(struct clinux_pattern *pattern, const char *text, size_t length) {
  // regoff_t is an int: text beyond 2 GiB is not searched (callers bound their input far below).
  if (length > INT_MAX) length = INT_MAX;
  char *plain = NULL;
  if (length > 0 && (memchr(text, '\033', length) || memchr(text, '\r', length)) && (plain = malloc(length))) {
    length = copy_plain(plain, text, length);
    text = plain;
  }
  regoff_t found = re_search(&pattern->regex, text, (regoff_t)length, 0, 0, NULL);
  free(plain);
  return found >= 0 ? 1 : 0;
}

void clinux_pattern_free(struct clinux_pattern *pattern) {
  regfree(&pattern->regex);
  free(pattern);
}

int clinux_pattern_match(const char *pattern, const char *text, size_t length) {
  struct clinux_pattern *compiled = clinux_pattern_compile(pattern, 0);
  if (!compiled) return -1;
  int found = clinux_pattern_find(compiled, text, length);
  clinux_pattern_free(compiled);
  return found;
}
