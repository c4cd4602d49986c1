package dev.keyturn.javaagent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.mount.HandMadeMount;
import java.io.DataInputStream;
import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.reflect.AccessFlag;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is in the jar that every JVM of a user loads. */
class PackagingIT {
  /** As the build and the agent's loader call it. */
  private static final String START = "dev/keyturn/javaagent/start";

  private static final Path STARTING = Path.of("src/build/start-classes.txt").toAbsolutePath();
  private static final Pattern LOADED =
      Pattern.compile("(dev[.]keyturn[.]javaagent[.]\\S+) source");

  @Test
  void holdsTheAgentItsReaderAndNothingElse() throws IOException {
    try (JarFile jar = new JarFile(Jvm.AGENT.toFile())) {
      assertThat(jar.stream().filter(entry -> !entry.isDirectory()).map(JarEntry::getName))
          .doesNotHaveDuplicates()
          .allMatch(
              name ->
                  name.equals("META-INF/MANIFEST.MF")
                      || name.equals(START)
                      || name.matches(
                          "dev/keyturn/javaagent/(entry|bootstrap|core|guard|mount|pool|report|sink|standin|tls|weaving)/\\w+(\\$\\w+)*\\.class"))
          .noneMatch(name -> name.contains("/bootstrap/"));
      assertThat(starting(jar).keySet())
          .contains("dev.keyturn.javaagent.mount.MountReader")
          .isEqualTo(new TreeSet<>(Files.readAllLines(STARTING)));
    }
  }

  /** The class files of the one entry that each start reads. */
  private static Map<String, byte[]> starting(JarFile jar) throws IOException {
    Map<String, byte[]> classes = new TreeMap<>();
    try (DataInputStream in = new DataInputStream(jar.getInputStream(jar.getJarEntry(START)))) {
      for (int length = in.read(); length > 0; length = in.read()) {
        String name = new String(in.readNBytes(length), StandardCharsets.US_ASCII);
        byte[] classFile = in.readNBytes(in.readUnsignedByte() << 16 | in.readUnsignedShort());
        assertThat(classes.put(name, classFile)).as("%s twice", name).isNull();
      }
    }
    return classes;
  }

  /** Every class file in the jar. */
  private static Map<String, byte[]> classes(JarFile jar) throws IOException {
    Map<String, byte[]> classes = starting(jar);
    for (JarEntry entry : Collections.list(jar.entries())) {
      if (entry.getName().endsWith(".class")) {
        classes.put(entry.getName(), jar.getInputStream(entry).readAllBytes());
      }
    }
    return classes;
  }

  /** What a start loads beside is loaded more slowly; what it doesn't load is read in vain. */
  @Test
  void theClassesOfEachStartAreTogether(@TempDir Path scratch) throws Exception {
    Jvm.compile("Hello.java", scratch);
    HandMadeMount mount = new HandMadeMount(scratch.resolve("mount"));
    mount.publish(HandMadeMount.File.of("db", "json", "{\"password\": \"canary-1 of 1\"}"));
    Set<String> always = new TreeSet<>();
    for (int run = 0; run < 3; run++) {
      // On a busy machine a start may take so long that what is for later is loaded in it.
      Set<String> loaded = loaded(scratch, mount);
      if (run == 0) {
        always.addAll(loaded);
      }
      always.retainAll(loaded);
    }
    assertThat(always).isEqualTo(new TreeSet<>(Files.readAllLines(STARTING)));
  }

  private static Set<String> loaded(Path scratch, HandMadeMount mount) throws Exception {
    Jvm.Run hello =
        Jvm.own()
            .run(
                scratch,
                "-Xlog:class+load:stdout",
                Jvm.agent(mount.directory()),
                "-cp",
                scratch.toString(),
                "Hello");
    return hello.outLines().stream()
        .map(line -> LOADED.matcher(line))
        .filter(Matcher::find)
        .map(found -> found.group(1))
        .filter(name -> !name.startsWith("dev.keyturn.javaagent.entry."))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void everyClassLoadsInJava8AndTheEntryInJava6() throws IOException {
    try (JarFile jar = new JarFile(Jvm.AGENT.toFile())) {
      classes(jar)
          .forEach(
              (name, classFile) ->
                  assertThat(ByteBuffer.wrap(classFile).getInt(4))
                      .as(name)
                      .isEqualTo(name.endsWith("/Premain.class") ? 50 : 52));
    }
  }

  /** So it runs wherever there is a JVM: on Alpine's musl, too. */
  @Test
  void holdsNoNativeCode() throws IOException {
    try (JarFile jar = new JarFile(Jvm.AGENT.toFile())) {
      classes(jar)
          .forEach(
              (name, classFile) ->
                  assertThat(ClassFile.of().parse(classFile).methods())
                      .as(name)
                      .noneMatch(method -> method.flags().has(AccessFlag.NATIVE)));
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
