package dev.keyturn.mount;

import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The generation that a mount shows now. One look opens {@code ..data/..manifest}, which names the
 * generation's directory; the files are read from there, so a swap in between can't mix two. As
 * long as the manifest's bytes stay the same, so does the {@link Generation}. Safe for use by
 * several threads.
 */
public final class MountReader {
  /** A manifest of 1,000 files has about 0.3 MiB; a Kubernetes Secret at most 1 MiB. */
  private static final int MAX_BYTES = 4 << 20;

  /** How often a generation may be replaced and removed under our hands before we give up. */
  private static final int ATTEMPTS = 5;

  private final File directory;
  private byte[] manifest = {};
  private @Nullable Generation generation;

  public MountReader(File directory) {
    this.directory = directory;
  }

  /**
   * Where the mount is: system property {@code keyturn.mount}, else environment variable {@code
   * KEYTURN_MOUNT}, else {@code /keyturn/secrets}.
   */
  public static File defaultDirectory() {
    String configured = System.getProperty("keyturn.mount");
    if (configured == null || configured.isEmpty()) {
      configured = System.getenv("KEYTURN_MOUNT");
    }
    return new File(configured == null || configured.isEmpty() ? "/keyturn/secrets" : configured);
  }

  public File directory() {
    return directory;
  }

  /**
   * The generation published now: the very object returned last time if nothing else can be seen. A
   * file that can't be read is in it, with its {@link MountedFile#problem}, and is tried again the
   * next time.
   *
   * @throws MountException if there is no mount, or its manifest is not one this reader knows
   */
  public synchronized Generation current() throws MountException {
    File file = new File(directory, "..data/..manifest");
    IOException unreadable = null;
    for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
      byte[] bytes;
      try {
        bytes = bytes(file);
      } catch (IOException e) {
        unreadable = e;
        continue;
      }
      Generation known = Arrays.equals(bytes, manifest) ? generation : null;
      if (known != null && known.problems().isEmpty()) {
        return known;
      }
      Generation read = read(parse(bytes));
      if (known != null && read != null && known.problems().equals(read.problems())) {
        return known;
      }
      if (read != null) {
        manifest = bytes;
        generation = read;
        return read;
      }
    }
    if (unreadable == null) {
      throw broken("a file that its ..manifest lists is not there");
    }
    throw explained(unreadable, file);
  }

  private MountException explained(IOException e, File file) {
    if (!directory.isDirectory()) {
      return new MountException(
          "no mount at "
              + directory
              + ": no such directory (is the sidecar injected, or 'keyturn run' used? another place"
              + " is set by keyturn.mount or KEYTURN_MOUNT)");
    }
    if (!new File(directory, "..data").exists()) {
      return new MountException("nothing is published at " + directory + " yet: it has no ..data");
    }
    return broken("its ..data/..manifest can't be read (" + reason(e, file) + ")");
  }

  private Properties parse(byte[] bytes) throws MountException {
    Properties properties = new Properties();
    try {
      properties.load(new ByteArrayInputStream(bytes));
    } catch (IOException | IllegalArgumentException e) {
      throw broken("its ..manifest is no properties file");
    }
    String format = properties.getProperty("format");
    if (!"1".equals(format)) {
      throw broken(
          "its ..manifest has format "
              + format
              + " and this reader knows 1: use the same version of Keyturn for the sidecar and the"
              + " application");
    }
    return properties;
  }

  /** The generation of that manifest, or null if it is being removed: then there is a newer one. */
  private @Nullable Generation read(Properties manifest) throws MountException {
    String id = name(manifest.getProperty("generation"));
    Map<String, Map<String, String>> names = names(manifest);
    List<MountedFile> files = new ArrayList<>();
    int count;
    try {
      count = Integer.parseInt(manifest.getProperty("files", ""));
    } catch (NumberFormatException e) {
      throw broken("its ..manifest does not say how many files there are");
    }
    for (int i = 0; i < count; i++) {
      String prefix = "file." + i + ".";
      String name = name(manifest.getProperty(prefix + "name"));
      File file = new File(directory, ".." + id + "/" + name);
      ByteBuffer content = null;
      String problem = null;
      try {
        content = offHeap(bytes(file));
      } catch (IOException e) {
        if (!file.exists()) {
          return null;
        }
        problem = reason(e, file);
      }
      files.add(
          new MountedFile(
              name,
              manifest.getProperty(prefix + "version", ""),
              manifest.getProperty(prefix + "format", "raw"),
              names.getOrDefault(prefix + "env", Collections.<String, String>emptyMap()),
              names.getOrDefault(prefix + "default-env", Collections.<String, String>emptyMap()),
              names.getOrDefault(prefix + "property", Collections.<String, String>emptyMap()),
              "stand-in".equals(manifest.getProperty(prefix + "expose")),
              list(manifest.getProperty(prefix + "hosts", "")),
              content,
              problem));
    }
    return new Generation(id, files);
  }

  /** Words with commas between; none in an empty text. */
  private static List<String> list(String text) {
    return text.isEmpty()
        ? Collections.<String>emptyList()
        : Collections.unmodifiableList(Arrays.asList(text.split(",")));
  }

  /**
   * The bytes outside the heap: a heap dump of the application holds no secret because of us.
   *
   * @param bytes wiped
   */
  private static ByteBuffer offHeap(byte[] bytes) {
    try {
      ByteBuffer content = ByteBuffer.allocateDirect(bytes.length);
      content.put(bytes);
      content.flip();
      return content;
    } finally {
      Arrays.fill(bytes, (byte) 0);
    }
  }

  /** {@code file.N.KIND.NAME=key} as {@code file.N.KIND} to name to key; a name may hold dots. */
  private static Map<String, Map<String, String>> names(Properties manifest) {
    Map<String, Map<String, String>> names = new HashMap<>();
    for (String entry : manifest.stringPropertyNames()) {
      int kind = entry.indexOf('.', entry.indexOf('.') + 1);
      int name = kind < 0 ? -1 : entry.indexOf('.', kind + 1);
      if (name > 0) {
        String prefix = entry.substring(0, name);
        Map<String, String> ofKind = names.get(prefix);
        if (ofKind == null) {
          ofKind = new TreeMap<>();
          names.put(prefix, ofKind);
        }
        ofKind.put(entry.substring(name + 1), manifest.getProperty(entry));
      }
    }
    return names;
  }

  /** A name that stays inside the mount. */
  private String name(@Nullable String name) throws MountException {
    if (name == null || name.isEmpty() || name.startsWith("..") || name.indexOf('/') >= 0) {
      throw broken("its ..manifest holds a name that is none: '" + name + "'");
    }
    return name;
  }

  private MountException broken(String why) {
    return new MountException("the mount at " + directory + " is broken: " + why);
  }

  /** {@code FileNotFoundException} says {@code path (reason)}: the reason. */
  private static String reason(IOException e, File file) {
    String message = String.valueOf(e.getMessage());
    String start = file.getPath() + " (";
    return message.startsWith(start)
        ? message.substring(start.length(), message.length() - 1)
        : message;
  }

  private static byte[] bytes(File file) throws IOException {
    try (InputStream in = new FileInputStream(file)) {
      byte[] buffer = new byte[Math.max(512, in.available() + 1)];
      int length = 0;
      while (true) {
        int read = in.read(buffer, length, buffer.length - length);
        if (read < 0) {
          return moved(buffer, length, length);
        }
        length += read;
        if (length > MAX_BYTES) {
          Arrays.fill(buffer, (byte) 0);
          throw new MountException("it is larger than " + (MAX_BYTES >> 20) + " MiB");
        }
        if (length == buffer.length) {
          buffer = moved(buffer, length, length * 2);
        }
      }
    }
  }

  /** An array of another size with the same start; the old one is wiped. */
  private static byte[] moved(byte[] from, int length, int size) {
    byte[] to = new byte[size];
    System.arraycopy(from, 0, to, 0, length);
    Arrays.fill(from, (byte) 0);
    return to;
  }
}
