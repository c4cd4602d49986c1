package dev.keyturn.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.plan.Reference;
import dev.keyturn.plan.Source;
import dev.keyturn.sidecar.source.FetchException;
import dev.keyturn.sidecar.source.SecretSource;
import dev.keyturn.sidecar.source.SourceContext;
import dev.keyturn.sidecar.source.SourceProvider;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.jar.JarOutputStream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the sources take from a process that has nothing to do with them, and what they show. */
class SourcesProcessTest {
  private static final Duration AT_MOST = Duration.ofSeconds(60);
  private static final Path VECTORS = Path.of("src/test/resources/sops").toAbsolutePath();

  @TempDir Path directory;

  @Test
  void a_plan_of_files_loads_nothing_of_the_other_sources() throws Exception {
    Path classes = directory.resolve("classes");
    Path file = Files.writeString(directory.resolve("a"), "text");
    try (Memory mount = new Memory();
        SidecarProcess sidecar =
            SidecarProcess.start(
                directory,
                "secrets: {a: 'file:" + file + "'}",
                mount.directory().toString(),
                "-Xlog:class+load:file=" + classes)) {
      sidecar.awaitReady(AT_MOST);
      assertThat(Files.readString(classes))
          .contains("dev.keyturn.sidecar.source.FileSource")
          .doesNotContain(
              "dev.keyturn.sidecar.aws",
              "dev.keyturn.sidecar.kubernetes",
              "dev.keyturn.sidecar.sops",
              "dev.keyturn.sidecar.vault.VaultServer",
              "software.amazon",
              "com.exceptionfactory",
              "org.slf4j",
              "javax.crypto.Cipher ");
    }
  }

  @Test
  void a_file_of_sops_is_plain_in_the_mount_and_nowhere_else() throws Exception {
    String plan =
        "sops: {age-identity-file: '%s'}\nsecrets: {a: 'sops:%s#db.password'}"
            .formatted(VECTORS.resolve("TEST-KEY-a.txt"), VECTORS.resolve("plain.enc.yaml"));
    try (Memory mount = new Memory();
        SidecarProcess sidecar =
            SidecarProcess.start(directory, plan, mount.directory().toString())) {
      sidecar.awaitReady(AT_MOST);
      assertThat(mount.read("a")).isEqualTo("canary-nested");
      assertThat(sidecar.log()).contains("sops:").doesNotContain("canary", "AGE-SECRET");
      assertThat(sidecar.end()).isZero();
    }
  }

  /** Its service is named in no jar of the class path. */
  public static final class Added implements SourceProvider {
    @Override
    public Source source() {
      return Source.K8S;
    }

    @Override
    public SecretSource open(Reference reference, SourceContext context) throws FetchException {
      throw FetchException.permanent(reference + ": asked of the source that was added");
    }
  }

  @Test
  void a_jar_in_the_folder_of_sources_adds_one() throws Exception {
    Path folder = Files.createDirectory(directory.resolve("sources"));
    try (var jar = new JarOutputStream(Files.newOutputStream(folder.resolve("added.jar")))) {
      jar.putNextEntry(new ZipEntry("META-INF/services/" + SourceProvider.class.getName()));
      jar.write(Added.class.getName().getBytes(StandardCharsets.UTF_8));
    }
    assertThat(logWithSources(folder))
        .contains("k8s:secret/a#b: asked of the source that was added");
  }

  @Test
  void a_folder_of_sources_that_is_not_there_is_said() throws Exception {
    Path folder = directory.resolve("missing");
    assertThat(logWithSources(folder))
        .contains(
            "k8s:secret/a#b: the folder of the sources' jars, "
                + folder
                + ", can't be read: NoSuchFileException; correct -Dkeyturn.sources");
  }

  /** What is said by a sidecar whose plan has a source other than vault and file. */
  private String logWithSources(Path folder) throws Exception {
    try (Memory mount = new Memory();
        SidecarProcess sidecar =
            SidecarProcess.start(
                directory,
                "secrets: {a: 'k8s:secret/a#b'}",
                mount.directory().toString(),
                "-Dkeyturn.sources=" + folder)) {
      Memory.await("its trouble is told", AT_MOST, () -> sidecar.lines("k8s:secret/a#b") > 0);
      return sidecar.log();
    }
  }
}
