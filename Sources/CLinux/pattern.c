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

// The first construct in the pattern that glibc would accept and we do not, or NULL. A backslash inside
// brackets is an ordinary character.
static const char *refusal(const char *pattern) {
  int depth = 0;
  const char *p = pattern;
  while (*p) {
    if (*p == '\\' && p[1]) {
      if (p[1] >= '1' && p[1] <= '9') return "back-references (\\1 to \\9) are not supported: they cannot be matched in linear time";
      p += 2;
    } else if (*p == '[') {
      p++;
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
      if (*p) p++;
    } else {
      if (*p == '(') depth++;
      // glibc takes a lone one for a character; inside our wrapping it would close the group.
      if (*p == ')' && --depth < 0) return "Unmatched ) or \\)";
      p++;
    }
  }
  return NULL;
}

static int compile_wrapped(regex_t *regex, const char *pattern) {
  size_t length = strlen(pattern);
  char *wrapped = malloc(sizeof prefix + length + 1);
  if (!wrapped) return REG_ESPACE;
  memcpy(wrapped, prefix, sizeof prefix - 1);
  memcpy(wrapped + sizeof prefix - 1, pattern, length);
  memcpy(wrapped + sizeof prefix - 1 + length, ")", 2);
  int error = regcomp(regex, wrapped, REG_EXTENDED | REG_NEWLINE | REG_NOSUB);
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
    error = compile_wrapped(&regex, pattern);
  }
  if (error != 0) {
    if (size) regerror(error, NULL, message, size);
    return -1;
  }
  regfree(&regex);
  return 0;
}

int clinux_pattern_match(const char *pattern, const char *text, size_t length) {
  if (refusal(pattern)) return -1;
  regex_t regex;
  if (compile_wrapped(&regex, pattern) != 0) return -1;
  // regoff_t is an int: text beyond 2 GiB is not searched (callers bound their input far below).
  if (length > INT_MAX) length = INT_MAX;
  regoff_t found = re_search(&regex, text, (regoff_t)length, 0, 0, NULL);
  regfree(&regex);
  return found >= 0 ? 1 : 0;
}
