package dev.keyturn.javaagent.entry;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.ProtectionDomain;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/**
 * Loads all of the agent but this package, from the agent's jar: out of the application's sight,
 * and faster than the application's loader does. The classes that every start needs are in one
 * entry of the jar, which the build makes: for each a byte with the length of its name, the name,
 * three bytes with the length of its class file, and that. Any thread.
 */
final class AgentLoader extends ClassLoader {
  static {
    registerAsParallelCapable();
  }

  /** What the build calls the entry. */
  static final String START = "dev/keyturn/javaagent/start";

  private static final String OURS = "dev.keyturn.javaagent.";

  private final ZipFile jar;
  private final ProtectionDomain domain;

  /** Where in {@link #start} a class's length stands. */
  private final Map<String, Integer> starting = new HashMap<String, Integer>();

  private byte @Nullable [] start;
  private int left;

  /**
   * Reads the classes that are needed first.
   *
   * @param domain of the jar
   */
  AgentLoader(ProtectionDomain domain) throws IOException {
    super(ofJdk());
    String location = String.valueOf(domain.getCodeSource().getLocation());
    this.jar = new ZipFile(file(location));
    this.domain = domain;
    byte[] all = read(START);
    if (all == null) {
      throw new IOException(location + " has no entry " + START);
    }
    int at = 0;
    while (at < all.length) {
      int length = all[at];
      String name = new String(all, at + 1, length, StandardCharsets.ISO_8859_1);
      at += 1 + length;
      starting.put(name, at);
      at += 3 + length(all, at);
    }
    start = all;
    left = starting.size();
  }

  /** The topmost loader that is an object: it has the JDK's classes and no others. */
  private static ClassLoader ofJdk() {
    ClassLoader top = ClassLoader.getSystemClassLoader();
    for (ClassLoader above = top.getParent(); above != null; above = above.getParent()) {
      top = above;
    }
    return top;
  }

  /**
   * The file of a URL. Not by {@code java.net.URI}: naming that or URL in a class that the
   * application's loader has is a look-up in the application's name, after which its own goes
   * unseen; see {@code Weaver} on doors.
   */
  private static String file(String url) {
    byte[] from = url.substring(url.indexOf(':') + 1).getBytes(StandardCharsets.UTF_8);
    byte[] path = new byte[from.length];
    int length = 0;
    for (int at = 0; at < from.length; at++) {
      path[length] = from[at];
      if (from[at] == '%') {
        path[length] =
            (byte) (Character.digit(from[at + 1], 16) << 4 | Character.digit(from[at + 2], 16));
        at += 2;
      }
      length++;
    }
    return new String(path, 0, length, StandardCharsets.UTF_8);
  }

  private static int length(byte[] bytes, int at) {
    return (bytes[at] & 0xff) << 16 | (bytes[at + 1] & 0xff) << 8 | (bytes[at + 2] & 0xff);
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    if (!name.startsWith(OURS)) {
      return getParent().loadClass(name);
    }
    if (name.equals(Premain.class.getName())) {
      return Premain.class;
    }
    synchronized (getClassLoadingLock(name)) {
      Class<?> loaded = findLoadedClass(name);
      if (loaded != null) {
        return loaded;
      }
      try {
        return define(name);
      } catch (LinkageError e) {
        // Another agent is shown the class, and may do what has us load it in this same thread.
        loaded = findLoadedClass(name);
        if (loaded != null) {
          return loaded;
        }
        throw e;
      }
    }
  }

  private Class<?> define(String name) throws ClassNotFoundException {
    Integer at = starting.get(name);
    byte[] all = start;
    if (at != null && all != null) {
      Class<?> defined = defineClass(name, all, at + 3, length(all, at), domain);
      forget();
      return defined;
    }
    byte[] classFile;
    try {
      classFile = read(name.replace('.', '/') + ".class");
    } catch (IOException e) {
      throw new ClassNotFoundException(name, e);
    }
    if (classFile == null) {
      throw new ClassNotFoundException(name);
    }
    return defineClass(name, classFile, 0, classFile.length, domain);
  }

  /** A class of those for the start is defined; after the last nobody needs their bytes. */
  private synchronized void forget() {
    left--;
    if (left == 0) {
      start = null;
    }
  }

  /** The bytes of an entry, or null where there is none. */
  private byte @Nullable [] read(String name) throws IOException {
    ZipEntry entry = jar.getEntry(name);
    if (entry == null) {
      return null;
    }
    byte[] bytes = new byte[(int) entry.getSize()];
    InputStream in = jar.getInputStream(entry);
    try {
      int at = 0;
      while (at < bytes.length) {
        int read = in.read(bytes, at, bytes.length - at);
        if (read < 0) {
          throw new IOException(name + " ends early");
        }
        at += read;
      }
    } finally {
      in.close();
    }
    return bytes;
  }
}
