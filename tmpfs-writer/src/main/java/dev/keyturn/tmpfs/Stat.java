package dev.keyturn.tmpfs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;

/**
 * An entry of a directory as lstat(2) has it, users by number: looking up their names could read
 * more than {@code /etc/passwd}.
 *
 * @param mode with the bits of the type
 * @param links how many names the file has
 * @param key the same for the same file only
 */
record Stat(int uid, int gid, int mode, long device, int links, Object key) {
  private static final int TYPE = 0170000;
  private static final int DIRECTORY = 0040000;
  private static final int REGULAR_FILE = 0100000;
  private static final int STICKY = 01000;
  private static final int GROUP_OR_OTHERS_WRITE = 022;

  static Stat of(Path path) throws IOException {
    Map<String, Object> stat =
        Files.readAttributes(
            path, "unix:uid,gid,mode,dev,nlink,fileKey", LinkOption.NOFOLLOW_LINKS);
    return new Stat(
        (Integer) get(stat, "uid"),
        (Integer) get(stat, "gid"),
        (Integer) get(stat, "mode"),
        (Long) get(stat, "dev"),
        (Integer) get(stat, "nlink"),
        get(stat, "fileKey"));
  }

  private static Object get(Map<String, Object> stat, String name) {
    return Objects.requireNonNull(stat.get(name), name);
  }

  boolean isDirectory() {
    return (mode & TYPE) == DIRECTORY;
  }

  boolean isRegularFile() {
    return (mode & TYPE) == REGULAR_FILE;
  }

  boolean isSticky() {
    return (mode & STICKY) != 0;
  }

  boolean isWritableByOthers() {
    return (mode & GROUP_OR_OTHERS_WRITE) != 0;
  }
}
