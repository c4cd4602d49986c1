package dev.keyturn.javaagent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.Enumeration;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import org.junit.jupiter.api.Test;

/** What is in the jar that every JVM of a user loads. */
class PackagingIT {
  @Test
  void holdsTheAgentItsReaderAndNothingElse() throws IOException {
    try (JarFile jar = new JarFile(Jvm.AGENT.toFile())) {
      assertThat(jar.stream().filter(entry -> !entry.isDirectory()).map(JarEntry::getName))
          .doesNotHaveDuplicates()
          .allMatch(
              name ->
                  name.equals("META-INF/MANIFEST.MF")
                      || name.matches(
                          "dev/keyturn/javaagent/(entry|bootstrap|core|guard|mount|pool|report|sink|standin|tls|weaving)/\\w+(\\$\\w+)?\\.class"))
          .contains("dev/keyturn/javaagent/mount/MountReader.class")
          .filteredOn(name -> name.contains("/bootstrap/"))
          .containsExactly("dev/keyturn/javaagent/bootstrap/Baked.class");
    }
  }

  @Test
  void everyClassLoadsInJava8AndTheEntryInJava6() throws IOException {
    try (JarFile jar = new JarFile(Jvm.AGENT.toFile())) {
      for (Enumeration<JarEntry> entries = jar.entries(); entries.hasMoreElements(); ) {
        JarEntry entry = entries.nextElement();
        if (entry.getName().endsWith(".class")) {
          byte[] head = jar.getInputStream(entry).readNBytes(8);
          assertThat(ByteBuffer.wrap(head).getInt(4))
              .as(entry.getName())
              .isEqualTo(entry.getName().endsWith("/Premain.class") ? 50 : 52);
        }
      }
    }
  }

  @Test
  void theManifestAsksForNoMoreThanItNeeds() throws IOException {
    try (JarFile jar = new JarFile(Jvm.AGENT.toFile())) {
      Attributes manifest = jar.getManifest().getMainAttributes();
      assertThat(manifest.getValue("Premain-Class"))
          .isEqualTo("dev.keyturn.javaagent.entry.Premain");
      assertThat(manifest.getValue("Can-Retransform-Classes")).isEqualTo("true");
      assertThat(manifest.getValue("Can-Redefine-Classes")).isNull();
      // It would turn the class-data archive off.
      assertThat(manifest.getValue("Boot-Class-Path")).isNull();
    }
  }

  @Test
  void isSmall() throws IOException {
    assertThat(Files.size(Jvm.AGENT)).isLessThan(300 * 1024);
  }
}
