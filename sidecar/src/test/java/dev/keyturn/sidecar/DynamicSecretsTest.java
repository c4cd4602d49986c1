package dev.keyturn.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.plan.Plan;
import dev.keyturn.sidecar.SidecarConfig.MountTarget;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What engines make on demand, from a real OpenBao, and the ways in that it offers. */
class DynamicSecretsTest {
  private static final Duration AT_MOST = Duration.ofSeconds(20);

  @TempDir static Path shared;
  private static OpenBao bao;

  @TempDir Path files;
  private Memory mount;
  private final ByteArrayOutputStream log = new ByteArrayOutputStream();

  @BeforeAll
  static void startServer() throws Exception {
    bao = OpenBao.start(shared);
    bao.allow(
        "secret/data/*", "read",
        "pki/issue/*", "update",
        "transit/decrypt/*", "update",
        "transit/sign/*", "update");
    bao.appRole(shared, "");
    bao.call("POST", "sys/mounts/pki", "{\"type\":\"pki\"}");
    bao.call("POST", "sys/mounts/pki/tune", "{\"max_lease_ttl\":\"87600h\"}");
    bao.call(
        "POST",
        "pki/root/generate/internal",
        "{\"common_name\":\"test root\",\"ttl\":\"8760h\",\"key_type\":\"ec\",\"key_bits\":256}");
    for (String kind : List.of("ec:256", "rsa:2048")) {
      String[] parts = kind.split(":", 2);
      bao.call(
          "POST",
          "pki/roles/" + parts[0],
          "{\"allow_any_name\":true,\"max_ttl\":\"72h\",\"key_type\":\"%s\",\"key_bits\":%s}"
              .formatted(parts[0], parts[1]));
    }
    bao.call("POST", "sys/mounts/transit", "{\"type\":\"transit\"}");
    bao.call("POST", "transit/keys/box", "{}");
    bao.call("POST", "transit/keys/pen", "{\"type\":\"ed25519\"}");
  }

  @AfterAll
  static void stopServer() {
    bao.close();
  }

  @BeforeEach
  void makeMount() throws IOException {
    mount = new Memory();
  }

  @AfterEach
  void removeMount() throws IOException {
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

  private static String appRole() {
    return "auth: approle, role-id-file: %s, secret-id-file: %s"
        .formatted(shared.resolve("role-id"), shared.resolve("secret-id"));
  }

  private String log() {
    return log.toString(StandardCharsets.UTF_8);
  }

  private long lines(String... texts) {
    return log().lines().filter(line -> List.of(texts).stream().allMatch(line::contains)).count();
  }

  private void assertReady(Sidecar sidecar) throws InterruptedException {
    assertThat(sidecar.awaitReady(AT_MOST)).as(() -> sidecar.troubles() + log()).isTrue();
  }

  private static String escape(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  // PKI

  private static List<Certificate> certificates(String pem) throws Exception {
    String all = pem.substring(pem.indexOf("-----BEGIN CERTIFICATE"));
    try (InputStream in = new ByteArrayInputStream(all.getBytes(StandardCharsets.US_ASCII))) {
      return List.copyOf(CertificateFactory.getInstance("X.509").generateCertificates(in));
    }
  }

  private static PrivateKey key(String pem, String algorithm) throws Exception {
    String begin = "-----BEGIN PRIVATE KEY-----";
    int start = pem.indexOf(begin) + begin.length();
    byte[] der =
        Base64.getMimeDecoder()
            .decode(pem.substring(start, pem.indexOf("-----END PRIVATE KEY", start)));
    return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
  }

  private static void assertMatch(PrivateKey key, Certificate certificate) throws Exception {
    Signature signature =
        Signature.getInstance(
            key.getAlgorithm().equals("EC") ? "SHA256withECDSA" : "SHA256withRSA");
    signature.initSign(key);
    signature.update((byte) 1);
    byte[] signed = signature.sign();
    signature.initVerify(certificate);
    signature.update((byte) 1);
    assertThat(signature.verify(signed)).as("the key is the certificate's").isTrue();
  }

  private Certificate assertStore(String name, String type) throws Exception {
    KeyStore store = KeyStore.getInstance(type);
    try (InputStream in = Files.newInputStream(mount.directory().resolve(name))) {
      store.load(in, "changeit".toCharArray());
    }
    String alias = store.aliases().nextElement();
    assertMatch(
        (PrivateKey) store.getKey(alias, "changeit".toCharArray()), store.getCertificate(alias));
    return store.getCertificate(alias);
  }

  @Test
  void one_certificate_is_pem_pkcs12_and_jks_and_its_key_matches_in_each() throws Exception {
    for (String kind : List.of("ec", "rsa")) {
      String from = "from: 'vault:pki/issue/" + kind + "?common_name=web.example.com'";
      try (Sidecar sidecar =
          start(
              appRole(),
              """
              web.pem: {%1$s, format: pem}
              web.p12: {%1$s, format: pkcs12}
              web.jks: {%1$s, format: jks}
              """
                  .formatted(from))) {
        assertReady(sidecar);
        String pem = mount.read("web.pem");
        Certificate leaf = certificates(pem).getFirst();
        assertMatch(key(pem, kind.equals("ec") ? "EC" : "RSA"), leaf);
        assertThat(((X509Certificate) leaf).getSubjectX500Principal().getName())
            .isEqualTo("CN=web.example.com");
        assertThat(assertStore("web.p12", "PKCS12")).isEqualTo(leaf);
        assertThat(assertStore("web.jks", "JKS")).isEqualTo(leaf);
        assertThat(log()).doesNotContain("PRIVATE KEY");
      }
    }
  }

  @Test
  void a_certificate_is_replaced_before_it_expires() throws Exception {
    try (Sidecar sidecar =
        start(
            appRole(),
            "web: {from: 'vault:pki/issue/ec?common_name=web.example.com&ttl=8s', format: pem}")) {
      assertReady(sidecar);
      Set<Object> serials = new HashSet<>();
      Memory.await(
          "two replacements",
          Duration.ofSeconds(40),
          () -> {
            X509Certificate now = (X509Certificate) certificates(mount.read("web")).getFirst();
            serials.add(now.getSerialNumber());
            assertThat(now.getNotAfter().toInstant()).as("still valid").isAfter(Instant.now());
            return serials.size() == 3;
          });
    }
  }

  // Transit

  @Test
  void transit_decrypts_what_a_plan_holds_encrypted() throws Exception {
    String plain =
        Base64.getEncoder().encodeToString("canary-open".getBytes(StandardCharsets.UTF_8));
    String sealed =
        BaoApi.text(
            bao.call("POST", "transit/encrypt/box", "{\"plaintext\":\"" + plain + "\"}"),
            "ciphertext");
    try (Sidecar sidecar =
        start(
            appRole(),
            "open: {from: 'vault:transit/decrypt/box?ciphertext=%s&decode=base64#plaintext'}"
                .formatted(escape(sealed)))) {
      assertReady(sidecar);
      assertThat(mount.read("open")).isEqualTo("canary-open");
      assertThat(log()).doesNotContain("canary-open");
    }
  }

  @Test
  void transit_signs() throws Exception {
    String input = Base64.getEncoder().encodeToString(new byte[] {1, 2, 3});
    try (Sidecar sidecar =
        start(
            appRole(),
            "signed: {from: 'vault:transit/sign/pen?input=%s#signature'}"
                .formatted(escape(input)))) {
      assertReady(sidecar);
      assertThat(
              bao.call(
                  "POST",
                  "transit/verify/pen",
                  "{\"input\":\"%s\",\"signature\":\"%s\"}".formatted(input, mount.read("signed"))))
          .contains("\"valid\":true");
    }
  }

  // Tokens

  private String token(String settings) throws Exception {
    return BaoApi.text(
        bao.call("POST", "auth/token/create", "{\"policies\":[\"app\"]," + settings + "}"),
        "client_token");
  }

  @Test
  void a_cubbyhole_is_read_with_the_token_it_belongs_to() throws Exception {
    String token = token("\"ttl\":\"1h\"");
    BaoApi.send(
        bao.address(), token, "POST", "cubbyhole/mine", "{\"a\":\"canary-1\"}", java.util.Map.of());
    Path file = Files.writeString(files.resolve("token"), token);
    try (Sidecar sidecar =
        start("auth: token, token-file: " + file, "mine: {from: 'vault:cubbyhole/mine#a'}")) {
      assertReady(sidecar);
      assertThat(mount.read("mine")).isEqualTo("canary-1");
    }
  }

  private String role(String name, String settings) throws Exception {
    bao.call(
        "POST", "auth/approle/role/" + name, "{\"token_policies\":[\"app\"]," + settings + "}");
    Files.writeString(
        files.resolve("role-id"),
        BaoApi.text(bao.call("GET", "auth/approle/role/" + name + "/role-id", ""), "role_id"));
    Files.writeString(
        files.resolve("secret-id"),
        BaoApi.text(
            bao.call("POST", "auth/approle/role/" + name + "/secret-id", "{}"), "secret_id"));
    return "auth: approle, role-id-file: %s, secret-id-file: %s"
        .formatted(files.resolve("role-id"), files.resolve("secret-id"));
  }

  private void awaitRotations(String path, int count) throws Exception {
    for (int version = 1; version <= count; version++) {
      String value = "canary-" + version;
      bao.put(path, "{\"a\":\"" + value + "\"}");
      Memory.await("the rotation", () -> mount.read("a").equals(value));
      Thread.sleep(1000);
    }
  }

  @Test
  void a_batch_token_cannot_be_renewed_and_is_replaced() throws Exception {
    bao.put("batch", "{\"a\":\"canary-0\"}");
    try (Sidecar sidecar =
        start(
            role("batch", "\"token_type\":\"batch\",\"token_ttl\":\"4s\""),
            "a: {from: 'vault:secret/batch#a', refresh: 1s}")) {
      assertReady(sidecar);
      awaitRotations("batch", 4);
      assertThat(lines("\"event\":\"login\"", "\"ok\"")).isBetween(2L, 5L);
      assertThat(lines("\"failed\"")).as(this::log).isZero();
    }
  }

  @Test
  void a_periodic_token_is_renewed_for_ever_and_no_second_login_is_made() throws Exception {
    bao.put("periodic", "{\"a\":\"canary-0\"}");
    try (Sidecar sidecar =
        start(
            role("periodic", "\"token_period\":\"3s\""),
            "a: {from: 'vault:secret/periodic#a', refresh: 1s}")) {
      assertReady(sidecar);
      awaitRotations("periodic", 4);
      assertThat(lines("\"event\":\"login\"")).as(this::log).isEqualTo(1);
      assertThat(lines("\"event\":\"renew\"", "\"ok\"")).isGreaterThanOrEqualTo(2);
      assertThat(lines("\"failed\"")).as(this::log).isZero();
    }
  }

  // Wrapping

  /** An AppRole whose secret id is wrapped; the wrapping token is in the file. */
  private String wrapped(String name) throws Exception {
    String auth = role(name, "\"secret_id_num_uses\":0") + ", wrapped: true";
    Files.writeString(files.resolve("secret-id"), wrap("auth/approle/role/" + name + "/secret-id"));
    return auth;
  }

  private static String wrap(String path) throws Exception {
    return BaoApi.text(
        bao.call("POST", path, "{}", java.util.Map.of("X-Vault-Wrap-TTL", "60s")), "token");
  }

  @Test
  void a_wrapped_secret_id_is_opened_and_logs_in() throws Exception {
    bao.put("wrapped", "{\"a\":\"canary-0\"}");
    String auth = wrapped("wrapped");
    try (Sidecar sidecar = start(auth, "a: {from: 'vault:secret/wrapped#a'}")) {
      assertReady(sidecar);
      assertThat(mount.read("a")).isEqualTo("canary-0");
      assertThat(lines("\"event\":\"login\"")).isEqualTo(1);
    }
    assertThat(log()).doesNotContain(Files.readString(files.resolve("secret-id")));
  }

  @Test
  void a_wrapping_token_that_somebody_else_has_opened_is_reported_and_not_tried_again()
      throws Exception {
    bao.put("wrapped", "{\"a\":\"canary-0\"}");
    String auth = wrapped("intercepted");
    String wrapping = Files.readString(files.resolve("secret-id"));
    BaoApi.send(bao.address(), wrapping, "POST", "sys/wrapping/unwrap", "{}", java.util.Map.of());
    try (Sidecar sidecar = start(auth, "a: {from: 'vault:secret/wrapped#a'}")) {
      assertThat(sidecar.awaitSettled()).as("it waits for somebody").isFalse();
      assertThat(sidecar.troubles().toString()).contains("opened").doesNotContain(wrapping);
      long logins = lines("\"event\":\"login\"");
      Thread.sleep(3000);
      assertThat(lines("\"event\":\"login\"", "\"ok\"")).isZero();
      assertThat(lines("\"event\":\"login\"") - logins).as("further attempts").isLessThan(5);

      Files.writeString(
          files.resolve("secret-id"), wrap("auth/approle/role/intercepted/secret-id"));
      assertThat(sidecar.awaitReady(Duration.ofSeconds(40))).as(this::log).isTrue();
    }
    assertThat(log()).doesNotContain(wrapping);
  }

  @Test
  void a_wrapped_token_is_opened() throws Exception {
    bao.put("wrapped", "{\"a\":\"canary-0\"}");
    String wrapping =
        BaoApi.text(
            bao.call(
                "POST",
                "auth/token/create",
                "{\"policies\":[\"app\"],\"ttl\":\"1h\"}",
                java.util.Map.of("X-Vault-Wrap-TTL", "60s")),
            "token");
    Path file = Files.writeString(files.resolve("token"), wrapping);
    try (Sidecar sidecar =
        start(
            "auth: token, token-file: " + file + ", wrapped: true",
            "a: {from: 'vault:secret/wrapped#a'}")) {
      assertReady(sidecar);
      assertThat(mount.read("a")).isEqualTo("canary-0");
    }
  }

  // KV

  @Test
  void a_deleted_version_keeps_what_is_published_and_is_fresh_again_when_undeleted()
      throws Exception {
    bao.put("kv", "{\"a\":\"canary-1\"}");
    try (Sidecar sidecar = start(appRole(), "a: {from: 'vault:secret/kv#a', refresh: 1s}")) {
      assertReady(sidecar);
      bao.call("DELETE", "secret/data/kv", "");
      Memory.await("the trouble", () -> !sidecar.troubles().isEmpty());
      assertThat(mount.read("a")).isEqualTo("canary-1");
      bao.call("POST", "secret/undelete/kv", "{\"versions\":[1]}");
      Memory.await("no trouble", AT_MOST, () -> sidecar.troubles().isEmpty());

      bao.put("kv", "{\"a\":\"canary-2\"}");
      Memory.await("the rotation", AT_MOST, () -> mount.read("a").equals("canary-2"));
      bao.call("PUT", "secret/destroy/kv", "{\"versions\":[2]}");
      Memory.await("the trouble", () -> !sidecar.troubles().isEmpty());
      assertThat(mount.read("a")).isEqualTo("canary-2");
      bao.put("kv", "{\"a\":\"canary-3\"}");
      Memory.await("the rotation", AT_MOST, () -> mount.read("a").equals("canary-3"));
    }
  }

  @Test
  void a_destroyed_version_that_a_plan_asks_for_is_said_to_be_gone() throws Exception {
    bao.put("gone", "{\"a\":\"canary-1\"}");
    bao.put("gone", "{\"a\":\"canary-2\"}");
    bao.call("PUT", "secret/destroy/gone", "{\"versions\":[1]}");
    try (Sidecar sidecar = start(appRole(), "a: {from: 'vault:secret/gone?version=1#a'}")) {
      assertThat(sidecar.awaitSettled()).isFalse();
      assertThat(sidecar.troubles().toString()).contains("secret/gone");
      assertThat(mount.directory().resolve("..data")).doesNotExist();
    }
  }
}
