package dev.keyturn.plan;

import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A file's permissions as plans write them: four octal digits, the first a zero. */
final class Mode {
  /** Bit 8 is the owner's read, bit 0 the others' execute, as in {@code chmod}. */
  private static final PosixFilePermission[] BITS = {
    PosixFilePermission.OTHERS_EXECUTE, PosixFilePermission.OTHERS_WRITE,
    PosixFilePermission.OTHERS_READ, PosixFilePermission.GROUP_EXECUTE,
    PosixFilePermission.GROUP_WRITE, PosixFilePermission.GROUP_READ,
    PosixFilePermission.OWNER_EXECUTE, PosixFilePermission.OWNER_WRITE,
    PosixFilePermission.OWNER_READ
  };

  private Mode() {}

  /** The permissions, or null where the text is no mode. */
  static @Nullable Set<PosixFilePermission> parse(String text) {
    if (text.length() != 4 || text.charAt(0) != '0') {
      return null;
    }
    int bits = 0;
    for (int i = 1; i < 4; i++) {
      char c = text.charAt(i);
      if (c < '0' || c > '7') {
        return null;
      }
      bits = bits << 3 | c - '0';
    }
    var permissions = EnumSet.noneOf(PosixFilePermission.class);
    for (int i = 0; i < BITS.length; i++) {
      if ((bits & 1 << i) != 0) {
        permissions.add(BITS[i]);
      }
    }
    return permissions;
  }

  static String format(Set<PosixFilePermission> permissions) {
    int bits = 0;
    for (int i = 0; i < BITS.length; i++) {
      if (permissions.contains(BITS[i])) {
        bits |= 1 << i;
      }
    }
    return new String(
        new char[] {
          '0', (char) ('0' + (bits >> 6)), (char) ('0' + (bits >> 3 & 7)), (char) ('0' + (bits & 7))
        });
  }

  static @Nullable String problem(Set<PosixFilePermission> permissions) {
    if (permissions.contains(PosixFilePermission.OWNER_EXECUTE)
        || permissions.contains(PosixFilePermission.GROUP_EXECUTE)
        || permissions.contains(PosixFilePermission.OTHERS_EXECUTE)) {
      return "lets a secret be executed: a mode is at most 0664";
    }
    if (permissions.contains(PosixFilePermission.OTHERS_WRITE)) {
      return "lets everybody write a secret: a mode is at most 0664";
    }
    if (!permissions.contains(PosixFilePermission.OWNER_READ)
        && !permissions.contains(PosixFilePermission.GROUP_READ)
        && !permissions.contains(PosixFilePermission.OTHERS_READ)) {
      return "lets nobody read the secret: 0400 is its owner alone";
    }
    return null;
  }
}
