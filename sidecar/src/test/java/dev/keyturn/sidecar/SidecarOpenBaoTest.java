package dev.keyturn.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.plan.Plan;
import dev.keyturn.sidecar.SidecarConfig.MountTarget;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SidecarOpenBaoTest {
  private static final Duration AT_MOST = Duration.ofSeconds(15);

  @TempDir Path files;
  private Memory mount;
  private OpenBao bao;
  private final ByteArrayOutputStream log = new ByteArrayOutputStream();

  @BeforeEach
  void startServer() throws Exception {
    mount = new Memory();
    bao = OpenBao.start(files);
    bao.allowReading();
  }

  @AfterEach
  void stopServer() throws Exception {
    bao.close();
    mount.close();
  }

  private Sidecar start(String auth, String secrets) {
    String plan =
        """
        vault: {address: "%s", %s}
        secrets:
        %s
        """
            .formatted(bao.address(), auth, secrets.indent(2));
    return Sidecar.start(
        new SidecarConfig(
            Plan.parseYaml(plan),
            files,
            List.of(new MountTarget(mount.directory(), List.of())),
            Optional.empty(),
            false),
        log);
  }

  private String appRole() throws Exception {
    return appRole("");
  }

  private String appRole(String settings) throws Exception {
    bao.appRole(files, settings);
    return "auth: approle, role-id-file: %s, secret-id-file: %s"
        .formatted(files.resolve("role-id"), files.resolve("secret-id"));
  }

  private String tokenFile(String ttl) throws Exception {
    Path file = Files.writeString(files.resolve("token"), bao.token(ttl));
    return "auth: token, token-file: " + file;
  }

  private String log() {
    return log.toString(StandardCharsets.UTF_8);
  }

  private long logins() {
    return log().lines().filter(line -> line.contains("\"event\":\"login\"")).count();
  }

  private void assertReady(Sidecar sidecar) throws InterruptedException {
    assertThat(sidecar.awaitReady(AT_MOST)).as(() -> sidecar.troubles() + log()).isTrue();
  }

  @Test
  void logs_in_once_by_approle_and_reads_kv_v2_by_either_path() throws Exception {
    bao.put("app", "{\"password\":\"canary-1\",\"port\":1.5,\"nested\":{\"a\":[1,null]}}");
    try (Sidecar sidecar =
        start(
            appRole(),
            """
            short: {from: 'vault:secret/app#password'}
            long: {from: 'vault:secret/data/app', format: json}
            """)) {
      assertReady(sidecar);
      assertThat(mount.read("short")).isEqualTo("canary-1");
      assertThat(mount.read("long"))
          .isEqualTo("{\"nested\":{\"a\":[1,null]},\"password\":\"canary-1\",\"port\":1.5}\n");
      assertThat(mount.read("..data/..manifest")).contains("file.0.version=1");
      assertThat(logins()).isEqualTo(1);
    }
    assertThat(log()).doesNotContain("canary");
  }

  @Test
  void shows_a_rotation_within_the_refresh() throws Exception {
    bao.put("app", "{\"password\":\"canary-1\"}");
    try (Sidecar sidecar =
        start(appRole(), "db: {from: 'vault:secret/app#password', refresh: 1s}")) {
      assertReady(sidecar);
      bao.put("app", "{\"password\":\"canary-2\"}");
      Memory.await("the rotation", () -> mount.read("db").equals("canary-2"));
      assertThat(mount.read("..data/..manifest")).contains("file.0.version=2");
    }
  }

  private long fetches() {
    return log().lines().filter(line -> line.contains("\"event\":\"fetch\"")).count();
  }

  @Test
  void a_look_moves_no_secret_where_the_policy_has_the_metadata() throws Exception {
    bao.call(
        "PUT",
        "sys/policies/acl/app",
        """
        {"policy": "path \\"secret/data/*\\" {capabilities=[\\"read\\"]} path \\"secret/metadata/*\\" {capabilities=[\\"read\\"]}"}
        """);
    bao.put("app", "{\"password\":\"canary-1\"}");
    try (Sidecar sidecar =
        start(appRole(), "db: {from: 'vault:secret/app#password', refresh: 1s}")) {
      assertReady(sidecar);
      Thread.sleep(2500);
      assertThat(fetches()).as("after two looks at least").isEqualTo(1);
      bao.put("app", "{\"password\":\"canary-2\"}");
      Memory.await("the rotation", () -> mount.read("db").equals("canary-2"));
      assertThat(fetches()).isEqualTo(2);

      bao.call("DELETE", "secret/data/app", "");
      Memory.await("deleted", () -> sidecar.troubles().toString().contains("undelete"));
      assertThat(mount.read("db")).isEqualTo("canary-2");
      bao.call("POST", "secret/undelete/app", "{\"versions\":[2]}");
      Memory.await("undeleted", () -> sidecar.troubles().isEmpty());
    }
  }

  @Test
  void reads_kv_v1_and_an_old_version_of_kv_v2() throws Exception {
    bao.call("POST", "sys/mounts/kv1", "{\"type\":\"kv\",\"options\":{\"version\":\"1\"}}");
    bao.call("POST", "kv1/data/app", "{\"password\":\"canary-v1\"}");
    bao.put("app", "{\"password\":\"canary-old\"}");
    bao.put("app", "{\"password\":\"canary-new\"}");
    try (Sidecar sidecar =
        start(
            appRole(),
            """
            one: {from: 'vault:kv1/data/app#password'}
            two: {from: 'vault:secret/app?version=1#password'}
            """)) {
      assertReady(sidecar);
      assertThat(mount.read("one")).isEqualTo("canary-v1");
      assertThat(mount.read("two")).isEqualTo("canary-old");
    }
  }

  @Test
  void decodes_base64_to_bytes() throws Exception {
    bao.put("app", "{\"key\":\"AAH/gA==\"}");
    try (Sidecar sidecar = start(appRole(), "key: {from: 'vault:secret/app?decode=base64#key'}")) {
      assertReady(sidecar);
      assertThat(Files.readAllBytes(mount.directory().resolve("key")))
          .containsExactly(0, 1, 0xff, 0x80);
    }
  }

  @Test
  void logs_in_without_a_secret_id_where_the_role_does_without() throws Exception {
    bao.put("app", "{\"password\":\"canary-1\"}");
    bao.appRole(files, "\"bind_secret_id\":false,\"token_bound_cidrs\":[\"127.0.0.0/8\"]");
    try (Sidecar sidecar =
        start(
            "auth: approle, role-id-file: " + files.resolve("role-id"),
            "db: {from: 'vault:secret/app#password'}")) {
      assertReady(sidecar);
    }
  }

  @Test
  void logs_in_with_a_jwt() throws Exception {
    KeyPair keys = KeyPairGenerator.getInstance("RSA").generateKeyPair();
    String pem =
        "-----BEGIN PUBLIC KEY-----\\n"
            + Base64.getEncoder().encodeToString(keys.getPublic().getEncoded())
            + "\\n-----END PUBLIC KEY-----";
    bao.call("POST", "sys/auth/jwt", "{\"type\":\"jwt\"}");
    bao.call("POST", "auth/jwt/config", "{\"jwt_validation_pubkeys\":[\"" + pem + "\"]}");
    bao.call(
        "POST",
        "auth/jwt/role/ci",
        "{\"role_type\":\"jwt\",\"user_claim\":\"sub\",\"bound_audiences\":[\"vault\"],\"token_policies\":[\"app\"]}");
    bao.put("app", "{\"password\":\"canary-1\"}");
    Path file =
        Files.writeString(
            files.resolve("jwt"),
            jwt(
                keys,
                "{\"sub\":\"job\",\"aud\":\"vault\",\"nbf\":%1$d,\"iat\":%1$d,\"exp\":%2$d}"));
    try (Sidecar sidecar =
        start(
            "auth: jwt, role: ci, token-file: " + file,
            "db: {from: 'vault:secret/app#password'}")) {
      assertReady(sidecar);
      assertThat(log()).contains("\"method\":\"jwt\"").doesNotContain(Files.readString(file));
    }
  }

  private static String jwt(KeyPair keys, String claims) throws Exception {
    long now = Instant.now().getEpochSecond();
    Base64.Encoder base64 = Base64.getUrlEncoder().withoutPadding();
    String signed =
        base64.encodeToString("{\"alg\":\"RS256\"}".getBytes(StandardCharsets.UTF_8))
            + "."
            + base64.encodeToString(
                claims.formatted(now - 10, now + 600).getBytes(StandardCharsets.UTF_8));
    Signature signature = Signature.getInstance("SHA256withRSA");
    signature.initSign(keys.getPrivate());
    signature.update(signed.getBytes(StandardCharsets.UTF_8));
    return signed + "." + base64.encodeToString(signature.sign());
  }

  @Test
  void logs_in_as_a_service_account_that_the_cluster_vouches_for() throws Exception {
    KeyPair keys = KeyPairGenerator.getInstance("RSA").generateKeyPair();
    String token =
        jwt(
            keys,
            "{\"iss\":\"kubernetes\",\"aud\":[\"vault\"],\"sub\":\"system:serviceaccount:shop:app\",\"kubernetes.io\":{\"namespace\":\"shop\",\"serviceaccount\":{\"name\":\"app\",\"uid\":\"1\"}},\"nbf\":%1$d,\"iat\":%1$d,\"exp\":%2$d}");
    try (TokenReviewer cluster = TokenReviewer.start(token, "system:serviceaccount:shop:app")) {
      bao.call("POST", "sys/auth/k8s", "{\"type\":\"kubernetes\"}");
      bao.call(
          "POST",
          "auth/k8s/config",
          "{\"kubernetes_host\":\""
              + cluster.address()
              + "\",\"kubernetes_ca_cert\":\""
              + Certificates.unrelatedCa().replace("\n", "\\n")
              + "\"}");
      bao.call(
          "POST",
          "auth/k8s/role/shop",
          "{\"bound_service_account_names\":[\"app\"],\"bound_service_account_namespaces\":[\"shop\"],\"audience\":\"vault\",\"token_policies\":[\"app\"]}");
      bao.put("app", "{\"password\":\"canary-1\"}");
      Path file = Files.writeString(files.resolve("jwt"), token);
      try (Sidecar sidecar =
          start(
              "auth: kubernetes, auth-mount: k8s, role: shop, token-file: " + file,
              "db: {from: 'vault:secret/app#password'}")) {
        assertReady(sidecar);
        assertThat(log()).contains("\"method\":\"kubernetes\"");
      }
    }
  }

  @Test
  void says_which_policy_is_missing_and_logs_in_no_second_time() throws Exception {
    bao.call("POST", "sys/mounts/other", "{\"type\":\"kv-v2\"}");
    try (Sidecar sidecar = start(appRole(), "db: {from: 'vault:other/app#password'}")) {
      Memory.await("two attempts", () -> log().split("\"event\":\"fetch\"", -1).length > 2);
      assertThat(sidecar.troubles().getFirst().reason())
          .contains("status 403", "capability \"read\"", "\"other/app\"");
      assertThat(logins()).isEqualTo(1);
    }
  }

  @Test
  void says_what_is_not_there() throws Exception {
    bao.put("app", "{\"user\":\"canary-user\",\"password\":\"canary-1\"}");
    bao.put("gone", "{\"password\":\"canary-1\"}");
    bao.call("DELETE", "secret/data/gone", "");
    try (Sidecar sidecar =
        start(
            appRole(),
            """
            absent: {from: 'vault:secret/absent#password'}
            gone: {from: 'vault:secret/gone#password'}
            key: {from: 'vault:secret/app#passwrod'}
            """)) {
      assertThat(sidecar.awaitSettled()).isFalse();
      assertThat(sidecar.troubles())
          .extracting(trouble -> trouble.reason())
          .satisfiesExactly(
              reason -> assertThat(reason).contains("status 404", "nothing is there"),
              reason -> assertThat(reason).contains("status 404", "undelete"),
              reason -> assertThat(reason).contains("no key 'passwrod'", "password, user"));
    }
    assertThat(log()).doesNotContain("canary");
  }

  @Test
  void a_denied_secret_does_not_disturb_another() throws Exception {
    bao.put("app", "{\"password\":\"canary-1\"}");
    bao.call("POST", "sys/mounts/other", "{\"type\":\"kv-v2\"}");
    try (Sidecar sidecar =
        start(
            appRole(),
            """
            good: {from: 'vault:secret/app#password', refresh: 1s}
            bad: {from: 'vault:other/app#password', required: false}
            """)) {
      assertReady(sidecar);
      bao.put("app", "{\"password\":\"canary-2\"}");
      Memory.await("the rotation", () -> mount.read("good").equals("canary-2"));
    }
  }

  @Test
  void a_token_file_is_read_again_when_its_token_is_gone() throws Exception {
    bao.put("app", "{\"password\":\"canary-1\"}");
    String auth = tokenFile("1h");
    String first = Files.readString(files.resolve("token"));
    try (Sidecar sidecar = start(auth, "db: {from: 'vault:secret/app#password', refresh: 1s}")) {
      assertReady(sidecar);
      Files.writeString(files.resolve("token"), bao.token("1h"));
      bao.call("POST", "auth/token/revoke", "{\"token\":\"" + first + "\"}");
      bao.put("app", "{\"password\":\"canary-2\"}");
      Memory.await("the rotation", () -> mount.read("db").equals("canary-2"));
    }
    bao.call(
        "POST",
        "auth/token/lookup",
        "{\"token\":\"" + Files.readString(files.resolve("token")) + "\"}");
    assertThat(log()).doesNotContain(first);
  }

  @Test
  void renews_a_token_and_logs_in_again_before_it_ends() throws Exception {
    bao.put("app", "{\"password\":\"canary-1\"}");
    try (Sidecar sidecar =
        start(
            appRole("\"token_ttl\":\"3s\",\"token_max_ttl\":\"3s\""),
            "db: {from: 'vault:secret/app#password', refresh: 1s}")) {
      assertReady(sidecar);
      Memory.await("a third login", () -> logins() >= 3);
      assertThat(sidecar.troubles()).isEmpty();
      assertThat(log()).contains("\"event\":\"renew\",\"outcome\":\"ok\"");
      assertThat(log())
          .doesNotContain("\"event\":\"login\",\"outcome\":\"failed\"")
          .doesNotContain("\"event\":\"fetch\",\"outcome\":\"failed\"");
    }
  }

  @Test
  void gives_its_token_back_at_the_end() throws Exception {
    bao.put("app", "{\"password\":\"canary-1\"}");
    String auth = appRole();
    try (Sidecar sidecar = start(auth, "db: {from: 'vault:secret/app#password'}")) {
      assertReady(sidecar);
      assertThat(bao.call("LIST", "auth/token/accessors", "").split(",").length)
          .as("root's, ours")
          .isGreaterThan(1);
    }
    String accessors = bao.call("LIST", "auth/token/accessors", "");
    assertThat(accessors.substring(accessors.indexOf("\"keys\"")).split("\\]", 2)[0].split(","))
        .as("root's alone")
        .hasSize(1);
  }

  @Test
  void keeps_the_last_good_version_while_the_server_is_down_and_recovers() throws Exception {
    bao.put("app", "{\"password\":\"canary-1\"}");
    String auth = appRole();
    try (Sidecar sidecar = start(auth, "db: {from: 'vault:secret/app#password', refresh: 1s}")) {
      assertReady(sidecar);
      bao.kill();
      Memory.await("the trouble", () -> !sidecar.troubles().isEmpty());
      assertThat(sidecar.troubles().getFirst().reason()).contains("is the server up");
      assertThat(mount.read("db")).isEqualTo("canary-1");
      assertThat(sidecar.awaitReady(Duration.ZERO)).as("stays ready").isTrue();

      bao.restart();
      bao.allowReading();
      bao.appRole(files, "");
      bao.put("app", "{\"password\":\"canary-2\"}");
      Memory.await("the recovery", () -> mount.read("db").equals("canary-2"));
      Memory.await("no trouble", () -> sidecar.troubles().isEmpty());
    }
    assertThat(log()).doesNotContain("canary");
  }

  @Test
  void sends_the_namespace() throws Exception {
    bao.call("POST", "sys/namespaces/team", "{}");
    var inTeam = java.util.Map.of("X-Vault-Namespace", "team");
    bao.call("POST", "sys/mounts/secret", "{\"type\":\"kv-v2\"}", inTeam);
    bao.call(
        "PUT",
        "sys/policies/acl/app",
        "{\"policy\":\"path \\\"secret/data/*\\\" {capabilities=[\\\"read\\\"]}\"}",
        inTeam);
    // A new KV v2 upgrades itself for a moment.
    Memory.await(
        "the engine",
        () -> {
          try {
            bao.call(
                "POST", "secret/data/app", "{\"data\":{\"password\":\"canary-team\"}}", inTeam);
            return true;
          } catch (AssertionError e) {
            return false;
          }
        });
    String token =
        BaoApi.text(
            bao.call("POST", "auth/token/create", "{\"policies\":[\"app\"]}", inTeam),
            "client_token");
    Path file = Files.writeString(files.resolve("token"), token);
    try (Sidecar sidecar =
        start(
            "auth: token, namespace: team, token-file: " + file,
            "db: {from: 'vault:secret/app#password'}")) {
      assertReady(sidecar);
      assertThat(mount.read("db")).isEqualTo("canary-team");
    }
  }

  @Test
  void does_not_repeat_a_refused_credential() throws Exception {
    String auth = appRole();
    Files.writeString(files.resolve("secret-id"), "canary-secret-id");
    try (Sidecar sidecar = start(auth, "db: {from: 'vault:secret/app#password'}")) {
      assertThat(sidecar.awaitSettled()).isFalse();
      assertThat(sidecar.troubles().getFirst().reason())
          .contains("login by approle", "status 400", "invalid role or secret ID");
    }
    assertThat(log()).doesNotContain("canary").doesNotContain(role());
  }

  private String role() throws IOException {
    return Files.readString(files.resolve("role-id")).strip();
  }
}
