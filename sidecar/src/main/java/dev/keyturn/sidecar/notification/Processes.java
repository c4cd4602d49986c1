package dev.keyturn.sidecar.notification;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Finds processes in {@code /proc} (proc(5)). Of those that fit and are parent and child only the
 * parent counts: a master passes on what its workers have to know, and a worker that takes no
 * signal would die of it. This process itself never fits.
 */
final class Processes {
  private static final Path PROC = Path.of("/proc");

  /** The state LISTEN of a socket, in {@code /proc/net/tcp}. */
  private static final String LISTEN = "0A";

  private Processes() {}

  /**
   * The processes of a name: that of the process, of its first argument's file, or of its program.
   *
   * @param name without a directory
   */
  static List<Long> named(String name) throws IOException {
    return topmost(pid -> isNamed(pid, name));
  }

  private static boolean isNamed(Path process, String name) throws IOException {
    if (text(process.resolve("comm")).strip().equals(name)) {
      return true;
    }
    String command = text(process.resolve("cmdline"));
    int end = command.indexOf('\0');
    String first = end < 0 ? command : command.substring(0, end);
    return first.substring(first.lastIndexOf('/') + 1).equals(name)
        || Files.readSymbolicLink(process.resolve("exe")).endsWith(name);
  }

  /**
   * The processes that hold one of these sockets; of another user's processes that can't be seen.
   */
  static List<Long> holding(Set<String> sockets) throws IOException {
    return topmost(
        process -> {
          try (DirectoryStream<Path> open = Files.newDirectoryStream(process.resolve("fd"))) {
            for (Path descriptor : open) {
              if (isOneOf(descriptor, sockets)) {
                return true;
              }
            }
          }
          return false;
        });
  }

  private static boolean isOneOf(Path descriptor, Set<String> sockets) throws IOException {
    try {
      return sockets.contains(Files.readSymbolicLink(descriptor).toString());
    } catch (NoSuchFileException e) {
      return false; // closed meanwhile
    }
  }

  /** The sockets that listen on a TCP port, as the links of descriptors name them. */
  static Set<String> listening(int port) throws IOException {
    Set<String> sockets = new HashSet<>();
    String suffix = ":%04X".formatted(port);
    for (String table : List.of("net/tcp", "net/tcp6")) {
      Path file = PROC.resolve(table);
      if (!Files.exists(file)) {
        continue; // a kernel without IPv6
      }
      for (String line : Files.readAllLines(file, StandardCharsets.ISO_8859_1)) {
        String[] columns = line.strip().split(" +", -1);
        if (columns.length > 9 && columns[1].endsWith(suffix) && columns[3].equals(LISTEN)) {
          sockets.add("socket:[" + columns[9] + "]");
        }
      }
    }
    return sockets;
  }

  private interface Test {
    boolean fits(Path process) throws IOException;
  }

  private static List<Long> topmost(Test test) throws IOException {
    Map<Long, Long> parents = new HashMap<>();
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
      for (Path process : processes) {
        long pid = Long.parseLong(process.getFileName().toString());
        try {
          if (pid != ProcessHandle.current().pid() && test.fits(process) && isAlive(process)) {
            parents.put(pid, parent(process));
          }
        } catch (IOException e) {
          // It is gone, or of another user and not to be looked into.
        }
      }
    }
    List<Long> topmost = new ArrayList<>(parents.keySet());
    topmost.removeIf(pid -> parents.containsKey(parents.get(pid)));
    return topmost;
  }

  private static boolean isAlive(Path process) throws IOException {
    String state = stat(process)[0];
    return !state.equals("Z") && !state.equals("X");
  }

  private static long parent(Path process) throws IOException {
    return Long.parseLong(stat(process)[1]);
  }

  /** The columns after the name, which is in brackets and may hold any character. */
  private static String[] stat(Path process) throws IOException {
    String stat = text(process.resolve("stat"));
    return stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
  }

  private static String text(Path file) throws IOException {
    return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
  }
}
