import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;

/**
 * Puts the classes that every start needs into one entry of the agent's jar, as {@code AgentLoader}
 * reads it. Run on the jar that is otherwise ready: {@code java Pack.java JAR LIST}, where each
 * line of the list is a class's name.
 */
class Pack {
  private static final String START = "dev/keyturn/javaagent/start";

  public static void main(String[] args) throws IOException {
    Path jar = Path.of(args[0]);
    Set<String> missing = new TreeSet<>(Files.readAllLines(Path.of(args[1])));
    Path packed = jar.resolveSibling(jar.getFileName() + ".packed");
    try (JarFile from = new JarFile(jar.toFile());
        JarOutputStream to = new JarOutputStream(Files.newOutputStream(packed))) {
      ByteArrayOutputStream start = new ByteArrayOutputStream();
      JarEntry last = null;
      for (JarEntry entry : Collections.list(from.entries())) {
        byte[] content = from.getInputStream(entry).readAllBytes();
        String name = entry.getName().replaceAll("\\.class$", "").replace('/', '.');
        if (missing.remove(name)) {
          start.write(name.length());
          start.writeBytes(name.getBytes(StandardCharsets.US_ASCII));
          start.write(content.length >> 16);
          start.write(content.length >> 8);
          start.write(content.length);
          start.writeBytes(content);
        } else if (!entry.isDirectory()) {
          write(to, entry.getName(), entry, content);
        }
        last = entry;
      }
      if (!missing.isEmpty()) {
        throw new IOException(args[1] + " names what is not in " + jar + ": " + missing);
      }
      write(to, START, last, start.toByteArray());
    }
    Files.move(packed, jar, StandardCopyOption.REPLACE_EXISTING);
  }

  private static void write(JarOutputStream to, String name, JarEntry like, byte[] content)
      throws IOException {
    JarEntry entry = new JarEntry(name);
    entry.setTimeLocal(like.getTimeLocal());
    to.putNextEntry(entry);
    to.write(content);
    to.closeEntry();
  }
}
