package dev.keyturn.webhook.certificate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keyturn.webhook.kubernetes.FakeApiServer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

@Timeout(60)
class SelfMadeCertificatesTest {
  private static final String SECRET = "/api/v1/namespaces/keyturn/secrets/tls";
  private static final String CONFIGURATION = FakeApiServer.configurationPath("keyturn");

  @TempDir private Path directory;
  private FakeApiServer api;
  private final SettableClock clock = new SettableClock();

  @BeforeEach
  void start() throws Exception {
    api = new FakeApiServer(directory);
    api.putConfiguration("keyturn", "pods.keyturn.dev", "other.keyturn.dev");
  }

  @AfterEach
  void stop() {
    api.close();
  }

  @Test
  void theFirstMakesACertificateThatTheApiServerTrusts() throws Exception {
    ServerCertificate made = replica().current();
    X509Certificate certificate = made.chain().getFirst();
    assertThat(CertificateAuthority.namesOf(certificate))
        .containsExactly(
            "hook.keyturn.svc", "hook.keyturn.svc.cluster.local", "hook.keyturn", "hook");
    assertThat(certificate.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.1");
    assertThat(certificate.getBasicConstraints()).isEqualTo(-1);
    assertThat(certificate.getPublicKey().getAlgorithm()).isEqualTo("EC");
    assertThat(Duration.between(clock.instant(), made.notAfter())).isBetween(days(89), days(90));
    for (String bundle : bundles()) {
      X509Certificate authority = Pem.certificates(bundle).getFirst();
      assertThat(authority.getBasicConstraints()).isZero();
      certificate.verify(authority.getPublicKey());
    }
    assertThat(bundles()).hasSize(2);
  }

  @Test
  void theOthersTakeWhatTheFirstHasMade() throws Exception {
    ServerCertificate first = replica().current();
    api.calls.clear();
    assertThat(replica().current()).isEqualTo(first);
    assertThat(api.calls).containsExactly("GET " + SECRET, "GET " + CONFIGURATION);
  }

  @Test
  void twoThatStartTogetherEndWithOneCertificate() throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Callable<ServerCertificate> start = () -> replica().current();
      var both = threads.invokeAll(List.of(start, start, start, start));
      ServerCertificate one = both.getFirst().get();
      for (var other : both) {
        assertThat(other.get()).isEqualTo(one);
      }
      one.chain()
          .getFirst()
          .verify(Pem.certificates(bundles().getFirst()).getFirst().getPublicKey());
    }
  }

  @Test
  void whoLosesTheRaceToCreateTakesTheWinners() throws Exception {
    // Between our look and our creation, somebody else creates.
    Made winner = madeByAnother();
    api.meanwhile.add(() -> {});
    api.meanwhile.add(() -> api.put(SECRET, winner.secret()));
    assertThat(replica().current()).isEqualTo(winner.certificate());
    assertThat(api.calls)
        .startsWith("GET " + SECRET, "POST /api/v1/namespaces/keyturn/secrets", "GET " + SECRET);
  }

  @Test
  void aSecretThatAChartHasLeftEmptyIsFilled() throws Exception {
    ObjectNode empty = JsonMapper.shared().createObjectNode();
    empty.putObject("metadata").put("name", "tls").putObject("labels").put("app", "keyturn");
    api.put(SECRET, empty);
    ServerCertificate made = replica().current();
    assertThat(replica().current()).isEqualTo(made);
    assertThat(api.objects.get(SECRET).path("metadata").path("labels").path("app").asString())
        .isEqualTo("keyturn");
  }

  @Test
  void aCertificateIsRenewedAfterTwoThirdsOfItsLifeByTheSameAuthority() throws Exception {
    ServerCertificate first = replica().current();
    List<String> bundles = bundles();
    clock.now = clock.now.plus(days(59));
    assertThat(replica().current()).isEqualTo(first);
    clock.now = clock.now.plus(days(2));
    ServerCertificate second = replica().current();
    assertThat(second).isNotEqualTo(first);
    assertThat(Duration.between(clock.instant(), second.notAfter())).isBetween(days(89), days(90));
    assertThat(bundles()).isEqualTo(bundles);
    assertThat(replica().current()).isEqualTo(second);
  }

  @Test
  void anOldAuthorityIsReplacedAndStillTrusted() throws Exception {
    ServerCertificate first = replica().current();
    X509Certificate old = Pem.certificates(bundles().getFirst()).getFirst();
    clock.now = clock.now.plus(days(3650 * 2 / 3 + 2));
    ServerCertificate second = replica().current();
    List<X509Certificate> trusted = Pem.certificates(bundles().getFirst());
    assertThat(trusted).hasSize(2).contains(old);
    second.chain().getFirst().verify(trusted.getFirst().getPublicKey());
    first.chain().getFirst().verify(trusted.getLast().getPublicKey());
  }

  @Test
  void aCertificateForOtherNamesIsReplaced() throws Exception {
    ServerCertificate first = replica().current();
    var renamed =
        new SelfMadeCertificates(api.client(), "keyturn", "tls", "keyturn", "renamed", clock);
    assertThat(renamed.current()).isNotEqualTo(first);
  }

  @Test
  void aBundleThatSomebodyChangedIsPutRight() throws Exception {
    replica().current();
    List<String> bundles = bundles();
    api.putConfiguration("keyturn", "pods.keyturn.dev", "other.keyturn.dev");
    assertThat(bundles()).containsExactly("", "");
    replica().current();
    assertThat(bundles()).isEqualTo(bundles);
  }

  @Test
  void aConfigurationThatChangesMeanwhileIsLookedAtAgain() throws Exception {
    ServerCertificate made = replica().current();
    List<String> bundles = bundles();
    changeConfigurationAtEachPatch(1);
    assertThat(replica().current()).isEqualTo(made);
    assertThat(bundles()).isEqualTo(bundles);

    changeConfigurationAtEachPatch(5);
    assertThatThrownBy(() -> replica().current())
        .isInstanceOf(CertificateException.class)
        .hasMessageContaining("somebody else keeps changing");
  }

  private void changeConfigurationAtEachPatch(int times) {
    Runnable change =
        () -> api.putConfiguration("keyturn", "pods.keyturn.dev", "other.keyturn.dev");
    change.run();
    for (int i = 0; i < times; i++) {
      api.meanwhile.add(() -> {}); // GET of the Secret
      api.meanwhile.add(() -> {}); // GET of the configuration
      api.meanwhile.add(change); // PATCH
    }
  }

  @Test
  void aMissingConfigurationIsNamed() throws Exception {
    api.objects.remove(CONFIGURATION);
    assertThatThrownBy(() -> replica().current())
        .cause()
        .hasMessageContaining("there is no MutatingWebhookConfiguration 'keyturn'")
        .hasMessageContaining("KEYTURN_WEBHOOK_CONFIGURATION");
  }

  @Test
  void aSecretWithSomethingElseIsNotOverwritten() throws Exception {
    ObjectNode other = JsonMapper.shared().createObjectNode();
    other.putObject("data").put("tls.key", encoded("canary-4711"));
    api.put(SECRET, other);
    assertThatThrownBy(() -> replica().current())
        .isInstanceOf(CertificateException.class)
        .hasMessageContaining("keyturn/tls does not hold a certificate of ours")
        .hasMessageContaining("delete it")
        .hasMessageNotContaining("canary");
    assertThat(api.objects.get(SECRET).path("data").size()).isEqualTo(1);
  }

  @Test
  void aRefusalSaysWhatIsLacking() throws Exception {
    api.status = 403;
    assertThatThrownBy(() -> replica().current())
        .cause()
        .hasMessageContaining("GET " + SECRET + ": status 403 this is a fake")
        .hasMessageContaining("role");
  }

  @Test
  void aServerThatIsDownIsNamed() throws Exception {
    var replica = replica();
    api.close();
    assertThatThrownBy(replica::current)
        .isInstanceOf(CertificateException.class)
        .cause()
        .hasMessageContaining("https://localhost:");
  }

  @Test
  void aNewTokenIsUsedAtOnce() throws Exception {
    var replica = replica();
    replica.current();
    Files.writeString(directory.resolve("token"), "second");
    assertThat(replica.current()).isNotNull();
  }

  @Test
  void noKeyIsInAnyText() throws Exception {
    ServerCertificate made = replica().current();
    String key = Base64.getEncoder().encodeToString(made.key().getEncoded());
    assertThat(made.toString()).doesNotContain(key).contains("Keyturn webhook");
    assertThat(CertificateAuthority.make(Instant.now(), days(1)).toString()).doesNotContain("key=");
  }

  private record Made(ObjectNode secret, ServerCertificate certificate) {}

  /** What another replica would have made. */
  private Made madeByAnother() throws Exception {
    Path other = Files.createDirectory(directory.resolve("other"));
    try (var there = new FakeApiServer(other)) {
      there.putConfiguration("keyturn", "pods.keyturn.dev");
      var certificate =
          new SelfMadeCertificates(there.client(), "keyturn", "tls", "keyturn", "hook", clock)
              .current();
      return new Made(there.objects.get(SECRET), certificate);
    }
  }

  private SelfMadeCertificates replica() throws Exception {
    return new SelfMadeCertificates(api.client(), "keyturn", "tls", "keyturn", "hook", clock);
  }

  private List<String> bundles() {
    return api.objects
        .get(CONFIGURATION)
        .path("webhooks")
        .valueStream()
        .map(webhook -> decoded(webhook.path("clientConfig").path("caBundle")))
        .toList();
  }

  private static String decoded(JsonNode text) {
    return new String(Base64.getDecoder().decode(text.asString("")), StandardCharsets.US_ASCII);
  }

  private static String encoded(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static Duration days(long days) {
    return Duration.ofDays(days);
  }

  private static final class SettableClock extends Clock {
    private Instant now = Instant.now();

    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }
}
