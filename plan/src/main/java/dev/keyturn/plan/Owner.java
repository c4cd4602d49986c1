package dev.keyturn.plan;

import org.jspecify.annotations.Nullable;

/**
 * Who owns a file, by number, since names differ between containers.
 *
 * @param uid 0 to 2^31-1
 * @param gid 0 to 2^31-1
 */
public record Owner(int uid, int gid) {
  public Owner {
    if (uid < 0 || gid < 0) {
      var problems = new Problems();
      problems.add(Place.of("owner", ""), "a user's and a group's number is 0 to 2147483647");
      throw problems.exception();
    }
  }

  /** The owner of {@code uid:gid}, or null where the text is no such. */
  static @Nullable Owner parse(String text) {
    int colon = text.indexOf(':');
    int uid = number(colon < 0 ? "" : text.substring(0, colon));
    int gid = number(text.substring(colon + 1));
    return uid < 0 || gid < 0 ? null : new Owner(uid, gid);
  }

  /** A number from 0 to 2^31-1, or -1. */
  static int number(String text) {
    long number = text.isEmpty() || text.length() > 10 ? -1 : 0;
    for (int i = 0; number >= 0 && i < text.length(); i++) {
      number = Rules.isDigit(text.charAt(i)) ? number * 10 + text.charAt(i) - '0' : -1;
    }
    return number > Integer.MAX_VALUE ? -1 : (int) number;
  }

  /** {@code uid:gid}. */
  @Override
  public String toString() {
    return uid + ":" + gid;
  }
}
