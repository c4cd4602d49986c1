package dev.keyturn.webhook.profile;

/** Texts in which an asterisk stands for others: one for any text without a slash, two for any. */
final class Pattern {
  private Pattern() {}

  /** Takes time in proportion to the product of the lengths, whatever the texts. */
  static boolean matches(String pattern, String text) {
    // Whether the pattern so far matches the text so far, for each length of the text.
    boolean[] matched = new boolean[text.length() + 1];
    matched[0] = true;
    int i = 0;
    while (i < pattern.length()) {
      char c = pattern.charAt(i);
      boolean across = pattern.startsWith("**", i);
      boolean[] next = new boolean[text.length() + 1];
      for (int j = 0; j <= text.length(); j++) {
        if (c != '*') {
          next[j] = j > 0 && matched[j - 1] && text.charAt(j - 1) == c;
        } else {
          next[j] = matched[j] || (j > 0 && next[j - 1] && (across || text.charAt(j - 1) != '/'));
        }
      }
      matched = next;
      i += across ? 2 : 1;
    }
    return matched[text.length()];
  }
}
