package dev.keyturn.tmpfs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** Which directories can be a mount: those that nobody else can take away or fill. */
final class MountDirectory {
  /**
   * Mount points that everybody on a machine writes to, which a volume of a pod looks just like.
   */
  private static final Set<Path> SHARED =
      Set.of(Path.of("/dev/shm"), Path.of("/tmp"), Path.of("/var/tmp"));

  private MountDirectory() {}

  /**
   * Checks a directory and those above it.
   *
   * @return its path without symbolic links, which none but this user and root can make lead to
   *     another directory
   */
  static Path check(Path directory, Kernel kernel) throws IOException {
    try {
      if (Files.isSymbolicLink(directory)) {
        throw new MountException(
            directory
                + " cannot be a mount: it is a symbolic link, which could be turned elsewhere; name"
                + " the directory itself");
      }
      Path path = directory.toRealPath();
      Set<Integer> trusted = Set.copyOf(List.of(0, kernel.uid(), Stat.of(path.getRoot()).uid()));
      check(path, Stat.of(path), trusted);
      for (Path above = path.getParent(); above != null; above = above.getParent()) {
        checkAbove(path, above, Stat.of(above), trusted);
      }
      return path;
    } catch (NoSuchFileException e) {
      throw new MountException(
          directory + " cannot be a mount: there is no such directory; create it first", e);
    }
  }

  private static void check(Path path, Stat stat, Set<Integer> trusted) throws IOException {
    if (!stat.isDirectory()) {
      throw new MountException(path + " cannot be a mount: it is not a directory; name one");
    }
    if (!trusted.contains(stat.uid())) {
      throw new MountException(
          path
              + " cannot be a mount: it belongs to uid "
              + stat.uid()
              + ", who could change what is published; use a directory of your own");
    }
    if (stat.isWritableByOthers()) {
      Path parent = path.getParent();
      if (parent == null || Stat.of(parent).device() == stat.device() || SHARED.contains(path)) {
        throw new MountException(
            path
                + " cannot be a mount: other users may write to it, and it is no volume of its own;"
                + " use a directory of your own, or take the permission away (chmod go-w)");
      }
    }
  }

  private static void checkAbove(Path path, Path above, Stat stat, Set<Integer> trusted)
      throws MountException {
    boolean replaceable = stat.isWritableByOthers() && !stat.isSticky();
    if (replaceable || !trusted.contains(stat.uid())) {
      throw new MountException(
          path
              + " cannot be a mount: "
              + above
              + " above it "
              + (replaceable ? "may be written by other users" : "belongs to uid " + stat.uid())
              + ", who could put another directory in its place; use a directory below one that is"
              + " yours or root's");
    }
  }
}
