package dev.keyturn.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The sidecar's memory follows the number of classes that it loads. */
class LightnessTest {

  /** What the sidecar does with a plan at its start. */
  static final class Reading {
    public static void main(String[] args) {
      Plan plan =
          Plan.parseJson(
              """
              {"vault": {"address": "https://vault:8200", "auth": "kubernetes", "role": "shop",
                         "client-cert-file": "/c", "client-key-file": "/k", "timeout": "5s"},
               "secrets": {
                 "db": {"from": "vault:secret/data/db", "env": {"A": "b"}, "mode": "0440",
                        "owner": "1:2", "containers": ["app"], "refresh": "30s", "group": "g",
                        "on-change": [{"signal": "HUP", "process": "nginx", "timeout": "1s"},
                                      {"http": "http://localhost:1/x"}, {"command": ["/a"]}]},
                 "web": {"from": "vault:pki/issue/web?common_name=a%20b", "group": "g",
                         "format": "pkcs12", "containers": ["app"]},
                 "key": "file:/srv/tls.key?decode=base64"}}
              """);
      // No System.exit: that looks for a logger, with streams and all.
      if (plan.visibleTo("app").size() != 3) {
        throw new AssertionError();
      }
    }
  }

  static final class YamlReading {
    public static void main(String[] args) {
      Plan.parseYaml("secrets: {a: file:a}");
    }
  }

  @Test
  void readingAPlanLoadsNoYamlNoStreamsNoExpressionsAndMakesNoClasses(@TempDir Path directory)
      throws IOException, InterruptedException {
    Set<String> loaded = classesOf(Reading.class, directory);
    assertThat(loaded)
        .contains("dev.keyturn.plan.PlanReader", "tools.jackson.core.json.ReaderBasedJsonParser")
        .noneMatch(name -> name.startsWith("org.snakeyaml"))
        .noneMatch(name -> name.startsWith("java.util.regex"))
        .noneMatch(name -> name.startsWith("java.util.stream"))
        .noneMatch(name -> name.startsWith("java.lang.runtime"))
        .noneMatch(name -> name.contains("$$StringConcat"))
        .noneMatch(name -> name.startsWith("dev.keyturn") && name.contains("$$Lambda"));
    assertThat(loaded).filteredOn(name -> name.startsWith("dev.keyturn")).hasSizeLessThan(50);
  }

  @Test
  void readingYamlWouldBeSeen(@TempDir Path directory) throws IOException, InterruptedException {
    assertThat(classesOf(YamlReading.class, directory))
        .anyMatch(name -> name.startsWith("org.snakeyaml"));
  }

  /** The classes that a new JVM loads from its main class on. */
  private static Set<String> classesOf(Class<?> main, Path directory)
      throws IOException, InterruptedException {
    Path log = directory.resolve("classes");
    Process java =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xlog:class+load:file=" + log,
                "-cp",
                System.getProperty("java.class.path"),
                main.getName())
            .inheritIO()
            .start();
    assertThat(java.waitFor()).isZero();
    Set<String> loaded = new TreeSet<>();
    for (String line : Files.readAllLines(log)) {
      String name = line.substring(line.lastIndexOf("] ") + 2).split(" ", 2)[0];
      // What the JVM needs to start is not ours to save.
      if (!loaded.isEmpty() || name.equals(main.getName())) {
        loaded.add(name);
      }
    }
    return loaded;
  }
}
