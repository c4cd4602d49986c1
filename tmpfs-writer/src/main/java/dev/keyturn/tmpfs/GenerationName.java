package dev.keyturn.tmpfs;

import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The name of a generation and of its directory: {@code 2026-11-24T06-04-53Z.0001f3a2}, the
 * directory's with {@code ..} before it. The time is for people; the number, one more for each
 * generation of a mount, gives the order.
 *
 * @param id without the leading {@code ..}
 * @param number 0 to 2^32-1
 */
record GenerationName(String id, long number) implements Comparable<GenerationName> {
  private static final Pattern DIRECTORY =
      Pattern.compile("\\.\\.(\\d{4}-\\d\\d-\\d\\dT\\d\\d-\\d\\d-\\d\\dZ\\.([0-9a-f]{8}))");

  static GenerationName of(Instant time, long number) {
    String seconds = time.truncatedTo(ChronoUnit.SECONDS).toString().replace(':', '-');
    return new GenerationName(seconds + "." + HexFormat.of().toHexDigits((int) number), number);
  }

  /** Null for any other name. */
  static @Nullable GenerationName ofDirectory(String name) {
    Matcher matcher = DIRECTORY.matcher(name);
    return matcher.matches()
        ? new GenerationName(matcher.group(1), Long.parseLong(matcher.group(2), 16))
        : null;
  }

  Path directory() {
    return Path.of(".." + id);
  }

  @Override
  public int compareTo(GenerationName other) {
    int order = Long.compare(number, other.number);
    return order == 0 ? id.compareTo(other.id) : order;
  }

  /** The number is part of the id. Written out, since what a record generates is slow at first. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof GenerationName name && id.equals(name.id);
  }

  @Override
  public int hashCode() {
    return id.hashCode();
  }
}
