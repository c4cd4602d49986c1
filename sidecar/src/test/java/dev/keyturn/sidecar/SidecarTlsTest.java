package dev.keyturn.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.plan.Plan;
import dev.keyturn.sidecar.SidecarConfig.MountTarget;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
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
    return startAs("auth: token, token-file: " + files.resolve("token") + ", " + trust);
  }

  private Sidecar startAs(String settings) {
    String plan =
        """
        vault: {address: "%s", %s}
        secrets:
          db: {from: 'vault:secret/app#password', refresh: 1s}
        """
            .formatted(bao.address(), settings);
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
      Files.copy(bao.ca(), file, StandardCopyOption.REPLACE_EXISTING);
      assertThat(sidecar.awaitReady(Duration.ofSeconds(20))).isTrue();
    }
  }

  /** A key and a certificate for it, of a CA of its own, in PEM. */
  private static void clientCertificate(String name) throws Exception {
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", name + ".key");
    openssl(
        "req",
        "-x509",
        "-new",
        "-key",
        name + ".key",
        "-subj",
        "/CN=app.example",
        "-days",
        "2",
        "-addext",
        "extendedKeyUsage=clientAuth",
        "-out",
        name + ".crt");
  }

  private static void openssl(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("openssl"));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command)
            .directory(files.toFile())
            .redirectErrorStream(true)
            .redirectOutput(files.resolve("openssl.log").toFile())
            .start();
    assertThat(process.waitFor()).as(Files.readString(files.resolve("openssl.log"))).isZero();
  }

  @Test
  void logs_in_with_a_client_certificate_and_follows_its_files() throws Exception {
    bao.callOverTls("secret/data/app", "{\"data\":{\"password\":\"canary-1\"}}");
    clientCertificate("trusted");
    clientCertificate("other");
    bao.callOverTls("sys/auth/cert", "{\"type\":\"cert\"}");
    bao.callOverTls(
        "sys/policies/acl/app",
        "{\"policy\": \"path \\\"secret/*\\\" {capabilities=[\\\"read\\\"]}\"}");
    bao.callOverTls(
        "auth/cert/certs/app",
        "{\"certificate\":\"%s\",\"token_policies\":[\"app\"]}"
            .formatted(Files.readString(files.resolve("trusted.crt")).replace("\n", "\\n")));
    Path certificate = files.resolve("client.crt");
    Path key = files.resolve("client.key");
    Files.copy(files.resolve("other.crt"), certificate);
    Files.copy(files.resolve("trusted.key"), key);
    try (Sidecar sidecar =
        startAs(
            "auth: cert, role: app, ca-file: %s, client-cert-file: %s, client-key-file: %s"
                .formatted(bao.ca(), certificate, key))) {
      Memory.await(
          "the pair that is none",
          () -> sidecar.troubles().toString().contains("the client certificate cannot be used"));
      assertThat(sidecar.troubles().toString()).contains("client.crt", "client.key");

      Files.copy(files.resolve("other.key"), key, StandardCopyOption.REPLACE_EXISTING);
      Memory.await("the refusal", () -> sidecar.troubles().toString().contains("login by cert"));

      Files.copy(files.resolve("trusted.crt"), certificate, StandardCopyOption.REPLACE_EXISTING);
      Files.copy(files.resolve("trusted.key"), key, StandardCopyOption.REPLACE_EXISTING);
      assertThat(sidecar.awaitReady(Duration.ofSeconds(60)))
          .as(() -> sidecar.troubles().toString())
          .isTrue();
      assertThat(mount.read("db")).isEqualTo("canary-1");
    }
  }
}
