package dev.keyturn.javaagent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.reflect.AccessFlag;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.Collections;
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
                          "dev/keyturn/javaagent/(entry|bootstrap|core|guard|mount|pool|report|sink|standin|tls|weaving)/\\w+(\\$\\w+)*\\.class"))
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

  /** So it runs wherever there is a JVM: on Alpine's musl, too. */
  @Test
  void holdsNoNativeCode() throws IOException {
    try (JarFile jar = new JarFile(Jvm.AGENT.toFile())) {
      for (JarEntry entry : Collections.list(jar.entries())) {
        if (entry.getName().endsWith(".class")) {
          ClassModel type = ClassFile.of().parse(jar.getInputStream(entry).readAllBytes());
          assertThat(type.methods())
              .as(entry.getName())
              .noneMatch(method -> method.flags().has(AccessFlag.NATIVE));
        }
      }
    }
  }

  /** Two builds of one commit give the same bytes. */
  @Test
  void holdsNoTimeOfItsBuild() throws IOException {
    try (JarFile jar = new JarFile(Jvm.AGENT.toFile())) {
      assertThat(jar.stream().map(JarEntry::getTimeLocal).distinct()).hasSize(1);
      assertThat(jar.getManifest().getMainAttributes())
          .doesNotContainKeys(new Attributes.Name("Built-By"), new Attributes.Name("Build-Time"));
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
