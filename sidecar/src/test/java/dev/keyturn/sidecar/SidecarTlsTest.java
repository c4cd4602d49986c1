package dev.keyturn.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.plan.Plan;
import dev.keyturn.sidecar.SidecarConfig.MountTarget;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SidecarTlsTest {
  @TempDir static Path files;
  private static OpenBao bao;
  private Memory mount;

  @BeforeAll
  static void startServer() throws Exception {
    bao = OpenBao.startTls(files);
  }

  @AfterAll
  static void stopServer() {
    bao.close();
  }

  @BeforeEach
  void makeMount() throws IOException {
    mount = new Memory();
    Files.writeString(files.resolve("token"), "root");
    Files.writeString(files.resolve("plan-ca.pem"), Files.readString(bao.ca()));
  }

  @AfterEach
  void removeMount() throws IOException {
    mount.close();
  }

  private Sidecar start(String trust) {
    String plan =
        """
        vault: {address: "%s", auth: token, token-file: %s, %s}
        secrets:
          db: {from: 'vault:secret/app#password', refresh: 1s}
        """
            .formatted(bao.address(), files.resolve("token"), trust);
    return Sidecar.start(
        new SidecarConfig(
            Plan.parseYaml(plan),
            files,
            List.of(new MountTarget(mount.directory(), List.of())),
            Optional.empty(),
            false),
        OutputStream.nullOutputStream());
  }

  private static Path wrongCa() throws Exception {
    return Files.writeString(files.resolve("wrong.pem"), Certificates.unrelatedCa());
  }

  private String reason(String trust) throws InterruptedException {
    try (Sidecar sidecar = start(trust)) {
      assertThat(sidecar.awaitSettled()).isFalse();
      return sidecar.troubles().getFirst().reason();
    }
  }

  @Test
  void trusts_the_ca_of_a_file_or_of_the_plan() throws Exception {
    bao.callOverTls("secret/data/app", "{\"data\":{\"password\":\"canary-1\"}}");
    try (Sidecar sidecar = start("ca-file: " + bao.ca())) {
      assertThat(sidecar.awaitReady(Duration.ofSeconds(10)))
          .as(() -> sidecar.troubles().toString())
          .isTrue();
    }
    String inline = Files.readString(bao.ca()).replace("\n", "\\n");
    try (Sidecar sidecar = start("ca: \"" + inline + "\", server-name: localhost")) {
      assertThat(sidecar.awaitReady(Duration.ofSeconds(10)))
          .as(() -> sidecar.troubles().toString())
          .isTrue();
    }
  }

  @Test
  void refuses_a_server_of_another_ca_and_says_which_was_trusted() throws Exception {
    assertThat(reason("ca-file: " + wrongCa()))
        .contains("TLS with " + bao.address(), "certification path", "the CA file " + wrongCa());
  }

  @Test
  void refuses_a_server_that_only_the_plan_would_trust() throws Exception {
    assertThat(reason("namespace: team")).contains("TLS with", "the JVM's certificates");
  }

  @Test
  void refuses_a_server_of_another_name() throws Exception {
    assertThat(reason("server-name: other.example, ca-file: " + bao.ca()))
        .contains("TLS with", "other.example");
  }

  @Test
  void says_that_a_ca_file_is_missing_or_none() throws Exception {
    assertThat(reason("ca-file: " + files.resolve("absent.pem"))).contains("there is no file");
    Path junk = Files.writeString(files.resolve("junk.pem"), "junk");
    assertThat(reason("ca-file: " + junk)).contains("no usable PEM certificates");
  }

  @Test
  void follows_a_ca_file_that_is_replaced() throws Exception {
    bao.callOverTls("secret/data/app", "{\"data\":{\"password\":\"canary-1\"}}");
    Path file = files.resolve("rotating.pem");
    Files.copy(wrongCa(), file);
    try (Sidecar sidecar = start("ca-file: " + file)) {
      Memory.await("the refusal", () -> sidecar.troubles().toString().contains("TLS"));
      Files.copy(bao.ca(), file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
      assertThat(sidecar.awaitReady(Duration.ofSeconds(20))).isTrue();
    }
  }
}
